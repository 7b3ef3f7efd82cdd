// Computes hashes by which a session is found again in another capture: of each stream, and of each line that
// distinguishes sessions. The bytes are not parsed, so the cost is one pass over them.
import { canonicalAddress } from '../../decode/address.ts'
import { FINGERPRINT_LINES_MAX } from '../../limits.ts'
import type { ChunkTaker, ChunkView, Side, StreamConsumer } from '../../tcp/chunk.ts'
import type { Connection, StreamNumber } from '../../tcp/connection.ts'
import { NotedOpenings, type OpeningTimestamps } from '../../tcp/timestamps.ts'
import { printable } from './text.ts'

export interface Fingerprint {
  /** The TCP sequence numbers of the streams: of the side that opened the connection, then of the other. */
  readonly numbers: readonly [StreamNumber, StreamNumber]
  readonly timestamps: OpeningTimestamps | null
  /** Two hashes of each stream, in the same order. */
  readonly streams: readonly [number, number, number, number]
  /**
   * Hashes of upper-cased lines: the client's EHLO, MAIL, RCPT, XCLIENT and XFORWARD, and all lines with a reply code.
   */
  readonly lines: readonly number[]
  /** Hashes of Message-ID and Date header lines. */
  readonly messages: readonly number[]
  /** The longest time in nanoseconds from bytes of one side to the next bytes of the other. */
  readonly slowestNs: number
  /** Number of lines that start with MAIL. */
  readonly mails: number
  /** The client's address, with its port if known, as given by XCLIENT or XFORWARD; null without these. */
  readonly named: string | null
  /** Hashes of the replies to message content that contain a queue identifier, which is unique to the server. */
  readonly receipts: readonly number[]
  /** Bytes of either side are missing. */
  readonly hasGaps: boolean
  /** How often the direction changed. It differs between a capture of pipelined and one of separated commands. */
  readonly turns: number
}

const LF = 0x0a
const CR = 0x0d
const DOT = 0x2e
const DIGIT_3 = 0x33
/** The first four characters of a line, upper-cased, packed into an integer. They select the lines to hash. */
const word = (text: string) =>
  (text.charCodeAt(0) << 24) | (text.charCodeAt(1) << 16) | (text.charCodeAt(2) << 8) | text.charCodeAt(3)
const ENVELOPE: ReadonlySet<number> = new Set(['EHLO', 'HELO', 'LHLO', 'MAIL', 'RCPT', 'XCLI', 'XFOR'].map(word))
const MAIL = word('MAIL')
const NAMES: ReadonlySet<number> = new Set(['XCLI', 'XFOR'].map(word))
const MESSAGE: ReadonlySet<number> = new Set(['MESS', 'DATE'].map(word))

/** The state of one side: the hashes of its stream and of its current line. */
class Stream {
  a = 0x811c9dc5 | 0
  b = 0x2545f491
  line = 0x811c9dc5 | 0
  first = 0
  length = 0

  begin(): void {
    this.a = 0x811c9dc5 | 0
    this.b = 0x2545f491
    this.beginLine()
  }

  beginLine(): void {
    this.line = 0x811c9dc5 | 0
    this.first = 0
    this.length = 0
  }
}

const NONE: readonly number[] = []
/** Numbers of which so few are looked through one by one. */
const FEW = 32

/** Numbers without repetitions, in the order in which they came. */
class Distinct {
  readonly all: number[] = []
  private known: Set<number> | null = null

  /** The same for the caller to keep: an empty list may still be added to. */
  get listed(): readonly number[] {
    return this.all.length > 0 ? this.all : NONE
  }

  add(number: number): void {
    const { all, known } = this
    if (known === null ? all.includes(number) : known.has(number)) return
    all.push(number)
    if (known !== null) known.add(number)
    else if (all.length > FEW) this.known = new Set(all)
  }
}

export class Fingerprinter implements ChunkTaker {
  private readonly streams: readonly [Stream, Stream] = [new Stream(), new Stream()]
  private readonly lines = new Distinct()
  private readonly messages = new Distinct()
  private slowestNs = 0
  private turns = 0
  private mails = 0
  private named: string | null = null
  private hasGaps = false
  private readonly receipts = new Distinct()
  /** The side that has ended message content and waits for the reply; -1 for none. */
  private sender: Side | -1 = -1
  private speaker: Side | -1 = -1
  private lastNs = 0

  chunk(side: Side, { kind, bytes, offset, length, timeNs }: ChunkView): boolean {
    if (kind === 'gap') this.lose(side)
    if (kind !== 'bytes') return true
    if (this.speaker !== side) {
      if (this.speaker >= 0) this.slowestNs = Math.max(this.slowestNs, timeNs - this.lastNs)
      this.speaker = side
      this.turns++
    }
    this.lastNs = timeNs
    this.read(side, bytes, offset, offset + length)
    return true
  }

  /** One object, written out: a million sessions have one each. */
  fingerprint(numbers: Fingerprint['numbers'], timestamps: OpeningTimestamps | null): Fingerprint {
    const [one, other] = this.streams
    return {
      numbers,
      timestamps,
      streams: [one.a, one.b, other.a, other.b],
      lines: this.lines.all,
      messages: this.messages.listed,
      slowestNs: this.slowestNs,
      mails: this.mails,
      named: this.named,
      receipts: this.receipts.listed,
      hasGaps: this.hasGaps,
      turns: this.turns,
    }
  }

  /** Mixes the position of the gap into the hash, so that two sessions with gaps do not match because of them. */
  private lose(side: Side): void {
    this.hasGaps = true
    const stream = this.streams[side]
    stream.a = Math.imul(stream.a ^ this.turns, 0x85ebca6b) ^ 0x5bd1e995
    stream.beginLine()
  }

  private read(side: Side, bytes: Uint8Array, from: number, to: number): void {
    const stream = this.streams[side]
    let { a, b, line, first, length } = stream
    let lineAt = from
    for (let i = from; i < to; i++) {
      const octet = bytes[i] as number
      a = Math.imul(a ^ octet, 0x01000193)
      b = Math.imul(b, 31) + octet
      if (octet === LF) {
        this.note(first, line)
        if (NAMES.has(first)) this.name(bytes, lineAt, i)
        else if (first === DOT && length === 1) this.sender = side
        else if (this.sender === 1 - side && isCode(first))
          this.receive(first, line, printable(bytes, lineAt, i).replace(/\\x0d$/, ''))
        lineAt = i + 1
        line = 0x811c9dc5 | 0
        first = 0
        length = 0
      } else if (octet !== CR) {
        const letter = octet >= 0x61 && octet <= 0x7a ? octet - 0x20 : octet
        if (length++ < 4) first = (first << 8) | letter
        line = Math.imul(line ^ letter, 0x01000193)
      }
    }
    stream.a = a
    stream.b = b | 0
    stream.line = line
    stream.first = first
    stream.length = length
  }

  /**
   * Reads `ADDR=192.0.2.1 PORT=49152` of XCLIENT and XFORWARD (Postfix XCLIENT_README). A line split over two chunks is
   * not read completely.
   */
  private name(bytes: Uint8Array, from: number, to: number): void {
    const text = printable(bytes, from, to)
    const address = canonicalAddress(/ ADDR=(?:IPV6:)?([0-9a-f.:]+)/i.exec(text)?.[1] ?? '')
    const port = / PORT=(\d+)/i.exec(text)?.[1]
    if (address === null) return
    const host = address.includes(':') ? `[${address}]` : address
    this.named = port === undefined ? host : `${host}:${port}`
  }

  /** A reply to message content: `250 2.0.0 Ok: queued as 4F1B2C`. A word with letters and digits is an identifier. */
  private receive(first: number, line: number, text: string): void {
    if (first >>> 24 === DIGIT_3) return
    this.sender = -1
    if (/[a-z]\d|\d[a-z]/i.test(text) && this.receipts.all.length < FINGERPRINT_LINES_MAX) this.receipts.add(line)
  }

  private note(first: number, line: number): void {
    if (first === MAIL) this.mails++
    if (this.lines.all.length + this.messages.all.length >= FINGERPRINT_LINES_MAX) return
    if (MESSAGE.has(first)) this.messages.add(line)
    else if (ENVELOPE.has(first) || isCode(first)) this.lines.add(line)
  }
}

/** Three digits and a space or hyphen. */
function isCode(first: number): boolean {
  const digit = (shift: number) => {
    const octet = (first >>> shift) & 0xff
    return octet >= 0x30 && octet <= 0x39
  }
  const last = first & 0xff
  return digit(24) && digit(16) && digit(8) && (last === 0x20 || last === 0x2d)
}

/** The fingerprint of the session that is being judged; null when none are computed. */
export class CurrentFingerprint {
  value: Fingerprint | null = null
  readonly openings = new NotedOpenings()

  /** Calls `judge` with `value` set to the fingerprint of the connection's session. */
  with<T>(fingerprinter: Fingerprinter, connection: Connection, judge: () => T): T {
    const numbers = [connection.streamOf(0), connection.streamOf(1)] as const
    this.value = fingerprinter.fingerprint(numbers, this.openings.take(connection.number))
    const result = judge()
    this.value = null
    return result
  }
}

export class FingerprintedConsumer implements StreamConsumer {
  private readonly inner: StreamConsumer
  private readonly connection: Connection
  private readonly current: CurrentFingerprint
  private readonly fingerprinter = new Fingerprinter()

  constructor(inner: StreamConsumer, connection: Connection, current: CurrentFingerprint) {
    this.inner = inner
    this.connection = connection
    this.current = current
  }

  chunk(side: Side, chunk: ChunkView): boolean {
    this.fingerprinter.chunk(side, chunk)
    return this.inner.chunk(side, chunk)
  }

  end(): boolean {
    return this.current.with(this.fingerprinter, this.connection, () => this.inner.end())
  }
}
