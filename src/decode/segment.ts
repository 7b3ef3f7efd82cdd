// The output of decode/: one TCP segment at a time, the outcome for each packet, and the properties of a fragment.
import type { PacketView } from '../capture/packet.ts'

export const Decoded = {
  /** The segment view holds a TCP segment. */
  SEGMENT: 0,
  /** A complete packet of another protocol: ARP, UDP, … */
  NOT_TCP: 1,
  /** May be TCP but cannot be read: a truncated or invalid header, an unknown link type. */
  UNDECODABLE: 2,
  /** A fragment, kept until the others of its datagram come. */
  FRAGMENT: 3,
  /** A TCP segment with a wrong checksum, which its receiver must have dropped. Only when checksums are verified. */
  BAD_CHECKSUM: 4,
} as const

export type Decoded = (typeof Decoded)[keyof typeof Decoded]

/** Reused: valid until the next call of the decoder. */
export interface FragmentView {
  /** The header that all fragments repeat: `[headerAt, headerAt + headerLength)`, without the IPv6 fragment header. */
  headerAt: number
  headerLength: number
  /** The offset of the field in that header that names the payload's protocol. */
  protocolAt: number
  protocol: number
  id: number
  /** Offset of its payload within that of the datagram, in octets. */
  position: number
  more: boolean
}

/** A packet that carried octets `[position, position + length)` of a datagram, counted from the start of its header. */
export interface Part {
  readonly frame: number
  /** Their offset in the packet; -1 when they are not contiguous there, because the fragment was itself fragmented. */
  readonly at: number
  readonly position: number
  readonly length: number
}

export const NO_PARTS: readonly Part[] = []

export function emptyFragment(): FragmentView {
  return { headerAt: 0, headerLength: 0, protocolAt: 0, protocol: 0, id: 0, position: 0, more: false }
}

/**
 * A TCP segment. Reused: valid until the next call of the decoder. The addresses are
 * `[sourceAt, sourceAt + addressLength)` and `[targetAt, targetAt + addressLength)` of `bytes`, 4 or 16 octets.
 */
export interface SegmentView {
  packet: PacketView
  /** The packet's bytes, or those of a reassembled datagram. */
  bytes: Uint8Array
  sourceAt: number
  targetAt: number
  addressLength: number
  sourcePort: number
  targetPort: number
  /** Unsigned 32-bit sequence and acknowledgement numbers. */
  seq: number
  ack: number
  /** As in the header, not scaled. */
  window: number
  /** The flag octet: the constants of `tcp-header.ts`. */
  flags: number
  /** IPv4 TTL or IPv6 hop limit. */
  ttl: number
  /** IPv4 identification; -1 for IPv6. */
  ipId: number
  /** Overlapping fragments of its datagram differed: `bytes` contains the first copy. */
  fragmentsDiffer: boolean
  /** The packets that carried it, if it was fragmented; otherwise empty. */
  parts: readonly Part[]
  /** Offset of its TCP header in `bytes`. */
  headerAt: number
  /** The payload as captured: `[offset, offset + length)` of `bytes`. */
  offset: number
  length: number
  /** Length of the payload on the wire; more than `length` when the snapshot length truncated the packet. */
  wireLength: number
}
