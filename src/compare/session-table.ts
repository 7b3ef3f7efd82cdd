// The sessions of one side as columns of numbers: enough to find their partners, and to see without a second reading whether
// two are byte for byte the same. Texts are 32-bit hashes. A session takes about 150 bytes; its dialogue is not kept.
import type { TimeBase } from '../capture/packet.ts'
import { COMPARED_LINES_MAX, COMPARED_SESSIONS_MAX, DELAY_NS } from '../limits.ts'
import type { SessionReport } from '../rules/session-report.ts'
import { isoTime } from '../rules/time.ts'
import type { StreamNumber } from '../tcp/connection.ts'
import type { OpeningTimestamps } from '../tcp/timestamps.ts'
import { EndpointTable, grown, roomFor } from './endpoint-table.ts'
import { clientNamedIn } from './session-view.ts'

/** FNV-1a over UTF-16 code units, with a seed. */
export function hashText(text: string, seed = 0x811c9dc5): number {
  let hash = seed
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash ^ (hash >>> 15)
}

/** From a hash to all numbers that were added under it. */
export class HashTable {
  private heads: Int32Array
  private readonly next: Int32Array
  private readonly hashes: Int32Array

  /** Numbers are indices below `size`. */
  constructor(size: number) {
    this.heads = new Int32Array(powerOfTwo(size * 2)).fill(-1)
    this.next = new Int32Array(size).fill(-1)
    this.hashes = new Int32Array(size)
  }

  /** The number added last is listed first. */
  add(hash: number, number: number): void {
    const slot = hash & (this.heads.length - 1)
    this.hashes[number] = hash
    this.next[number] = this.heads[slot] as number
    this.heads[slot] = number
  }

  *at(hash: number): Iterable<number> {
    let number = this.heads[hash & (this.heads.length - 1)] as number
    for (; number >= 0; number = this.next[number] as number) if (this.hashes[number] === (hash | 0)) yield number
  }
}

function powerOfTwo(least: number): number {
  return 1 << Math.max(4, 32 - Math.clz32(least))
}

// Columns of 64 bits.
const NUMBER = 0
const START = 1
const END = 2
const CLIENT_OCTETS = 3
const SERVER_OCTETS = 4
const WIDE = 5

// Columns of 32 bits.
const CLIENT_SEQ = 0
const SERVER_SEQ = 1
/** Four hashes of the streams. */
const HASHES = 2
const HASH_COUNT = 4
const TURNS = 6
const UNITS = 7
const FLAGS = 8
/** Where its lines begin in the pool; its messages follow them, up to the lines of the next session. */
const LINES_FROM = 9
const MESSAGES_FROM = 10
/** TSval of the SYN, and of the SYN-ACK. */
const SYN_TIME = 11
const ANSWER_TIME = 12
const NARROW = 13

const CLIENT_EXACT = 1
const SERVER_EXACT = 2
const CALM = 4
const TIMED = 8
const HAS_HEADERS = 16

const FEW = 1 << 10

export class SessionTable {
  size = 0
  /** Sessions beyond the limit. */
  dropped = 0
  private wide = new Float64Array(FEW * WIDE)
  private narrow = new Int32Array(FEW * NARROW)
  private pool = new Int32Array(FEW * 16)
  private used = 0
  private order = new Uint32Array(0)
  private readonly clients = new EndpointTable()
  private readonly servers = new EndpointTable()
  private readonly names = new Map<number, string>()
  private base: TimeBase = { seconds: 0, nanoseconds: 0 }

  /** `report`: with its fingerprint. */
  add(report: SessionReport): void {
    if (this.used > COMPARED_LINES_MAX || this.size === COMPARED_SESSIONS_MAX) {
      this.dropped++
      return
    }
    this.base = report.base
    const { fingerprint, isReversed } = report
    const i = this.size++
    if ((i + 1) * WIDE > this.wide.length) this.grow()
    const [one = UNKNOWN, other = UNKNOWN] = fingerprint?.numbers ?? []
    const [client, server] = isReversed ? [other, one] : [one, other]
    this.setWide(i, report.firstFrame, report.startNs, report.endNs, client.octets, server.octets)
    const timestamps = fingerprint?.timestamps ?? null
    const exact = (client.exact ? CLIENT_EXACT : 0) | (server.exact ? SERVER_EXACT : 0)
    const isKnown = client.exact && server.exact && hasHeaders(report)
    const flags = exact | (isCalm(report) ? CALM : 0) | (timestamps === null ? 0 : TIMED) | (isKnown ? HAS_HEADERS : 0)
    const from = this.used
    const { lines, messages } = hashesOf(report)
    this.keep(lines)
    const messagesFrom = this.used
    this.keep(messages)
    const { narrow } = this
    const at = i * NARROW
    narrow[at + CLIENT_SEQ] = client.firstSeq
    narrow[at + SERVER_SEQ] = server.firstSeq
    const { streams = NO_HASHES } = fingerprint ?? {}
    // One by one: a call of `set` for so few takes longer.
    for (let hash = 0; hash < HASH_COUNT; hash++) narrow[at + HASHES + hash] = streams[hash] as number
    narrow[at + TURNS] = fingerprint?.turns ?? 0
    narrow[at + UNITS] = Math.max(1, fingerprint?.mails ?? 1)
    narrow[at + FLAGS] = flags
    narrow[at + LINES_FROM] = from
    narrow[at + MESSAGES_FROM] = messagesFrom
    if (timestamps !== null) narrow.set(timestamps, at + SYN_TIME)
    this.clients.add(report.client)
    this.servers.add(report.server)
    const named = clientNamedIn(report.proxyHeader) ?? fingerprint?.named ?? null
    if (named !== null) this.names.set(i, named)
  }

  /** Rows in the order of session numbers, not in the order in which sessions closed. */
  get inOrder(): Uint32Array {
    if (this.order.length !== this.size) {
      // Sorting numbers of 53 bits, the row below, needs no comparing function.
      const keys = Float64Array.from(
        { length: this.size },
        (_, i) => (this.wide[i * WIDE + NUMBER] as number) * COMPARED_SESSIONS_MAX + i,
      )
      this.order = Uint32Array.from(keys.sort(), (key) => key % COMPARED_SESSIONS_MAX)
    }
    return this.order
  }

  session(i: number): string {
    return `s${this.wide[i * WIDE + NUMBER]}`
  }

  client(i: number): string {
    return this.clients.at(i)
  }

  server(i: number): string {
    return this.servers.at(i)
  }

  startedAt(i: number): string {
    return isoTime(this.base, this.wide[i * WIDE + START] as number)
  }

  /** Milliseconds since 1970 by the clock of this side. */
  startMs(i: number): number {
    return this.ms(i, START)
  }

  endMs(i: number): number {
    return this.ms(i, END)
  }

  clientStream(i: number): StreamNumber {
    return this.stream(i, CLIENT_EXACT, CLIENT_SEQ, CLIENT_OCTETS)
  }

  serverStream(i: number): StreamNumber {
    return this.stream(i, SERVER_EXACT, SERVER_SEQ, SERVER_OCTETS)
  }

  /** TSval of the SYN and of the SYN-ACK; null where either has none. */
  timestamps(i: number): OpeningTimestamps | null {
    if (((this.narrow[i * NARROW + FLAGS] as number) & TIMED) === 0) return null
    const of = (column: number) => (this.narrow[i * NARROW + column] as number) >>> 0
    return [of(SYN_TIME), of(ANSWER_TIME)]
  }

  /** The client's address, with its port if known, as a PROXY header, XCLIENT or XFORWARD names it; null without one. */
  named(i: number): string | null {
    return this.names.get(i) ?? null
  }

  get namesClients(): boolean {
    return this.names.size > 0
  }

  /** The number of mail transactions, at least 1: how many sessions of the other side can belong to it. */
  units(i: number): number {
    return this.narrow[i * NARROW + UNITS] as number
  }

  /** Nothing in it is missing, unanswered or slow: with the same bytes on the other side there is no difference. */
  isCalm(i: number): boolean {
    return ((this.narrow[i * NARROW + FLAGS] as number) & CALM) !== 0
  }

  /** Whether client and server said the same as in another session, with as many turns. */
  saysTheSame(i: number, other: SessionTable, j: number): boolean {
    for (let at = HASHES; at < HASHES + HASH_COUNT + 1; at++)
      if (this.narrow[i * NARROW + at] !== other.narrow[j * NARROW + at]) return false
    return true
  }

  /** Both have the same reply with a queue identifier: only the server can have given it, so the box passed it on. */
  sharesReceipt(i: number, other: SessionTable, j: number): boolean {
    const theirs = other.messages(j)
    return this.messages(i).some((hash) => isReceipt(hash) && theirs.includes(hash))
  }

  /** The header lines of all its messages were captured and can be read. */
  hasHeaders(i: number): boolean {
    return ((this.narrow[i * NARROW + FLAGS] as number) & HAS_HEADERS) !== 0
  }

  /** Hashes of the lines that identify it, sorted. */
  lines(i: number): Int32Array {
    return this.pool.subarray(this.narrow[i * NARROW + LINES_FROM], this.narrow[i * NARROW + MESSAGES_FROM])
  }

  /** Hashes of the identifiers of its messages, and of the queue identifiers in the server's replies, sorted. */
  messages(i: number): Int32Array {
    const to = i + 1 < this.size ? this.narrow[(i + 1) * NARROW + LINES_FROM] : this.used
    return this.pool.subarray(this.narrow[i * NARROW + MESSAGES_FROM], to)
  }

  /** All lines and messages. */
  get lineCount(): number {
    return this.used
  }

  private ms(i: number, column: number): number {
    const ns = this.wide[i * WIDE + column] as number
    return this.base.seconds * 1000 + (this.base.nanoseconds + ns) / 1e6
  }

  private stream(i: number, exact: number, seq: number, octets: number): StreamNumber {
    return {
      exact: ((this.narrow[i * NARROW + FLAGS] as number) & exact) !== 0,
      firstSeq: (this.narrow[i * NARROW + seq] as number) >>> 0,
      octets: this.wide[i * WIDE + octets] as number,
    }
  }

  private setWide(i: number, frame: number, startNs: number, endNs: number, client: number, server: number): void {
    const { wide } = this
    const at = i * WIDE
    wide[at + NUMBER] = frame
    wide[at + START] = startNs
    wide[at + END] = endNs
    wide[at + CLIENT_OCTETS] = client
    wide[at + SERVER_OCTETS] = server
  }

  private keep(hashes: readonly number[]): void {
    const end = this.used + hashes.length
    if (end > this.pool.length) this.pool = grown(this.pool, new Int32Array(roomFor(end)))
    for (const hash of hashes) this.pool[this.used++] = hash
    if (hashes.length > 1) this.pool.subarray(end - hashes.length, end).sort()
  }

  private grow(): void {
    this.wide = grown(this.wide, new Float64Array(roomFor(this.size) * WIDE))
    this.narrow = grown(this.narrow, new Int32Array(roomFor(this.size) * NARROW))
  }
}

const UNKNOWN: StreamNumber = { exact: false, firstSeq: 0, octets: 0 }
const NO_HASHES: readonly number[] = Array(HASH_COUNT).fill(0)

/**
 * What identifies a session. The random of a ClientHello counts as a message identifier; in a session that is encrypted from
 * the start nothing else can be read, so there it also counts as a line.
 */
function hashesOf({ fingerprint, tls }: SessionReport) {
  const { lines = [], messages = [], receipts = [] } = fingerprint ?? {}
  const randoms = tls?.clientRandoms ?? []
  if (randoms.length === 0 && messages.length === 0 && receipts.length === 0) return { lines, messages }
  const isEncrypted = lines.length === 0
  return {
    lines: isEncrypted ? randoms.map((random) => hashText(random)) : lines,
    messages: [
      ...messages.map((hash) => hash & ~RECEIPT),
      ...randoms.map((random) => hashText(`TLS ${random}`) & ~RECEIPT),
      ...receipts.map((hash) => hash | RECEIPT),
    ],
  }
}

/** The lowest bit of a hash distinguishes identifiers given by the server from those of the client. */
const RECEIPT = 1
export function isReceipt(hash: number): boolean {
  return (hash & RECEIPT) !== 0
}

function hasHeaders({ fingerprint, encryption, tls }: SessionReport): boolean {
  if (fingerprint === null || fingerprint.hasGaps || tls !== null || encryption !== 'none') return false
  return fingerprint.messages.length > 0
}

function isCalm(report: SessionReport): boolean {
  const { fingerprint, limits, encryption, tls } = report
  const isQuick = fingerprint !== null && fingerprint.slowestNs < DELAY_NS
  const isWhole = limits.every(({ rules }) => rules.length === 0) && encryption === 'none' && tls === null
  return (
    isQuick && isWhole && report.unanswered === 0 && report.findings.length === 0 && report.closedBy !== 'capture-end'
  )
}
