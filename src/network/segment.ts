// What the network room hands on: one TCP segment at a time, every header already checked.
import type { PacketView } from '../capture/packet.ts'
import type { Part } from './fragment.ts'

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
  /** The flag octet: the constants of `tcp.ts`. */
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
