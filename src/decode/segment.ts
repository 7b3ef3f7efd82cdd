// What decode/ hands on: one TCP segment at a time, with every header checked; the outcome for each packet; and what IP
// says about a fragment.
import type { PacketView } from '../capture/packet.ts'

export const Decoded = {
  /** The segment view holds a TCP segment. */
  SEGMENT: 0,
  /** Whole, and something else: ARP, UDP, … */
  NOT_TCP: 1,
  /** May be TCP and cannot be read: a cut or false header, an unknown link type. */
  UNDECODABLE: 2,
  /** A part of a datagram, kept until the others come. */
  FRAGMENT: 3,
  /** A TCP segment whose receiver will not have taken it, where checksums are believed. */
  BAD_CHECKSUM: 4,
} as const

export type Decoded = (typeof Decoded)[keyof typeof Decoded]

/** Reused: valid until the next call of the decoder. */
export interface FragmentView {
  /** What every fragment repeats: `[headerAt, headerAt + headerLength)`, without the fragment header of IPv6. */
  headerAt: number
  headerLength: number
  /** Where that header names what follows it. */
  protocolAt: number
  protocol: number
  id: number
  /** Where its payload belongs in that of the datagram, in octets. */
  position: number
  more: boolean
}

/** A packet that carried octets `[position, position + length)` of a datagram, its header included. */
export interface Part {
  readonly frame: number
  /** Where they stand, from the first octet of the packet; -1 when not as they are: the fragment was itself in fragments. */
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
  /** Sequence and acknowledgement numbers, as unsigned 32-bit integers. */
  seq: number
  ack: number
  /** As in the header, unscaled. */
  window: number
  /** The flag octet: the constants of `tcp-header.ts`. */
  flags: number
  /** IPv4 TTL or IPv6 hop limit. */
  ttl: number
  /** IPv4 identification; -1 for IPv6. */
  ipId: number
  /** Fragments of its datagram overlapped and disagreed: `bytes` has the first copy. */
  fragmentsDiffer: boolean
  /** The packets that carried it, where they were fragments; else none. */
  parts: readonly Part[]
  /** Where its TCP header starts in `bytes`. */
  headerAt: number
  /** The payload as captured: `[offset, offset + length)` of `bytes`. */
  offset: number
  length: number
  /** Octets of payload on the wire; more than `length` when the snapshot length cut the packet. */
  wireLength: number
}
