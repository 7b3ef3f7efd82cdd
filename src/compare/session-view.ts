// A session report with its dialogue -> what a comparison needs of it: its TCP connection, and the lines of each side.
import { canonicalAddress } from '../decode/address.ts'
import { SESSION_VIEW_LINES_MAX } from '../limits.ts'
import type { SessionReport } from '../rules/session-report.ts'
import type { Close, Command, ContentDigest, Exchange, LimitCode, ProxyHeader, Reply } from '../smtp/records.ts'
import type { StreamNumber } from '../tcp/connection.ts'

/** Placeholders for lines that are not shown. */
export const CONTENT = 'message content'
export const AUTH_RESPONSE = 'AUTH response'

/** One command or message content of the client. */
export interface Sent {
  readonly session: string
  /** The line; for content and AUTH responses a placeholder. */
  readonly text: string
  readonly kind: Command['kind']
  readonly verb: string
  readonly octets: number
  /** Of message content; null for other lines, or if bytes of it are missing. */
  readonly digest: ContentDigest | null
  readonly firstFrame: number
  readonly lastFrame: number
  /** The time of its last byte, in nanoseconds since the first packet of its captures. */
  readonly timeNs: number
  /** The frame that acknowledged all of it; null if it was never acknowledged. */
  readonly acked: number | null
  /** Sent before the reply to the command before it had arrived. */
  readonly blind: boolean
  /** Every reply that is due came. */
  readonly answered: boolean
  /** Fewer replies came than are due, and every other pairing of commands and replies says so, too. */
  readonly unanswered: boolean
  /** From its last byte to the first reply to it, in nanoseconds; null without a reply. */
  readonly waitedNs: number | null
}

/** One reply of the server. */
export interface Said {
  readonly session: string
  readonly text: string
  readonly code: number
  /** The index of the line that it answers; null for the greeting, and if it is not known. */
  readonly to: number | null
  /** No other pairing gives it to another command. */
  readonly sure: boolean
  readonly firstFrame: number
  readonly lastFrame: number
  readonly timeNs: number
}

/** The lines of client and server, each in their order. */
export interface DialogueLines {
  readonly sent: readonly Sent[]
  readonly said: readonly Said[]
}

export interface SessionView extends DialogueLines {
  readonly session: string
  readonly client: string
  readonly server: string
  readonly startedAt: string
  /** Sequence numbers and lengths of both streams. */
  readonly streams: { readonly client: StreamNumber; readonly server: StreamNumber } | null
  /** The length of PROXY headers before the dialogue, in bytes. */
  readonly headerOctets: number
  readonly close: Close | null
  /** From some point on it is TLS that could not be decrypted. */
  readonly opaque: boolean
  /** TLS records and bytes that could not be decrypted, by party; null without TLS. */
  readonly encrypted: Encrypted | null
  /** Reasons why a line may be missing from the capture only; empty if everything was captured. */
  readonly blindSpots: readonly LimitCode[]
  /** All bytes of both streams were captured, encrypted or not. */
  readonly whole: boolean
  /** The end was not captured, so the last lines may be missing from the capture only. */
  readonly openEnd: boolean
}

export interface Encrypted {
  /** The randoms of the ClientHellos: the same on both sides if the box passes TLS through. */
  readonly clientRandoms: readonly string[]
  readonly client: { readonly records: number; readonly octets: number }
  readonly server: { readonly records: number; readonly octets: number }
  /** The first and the last frame. */
  readonly frames: readonly [number, number]
}

/** Limits that hide the rest of a dialogue, but nothing before them. */
const ENDS: readonly LimitCode[] = ['capture-end', 'tls', 'sasl-layer']
/** Limits without missing bytes. */
const SEEN: readonly LimitCode[] = ['tls', 'sasl-layer', 'not-smtp', 'proxy-rewrite', 'clock']
/** Limits that a comparison looks for: what a box overwrote hides nothing. */
const SOUGHT: readonly LimitCode[] = ['proxy-rewrite']

export function viewOf(report: SessionReport): SessionView {
  const { record, close, limits } = report
  const { sent, said } = linesOf(report)
  const harmful = new Set(limits.filter(({ rules }) => rules.length > 0).map(({ code }) => code))
  const long = sent.length + said.length > SESSION_VIEW_LINES_MAX
  if (long) harmful.add('resource-cap')
  return {
    session: record.id,
    client: record.client,
    server: record.server,
    startedAt: record.startedAt,
    streams: streamsOf(report),
    headerOctets: report.proxyHeader === null ? 0 : report.proxyHeader.at.end - report.proxyHeader.at.start,
    sent: long ? sent.slice(0, SESSION_VIEW_LINES_MAX) : sent,
    said: long ? said.slice(0, SESSION_VIEW_LINES_MAX) : said,
    close,
    opaque: record.encryption === 'opaque',
    encrypted: encryptedIn(report),
    blindSpots: [...harmful].filter((code) => !ENDS.includes(code) && !SOUGHT.includes(code)),
    whole: isWhole(report),
    openEnd: ENDS.some((code) => harmful.has(code)) || close === null,
  }
}

function isWhole({ fingerprint, limits, close }: SessionReport): boolean {
  if (fingerprint === null || fingerprint.hasGaps || close === null) return false
  return fingerprint.numbers.every(({ exact }) => exact) && limits.every(({ code }) => SEEN.includes(code))
}

function linesOf({ record, greeting, groups }: SessionReport): { readonly sent: Sent[]; readonly said: Said[] } {
  const { id } = record
  const said: Said[] = greeting === null ? [] : [saidOf(id, greeting, null, true)]
  const sent: Sent[] = []
  for (const { exchanges, replies } of groups) {
    const answered = new Map<Reply, { readonly to: number; readonly sure: boolean }>()
    for (const exchange of exchanges) {
      for (const reply of exchange.replies) answered.set(reply, { to: sent.length, sure: exchange.sure })
      sent.push(sentOf(id, exchange))
    }
    for (const reply of replies) {
      const { to = null, sure = false } = answered.get(reply) ?? {}
      said.push(saidOf(id, reply, to, sure))
    }
  }
  return { sent, said }
}

function sentOf(session: string, { command, replies, owed, blind, sure }: Exchange): Sent {
  const { kind, verb, at } = command
  const [first] = replies
  return {
    session,
    text: wordsOf(command),
    kind,
    verb,
    octets: at.end - at.start,
    digest: command.digest,
    firstFrame: at.firstFrame,
    lastFrame: at.lastFrame,
    timeNs: at.timeNs,
    acked: command.acked,
    blind: blind !== null,
    answered: replies.length >= owed,
    unanswered: replies.length < owed && sure && command.complete,
    waitedNs: first === undefined ? null : first.at.timeNs - at.timeNs,
  }
}

function wordsOf({ kind, text, hidden, verb }: Command): string {
  if (kind === 'content') return CONTENT
  if (kind === 'auth-response') return AUTH_RESPONSE
  return hidden ? verb : text
}

function saidOf(session: string, { code, lines, at }: Reply, to: number | null, sure: boolean): Said {
  const { firstFrame, lastFrame, timeNs } = at
  return { session, text: lines.join('\n'), code, to, sure, firstFrame, lastFrame, timeNs }
}

/** `PROXY TCP4 192.0.2.1 203.0.113.25 49152 25`: the endpoint of the client. */
export function clientNamedIn(header: ProxyHeader | null): string | null {
  const [, family = '', spelled = '', , port = ''] = header?.text.split(' ') ?? []
  const address = canonicalAddress(spelled)
  if (!/^TCP[46]$/.test(family) || address === null) return null
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

function streamsOf({ fingerprint, isReversed }: SessionReport): SessionView['streams'] {
  if (fingerprint === null) return null
  const [one, other] = fingerprint.numbers
  return isReversed ? { client: other, server: one } : { client: one, server: other }
}

function encryptedIn({ tls, record }: SessionReport): Encrypted | null {
  // The bytes of flights that are not listed are not known.
  if (tls === null || record.encryption !== 'opaque' || tls.moreFlights > 0) return null
  const of = (by: 'client' | 'server') => {
    const runs = tls.flights.filter((run) => run.by === by)
    const sum = (field: 'records' | 'bytes') => runs.reduce((total, run) => total + run[field], 0)
    return { records: sum('records'), octets: sum('bytes') }
  }
  const [first, last] = [tls.flights[0], tls.flights.at(-1)]
  if (first === undefined || last === undefined) return null
  const frames = [first.firstFrame, last.lastFrame] as const
  return { clientRandoms: tls.clientRandoms, client: of('client'), server: of('server'), frames }
}

/** One TLS connection on both sides: a box that terminates TLS begins a new one with another random. */
export function isSameTls({ encrypted: one }: SessionView, { encrypted: other }: SessionView): boolean {
  if (one === null || other === null || one.clientRandoms.length === 0) return false
  return one.clientRandoms.join() === other.clientRandoms.join()
}

/** Two different TLS connections. */
export function isOtherTls({ encrypted: one }: SessionView, { encrypted: other }: SessionView): boolean {
  const randoms = new Set(one?.clientRandoms)
  const others = other?.clientRandoms ?? []
  return randoms.size > 0 && others.length > 0 && !others.some((random) => randoms.has(random))
}

/** The same bytes in both directions, as far as lines and stream lengths show. */
export function sameBytes(one: SessionView, other: SessionView): boolean {
  if (one.streams === null || other.streams === null) return false
  // A PROXY header is all that a relay may add.
  const isWhole =
    one.streams.client.octets - one.headerOctets === other.streams.client.octets - other.headerOctets &&
    one.streams.server.octets === other.streams.server.octets
  return isWhole && sayTheSame(one, other)
}

function sayTheSame(one: DialogueLines, other: DialogueLines): boolean {
  const isEqual = (a: readonly { readonly text: string }[], b: readonly { readonly text: string }[]) =>
    a.length === b.length && a.every(({ text }, i) => text === b[i]?.text)
  return isEqual(one.sent, other.sent) && isEqual(one.said, other.said)
}
