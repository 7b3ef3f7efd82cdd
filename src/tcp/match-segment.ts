// Whether a segment belongs to a connection between its end points, by its numbers. Segments of an older connection between
// the same ports, or of another one at the same time, and what anybody sends who only knows the ports, do not.

import type { SegmentView } from '../decode/segment.ts'
import { ACK, SYN } from '../decode/tcp-header.ts'
import { STREAM_REACH, WINDOW_MAX } from '../limits.ts'
import type { Side } from './chunk.ts'
import type { Connection } from './connection.ts'
import type { HalfStream } from './half-stream.ts'
import type { SegmentInfo } from './segment-info.ts'
import { distance } from './sequence.ts'

/** How far a segment lies from a connection of which it is none. */
export const NONE = Number.POSITIVE_INFINITY

/** Whether the segment opens a connection, as a client does. */
export function opens({ flags }: Pick<SegmentView, 'flags'>): boolean {
  return (flags & (SYN | ACK)) === SYN
}

/** Whether the segment goes on exactly where its side stands, and acknowledges what its peer sent. */
export function isNext({ halves, placed }: Connection, side: Side, { seq, ack, flags }: SegmentView): boolean {
  const half = halves[side]
  const peer = halves[1 - side] as HalfStream
  if (!placed || half.nextSeq !== (seq | 0) || (flags & (SYN | ACK)) !== ACK || !peer.known) return false
  const acked = peer.positionOf(ack)
  return acked >= 0 && acked <= peer.next
}

/** How far the piece of a side lies from where the connection stands, in sequence numbers; NONE where it is none of it. */
export function awayFrom(connection: Connection, side: Side, piece: SegmentInfo): number {
  const { halves } = connection
  const half = halves[side]
  const peer = halves[1 - side] as HalfStream
  if (!half.known && !peer.known) {
    if (piece.syn && connection.held.some((other) => isBefore(other, piece))) return NONE
    return awayFromFirst(connection.held[0], side, piece)
  }
  if (piece.syn && !fitsSyn(connection, half, peer, piece)) return NONE
  const isAcked = piece.acks && peer.known
  if (half.known && isInFront(half, half.positionOf(piece.seq), piece.wireLength)) return NONE
  if (isAcked && isInFront(peer, peer.positionOf(piece.ack), 0)) return NONE
  // The capture may lack much of either direction, but not at once so much of both that neither number is near.
  const ahead = half.known ? half.positionOf(piece.seq) - half.next : NONE
  const acksAhead = isAcked ? peer.positionOf(piece.ack) - peer.next : NONE
  // Of an RST without ACK nothing is known where its own stream is not.
  if (!half.known && !isAcked) return 0
  const most = Math.max(half.known ? ahead : 0, isAcked ? acksAhead : 0)
  if (Math.min(ahead, acksAhead) > STREAM_REACH || most > (piece.rst ? STREAM_REACH : WINDOW_MAX)) return NONE
  // What is not next to a SYN, all that is known of a connection, fits it less well than it fits both streams of another.
  const unknown = piece.acks && !isAcked && ahead !== 0 ? STREAM_REACH : 0
  return (half.known ? Math.abs(ahead) : 0) + (isAcked ? Math.abs(acksAhead) : 0) + unknown
}

/** The same of a SYN without ACK. It is part of a connection that it opened, or may have opened. */
export function awayFromOpening({ halves, held }: Connection, side: Side, { seq }: SegmentInfo): number {
  const half = halves[side]
  const peer = halves[1 - side] as HalfStream
  if (half.known) return half.positionOf(seq) === 0 ? 0 : NONE
  if (peer.known) return 0
  const [first] = held
  if (first === undefined) return 0
  const behind = distance(seq, first.side === side ? first.seq : first.ack)
  return behind >= 0 && behind <= STREAM_REACH ? behind : NONE
}

/** Whether a segment was captured that has numbers in front of the streams which a SYN-ACK would begin: it begins none of them. */
function isBefore(other: SegmentInfo, { side, seq, ack, acks }: SegmentInfo): boolean {
  const [own, peer] = other.side === side ? [other.seq, other.ack] : [other.ack, other.seq]
  const hasOwn = other.side === side || other.acks
  const hasPeer = acks && (other.side !== side || other.acks)
  return (hasOwn && distance(own, seq) > 1) || (hasPeer && distance(peer, ack) > 1)
}

/** A SYN belongs to its stream's beginning, and its ACK to that of the stream that it answers. */
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

/** Whether it lies in front of the stream. A keep-alive of a side that has said nothing has the number of its SYN. */
function isInFront({ certain }: HalfStream, position: number, length: number): boolean {
  return certain ? position < -1 || position + length < 0 : position < -STREAM_REACH
}

/** The same where only a segment that waits tells where the connection stands. */
function awayFromFirst(first: SegmentInfo | undefined, side: Side, { seq, ack, acks }: SegmentInfo): number {
  if (first === undefined) return 0
  const [own, other] = first.side === side ? [first.seq, first.ack] : [first.ack, first.seq]
  const hasOwn = first.side === side || first.acks
  const hasOther = acks && (first.side !== side || first.acks)
  const from = hasOwn ? Math.abs(distance(own, seq)) : 0
  const to = hasOther ? Math.abs(distance(other, ack)) : 0
  const nearest = Math.min(hasOwn ? from : NONE, hasOther ? to : NONE)
  return nearest > STREAM_REACH && nearest < NONE ? NONE : from + to
}

/** Whether another connection may take the place of this one: it has closed, or never said anything. */
export function givesWay({ state, placed, consumer }: Connection): boolean {
  return state !== 'open' || (!placed && consumer === undefined)
}
