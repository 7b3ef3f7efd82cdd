// Decides by its numbers whether a segment belongs to a connection between the same endpoints. Segments of an older or
// simultaneous connection on the same ports do not, nor do segments of an attacker who only knows the ports.

import type { SegmentView } from '../decode/segment.ts'
import { ACK, RST, SYN } from '../decode/tcp-header.ts'
import { ORIGIN_NS, STREAM_REACH, WINDOW_MAX } from '../limits.ts'
import type { Side } from './chunk.ts'
import type { Connection } from './connection.ts'
import type { HalfStream } from './half-stream.ts'
import type { SegmentInfo } from './segment-info.ts'
import { distance } from './sequence.ts'

/** The distance of a segment that does not belong to the connection. */
export const NO_MATCH = Number.POSITIVE_INFINITY

/** Whether the segment is a client's SYN. */
export function opens({ flags }: Pick<SegmentView, 'flags'>): boolean {
  return (flags & (SYN | ACK)) === SYN
}

/** Whether the segment answers the opening of a connection, as a server does. */
export function answersOpening({ flags }: Pick<SegmentView, 'flags'>): boolean {
  return (flags & (SYN | ACK | RST)) === (SYN | ACK)
}

/** Whether the segment continues exactly at the position of its side and acknowledges only what its peer sent. */
export function isNext({ halves, placed }: Connection, side: Side, { seq, ack, flags }: SegmentView): boolean {
  const half = halves[side]
  const peer = halves[1 - side] as HalfStream
  if (!placed || half.nextSeq !== (seq | 0) || (flags & (SYN | ACK)) !== ACK || !peer.known) return false
  const acked = peer.positionOf(ack)
  return acked >= 0 && acked <= peer.next
}

/**
 * Distance in sequence numbers of a segment from the current positions of the connection; NO_MATCH if it does not
 * belong to it.
 */
export function distanceTo(connection: Connection, side: Side, piece: SegmentInfo): number {
  const { halves } = connection
  const half = halves[side]
  const peer = halves[1 - side] as HalfStream
  if (!half.known && !peer.known) {
    if (piece.syn && connection.held.some((other) => isBefore(other, piece))) return NO_MATCH
    return distanceToHeld(connection.held[0], side, piece)
  }
  if (piece.syn && !fitsSyn(connection, half, peer, piece)) return NO_MATCH
  const isAcked = piece.acks && peer.known
  if (half.known && isInFront(half, half.positionOf(piece.seq), piece.wireLength)) return NO_MATCH
  if (isAcked && isInFront(peer, peer.positionOf(piece.ack), 0)) return NO_MATCH
  // The capture may lack much of one direction, but hardly of both at once, so one of the numbers must be near.
  const ahead = half.known ? half.positionOf(piece.seq) - half.next : NO_MATCH
  const acksAhead = isAcked ? peer.positionOf(piece.ack) - peer.next : NO_MATCH
  // An RST without ACK cannot be checked while the stream of its side is unknown.
  if (!half.known && !isAcked) return 0
  const most = Math.max(half.known ? ahead : 0, isAcked ? acksAhead : 0)
  if (Math.min(ahead, acksAhead) > STREAM_REACH || most > (piece.rst ? STREAM_REACH : WINDOW_MAX)) return NO_MATCH
  // If only a SYN of the connection is known, a segment that is not next to it fits less well than one that fits both
  // streams of another connection.
  const unknown = piece.acks && !isAcked && ahead !== 0 ? STREAM_REACH : 0
  return (half.known ? Math.abs(ahead) : 0) + (isAcked ? Math.abs(acksAhead) : 0) + unknown
}

/** The same for a SYN without ACK: it belongs to the connection that it opened or may have opened. */
export function distanceToOpening({ halves, held }: Connection, side: Side, { seq }: SegmentInfo): number {
  const half = halves[side]
  const peer = halves[1 - side] as HalfStream
  if (half.known) return half.positionOf(seq) === 0 ? 0 : NO_MATCH
  if (peer.known) return 0
  const [first] = held
  if (first === undefined) return 0
  const behind = distance(seq, first.side === side ? first.seq : first.ack)
  return behind >= 0 && behind <= STREAM_REACH ? behind : NO_MATCH
}

/** Whether a captured segment has numbers before the streams that this SYN-ACK would begin. Then it begins neither. */
function isBefore(other: SegmentInfo, { side, seq, ack, acks }: SegmentInfo): boolean {
  const [own, peer] = other.side === side ? [other.seq, other.ack] : [other.ack, other.seq]
  const hasOwn = other.side === side || other.acks
  const hasPeer = acks && (other.side !== side || other.acks)
  return (hasOwn && distance(own, seq) > 1) || (hasPeer && distance(peer, ack) > 1)
}

/** Whether a SYN is at the beginning of its stream, and its ACK at the beginning of the peer's stream. */
function fitsSyn(
  { held, placed }: Connection,
  half: HalfStream,
  peer: HalfStream,
  { seq, ack, acks }: SegmentInfo,
): boolean {
  if (half.certain && half.positionOf(seq) !== 0) return false
  if (!acks || placed || !peer.certain) return true
  const [first] = held
  const said = first?.syn === true ? first.wireLength : 0
  const acked = peer.positionOf(ack)
  return acked >= 0 && acked <= said
}

/** Whether the position is before the stream. A keep-alive of a side that sent no data has the number of its SYN. */
function isInFront({ certain }: HalfStream, position: number, length: number): boolean {
  return certain ? position < -1 || position + length < 0 : position < -STREAM_REACH
}

/** The same when only a held segment shows the position of the connection. */
function distanceToHeld(first: SegmentInfo | undefined, side: Side, { seq, ack, acks }: SegmentInfo): number {
  if (first === undefined) return 0
  const [own, other] = first.side === side ? [first.seq, first.ack] : [first.ack, first.seq]
  const hasOwn = first.side === side || first.acks
  const hasOther = acks && (first.side !== side || first.acks)
  const from = hasOwn ? Math.abs(distance(own, seq)) : 0
  const to = hasOther ? Math.abs(distance(other, ack)) : 0
  const nearest = Math.min(hasOwn ? from : NO_MATCH, hasOther ? to : NO_MATCH)
  return nearest > STREAM_REACH && nearest < NO_MATCH ? NO_MATCH : from + to
}

/** Whether one side never sent anything: as far as was captured, the connection was not established. */
export function isUnanswered({ placed, consumer, halves: [a, b] }: Connection): boolean {
  return consumer === undefined && (!placed || a.segments === 0 || b.segments === 0)
}

/** Whether another connection may replace this one: it has closed, or was not answered within `ORIGIN_NS`. */
export function givesWay(connection: Connection, nowNs: number): boolean {
  const { state, lastNs } = connection
  return state !== 'open' || (isUnanswered(connection) && nowNs - lastNs > ORIGIN_NS)
}
