// Splits one direction of a TLS connection into records (RFC 8446 section 5.1, RFC 5246 section 6.2.1), which may span
// segments or share one.
//
//   type 1 | version 2 | length 2 | fragment
import { TLS_RECORD_BYTES_MAX } from '../limits.ts'
import type { ChunkView } from '../tcp/chunk.ts'

export const CHANGE_CIPHER_SPEC = 20
export const ALERT = 21
export const HANDSHAKE = 22
export const APPLICATION_DATA = 23
const HEARTBEAT = 24

export const HEADER_BYTES = 5
const MAJOR = 1
const LENGTH = 3

/** A view of a record: its fragment is `[from, to)` of `bytes`, preceded by its header. Reused. */
export interface RecordView {
  type: number
  bytes: Uint8Array
  from: number
  to: number
  /** Length of the fragment on the wire, even when fragments are not kept. */
  length: number
}

const NO_BYTES = new Uint8Array(0)

/** Whether a record header may start at `at`. Only octets below `end` are examined. */
export function isRecordHeader(bytes: Uint8Array, at: number, end: number): boolean {
  const type = bytes[at] as number
  if (type < CHANGE_CIPHER_SPEC || type > HEARTBEAT) return false
  if (at + MAJOR < end && bytes[at + MAJOR] !== 3) return false
  return at + HEADER_BYTES > end || lengthAt(bytes, at) <= TLS_RECORD_BYTES_MAX
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at + LENGTH] as number) << 8) | (bytes[at + LENGTH + 1] as number)
}

export class RecordReader {
  readonly record: RecordView = { type: 0, bytes: NO_BYTES, from: 0, to: 0, length: 0 }
  /** What follows is not a record: the stream is not TLS, or no longer. */
  broken = false
  /** The octets of an incomplete record; only its header when fragments are not kept. */
  private carried: Uint8Array = NO_BYTES
  private used = 0
  /** Octets still to come of a record whose fragment is not kept. */
  private skipping = 0
  /** Whether fragments are kept. Otherwise `record` has no fragment. */
  private readonly whole: boolean

  constructor(whole: boolean) {
    this.whole = whole
  }

  /** Octets of an incomplete record. */
  get pending(): number {
    return this.used + this.skipping
  }

  /** Drops an incomplete record. */
  reset(): void {
    this.used = 0
  }

  /**
   * Octets are missing. That is harmless inside a record whose fragment is not kept; otherwise record boundaries are
   * lost.
   */
  lose(octets: number): void {
    if (octets <= this.skipping) this.skipping -= octets
    else this.broken = true
  }

  /**
   * Continues at `at`, an index of `chunk.bytes`. Returns the index after the record, which is then in `record`, or -1
   * when the chunk ends first or no record follows.
   */
  next(chunk: ChunkView, at: number): number {
    const end = chunk.offset + chunk.length
    if (this.skipping > 0) return this.skip(at, end)
    if (this.used === 0 && end - at >= HEADER_BYTES) return this.fromChunk(chunk.bytes, at, end)
    let next = this.carry(chunk.bytes, at, end, HEADER_BYTES)
    if (this.used < HEADER_BYTES || !this.isSound(this.carried, 0)) return -1
    const length = lengthAt(this.carried, 0)
    if (!this.whole) {
      this.used = 0
      return this.count(this.carried, 0, next, end)
    }
    next = this.carry(chunk.bytes, next, end, HEADER_BYTES + length)
    if (this.used < HEADER_BYTES + length) return -1
    this.used = 0
    this.view(this.carried, 0, HEADER_BYTES + length)
    return next
  }

  /** The chunk contains at least a whole header. */
  private fromChunk(bytes: Uint8Array, at: number, end: number): number {
    if (!this.isSound(bytes, at)) return -1
    const next = at + HEADER_BYTES + lengthAt(bytes, at)
    if (!this.whole) return this.count(bytes, at, at + HEADER_BYTES, end)
    if (next > end) {
      this.carry(bytes, at, end, next - at)
      return -1
    }
    this.view(bytes, at, next)
    return next
  }

  private count(header: Uint8Array, at: number, body: number, end: number): number {
    this.view(header, at, at + HEADER_BYTES)
    this.skipping = this.record.length
    return this.skip(body, end)
  }

  private skip(at: number, end: number): number {
    const octets = Math.min(this.skipping, end - at)
    this.skipping -= octets
    return this.skipping > 0 ? -1 : at + octets
  }

  private view(bytes: Uint8Array, at: number, end: number): void {
    const { record } = this
    record.type = bytes[at] as number
    record.bytes = bytes
    record.from = at + HEADER_BYTES
    record.to = end
    record.length = lengthAt(bytes, at)
  }

  private isSound(bytes: Uint8Array, at: number): boolean {
    this.broken ||= !isRecordHeader(bytes, at, at + HEADER_BYTES)
    return !this.broken
  }

  /** Buffers octets until `wanted` are buffered. Returns the index after them. */
  private carry(bytes: Uint8Array, at: number, end: number, wanted: number): number {
    const octets = Math.max(0, Math.min(wanted - this.used, end - at))
    if (wanted > this.carried.length) {
      const grown = new Uint8Array(wanted)
      grown.set(this.carried.subarray(0, this.used))
      this.carried = grown
    }
    this.carried.set(bytes.subarray(at, at + octets), this.used)
    this.used += octets
    return at + octets
  }
}
