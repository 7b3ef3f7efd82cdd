// Reassembles IP fragments (RFC 791 section 3.2, RFC 8200 section 4.5) that may arrive in any order, repeated or
// overlapping. The result is the complete datagram with a header that no longer describes a fragment. When overlapping
// fragments differ, the first one is used and the conflict is recorded.
import {
  DATAGRAM_BYTES_MAX,
  FRAGMENT_BYTES_MAX,
  FRAGMENT_NS,
  FRAGMENT_PARTS_MAX,
  FRAGMENT_PIECES_MAX,
  FRAGMENTED_DATAGRAMS_MAX,
} from '../limits.ts'
import { u8 } from './bytes.ts'
import type { FragmentView, Part, SegmentView } from './segment.ts'

interface Range {
  start: number
  end: number
}

/** Initial buffer size: most fragmented datagrams are little longer than an Ethernet packet. */
const ROOM = 4096

const IPV6_HEADER = 40

class Datagram {
  readonly firstNs: number
  packets = 0
  isWhole = false
  /** Overlapping octets differed. */
  differs = false
  /** The payload while fragments are missing; the packet with its header once it is complete. */
  bytes: Uint8Array = new Uint8Array(ROOM)
  /** The packets that carried it, in order of arrival. */
  parts: readonly Part[] = []
  /** Length of the whole packet on the wire; `bytes` is shorter when a snapshot length truncated a fragment. */
  wireLength = 0
  private header: Uint8Array | null = null
  private headerLength = 0
  /** Received ranges of the payload (lengths on the wire): sorted and disjoint. */
  private ranges: Range[] = []
  /** The length of the payload; -1 until the last fragment shows it. */
  private length = -1
  /** End of the captured part of the payload. */
  private capturedTo = DATAGRAM_BYTES_MAX

  constructor(firstNs: number) {
    this.firstNs = firstNs
  }

  /** Returns false when the fragment contradicts the others, so that no datagram can result. */
  add(segment: SegmentView, fragment: FragmentView): boolean {
    const { position, more } = fragment
    const end = position + segment.wireLength
    this.packets += 1
    if (this.parts.length < FRAGMENT_PARTS_MAX) this.parts = [...this.parts, ...partsOf(segment, fragment)]
    const known = this.length
    if (!more) this.length = end
    const furthest = this.ranges.at(-1)?.end ?? 0
    if (this.length >= 0 && (Math.max(end, furthest) > this.length || (!more && known >= 0 && known !== end)))
      return false
    if (segment.length < segment.wireLength) this.capturedTo = Math.min(this.capturedTo, position + segment.length)
    this.reserve(position + segment.length)
    this.place(segment, position)
    this.cover(position, end)
    if (position === 0 && this.header === null) this.keepHeader(segment, fragment)
    return this.ranges.length <= FRAGMENT_PIECES_MAX && this.finish()
  }

  /** Whether the fragment only repeats a part of the complete packet. */
  repeats({ bytes, offset, length }: SegmentView, { position }: FragmentView): boolean {
    return this.same(bytes, offset, this.headerLength + position, Math.min(length, this.capturedTo - position))
  }

  private reserve(needed: number): void {
    if (needed <= this.bytes.length) return
    const larger = new Uint8Array(2 ** Math.ceil(Math.log2(needed)))
    larger.set(this.bytes)
    this.bytes = larger
  }

  /** Copies new octets and compares repeated ones. */
  private place({ bytes, offset, length }: SegmentView, position: number): void {
    const end = position + length
    const copy = (from: number, to: number) => {
      this.bytes.set(bytes.subarray(offset + from - position, offset + to - position), from)
    }
    let at = position
    for (const range of this.ranges) {
      if (range.end <= at) continue
      if (range.start >= end) break
      if (at < range.start) copy(at, range.start)
      at = Math.max(at, range.start)
      const known = Math.min(end, range.end)
      if (!this.same(bytes, offset + at - position, at, Math.min(known, this.capturedTo) - at)) this.differs = true
      at = known
    }
    if (at < end) copy(at, end)
  }

  private same(bytes: Uint8Array, from: number, at: number, length: number): boolean {
    for (let i = 0; i < length; i += 1) if (bytes[from + i] !== this.bytes[at + i]) return false
    return true
  }

  private cover(start: number, end: number): void {
    const merged = { start, end }
    const apart: Range[] = []
    for (const range of this.ranges) {
      if (range.end < start || range.start > end) {
        apart.push(range)
        continue
      }
      merged.start = Math.min(merged.start, range.start)
      merged.end = Math.max(merged.end, range.end)
    }
    this.ranges = [...apart, merged].sort((one, other) => one.start - other.start)
  }

  /** Uses the header of the first fragment for the packet, without its fragmentation fields. */
  private keepHeader({ bytes, addressLength }: SegmentView, fragment: FragmentView): void {
    const { headerAt, headerLength, protocolAt, protocol } = fragment
    const header = bytes.slice(headerAt, headerAt + headerLength)
    header[protocolAt - headerAt] = protocol
    if (addressLength === 4) header.fill(0, 6, 8)
    this.header = header
  }

  /** Completes the packet when nothing is missing. Returns false when it would exceed the maximum length. */
  private finish(): boolean {
    const { header, length } = this
    const [first] = this.ranges
    if (header === null || this.ranges.length > 1 || first?.start !== 0 || first.end !== length) return true
    const isIpv4 = u8(header, 0) >> 4 === 4
    const says = isIpv4 ? header.length + length : header.length - IPV6_HEADER + length
    if (says > DATAGRAM_BYTES_MAX) return false
    header[isIpv4 ? 2 : 4] = says >> 8
    header[isIpv4 ? 3 : 5] = says & 0xff
    const payload = this.bytes.subarray(0, Math.min(length, this.capturedTo))
    const whole = new Uint8Array(header.length + payload.length)
    whole.set(header)
    whole.set(payload, header.length)
    this.bytes = whole
    this.headerLength = header.length
    this.parts = this.parts.map((part) => ({ ...part, position: part.position + header.length }))
    this.wireLength = header.length + length
    this.isWhole = true
    return true
  }
}

/** A fragment that itself was fragmented has no contiguous place in a packet: `at` is -1. */
function partsOf({ packet, parts, offset, length }: SegmentView, { position }: FragmentView): readonly Part[] {
  if (parts.length > 0) return parts.map((part) => ({ ...part, at: -1 }))
  return [{ frame: packet.frame, at: offset - packet.offset, position, length }]
}

export class Fragments {
  /** Packets whose datagram was given up. */
  private lost = 0
  private bytesHeld = 0
  /** In order of their first fragment. A complete datagram is kept for a while, to recognise duplicates. */
  private readonly datagrams = new Map<string, Datagram>()

  /** The datagram that this fragment completes; null when it completes none. */
  take(segment: SegmentView, fragment: FragmentView): Datagram | null {
    const now = segment.packet.timeNs
    if (!isPossible(segment, fragment)) {
      this.lost += 1
      return null
    }
    const key = keyOf(segment, fragment)
    const known = this.datagrams.get(key)
    if (known !== undefined && now - known.firstNs < FRAGMENT_NS) {
      if (!known.isWhole) return this.add(key, known, segment, fragment)
      if (known.repeats(segment, fragment)) return null
    }
    if (known !== undefined) this.forget(key, known)
    this.makeRoom(now)
    const datagram = new Datagram(now)
    this.datagrams.set(key, datagram)
    this.bytesHeld += datagram.bytes.length
    return this.add(key, datagram, segment, fragment)
  }

  /** End of the capture. Returns the number of packets that were fragments of incomplete datagrams. */
  finish(): number {
    for (const [key, datagram] of this.datagrams) this.forget(key, datagram)
    return this.lost
  }

  private add(key: string, datagram: Datagram, segment: SegmentView, fragment: FragmentView): Datagram | null {
    const before = datagram.bytes.length
    const fits = datagram.add(segment, fragment)
    this.bytesHeld += datagram.bytes.length - before
    if (!fits) this.forget(key, datagram)
    return fits && datagram.isWhole ? datagram : null
  }

  private forget(key: string, datagram: Datagram): void {
    this.datagrams.delete(key)
    this.bytesHeld -= datagram.bytes.length
    if (!datagram.isWhole) this.lost += datagram.packets
  }

  /** Removes the oldest datagrams: those for which a receiver would no longer wait, and those beyond the limits. */
  private makeRoom(now: number): void {
    for (const [key, datagram] of this.datagrams) {
      const full = this.datagrams.size >= FRAGMENTED_DATAGRAMS_MAX || this.bytesHeld > FRAGMENT_BYTES_MAX
      if (!full && now - datagram.firstNs < FRAGMENT_NS) return
      this.forget(key, datagram)
    }
  }
}

/** All fragments but the last have a multiple of eight octets, and the datagram must not exceed the maximum length. */
function isPossible({ wireLength }: SegmentView, { position, more }: FragmentView): boolean {
  return wireLength > 0 && (!more || wireLength % 8 === 0) && position + wireLength <= DATAGRAM_BYTES_MAX
}

/** Both addresses and the identification; for IPv4 also the protocol. */
function keyOf({ bytes, sourceAt, addressLength }: SegmentView, { id, protocol }: FragmentView): string {
  let key = addressLength === 4 ? `${id} ${protocol} ` : `${id} `
  // The target address follows the source address in both headers.
  for (let i = 0; i < 2 * addressLength; i += 1) key += String.fromCharCode(u8(bytes, sourceAt + i))
  return key
}
