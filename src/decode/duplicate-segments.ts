// Recognises segments that were captured at two points: by two taps of the same traffic, or on two interfaces of one
// machine. The second copy looks like a retransmission but is not; its hop limit is that of another point.
import { COPIES_REMEMBERED, COPY_NS } from '../limits.ts'
import { u8 } from './bytes.ts'
import type { SegmentView } from './segment.ts'

/** Offset of the checksum in a TCP header. The sender's network card may not have filled it in yet. */
const CHECKSUM = 16

export class DuplicateSegments {
  /** Number of copies so far. */
  count = 0
  /** The capture point of the previous packet, and when the point last changed. */
  private tap = -1
  private changedNs = Number.NEGATIVE_INFINITY
  // Indexed by the low bits of the hash; a later segment overwrites an earlier one.
  private hashes: Int32Array | null = null
  private times = new Float64Array(0)
  private taps = new Float64Array(0)

  /** True when the same segment, byte for byte, was captured at another point shortly before. */
  has(segment: SegmentView): boolean {
    const { tap, timeNs } = segment.packet
    return !this.isSettled(tap, timeNs) && this.look(segment, tap, timeNs)
  }

  /** Whether a segment of this capture point cannot be a copy, whatever it contains, and need not be remembered. */
  isSettled(tap: number, timeNs: number): boolean {
    return tap === this.tap && Math.abs(timeNs - this.changedNs) > COPY_NS
  }

  /**
   * The capture point of the latest packet; -1 before the first. Set by the caller when preceding packets, none of them
   * copies, were processed elsewhere.
   */
  get place(): number {
    return this.tap
  }

  set place(tap: number) {
    this.tap = tap
  }

  /** Whether segments of this capture point between these times certainly have no copies, whatever they contain. */
  isSingle(tap: number, fromNs: number, toNs: number): boolean {
    const isFar = this.changedNs < fromNs - COPY_NS || this.changedNs > toNs + COPY_NS
    return isFar && (tap === this.tap || this.tap < 0)
  }

  /** Only called while packets come from several capture points. */
  private look(segment: SegmentView, tap: number, timeNs: number): boolean {
    if (tap !== this.tap) {
      const isFirst = this.tap < 0
      this.tap = tap
      if (isFirst) return false
      this.changedNs = timeNs
    }
    if (this.hashes === null) {
      this.hashes = new Int32Array(COPIES_REMEMBERED)
      this.times = new Float64Array(COPIES_REMEMBERED).fill(Number.NEGATIVE_INFINITY)
      this.taps = new Float64Array(COPIES_REMEMBERED)
    }
    const row = hashOf(segment, 0x811c9dc5) & (COPIES_REMEMBERED - 1)
    const check = hashOf(segment, 0x2545f491)
    const isSame = this.hashes[row] === check && Math.abs(timeNs - (this.times[row] as number)) <= COPY_NS
    if (isSame && this.taps[row] !== tap) {
      this.count += 1
      return true
    }
    this.hashes[row] = check
    this.times[row] = timeNs
    this.taps[row] = tap
    return false
  }
}

/** Hash of addresses, IP identification and the whole TCP segment without its checksum. */
function hashOf(segment: SegmentView, seed: number): number {
  const { bytes, sourceAt, addressLength, headerAt, offset, length, ipId, wireLength } = segment
  let hash = Math.imul(seed ^ ipId, 0x01000193) ^ wireLength
  // The target address follows the source address in both headers.
  hash = mixed(hash, bytes, sourceAt, sourceAt + 2 * addressLength)
  hash = mixed(hash, bytes, headerAt, headerAt + CHECKSUM)
  hash = mixed(hash, bytes, headerAt + CHECKSUM + 2, offset + length)
  return hash ^ (hash >>> 15)
}

function mixed(seed: number, bytes: Uint8Array, from: number, to: number): number {
  let hash = seed
  for (let at = from; at < to; at += 1) {
    hash = Math.imul(hash ^ u8(bytes, at), 0x01000193)
    hash ^= hash >>> 13
  }
  return hash
}
