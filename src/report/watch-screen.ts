// What `watch` shows: on a terminal a screen that is drawn anew, elsewhere a line for each new incident. A fault that is
// repeated is counted and not listed again, so that a night of faults stays readable.
import type { FaultRecord, IncidentRecord, SessionRecord, Summary } from '../rules/analysis.ts'
import { gravityOf } from '../rules/incidents.ts'
import { terminal } from './escape.ts'
import { columns, counted, decimal, type Style, wrap } from './format-text.ts'
import { inSeconds, zoneOf } from './local-time.ts'
import { accusedName, done, faultSentence } from './verdict-line.ts'

/** An incident with its session, as it was seen. */
export interface SeenIncident {
  readonly incident: IncidentRecord
  readonly session: SessionRecord
  /** Its frames as their captures number them: `frames mail.pcap3: 9, 10`. */
  readonly frames: string
}

export interface WatchState {
  /** The capture that is read; null while none is there. */
  readonly capture: string | null
  /** How many captures were read. */
  readonly captures: number
  /** RFC 3339; null before the first packet. */
  readonly lastAt: string | null
  readonly summary: Pick<Summary, 'sessions' | 'violation' | 'suspected' | 'inconclusive' | 'conforming'>
  readonly faults: readonly FaultRecord[]
  /** The latest ones, the newest last. */
  readonly incidents: readonly SeenIncident[]
}

interface Screen {
  readonly width: number
  readonly height: number
  readonly style: Style
}

/** Lines of incidents that are always shown. */
const INCIDENT_LINES_MIN = 4
const INDENT = '  '
const VERDICTS = ['violation', 'suspected', 'inconclusive', 'conforming'] as const

/** At most `height` lines. */
export function renderScreen(state: WatchState, { width, height, style }: Screen): string[] {
  const { faults, incidents } = state
  const head = [...headLines(state, width, style), '']
  const foot = ['', style.dim('Ctrl-C ends')]
  const room = height - head.length - foot.length
  if (faults.length === 0) return [...head, ...wrap(noFault(state), width), ...foot].slice(0, height)
  const latest = incidents.toReversed().map((one) => hanging(incidentLine(one), width))
  const few = Math.min(INCIDENT_LINES_MIN, latest.flat().length)
  const sentences = faults.map((fault) =>
    hanging(faultSentence(fault), width).map((line) => colourOf(fault, style)(line)),
  )
  const gravest = sentences[0]?.length ?? 0
  const sums = fitting(
    sentences,
    // One fault is always told, and how many more there are.
    Math.max(gravest + (faults.length > 1 ? 1 : 0), room - few - 2),
    (left) => style.dim(`and ${counted(left, 'more fault')}`),
  )
  const shown = fitting(latest, room - sums.length - 2)
  const list = shown.length === 0 ? [] : ['', style.bold('Latest'), ...shown]
  return [...head, ...sums, ...list, ...foot].slice(0, height)
}

function headLines({ capture, captures, lastAt, summary }: WatchState, width: number, style: Style): string[] {
  const { sessions } = summary
  const nth = captures > 1 ? ` (capture ${decimal(captures)})` : ''
  const last = lastAt === null ? 'no packet yet' : `last packet ${time(lastAt)}`
  const name = capture === null ? 'waiting for a capture' : `watching ${terminal(capture)}${nth}, ${last}`
  const parts = VERDICTS.filter((verdict) => summary[verdict] > 0).map(
    (verdict) => `${decimal(summary[verdict])} ${verdict}`,
  )
  const sums = sessions === 0 ? 'no SMTP session yet' : `${counted(sessions, 'session')}: ${parts.join(', ')}`
  return [...wrap(name, width).map(style.bold), ...wrap(sums, width)]
}

/** Silence is no proof of innocence. */
function noFault({ summary: { sessions, inconclusive } }: WatchState): string {
  if (sessions === 0) return 'Nothing to judge so far.'
  if (inconclusive === 0) return 'No fault so far.'
  return `No fault so far; ${decimal(inconclusive)} of ${counted(sessions, 'session')} could not be judged in full.`
}

/** `07:47:08 server 203.0.113.25 (mx.example.net) lost 2 of 4 pipelined commands (s17, from 192.0.2.1:49152)`. */
function incidentLine({ incident, session }: SeenIncident): string {
  return `${time(incident.at ?? session.startedAt)} ${what(incident, session)} (${session.id}, ${other(incident, session)})`
}

/** A line for readers that keep it: with date, capture and frames. */
export function incidentLogLine({ incident, session, frames }: SeenIncident): string {
  const { severity, certainty } = incident
  const at = inSeconds(incident.at ?? session.startedAt)
  const where = `${session.id} ${other(incident, session)}, ${frames}`
  return `${at} ${severity.toUpperCase()} ${what(incident, session)} (${certainty}; ${where})`
}

/** How often a fault was seen, where that is worth a line. */
export function repeatedLogLine(fault: FaultRecord): string {
  return `${inSeconds(fault.lastAt)} again: ${faultSentence(fault)}`
}

function what(incident: IncidentRecord, session: SessionRecord): string {
  const { party } = incident
  const [accused, name] =
    party === 'client' ? [session.client, session.clientName] : [session.server, session.serverName]
  return `${accusedName({ party, accused, name })} ${done(incident)}`
}

const other = ({ party }: IncidentRecord, { client, server }: SessionRecord) =>
  party === 'client' ? `to ${server}` : `from ${client}`

const time = (iso: string) => `${iso.slice(11, 19)} ${zoneOf(iso)}`

function colourOf(fault: FaultRecord, style: Style): (text: string) => string {
  return gravityOf(fault) === 0 ? style.red : style.yellow
}

function hanging(text: string, width: number): string[] {
  const [first = '', ...more] = wrap(text, width - INDENT.length)
  return [first, ...more.map((line) => INDENT + line)]
}

/** The blocks that fit into so many lines, and a line about the others. */
function fitting(blocks: readonly (readonly string[])[], room: number, more?: (left: number) => string): string[] {
  const lines: string[] = []
  for (const [i, block] of blocks.entries()) {
    const isLast = i === blocks.length - 1
    const taken = lines.length + block.length + (more === undefined || isLast ? 0 : 1)
    if (taken > room) return more === undefined ? lines : [...lines, more(blocks.length - i)]
    lines.push(...block)
  }
  return lines
}

/** Terminal rows that lines take. */
export function rowsOf(lines: readonly string[], width: number): number {
  return lines.reduce((rows, line) => rows + Math.max(1, Math.ceil(columns(line) / width)), 0)
}
