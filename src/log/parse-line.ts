// A line of a mail log -> what it says of an SMTP session: when, with whom, of which message, and whether it complains.
// Reads what Postfix and Sendmail write through syslog (classic and RFC 3339 times), and the main log of Exim.
import { LOG_LINE_CHARACTERS_MAX } from '../limits.ts'

/** Which side of the session wrote the line: a client that delivers, a server that receives, or either. */
export type LogSide = 'client' | 'server' | null

export interface LogLine {
  /** Milliseconds since the Unix epoch, in whole seconds where the log has no more. */
  readonly atMs: number
  readonly side: LogSide
  /** The other side: its address, in the form of RFC 5952 for IPv6, and its port; null where the line has none. */
  readonly peer: string | null
  readonly peerPort: number | null
  /** The queue id of the message at the writer. */
  readonly queueId: string | null
  /** The queue id of the message at the other side, where the line quotes its reply. */
  readonly repliedId: string | null
  /** In lower case. */
  readonly recipients: readonly string[]
  /** Whether it reports trouble. */
  readonly isTrouble: boolean
}

interface Entry {
  readonly atMs: number
  readonly program: string
  readonly text: string
}

/** Null when the line says nothing of an SMTP session. `reference`: a time that is less than half a year away. */
export function parseLogLine(line: string, reference: Date): LogLine | null {
  const known = line.slice(0, LOG_LINE_CHARACTERS_MAX)
  const entry = syslogEntry(known, reference)
  return (entry && entryLine(entry)) ?? eximLine(known)
}

function entryLine({ atMs, program, text }: Entry): LogLine | null {
  if (/exim/i.test(program)) return eximLine(text) ?? eximText(text, atMs)
  if (/postfix|postscreen|^(?:smtpd?|lmtp)$/i.test(program)) return postfixText(program, text, atMs)
  return /sendmail|sm-|mta|msp/i.test(program) ? sendmailText(text, atMs) : null
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const DATED_TIME = String.raw`(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d+))? ?(Z|[+-]\d\d:?\d\d)?`
const PROGRAM = String.raw`\S+ ([\w./-]+)(?:\[\d+\])?: (.*)$`
const CLASSIC = new RegExp(String.raw`^(?:<\d+>)?([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.\d+)? ${PROGRAM}`)
const DATED = new RegExp(String.raw`^(?:<\d+>)?${DATED_TIME} ${PROGRAM}`)
/** RFC 5424, without structured data. */
const STRUCTURED = new RegExp(String.raw`^<\d+>1 ${DATED_TIME} \S+ ([\w./-]+) \S+ \S+ - (.*)$`)

function syslogEntry(line: string, reference: Date): Entry | null {
  const classic = CLASSIC.exec(line)
  if (classic !== null) {
    const [, month = '', day, hours, minutes, seconds, program = '', text = ''] = classic
    const parts = [MONTHS.indexOf(month), Number(day), Number(hours), Number(minutes), Number(seconds)] as const
    return parts[0] < 0 ? null : { atMs: nearest(parts, reference), program, text }
  }
  const dated = DATED.exec(line) ?? STRUCTURED.exec(line)
  if (dated === null) return null
  const [, date = '', time = '', fraction, zone, program = '', text = ''] = dated
  return { atMs: msOf(date, time, fraction, zone), program, text }
}

type Parts = readonly [month: number, day: number, hours: number, minutes: number, seconds: number]

/** A time without a year, in the zone of this machine. */
function nearest(parts: Parts, reference: Date): number {
  const year = reference.getFullYear()
  const times = [year - 1, year, year + 1].map((each) => new Date(each, ...parts).getTime())
  return times.reduce((best, one) => (away(one, reference) < away(best, reference) ? one : best))
}

const away = (ms: number, reference: Date) => Math.abs(ms - reference.getTime())

/** Without a zone, in that of this machine. */
function msOf(date: string, time: string, fraction: string | undefined, zone = ''): number {
  const offset = zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')
  return Date.parse(`${date}T${time}.${(fraction ?? '0').slice(0, 3)}${offset}`)
}

const TROUBLE = new RegExp(
  [
    ...['lost connection', 'time[ds]? ?out', 'status=(?:deferred|bounced|undeliverable|expired)', 'stat=(?!Sent)'],
    ...[
      'refused',
      'rejected',
      ' reject: ',
      'reset by',
      'closed connection',
      'connection (?:reset|closed|dropped|lost)',
    ],
    ...['command pipelining', 'synchronization error', 'disconnection', 'lost input channel', 'PREGREET', 'HANGUP'],
    ...['protocol error', 'did not issue', 'bare (?:newline|lf)', 'too many errors', 'unexpected (?:close|eof)'],
    ...[
      'SMTP connection from .* lost',
      'host .* said',
      'conversation with .* timed',
      'broken pipe',
      'premature',
      'out of sync',
      'non-smtp command',
    ],
  ].join('|'),
  'i',
)

const POSTFIX_ID = /^(?:warning: )?([0-9A-F]{6,20}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,}|NOQUEUE): /
const BRACKETED = /([\w.-]*)\[([\da-fA-F:.]+)\](?::(\d{1,5}))?/

function postfixText(program: string, text: string, atMs: number): LogLine | null {
  const service = program.slice(program.lastIndexOf('/') + 1)
  const side = /^(?:smtpd|postscreen)$/.test(service)
    ? 'server'
    : /^(?:smtp|lmtp|relay)$/.test(service)
      ? 'client'
      : null
  if (side === null) return null
  const [, id = null] = POSTFIX_ID.exec(text) ?? []
  const relay = text.indexOf('relay=')
  // What a server said may quote other addresses; the relay is the one that was spoken to.
  const where = relay >= 0 && !text.startsWith('relay=none', relay) ? text.slice(relay) : text
  return {
    ...{ atMs, side, ...peerIn(BRACKETED.exec(where)), queueId: id === 'NOQUEUE' ? null : id },
    repliedId: repliedIdIn(text),
    recipients: recipientsIn(text),
    isTrouble: TROUBLE.test(text),
  }
}

const EXIM_TIME = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?(?: ([+-]\d{4}))? (?:\[\d+\] )?(.*)$/
const EXIM_ID = /^([0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4}) (.*)$/
const EXIM_MARKS: Readonly<Record<string, LogSide>> = {
  ...{ '<=': 'server', '=>': 'client', '->': 'client', '==': 'client', '**': 'client', '>>': 'client' },
}
/** The host of the other side; `I=` before brackets is this one. */
const EXIM_HOST = /(?:^|[^=\w])(?:H=)?(?:\([^)]*\) |[\w.-]+ (?:\([^)]*\) )?)?\[([\da-fA-F:.]+)\](?::(\d{1,5}))?/

function eximLine(line: string): LogLine | null {
  const [, date, time = '', fraction, zone, text = ''] = EXIM_TIME.exec(line) ?? []
  return date === undefined ? null : eximText(text, msOf(date, time, fraction, zone))
}

function eximText(text: string, atMs: number): LogLine | null {
  const [, id = null, rest = text] = EXIM_ID.exec(text) ?? []
  const [mark = '', recipient = ''] = rest.split(' ', 2)
  const marked = EXIM_MARKS[mark]
  const isReceiving = /\bfrom\b|rejected|synchronization|while reading/.test(rest)
  const side = marked === undefined ? (isReceiving ? 'server' : null) : marked
  const host = rest.indexOf('H=')
  const [, address, port] = EXIM_HOST.exec(host >= 0 ? rest.slice(host) : rest) ?? []
  if (address === undefined && id === null) return null
  const peer = address === undefined ? null : canonical(address)
  return {
    ...{ atMs, side, peer, peerPort: port === undefined ? null : Number(port), queueId: id },
    repliedId: repliedIdIn(rest),
    recipients: marked === 'client' && recipient.includes('@') ? [recipient.toLowerCase()] : [],
    isTrouble: TROUBLE.test(rest) || mark === '==' || mark === '**',
  }
}

const SENDMAIL_ID = /^([0-9A-Za-z]{14,16}): (.*)$/
const SENDMAIL_HOST = /(?:relay=|from |on |with )?([\w.-]*) ?\[(?:IPv6:)?([\da-fA-F:.]+)\](?::(\d{1,5}))?/

function sendmailText(text: string, atMs: number): LogLine | null {
  const [, id = null, rest = text] = SENDMAIL_ID.exec(text) ?? []
  const side = /\bto=/.test(rest) ? 'client' : /\bfrom[= ]/.test(rest) ? 'server' : null
  const relay = rest.indexOf('relay=')
  const host = SENDMAIL_HOST.exec(relay >= 0 ? rest.slice(relay) : rest)
  if (host === null && id === null) return null
  return {
    ...{ atMs, side, ...peerIn(host), queueId: id, repliedId: repliedIdIn(rest) },
    recipients: recipientsIn(rest),
    isTrouble: TROUBLE.test(rest),
  }
}

function peerIn(match: RegExpExecArray | null): Pick<LogLine, 'peer' | 'peerPort'> {
  const [, , address, port] = match ?? []
  if (address === undefined) return { peer: null, peerPort: null }
  return { peer: canonical(address), peerPort: port === undefined ? null : Number(port) }
}

/** `to=<a@example.org>,<b@example.org>` */
function recipientsIn(text: string): string[] {
  const [, list = ''] = /\bto=((?:<[^>]*>,?)+)/.exec(text) ?? []
  return [...list.matchAll(/<([^>]*)>/g)].map(([, address = '']) => address.toLowerCase())
}

const QUEUE_IDS = [
  /\bqueued as ([\w-]+)/i,
  /\bOK id=([\w-]+)/i,
  /\b(?:250 |2\.0\.0 )([0-9A-Za-z]{14,16}) Message accepted/,
]

/**
 * The queue id that a reply names. Postfix: `250 2.0.0 Ok: queued as 4A1B2C3D`; Exim: `250 OK id=1PMaBc-0001Xy-2Q`;
 * Sendmail: `250 2.0.0 oAS7l8xx001234 Message accepted for delivery`.
 */
export function repliedIdIn(text: string): string | null {
  for (const pattern of QUEUE_IDS) {
    const id = pattern.exec(text)?.[1]
    if (id !== undefined) return id
  }
  return null
}

/** Null when it is no address. */
function canonical(address: string): string | null {
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(address)) return address
  if (!address.includes(':') || !URL.canParse(`http://[${address}]`)) return null
  return new URL(`http://[${address}]`).hostname.slice(1, -1)
}
