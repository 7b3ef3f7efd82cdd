// A judged session -> its dialogue in the form that mail people write by hand: S> and C>, group by group, what went
// wrong marked where it happened.

import type { FindingRecord } from '../rules/analysis.ts'
import type { SessionReport } from '../rules/observe.ts'
import { nameOf } from '../rules/words.ts'
import type { Command, Exchange, Group, Reply } from '../smtp/records.ts'
import { unansweredOf } from '../smtp/session.ts'
import { colourOf } from './table.ts'
import { counted, type Ink, wrap } from './text.ts'

export interface TranscriptOptions {
  readonly width: number
  readonly ink: Ink
  /** Adds the frame numbers of every line. */
  readonly frames: boolean
}

export function renderTranscript(session: SessionReport, options: TranscriptOptions): string {
  const { record, greeting, groups, findings } = session
  const { ink } = options
  const verdict = colourOf(record.verdict, ink)(record.verdict)
  const head = `${ink.bold(record.id)} ${record.client} -> ${record.server} at ${record.startedAt}: ${verdict}`
  const parts = [head]
  if (greeting !== null) parts.push(replyLines(greeting, options))
  for (const group of groups) parts.push(...renderGroup(group, findings, options))
  const groupless = findings.filter(({ group }) => group === null)
  parts.push(closeLine(session, options))
  if (groupless.length > 0) parts.push(marks(groupless, options))
  return `${parts.join('\n\n')}\n`
}

function renderGroup(group: Group, findings: readonly FindingRecord[], options: TranscriptOptions): string[] {
  const parts: string[] = []
  const commands = group.exchanges.map((exchange) => commandLines(exchange, options))
  if (commands.length > 0) parts.push(commands.join('\n'))
  if (group.replies.length > 0) parts.push(group.replies.map((reply) => replyLines(reply, options)).join('\n'))
  const here = findings.filter((finding) => finding.group === group.index)
  if (here.length > 0) parts.push(marks(here, options))
  return parts
}

function commandLines({ command, replies, sure }: Exchange, options: TranscriptOptions): string {
  const suffix = replies.length === 0 && sure && command.complete ? options.ink.red('   <-- no reply') : ''
  return `C> ${words(command)}${frames(command, options)}${suffix}`
}

/** Content and AUTH responses are never shown. */
function words(command: Command): string {
  const octets = command.at.end - command.at.start
  if (command.kind === 'auth-response') return `[AUTH response, ${octets} bytes]`
  if (command.kind === 'content') {
    if (!command.complete) return `[message content, ${octets} bytes, not ended]`
    return octets <= 3 ? '.' : `[message content, ${octets - 3} bytes]\nC> .`
  }
  return command.text
}

function replyLines(reply: Reply, options: TranscriptOptions): string {
  return reply.lines.map((line, i) => `S> ${line}${i === 0 ? frames(reply, options) : ''}`).join('\n')
}

function frames({ at }: Command | Reply, { frames, ink }: TranscriptOptions): string {
  if (!frames) return ''
  return ink.dim(at.firstFrame === at.lastFrame ? `   #${at.firstFrame}` : `   #${at.firstFrame}-${at.lastFrame}`)
}

function marks(findings: readonly FindingRecord[], { ink, width }: TranscriptOptions): string {
  const lines = findings.flatMap(({ rule, party, severity, certainty, message }) =>
    wrap(`!! ${rule} (${party}, ${severity}, ${certainty}): ${message}`, width),
  )
  return ink.red(lines.join('\n'))
}

function closeLine({ close, groups, record }: SessionReport, { ink }: TranscriptOptions): string {
  if (close === null)
    return ink.dim(record.encryption === 'opaque' ? '-- encrypted from here on' : '-- the capture ends here')
  const { by, how, frame, peerAcked } = close
  const owed = unansweredOf(groups[groups.length - 1] ?? null).filter(({ command }) => command.at.end <= peerAcked)
  const names = owed.map(({ command }) => nameOf(command)).join(', ')
  const outstanding = owed.length === 0 ? '' : ` with ${counted(owed.length, 'reply', 'replies')} outstanding: ${names}`
  const encrypted = record.encryption === 'opaque' ? 'encrypted from here on; ' : ''
  return ink.dim(`-- ${encrypted}${by} closes (${how.toUpperCase()}, frame ${frame})${outstanding}`)
}
