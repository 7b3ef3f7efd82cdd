// Segments that were captured at one place and then at another: by two taps of the same traffic, on two interfaces of one
// machine. What comes in: each segment. What goes out: whether it is a copy of one that was seen before it. A copy is no
// retransmission, which is what it would look like, and says nothing new; its hop limit is that of another place.
import { COPIES_REMEMBERED, COPY_NS } from '../limits.ts'
import { u8 } from './bytes.ts'
import type { SegmentView } from './segment.ts'

/** Where the checksum stands in a TCP header: the network card of the sender may not have filled it in yet. */
const CHECKSUM = 16

export class DuplicateSegments {
  /** Copies so far. */
  count = 0
  /** The place of the packet before, and when the place last changed. */
  private tap = -1
  private changedNs = Number.NEGATIVE_INFINITY
  // A row for each of the low bits of the hash; a later segment takes the row of an earlier one.
  private hashes: Int32Array | null = null
  private times = new Float64Array(0)
  private taps = new Float64Array(0)

  /** True when the same segment, octet by octet, was seen at another place a moment ago. */
  has(segment: SegmentView): boolean {
    const { tap, timeNs } = segment.packet
    if (tap === this.tap && Math.abs(timeNs - this.changedNs) > COPY_NS) return false
    return this.look(segment, tap, timeNs)
  }

  /** Where segments come from now, when others were read elsewhere that are no copies; -1 before the first. */
  get place(): number {
    return this.tap
  }

  set place(tap: number) {
    this.tap = tap
  }

  /** Whether segments of this place, between these times, are copies of none, whatever they hold. */
  isSingle(tap: number, fromNs: number, toNs: number): boolean {
    const isFar = this.changedNs < fromNs - COPY_NS || this.changedNs > toNs + COPY_NS
    return isFar && (tap === this.tap || this.tap < 0)
  }

  /** Only while packets come from more than one place. */
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

/** Of addresses, IP identification and the whole TCP segment without its checksum. */
function hashOf(segment: SegmentView, seed: number): number {
  const { bytes, sourceAt, addressLength, headerAt, offset, length, ipId, wireLength } = segment
  let hash = Math.imul(seed ^ ipId, 0x01000193) ^ wireLength
  // The target stands behind the source in both headers.
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
