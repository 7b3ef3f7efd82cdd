// The dialogue of a session as lines of text, in the form that mail people write by hand: C> and S>. As a transcript
// for a terminal, group by group with what went wrong; and as a text block of a report, with frames and times in a
// margin.
import type { FindingRecord, LimitRecord } from '../rules/analysis.ts'
import type { OpaqueFlight, SessionReport } from '../rules/session-report.ts'
import { nameOf } from '../rules/wording.ts'
import type { Command, Exchange, Group, Reply, Span } from '../smtp/records.ts'
import { unansweredOf } from '../smtp/session/session.ts'
import { terminal } from './escape.ts'
import { colourOf, counted, decimal, LIMIT_WORDS, type Style, wrap } from './format-text.ts'
import type { DialogueLine } from './vendor/report-model.ts'

interface TranscriptOptions {
  readonly width: number
  readonly style: Style
  /** Adds the frame numbers of every line. */
  readonly frames: boolean
}

/** Bytes of the final dot and its line end. */
const DOT_BYTES = 3

export function renderTranscript(session: SessionReport, options: TranscriptOptions): string {
  const { record, groups, findings } = session
  const { style } = options
  const verdict = colourOf(record.verdict, style)(record.verdict)
  const head = `${style.bold(record.id)} ${record.client} -> ${record.server} at ${record.startedAt}: ${verdict}`
  const parts = [head]
  parts.push(...opening(session, options))
  for (const group of groups) {
    parts.push(...renderGroup(group, findings, options))
    if (record.encryption === 'decrypted' && group.exchanges.some(beginsTls))
      parts.push(style.dim('-- inside TLS from here on'))
  }
  const hidden = (session.tls?.flights ?? []).map((flight) => flightLine(flight, options))
  if (hidden.length > 0) parts.push([...hidden, ...moreFlights(session)].join('\n'))
  parts.push(closeLine(session, options))
  const shown = new Set(groups.map(({ index }) => index))
  const others = findings.filter(({ group }) => group === null || !shown.has(group))
  if (others.length > 0) parts.push(marks(others, options))
  const unseen = session.limits.flatMap((limit) => limitLines(limit, options))
  if (unseen.length > 0) parts.push(style.dim(unseen.join('\n')))
  return `${parts.join('\n\n')}\n`
}

/** The greeting, and the PROXY header that a load balancer put before the client's bytes, in order of capture. */
function opening({ greeting, proxyHeader }: SessionReport, options: TranscriptOptions): string[] {
  const greets = greeting === null ? [] : [replyText(greeting, options)]
  if (proxyHeader === null) return greets
  const { version, text, at, replies } = proxyHeader
  const binary = version === 1 ? '' : ` [version 2, ${decimal(at.end - at.start)} bytes]`
  const header = `C> ${text}${binary}${frames(proxyHeader, options)}`
  const isFirst = greeting === null || at.firstFrame < greeting.at.firstFrame
  const answers = replies.map((reply) => replyText(reply, options)).join('\n')
  return [...(isFirst ? [header, ...greets] : [...greets, header]), ...(answers === '' ? [] : [answers])]
}

function beginsTls({ command, replies }: Exchange): boolean {
  return (command.verb === 'STARTTLS' || command.verb === 'X-ANONYMOUSTLS') && replies[0]?.code === 220
}

function renderGroup(group: Group, findings: readonly FindingRecord[], options: TranscriptOptions): string[] {
  const parts: string[] = []
  const commands = group.exchanges.map((exchange) => commandText(exchange, options))
  if (commands.length > 0) parts.push(commands.join('\n'))
  if (group.replies.length > 0) parts.push(group.replies.map((reply) => replyText(reply, options)).join('\n'))
  const here = findings.filter((finding) => finding.group === group.index)
  if (here.length > 0) parts.push(marks(here, options))
  return parts
}

function commandText(exchange: Exchange, options: TranscriptOptions): string {
  const lost = lacksReply(exchange)
  const text = linesText(commandLines(exchange, lost, 0), exchange.command, options)
  return lost ? `${text}${options.style.red('   <-- no reply')}` : text
}

/** The frames stand behind the first line. */
function linesText(lines: readonly DialogueLine[], spoken: Command | Reply, options: TranscriptOptions): string {
  const text = ({ who, text }: DialogueLine) => (who === 'note' ? `S> [${text}]` : `${SIGNS[who]} ${text}`)
  return lines.map((line, i) => `${text(line)}${i === 0 ? frames(spoken, options) : ''}`).join('\n')
}

function replyText(reply: Reply, options: TranscriptOptions): string {
  return linesText(replyLines(reply, 0), reply, options)
}

/** The command should have a reply, and it is missing. */
export function lacksReply({ command, replies, owed, sure }: Exchange): boolean {
  return replies.length < owed && sure && command.complete
}

/** Marks the speaker of a line, also where there is no colour. */
export const SIGNS: Readonly<Record<DialogueLine['who'], string>> = {
  client: 'C>',
  server: 'S>',
  mark: '!!',
  note: '--',
}

/** The fields of a line that no packet carries. */
export const NOWHERE = { timeNs: null, frame: null, acked: null, lost: false } as const

/** `startNs`: when the connection began. */
export function commandLines({ command }: Exchange, lost: boolean, startNs: number): DialogueLine[] {
  return unitLines(command).map((text, i) => {
    if (i > 0) return { ...NOWHERE, who: 'client', text, lost }
    const { at, acked } = command
    return { who: 'client', text, timeNs: at.timeNs - startNs, frame: at.firstFrame, acked, lost }
  })
}

export function replyLines({ lines, lineCount, at }: Reply, startNs: number): DialogueLine[] {
  const place = { timeNs: at.timeNs - startNs, frame: at.firstFrame, acked: null, lost: false }
  const unkept = lineCount - lines.length
  return [
    ...lines.map((text, i): DialogueLine => ({ who: 'server', text, ...(i === 0 ? place : NOWHERE) })),
    ...(unkept > 0 ? [{ ...NOWHERE, who: 'note', text: counted(unkept, 'more line') } as const] : []),
  ]
}

/** The text of a unit. Content and AUTH responses are never shown. */
export function unitLines(command: Command): string[] {
  const octets = command.at.end - command.at.start
  if (command.kind === 'auth-response') return [`[AUTH response, ${decimal(octets)} bytes]`]
  if (command.kind !== 'content') return [command.text]
  if (command.verb === 'XEXCH50')
    return [`[XEXCH50 data, ${decimal(octets)} bytes${command.complete ? '' : ', not ended'}]`]
  if (!command.complete) return [`[message content, ${decimal(octets)} bytes, not ended]`]
  return octets <= DOT_BYTES ? ['.'] : [`[message content, ${decimal(octets - DOT_BYTES)} bytes]`, '.']
}

/** `C> [TLS, 3 records, 412 bytes]` */
function flightLine({ by, records, bytes, firstFrame, lastFrame }: OpaqueFlight, options: TranscriptOptions): string {
  const octets = `${decimal(bytes)} bytes`
  const place = { at: { firstFrame, lastFrame } }
  return `${by === 'client' ? 'C' : 'S'}> [TLS, ${counted(records, 'record')}, ${octets}]${frames(place, options)}`
}

function moreFlights({ tls }: SessionReport): string[] {
  return tls === null || tls.moreFlights === 0 ? [] : [`-- ${counted(tls.moreFlights, 'more flight')} of TLS records`]
}

function frames(
  { at }: { readonly at: Pick<Span, 'firstFrame' | 'lastFrame'> },
  { frames, style }: TranscriptOptions,
): string {
  if (!frames) return ''
  return style.dim(at.firstFrame === at.lastFrame ? `   #${at.firstFrame}` : `   #${at.firstFrame}-${at.lastFrame}`)
}

function marks(findings: readonly FindingRecord[], { style, width }: TranscriptOptions): string {
  const lines = findings.flatMap(({ rule, party, severity, certainty, message }) =>
    wrap(`!! ${rule} (${party}, ${severity}, ${certainty}): ${message}`, width),
  )
  return style.red(lines.join('\n'))
}

/** `-- gap-client (frame 12): bytes of the client …; not judged: input-lost`. Empty if no rule was affected. */
function limitLines({ code, frame, rules, reason }: LimitRecord, { width }: TranscriptOptions): string[] {
  if (rules.length === 0) return []
  const where = frame === null ? '' : ` (frame ${frame})`
  const why = reason === undefined ? '' : `: ${reason}`
  return wrap(
    `-- ${code}${where}: ${LIMIT_WORDS[code]}${why}; not fully judged: ${counted(rules.length, 'rule')}`,
    width,
  )
}

function closeLine({ close, groups, record, tls }: SessionReport, { style }: TranscriptOptions): string {
  if (close === null)
    return style.dim(record.encryption === 'opaque' ? '-- encrypted from here on' : '-- the capture ends here')
  const { by, how, frame, peerAcked } = close
  const owed = unansweredOf(groups[groups.length - 1] ?? null).filter(({ command }) => command.at.end <= peerAcked)
  const names = owed.map(({ command }) => nameOf(command)).join(', ')
  const outstanding = owed.length === 0 ? '' : ` with ${counted(owed.length, 'reply', 'replies')} outstanding: ${names}`
  const encrypted = record.encryption === 'opaque' ? 'encrypted from here on; ' : ''
  const alert = tls?.alerted.includes(by) ? ' behind a TLS alert' : ''
  return style.dim(`-- ${encrypted}${by} closes${alert} (${how.toUpperCase()}, frame ${frame})${outstanding}`)
}

/** `0.251000`: down to the microsecond, which is what most captures know. */
export function elapsed(timeNs: number): string {
  const micros = Math.floor(timeNs / 1000)
  return `${Math.floor(micros / 1_000_000)}.${String(micros % 1_000_000).padStart(6, '0')}`
}

const LEAST = 40

export function spoken(lines: readonly DialogueLine[], width: number): string[] {
  const frames = lines.map(({ frame }) => (frame === null ? '' : `#${frame}`))
  const times = lines.map(({ timeNs }) => (timeNs === null ? '' : elapsed(timeNs)))
  const widest = (texts: readonly string[]) => Math.max(0, ...texts.map(({ length }) => length))
  const [a, b] = [widest(frames), widest(times)]
  const margin = (i: number) => `${(frames[i] ?? '').padStart(a)}  ${(times[i] ?? '').padStart(b)}  `
  return lines.flatMap((line, i) => {
    const before = lines[i - 1]
    const turned = before !== undefined && before.who !== line.who ? [''] : []
    return [...turned, ...told(line, margin(i), width)]
  })
}

function told(line: DialogueLine, margin: string, width: number): string[] {
  const text = terminal(line.text)
  if (line.who === 'client' || line.who === 'server') {
    const head = `${margin}${SIGNS[line.who]} ${text}`
    const fate = fateOf(line)
    if (fate === '') return [head]
    return head.length + 3 + fate.length <= width
      ? [`${head}   ${fate}`]
      : [head, `${' '.repeat(margin.length)}   ${fate}`]
  }
  const indent = ' '.repeat(margin.length)
  const room = Math.max(LEAST, width - margin.length - 3)
  return wrap(text, room).map((part, i) => (i === 0 ? `${margin}${SIGNS[line.who]} ${part}` : `${indent}   ${part}`))
}

function fateOf({ lost, certainty, acked }: DialogueLine): string {
  if (!lost) return ''
  if (certainty === 'suspected') return '<-- no reply captured: suspected to be lost'
  return acked === null ? '<-- no reply' : `<-- no reply; acknowledged in #${acked}`
}
