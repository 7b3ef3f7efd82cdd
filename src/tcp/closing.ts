// Judges whether a FIN or RST is genuine. A receiver checks only its numbers (RFC 9293 section 3.10.7.4, RFC 5961
// section 3), so anyone who knows the ports can forge one. If a side evidently continues to send, it did not send the
// FIN or RST.
import { RESET_DOUBT_NS } from '../limits.ts'
import type { Side } from './chunk.ts'
import type { Connection } from './connection.ts'
import type { HalfStream } from './half-stream.ts'
import type { SegmentInfo } from './segment-info.ts'

/**
 * Whether it is an RST of a host that no longer has the connection, in answer to a late segment (RFC 9293 section
 * 3.10.7.1). When a newer connection was opened between the same endpoints, the RST reacts to that, and the end of the
 * older one was not captured.
 */
export function isClosedStateReset({ rst, acks }: Pick<SegmentInfo, 'rst' | 'acks'>): boolean {
  return rst && !acks
}

/**
 * Whether the receiver would accept the RST, and the side can have sent it. An RST that closes a connection comes after
 * everything the side sent; one that answers a segment has the number which that segment acknowledges (RFC 9293 section
 * 3.10.7.1).
 */
export function isCredibleReset({ acked, next }: HalfStream, { position, acks }: SegmentInfo): boolean {
  return position >= next || (!acks && position === acked)
}

/**
 * Whether the RST is probably a reaction to a forged RST of the peer: it is the only segment of the side since, sent
 * because the peer went on.
 */
export function isProvoked({ segments }: HalfStream, peer: HalfStream): boolean {
  return peer.forged !== null && segments <= peer.forged.peerSegments + 1
}

/**
 * Whether a side that has closed resets its peer although no captured segment explains that: it had received everything
 * that the peer sent, and the acknowledgement of a FIN gets no answer. Then the segment that it answers is missing
 * (RFC 9293 section 3.10.7.1).
 */
export function answersUnseen({ reset, finDone, fin }: HalfStream, peer: HalfStream): boolean {
  if (reset === null || reset.active || reset.foreign || !finDone || reset.position !== fin + 1) return false
  return peer.fin < 0 && !peer.hasProbed && peer.acked >= peer.next && peer.queuedCount === 0
}

/**
 * Whether the peer of a side has left the connection: it opened another one from the same endpoint and sent nothing on
 * this one since. A reset by the side then answers that, whatever its flags.
 */
export function isLeft({ halves, reopenedBy }: Connection, side: Side): boolean {
  return reopenedBy !== null && reopenedBy.side !== side && halves[reopenedBy.side].segments === reopenedBy.segments
}

/** Whether the segment shows that its side did not send the RST captured in its name. */
export function refutesReset({ reset, end }: HalfStream, piece: SegmentInfo): boolean {
  if (reset === null) return false
  const to = piece.position + piece.wireLength + (piece.fin ? 1 : 0)
  if (piece.peerAcked > reset.peerNext) return true
  if (to <= end) return false
  // Segments sent earlier but captured out of order fill the numbers up to the RST, and come soon after it.
  if (to > reset.position || (piece.fin && to < reset.position)) return true
  return !piece.fin && piece.timeNs - reset.timeNs > RESET_DOUBT_NS
}

/** Whether the segment shows that its side did not send the FIN captured in its name. */
export function refutesFin({ fin, finImplied }: HalfStream, { position, wireLength }: SegmentInfo): boolean {
  // A FIN that was only implied did not exist if the side used later sequence numbers.
  if (finImplied && position > fin + 1) return true
  // A keep-alive of a closed side has one octet at the sequence number of its FIN.
  const probe = finImplied ? 0 : 1
  return fin >= 0 && wireLength > 0 && position <= fin + 1 && position + wireLength > fin + probe
}
