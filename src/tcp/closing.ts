// FIN and RST -> whether they end anything. A receiver acts on them by their numbers only (RFC 9293 section 3.10.7.4, RFC
// 5961 section 3), and anybody who knows the ports can send one: a side that visibly goes on has sent none.
import { RESET_DOUBT_NS } from '../limits.ts'
import type { HalfStream } from './half-stream.ts'
import type { SegmentInfo } from './segment-info.ts'

/**
 * Whether it is the answer of a host that has the connection no more, to a segment that still came (RFC 9293 section 3.10.7.1).
 * Where another one was opened between the same end points it answers for that: how the older one ended was not captured.
 */
export function isAnswerOfNobody({ rst, acks }: Pick<SegmentInfo, 'rst' | 'acks'>): boolean {
  return rst && !acks
}

/**
 * Whether the receiver can act on the RST of a side, and the side can have sent it. Of its own accord it sends one behind all
 * that it sent; one that answers a segment has the number which that acknowledges (RFC 9293 section 3.10.7.1).
 */
export function isCredibleReset({ acked, next }: HalfStream, { position, acks }: SegmentInfo): boolean {
  return position >= next || (!acks && position === acked)
}

/**
 * Whether a reset of its own accord is none: the peer's was forged, it is all that the side said since, and so most likely
 * its answer to a peer that went on.
 */
export function isProvoked({ segments }: HalfStream, peer: HalfStream): boolean {
  return peer.forged !== null && segments <= peer.forged.peerSegments + 1
}

/**
 * Whether a side that has closed resets its peer though nothing was captured that it can answer: it had all that the peer sent,
 * and acknowledging a FIN draws nothing. What it answers was not captured (RFC 9293 section 3.10.7.1).
 */
export function answersUnseen({ reset, finDone, fin }: HalfStream, peer: HalfStream): boolean {
  if (reset === null || reset.active || reset.foreign || !finDone || reset.position !== fin + 1) return false
  return peer.fin < 0 && !peer.hasProbed && peer.acked >= peer.next && peer.parkedCount === 0
}

/** Whether a segment shows that its side did not send the RST that was captured in its name. */
export function refutesReset({ reset, end }: HalfStream, piece: SegmentInfo): boolean {
  if (reset === null) return false
  const to = piece.position + piece.wireLength + (piece.fin ? 1 : 0)
  if (piece.peerAcked > reset.peerNext) return true
  if (to <= end) return false
  // What it sent before, and what was captured in the wrong order, fills the numbers up to that of the RST, and at once.
  if (to > reset.position || (piece.fin && to < reset.position)) return true
  return !piece.fin && piece.timeNs - reset.timeNs > RESET_DOUBT_NS
}

/** Whether a segment shows that its side did not send the FIN that was captured in its name. */
export function refutesFin({ fin, finImplied }: HalfStream, { position, wireLength }: SegmentInfo): boolean {
  // One that only other numbers imply is none where any go beyond it.
  if (finImplied && position > fin + 1) return true
  // A keep-alive of a side that has closed has one octet in the place of its FIN.
  const probe = finImplied ? 0 : 1
  return fin >= 0 && wireLength > 0 && position <= fin + 1 && position + wireLength > fin + probe
}
