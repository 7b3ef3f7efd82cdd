// Decrypts the chunks of a connection from where TLS begins. A record has the frame, time and acknowledgement of the
// segment with its last byte. An ACK covers plaintext only if it covers the whole record. If decryption fails, the
// reason is reported once; after that records are only counted.
import { hexOf } from '../capture/hex.ts'
import { TLS_FLIGHTS_MAX, TLS_HELD_BYTES_MAX, TLS_MARKS_MAX } from '../limits.ts'
import { type ChunkView, copyChunk, copyFrom, emptyChunk, type Side } from '../tcp/chunk.ts'
import type { Opened } from './cipher.ts'
import {
  BYTES_MISSING,
  endedByAlert,
  HandshakeReader,
  KEYS_WRONG,
  Negotiation,
  NO_KEYS_GIVEN,
  NOT_AUTHENTIC,
  NOT_FINISHED,
  NOT_RECORDS,
  type Party,
  RECORD_NOT_ENDED,
  START_MISSING,
  TOO_MUCH_HELD,
} from './handshake.ts'
import type { Keyring } from './keyring.ts'
import { ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, HEADER_BYTES, RecordReader } from './record.ts'
import { Resynchronisation } from './resync.ts'

class PositionMap {
  /** Position of the next plaintext byte. */
  plain: number
  /** Where TLS begins. Before it, both streams are identical. */
  private readonly start: number
  private rawEnds: number[] = []
  private plainEnds: number[] = []
  private forgotten = false
  /** Position of the FIN in the TCP stream; infinite when there is none. */
  private fin = Number.POSITIVE_INFINITY

  constructor(start: number) {
    this.start = start
    this.plain = start
  }

  /** Adds a record that ends at `rawEnd` and contains `bytes` plaintext bytes. */
  add(rawEnd: number, bytes: number): void {
    this.plain += bytes
    if (this.rawEnds.length >= 2 * TLS_MARKS_MAX) {
      this.rawEnds = this.rawEnds.slice(TLS_MARKS_MAX)
      this.plainEnds = this.plainEnds.slice(TLS_MARKS_MAX)
      this.forgotten = true
    }
    this.rawEnds.push(rawEnd)
    this.plainEnds.push(this.plain)
  }

  /** The stream ends at `raw`; infinity: it does not end. */
  end(raw: number): void {
    this.fin = raw
  }

  /** The plaintext position for the TCP position `raw`; -1 when it is too old to be known. */
  plainAt(raw: number): number {
    // The FIN occupies one sequence number.
    if (raw > this.fin) return this.plain + 1
    if (raw <= this.start) return raw
    const { rawEnds } = this
    let low = 0
    let high = rawEnds.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((rawEnds[middle] as number) <= raw) low = middle + 1
      else high = middle
    }
    if (low > 0) return this.plainEnds[low - 1] as number
    return this.forgotten ? -1 : this.start
  }
}

class PendingChunks {
  private chunks: ChunkView[] = []
  private octets = 0

  /** Keeps the chunk from the index `at` on. Returns false when the limit is exceeded. */
  keep(chunk: ChunkView, at: number): boolean {
    this.chunks.push(copyFrom(chunk, at))
    this.octets += chunk.kind === 'bytes' ? chunk.offset + chunk.length - at : 1
    return this.octets <= TLS_HELD_BYTES_MAX
  }

  /** Removes and returns the kept chunks in order. */
  release(): readonly ChunkView[] {
    const { chunks } = this
    if (chunks.length === 0) return chunks
    this.chunks = []
    this.octets = 0
    return chunks
  }
}

/** Consecutive records of one side, up to the next record of the other. */
interface RecordRun {
  readonly side: Side
  readonly records: number
  /** Octets on the wire, including headers. */
  readonly bytes: number
  readonly firstFrame: number
  readonly lastFrame: number
  /** When its last record was complete, in nanoseconds since the first packet. */
  readonly timeNs: number
}

type Growing = { -readonly [K in keyof RecordRun]: RecordRun[K] }

class RecordRuns {
  readonly list: Growing[] = []
  /** Number of runs that were not listed. */
  more = 0
  private last: Growing | null = null

  add(side: Side, bytes: number, { frame, timeNs }: ChunkView): void {
    const { last } = this
    if (last?.side === side) {
      last.records++
      last.bytes += bytes
      last.lastFrame = frame
      last.timeNs = timeNs
      return
    }
    this.last = { side, records: 1, bytes, firstFrame: frame, lastFrame: frame, timeNs }
    if (this.list.length < TLS_FLIGHTS_MAX) this.list.push(this.last)
    else this.more++
  }
}

export interface TlsEvents {
  /**
   * Octets before a side's first record. Returns the index where TLS begins, or -1 when it does not begin in this
   * chunk.
   */
  preamble(side: Side, chunk: ChunkView, at: number): number
  /**
   * The next decrypted chunk, or another event. Positions and acknowledgements refer to the decrypted streams. After
   * `opaque`, chunks are passed on undecrypted.
   */
  plain(side: Side, chunk: ChunkView): void
  /** The handshake is over: from here on `plain` receives plaintext. */
  secured(): void
  /** Nothing more can be decrypted, for this reason. */
  opaque(reason: string, frame: number): void
}

const CLOSE_NOTIFY = 0
const FATAL = 2

class HalfConnection {
  reader: RecordReader
  readonly handshake = new HandshakeReader()
  readonly positions: PositionMap
  started = false
  /** Description of the last alert; -1 when there was none or it cannot be decrypted. */
  alert = -1
  /** An alert was seen, decrypted or not. */
  alerted = false
  search: Resynchronisation | null = null
  /** The highest acknowledgement of the other side's plaintext that was passed on. */
  acked = -1

  constructor(start: number, whole: boolean) {
    this.reader = new RecordReader(whole)
    this.positions = new PositionMap(start)
  }
}

export class TlsConnection {
  readonly client: Side
  readonly flights = new RecordRuns()
  /** Null when there are no keys. */
  readonly negotiation: Negotiation | null
  readonly halves: readonly [HalfConnection, HalfConnection]
  private readonly events: TlsEvents
  private readonly out = emptyChunk()
  private readonly pendingChunks = new PendingChunks()
  private readonly frame: number
  private secure = false
  private unreadable = false

  /** `starts`: where TLS begins in each side's stream. `frame`: the frame that showed it. */
  constructor(
    client: Side,
    starts: readonly [number, number],
    keyring: Keyring | null,
    frame: number,
    events: TlsEvents,
  ) {
    const keyed = keyring !== null && keyring.size > 0
    this.client = client
    this.events = events
    this.negotiation = keyed ? new Negotiation(keyring) : null
    this.frame = frame
    this.halves = [new HalfConnection(starts[0], keyed), new HalfConnection(starts[1], keyed)]
  }

  /** The randoms of the client's hellos, in hexadecimal. */
  get clientRandoms(): string[] {
    return (this.negotiation?.clientRandoms ?? []).map((random) => hexOf(random))
  }

  take(side: Side, chunk: ChunkView): void {
    if (side === this.client && this.negotiation?.waits) {
      if (!this.pendingChunks.keep(chunk, chunk.offset)) this.giveUp(TOO_MUCH_HELD, chunk.frame)
      return
    }
    if (chunk.kind === 'bytes') this.takeBytes(side, chunk)
    else if (chunk.kind === 'gap') this.takeGap(side, chunk)
    // The copy that was kept is the one that authenticates, so conflicts do not matter.
    else if (chunk.kind !== 'conflict' || this.unreadable) this.pass(side, chunk)
  }

  /** End of input. */
  end(): void {
    const { frame, halves } = this
    const alert = halves.find(({ alert }) => alert > CLOSE_NOTIFY)?.alert
    if (this.negotiation === null) this.giveUp(NO_KEYS_GIVEN, frame)
    else if (!this.secure) this.giveUp(alert === undefined ? NOT_FINISHED : endedByAlert(alert), frame)
    else if (halves.some(({ search }) => search !== null)) this.giveUp(BYTES_MISSING, frame)
    // Only its unauthenticated header gives its length, so it may not be a record.
    else if (halves.some(({ reader }) => reader.pending > 0)) this.giveUp(RECORD_NOT_ENDED, frame)
  }

  private takeBytes(side: Side, chunk: ChunkView): void {
    const half = this.halves[side]
    let at = chunk.offset
    if (!half.started) {
      at = this.events.preamble(side, chunk, at)
      half.started = at >= 0
      if (half.started && this.negotiation === null) this.giveUp(NO_KEYS_GIVEN, this.frame)
    }
    if (half.search !== null && !this.unreadable) this.searchOn(side, half.search, chunk)
    else if (at >= 0) this.takeRecords(side, half, chunk, at)
    this.pass(side, chunk)
  }

  private takeRecords(side: Side, half: HalfConnection, chunk: ChunkView, from: number): void {
    const end = chunk.offset + chunk.length
    for (let at = from; at < end && !half.reader.broken; ) {
      at = half.reader.next(chunk, at)
      if (at < 0) break
      if (this.unreadable) this.count(side, half, chunk)
      else this.takeRecord(side, half, chunk, chunk.position + (at - chunk.offset))
      if (at < end && side === this.client && this.negotiation?.waits) {
        this.pendingChunks.keep(chunk, at)
        return
      }
    }
    if (half.reader.broken) this.giveUp(NOT_RECORDS, chunk.frame)
  }

  private takeRecord(side: Side, half: HalfConnection, chunk: ChunkView, rawEnd: number): void {
    const { negotiation } = this
    if (negotiation === null) return
    const by = this.partyOf(side)
    const opened = negotiation[by].open(half.reader.record)
    if (opened === 'unread') return
    if (opened === null) this.giveUp(negotiation[by].cipher?.proven ? NOT_AUTHENTIC : KEYS_WRONG, chunk.frame)
    else this.takeContent(side, half, opened, chunk, rawEnd)
    if (negotiation.problem !== null) this.giveUp(negotiation.problem, chunk.frame)
    if (!negotiation.waits) this.release()
  }

  private takeContent(side: Side, half: HalfConnection, opened: Opened, chunk: ChunkView, rawEnd: number): void {
    const negotiation = this.negotiation as Negotiation
    const by = this.partyOf(side)
    switch (opened.type) {
      case HANDSHAKE:
        half.handshake.push(opened.bytes, opened.from, opened.to)
        while (half.handshake.next()) negotiation.message(by, half.handshake.type, half.handshake.body)
        if (negotiation.finished.client && negotiation.finished.server) this.becomeSecure()
        break
      case CHANGE_CIPHER_SPEC:
        negotiation.changeCipherSpec(by)
        break
      case ALERT:
        this.takeAlert(half, opened)
        break
      case APPLICATION_DATA:
        if (negotiation[by].cipher === null) this.giveUp(NOT_RECORDS, chunk.frame)
        else this.takeText(side, half, opened, chunk, rawEnd)
        break
    }
  }

  private takeText(side: Side, half: HalfConnection, opened: Opened, chunk: ChunkView, rawEnd: number): void {
    this.becomeSecure()
    const { out } = this
    out.kind = 'bytes'
    out.bytes = opened.bytes
    out.offset = opened.from
    out.length = opened.to - opened.from
    out.position = half.positions.plain
    out.frame = chunk.frame
    out.timeNs = chunk.timeNs
    out.peerAcked = this.ackedBy(side, chunk)
    half.positions.add(rawEnd, out.length)
    if (out.length === 0) return
    half.acked = Math.max(half.acked, out.peerAcked)
    this.events.plain(side, out)
  }

  private takeAlert(half: HalfConnection, { bytes, from, to }: Opened): void {
    half.alerted = true
    if (to - from < 2) return
    const description = bytes[from + 1] as number
    if (bytes[from] === FATAL || description === CLOSE_NOTIFY) half.alert = description
  }

  /** Bytes are missing. During the handshake decryption then fails; after it, later records can be found again. */
  private takeGap(side: Side, chunk: ChunkView): void {
    const half = this.halves[side]
    if (this.unreadable) {
      half.reader.lose(chunk.length)
      this.pass(side, chunk)
      return
    }
    const { out } = this
    copyChunk(chunk, out)
    out.position = half.positions.plain
    out.measured = false
    half.positions.add(chunk.position + chunk.length, chunk.length)
    out.peerAcked = this.ackedBy(side, chunk)
    this.events.plain(side, out)
    const protection = this.negotiation?.[this.partyOf(side)]
    if (!this.secure || !protection?.settled || protection.cipher === null) {
      half.reader.broken = true
      this.giveUp(half.started ? BYTES_MISSING : START_MISSING, chunk.frame)
      return
    }
    const lost = (half.search?.lost ?? half.reader.pending) + chunk.length
    half.reader.reset()
    half.search = new Resynchronisation(protection.cipher, half.search?.from ?? chunk.position + chunk.length, lost)
  }

  private searchOn(side: Side, search: Resynchronisation, chunk: ChunkView): void {
    const found = search.take(chunk)
    if (found === 'more') return
    const half = this.halves[side]
    if (found === 'lost') {
      this.giveUp(BYTES_MISSING, chunk.frame)
      return
    }
    half.search = null
    for (const piece of found) this.takeRecords(side, half, piece, piece.offset)
  }

  /** Passes on what the segment says apart from its bytes; also the bytes, when they cannot be decrypted. */
  private pass(side: Side, chunk: ChunkView): void {
    const half = this.halves[side]
    if (chunk.kind === 'fin') half.positions.end(chunk.position)
    else if (chunk.kind === 'no-fin') half.positions.end(Number.POSITIVE_INFINITY)
    // The acknowledgement of part of a record covers no further plaintext.
    const bare = (chunk.kind === 'bytes' || chunk.kind === 'ack') && !this.unreadable
    const peerAcked = this.ackedBy(side, chunk)
    if (bare && peerAcked <= half.acked) return
    const { out } = this
    copyChunk(chunk, out)
    out.peerAcked = peerAcked
    if (bare) {
      half.acked = peerAcked
      out.kind = 'ack'
      out.length = 0
    }
    out.position = half.positions.plain
    this.events.plain(side, out)
  }

  private count(side: Side, half: HalfConnection, chunk: ChunkView): void {
    const { record } = half.reader
    half.alerted ||= record.type === ALERT
    this.flights.add(side, HEADER_BYTES + record.length, chunk)
  }

  private release(): void {
    for (const chunk of this.pendingChunks.release()) this.take(this.client, chunk)
  }

  private becomeSecure(): void {
    if (this.secure) return
    this.secure = true
    this.events.secured()
  }

  private giveUp(reason: string, frame: number): void {
    if (this.unreadable) return
    this.unreadable = true
    this.events.opaque(reason, frame)
    for (const half of this.halves) {
      half.reader.broken ||= half.search !== null
      half.search = null
    }
    this.release()
  }

  private ackedBy(side: Side, chunk: ChunkView): number {
    const { search, positions } = this.halves[(1 - side) as Side]
    const unknown = chunk.peerAcked < 0 || (search !== null && chunk.peerAcked > search.from)
    return unknown ? -1 : positions.plainAt(chunk.peerAcked)
  }

  private partyOf(side: Side): Party {
    return side === this.client ? 'client' : 'server'
  }
}
