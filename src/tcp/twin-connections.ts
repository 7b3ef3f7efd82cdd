// Selects the connection of a segment when several are open between the same endpoints. Sequence numbers decide; where
// they fit several, capture point, link header and hop limit do. Where these are equal too, all candidates are
// returned: the caller marks them, and nothing is proved about any of them.

import { i32, u8 } from '../decode/bytes.ts'
import type { SegmentView } from '../decode/segment.ts'
import { TWIN_REACH } from '../limits.ts'
import type { Side } from './chunk.ts'
import type { Connection } from './connection.ts'
import type { HalfStream } from './half-stream.ts'
import { distanceTo, distanceToOpening, NO_MATCH, opens } from './match-segment.ts'
import { emptySegmentInfo, readPiece } from './segment-info.ts'

/** A connection between the endpoints of a segment, and which side of it the sender is. */
export interface Twin {
  readonly connection: Connection
  readonly side: Side
}

const piece = emptySegmentInfo()

/** The connections the segment may belong to, the most likely first; more than one when that cannot be decided. */
export function ownersOf(twins: readonly Twin[], segment: SegmentView): readonly Twin[] {
  const isOpening = opens(segment)
  const distanceOf = ({ connection, side }: Twin) => {
    readPiece(piece, side, segment)
    return isOpening ? distanceToOpening(connection, side, piece) : distanceTo(connection, side, piece)
  }
  if (twins.length === 1) return distanceOf(twins[0] as Twin) < NO_MATCH ? twins : []
  const fitting = twins.map((twin) => ({ twin, away: distanceOf(twin) })).filter(({ away }) => away < NO_MATCH)
  fitting.sort((a, b) => a.away - b.away)
  const nearest = fitting[0]?.away ?? 0
  const near = fitting.filter(({ away }) => away - nearest <= TWIN_REACH).map(({ twin }) => twin)
  // A retransmitted SYN carries no data: it does not matter which of them it is.
  if (near.length < 2 || isOpening) return near.slice(0, 1)
  const arrival = arrivalOf(segment)
  const here = near.filter(({ connection, side }) => !isElsewhere(connection.halves[side], segment, arrival))
  return here.length === 0 ? near : here
}

/**
 * Whether a SYN-ACK answers the SYN of an open connection with another initial sequence number: a firewall that opens
 * connections for its servers (SYN proxy) answers the SYN itself, and the server answers it again.
 */
export function answersAnew(twins: readonly Twin[], { ack }: SegmentView): boolean {
  return twins.some(({ connection: { state, placed, halves }, side }) => {
    const client = halves[1 - side] as HalfStream
    return state === 'open' && placed && client.certain && client.positionOf(ack) === 0
  })
}

/**
 * Whether a SYN-ACK is that of another connection, of which the SYN was not captured: its numbers are apart from those
 * of all open connections. Near them it may be forged, and its connection would compete for their segments.
 */
export function isApart(twins: readonly Twin[], { seq, ack }: SegmentView): boolean {
  return twins.every(({ connection: { placed, halves }, side }) => {
    const half = halves[side]
    const peer = halves[1 - side] as HalfStream
    const distances = [half.positionOf(seq) - half.next, peer.positionOf(ack) - peer.next]
    return placed && distances.every((distance) => Math.abs(distance) > TWIN_REACH)
  })
}

/** Hash of the capture point and the link header (MAC addresses, VLAN tags); 0 where the link header is not known. */
export function arrivalOf({ packet, bytes, sourceAt, addressLength }: SegmentView): number {
  if (bytes !== packet.bytes) return 0
  // The source address follows 12 octets of an IPv4 header, or 8 of an IPv6 header.
  const end = sourceAt - (addressLength === 4 ? 12 : 8)
  let hash = packet.tap + 1
  let at = packet.offset
  for (; at + 4 <= end; at += 4) hash = Math.imul(hash ^ i32(bytes, at), 0x01000193)
  for (; at < end; at++) hash = Math.imul(hash ^ u8(bytes, at), 0x01000193)
  return hash === 0 ? 1 : hash
}

/** Whether a segment differs from those of the side in capture point, link header or hop limit. */
function isElsewhere({ arrival, hops, otherHops }: HalfStream, { ttl }: SegmentView, other: number): boolean {
  if (arrival !== 0 && other !== 0 && arrival !== other) return true
  return hops >= 0 && ttl !== hops && ttl !== otherHops
}
