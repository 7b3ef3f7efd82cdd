// The transcript of a session for a terminal: its dialogue in the order of what each side had seen, with times, and each
// finding where it happened.
import type { FindingRecord, LimitRecord } from '../rules/analysis.ts'
import type { OddLine, OpaqueFlight, SessionReport } from '../rules/session-report.ts'
import { commandsOf, namesOf } from '../rules/wording.ts'
import type { Exchange, Reply, Span } from '../smtp/records.ts'
import { unansweredOf } from '../smtp/session/session.ts'
import { commandLines, inOrderSeen, lacksReply, placeOf, replyLines, SIGNS } from './dialogue.ts'
import type { FileFrames } from './file-frames.ts'
import { colourOf, counted, decimal, LIMIT_WORDS, type Style, wrapBelow } from './format-text.ts'
import { inSeconds } from './local-time.ts'
import type { DialogueLine } from './vendor/report-model.ts'
import { notProved, verdictWords } from './verdict-line.ts'

interface TranscriptOptions {
  readonly width: number
  readonly style: Style
  /** Adds the frame numbers of every line. */
  readonly frames: boolean
  /** Names the file of a frame, where several captures are read. */
  readonly files?: FileFrames
}

/** What one side sent at one time: a unit, a reply, TLS records, or the close. */
interface Entry {
  readonly by: 'client' | 'server' | 'note'
  readonly text: string
  readonly frame: number
  /** When it began, or null: then it has no time of its own. */
  readonly timeNs: number | null
  readonly endNs: number | null
}

/** From this on a silence has a line of its own. */
const GAP_NS = 1_000_000_000
const UNBROKEN = '\u00a0'
/** Shorter delays round to nothing. */
const SHOWN_NS = 500_000

export function renderTranscript(session: SessionReport, options: TranscriptOptions): string {
  const { record, findings, limits } = session
  const { style } = options
  const verdict = verdictWords(record)
  const told = `${record.client} -> ${record.server} at ${inSeconds(record.startedAt)}: ${verdict.replaceAll(' ', UNBROKEN)}`
  const [first = '', ...more] = wrapBelow(`${record.id} ${told}`, options.width, '  ')
  const head = [first.replace(record.id, style.bold(record.id)), ...more]
    .join('\n')
    .replaceAll(UNBROKEN, ' ')
    .replace(new RegExp(`${verdict}$`), colourOf(record.verdict, style)(verdict))
  const entries = entriesOf(session, options)
  const blocks = [head, ...withMarks(entries, findings, session, options)]
  const unseen = limits.flatMap((limit) => limitLines(limit, options))
  if (unseen.length > 0) blocks.push(style.dim(unseen.join('\n')))
  return `${blocks.join('\n\n')}\n`
}

function entriesOf(session: SessionReport, options: TranscriptOptions): Entry[] {
  const { greeting, proxyHeader, groups, record, tls, close } = session
  const exchanges = groups.flatMap((group) => group.exchanges)
  const replies = [...(greeting === null ? [] : [greeting]), ...groups.flatMap((group) => group.replies)]
  const entries: Entry[] = []
  // The replies behind which the dialogue goes on inside TLS.
  const secure = new Set(
    record.encryption === 'decrypted' ? exchanges.filter(beginsTls).map((one) => one.replies[0]) : [],
  )
  const odd = [...session.malformed].filter((line) => !replies.some((reply) => isIn(reply, line)))
  for (const said of inOrderSeen(exchanges, replies)) {
    if (!('command' in said))
      while (odd[0] !== undefined && odd[0].start < said.at.start)
        entries.push(oddEntry(odd.shift() as OddLine, options))
    entries.push('command' in said ? commandEntry(said, options) : replyEntry(said, options))
    if (!('command' in said) && secure.has(said)) entries.push(note('-- inside TLS from here on', said.at, options))
  }
  entries.push(...odd.map((line) => oddEntry(line, options)))
  if (proxyHeader !== null) {
    const own = [proxyEntry(proxyHeader, options), ...proxyHeader.replies.map((reply) => replyEntry(reply, options))]
    const isFirst = greeting === null || proxyHeader.at.firstFrame < greeting.at.firstFrame
    const [header, ...answers] = own
    entries.splice(isFirst || greeting === null ? 0 : 1, 0, ...(header === undefined ? [] : [header]))
    entries.splice(greeting === null ? 1 : 2, 0, ...answers)
  }
  entries.push(...(tls?.flights ?? []).map((flight) => flightEntry(flight, options)))
  const more = tls?.moreFlights ?? 0
  const last = entries.at(-1)
  if (more > 0 && last !== undefined)
    entries.push({ ...last, by: 'note', text: `-- ${counted(more, 'more flight')} of TLS records`, timeNs: null })
  const at = { frame: close?.frame ?? Number.POSITIVE_INFINITY, timeNs: close?.timeNs ?? null, endNs: null }
  entries.push({ by: 'note', text: closeLine(session, options), ...at })
  return entries
}

function beginsTls({ command, replies }: Exchange): boolean {
  return (command.verb === 'STARTTLS' || command.verb === 'X-ANONYMOUSTLS') && replies[0]?.code === 220
}

function commandEntry(exchange: Exchange, options: TranscriptOptions): Entry {
  const { command } = exchange
  const lost = lacksReply(exchange)
  const text = linesText(commandLines(exchange, lost, 0), command.at, options)
  const { firstFrame: frame, timeNs: endNs } = command.at
  const fate = lost ? options.style.red('   <-- no reply') : ''
  return { by: 'client', text: `${text}${fate}`, frame, timeNs: command.sentNs, endNs }
}

function replyEntry(reply: Reply, options: TranscriptOptions): Entry {
  const { firstFrame: frame, timeNs } = reply.at
  return { by: 'server', text: linesText(replyLines(reply, 0), reply.at, options), frame, timeNs, endNs: timeNs }
}

/** Whether the line is shown with a reply. */
function isIn({ at }: Reply, { start, end }: OddLine): boolean {
  return at.start <= start && end <= at.end
}

function oddEntry({ text, firstFrame, frame, timeNs, certain }: OddLine, options: TranscriptOptions): Entry {
  const place = frames({ firstFrame, lastFrame: frame }, options)
  const { red, yellow } = options.style
  const remark = certain ? red('   <-- not a valid reply') : yellow('   <-- perhaps not a valid reply')
  return { by: 'server', text: `${SIGNS.server} ${text}${place}${remark}`, frame: firstFrame, timeNs, endNs: timeNs }
}

function proxyEntry(
  { version, text, at }: NonNullable<SessionReport['proxyHeader']>,
  options: TranscriptOptions,
): Entry {
  const binary = version === 1 ? '' : ` [version 2, ${decimal(at.end - at.start)} bytes]`
  const { firstFrame: frame, timeNs } = at
  return { by: 'client', text: `C> ${text}${binary}${frames(at, options)}`, frame, timeNs, endNs: timeNs }
}

/** `C> [TLS, 3 records, 412 bytes]` */
function flightEntry(flight: OpaqueFlight, options: TranscriptOptions): Entry {
  const { by, records, bytes, firstFrame: frame, timeNs } = flight
  const text = `${SIGNS[by]} [TLS, ${counted(records, 'record')}, ${decimal(bytes)} bytes]${frames(flight, options)}`
  return { by, text, frame, timeNs, endNs: timeNs }
}

function note(text: string, { firstFrame: frame }: Span, { style }: TranscriptOptions): Entry {
  return { by: 'note', text: style.dim(text), frame, timeNs: null, endNs: null }
}

/** The frames stand behind the first line. */
function linesText(lines: readonly DialogueLine[], at: Span, options: TranscriptOptions): string {
  const text = ({ who, text }: DialogueLine) => (who === 'note' ? `S> [${text}]` : `${SIGNS[who]} ${text}`)
  return lines.map((line, i) => `${text(line)}${i === 0 ? frames(at, options) : ''}`).join('\n')
}

/** One block for each turn, with its time, and the findings behind the last of their frames. */
function withMarks(
  entries: readonly Entry[],
  findings: readonly FindingRecord[],
  { startNs }: SessionReport,
  options: TranscriptOptions,
): string[] {
  const marked = new Map<number, FindingRecord[]>()
  for (const finding of findings) {
    const place = placeOf(finding, entries)
    marked.set(place, [...(marked.get(place) ?? []), finding])
  }
  const blocks: string[] = []
  let turn: string[] = []
  let beforeNs = startNs
  const end = () => {
    if (turn.length > 0) blocks.push(turn.join('\n'))
    turn = []
  }
  for (const [i, entry] of entries.entries()) {
    const isTurn = entry.by !== entries[i - 1]?.by || turn.length === 0
    const silenceNs = entry.timeNs === null ? 0 : entry.timeNs - beforeNs
    if (isTurn || silenceNs >= GAP_NS) end()
    const time = timeLine(entry, startNs, silenceNs, isTurn)
    if (time !== '') turn.push(options.style.dim(time))
    turn.push(isTurn && time === '' ? withDelay(entry, silenceNs, options) : entry.text)
    beforeNs = entry.endNs ?? beforeNs
    const here = marked.get(i)
    if (here === undefined) continue
    end()
    blocks.push(marks(here, options))
  }
  end()
  return blocks
}

/** How long a reply took, behind its first line. */
function withDelay({ by, text }: Entry, silenceNs: number, { style }: TranscriptOptions): string {
  if (by !== 'server' || silenceNs < SHOWN_NS) return text
  const [first = '', ...rest] = text.split('\n')
  return [`${first}${style.dim(`   (after ${(silenceNs / 1e9).toFixed(3)} s)`)}`, ...rest].join('\n')
}

/** `-- at 0.251 s` before what the client sends; before anything if the silence before it was long. */
function timeLine({ by, timeNs }: Entry, startNs: number, silenceNs: number, isTurn: boolean): string {
  if (timeNs === null || (by === 'note' && silenceNs < GAP_NS)) return ''
  const at = `at ${((timeNs - startNs) / 1e9).toFixed(3)} s`
  if (silenceNs >= GAP_NS) return `-- ${at}, after ${(silenceNs / 1e9).toFixed(1)} s of silence`
  return by === 'client' && isTurn ? `-- ${at}` : ''
}

function frames(at: Pick<Span, 'firstFrame' | 'lastFrame'>, { frames, files, style }: TranscriptOptions): string {
  if (!frames) return ''
  const first = files?.label(at.firstFrame) ?? `#${at.firstFrame}`
  if (at.firstFrame === at.lastFrame) return style.dim(`   ${first}`)
  const last = files?.label(at.lastFrame) ?? `#${at.lastFrame}`
  const isSameFile = first.slice(0, first.lastIndexOf('#')) === last.slice(0, last.lastIndexOf('#'))
  return style.dim(`   ${first}-${isSameFile ? last.slice(last.lastIndexOf('#') + 1) : last}`)
}

/** What is only suspected says so before it says what. */
function marks(findings: readonly FindingRecord[], { style, width }: TranscriptOptions): string {
  return findings
    .flatMap(({ rule, party, severity, certainty, message }) => {
      const isProved = certainty === 'proved'
      const text = `!! ${rule} (${party}, ${severity}, ${certainty}): ${notProved({ certainty })}${message}`
      return wrapBelow(text, width, '   ').map(isProved && severity === 'error' ? style.red : style.yellow)
    })
    .join('\n')
}

/** `-- gap-client (frame 12): bytes of the client …; not judged: input-lost`. Empty if no rule was affected. */
function limitLines({ code, frame, rules, reason }: LimitRecord, { width, files }: TranscriptOptions): string[] {
  if (rules.length === 0) return []
  const where = frame === null ? '' : ` (${files?.sentence(frame) ?? `frame ${frame}`})`
  const why = reason === undefined ? '' : `: ${reason}`
  return wrapBelow(
    `-- ${code}${where}: ${LIMIT_WORDS[code]}${why}; not fully judged: ${counted(rules.length, 'rule')}`,
    width,
    '   ',
  )
}

function closeLine({ close, groups, record, tls }: SessionReport, { style, files, width }: TranscriptOptions): string {
  if (close === null)
    return style.dim(record.encryption === 'opaque' ? '-- encrypted from here on' : '-- the capture ends here')
  const { by, how, frame, peerAcked, foreign } = close
  const last = groups.at(-1)
  const open = last?.reading.countable ? unansweredOf(last) : []
  const owed = open.filter(({ command }) => command.at.end <= peerAcked)
  const names = namesOf(commandsOf(owed))
  const outstanding = owed.length === 0 ? '' : ` with ${counted(owed.length, 'reply', 'replies')} outstanding: ${names}`
  const encrypted = record.encryption === 'opaque' ? 'encrypted from here on; ' : ''
  const alert = tls?.alerted.includes(by) ? ' behind a TLS alert' : ''
  const place = files?.sentence(frame) ?? `frame ${frame}`
  // Not its sender, but a device on the path may have sent such a reset.
  const end = foreign
    ? `an RST from the address of the ${by} ends the connection (${place})`
    : `${by} closes${alert} (${how.toUpperCase()}, ${place})`
  const text = `-- ${encrypted}${end}${outstanding}`
  return wrapBelow(text, width, '   ').map(style.dim).join('\n')
}
