// Determines where the stream of each direction begins. SYN and SYN-ACK define it. If they were not captured, it is the
// lowest number that either side shows for the direction: a sequence number of the sender, or an acknowledgement number
// of the peer. The first captured segment need not be the first one sent, so segments are held until the origins are
// known.
import { STREAM_REACH } from '../limits.ts'
import type { HalfStream } from './half-stream.ts'
import type { SegmentInfo } from './segment-info.ts'
import { distance } from './sequence.ts'

/** Takes the origin of the sender's stream from a SYN, and that of the peer's stream from its ACK. */
export function noteSyn(halves: readonly [HalfStream, HalfStream], { side, seq, ack, acks }: SegmentInfo): void {
  const peer = halves[1 - side] as HalfStream
  halves[side].anchorBySyn(seq)
  halves[side].synSeen = true
  if (acks && !peer.known) peer.anchorBySyn(ack)
}

/** Estimates the origins that no SYN showed from the held segments. */
export function estimateOrigins(halves: readonly [HalfStream, HalfStream], early: readonly SegmentInfo[]): void {
  const told = early.filter((piece) => !piece.rst && !isRefused(halves, early, piece) && !isProbe(early, piece))
  for (const side of [0, 1] as const) {
    const half = halves[side]
    if (half.known) continue
    // If a side's own numbers are certain, its acknowledgements come first: it did receive what they name.
    const acked = told.filter((piece) => piece.side !== side && piece.acks).map(({ ack }) => ack)
    const sent = told.filter((piece) => piece.side === side).map(({ seq }) => seq)
    const numbers =
      told[0]?.side === side && !(halves[1 - side] as HalfStream).certain ? [...sent, ...acked] : [...acked, ...sent]
    const [first] = numbers
    if (first !== undefined) half.anchor(lowest(first, numbers))
  }
}

/** The lowest number that can belong to the same stream as the first. */
function lowest(first: number, numbers: readonly number[]): number {
  return numbers.reduce((origin, number) => {
    const behind = distance(number, origin)
    return behind > 0 && distance(number, first) <= STREAM_REACH ? number : origin
  }, first)
}

/**
 * Whether the receiver reset the segment as belonging to no connection: the RST has the number that the segment
 * acknowledges, which the receiver cannot have reached in this connection.
 */
function isRefused(
  halves: readonly [HalfStream, HalfStream],
  early: readonly SegmentInfo[],
  { side, ack, acks }: SegmentInfo,
): boolean {
  const receiver = halves[1 - side] as HalfStream
  if (!acks || !receiver.certain) return false
  const own = early.filter((piece) => piece.side !== side && !piece.rst)
  const reach = own.reduce((most, { seq, wireLength }) => Math.max(most, receiver.positionOf(seq) + wireLength + 1), 0)
  const isReset = early.some((piece) => piece.rst && piece.side !== side && piece.seq === ack)
  return isReset && receiver.positionOf(ack) > reach
}

/** A keep-alive: at most one octet, which the receiver has acknowledged before (RFC 9293 section 3.8.4). */
function isProbe(early: readonly SegmentInfo[], piece: SegmentInfo): boolean {
  if (piece.wireLength > 1 || piece.fin) return false
  const before = early.slice(0, early.indexOf(piece))
  return before.some(({ side, acks, ack }) => side !== piece.side && acks && distance(piece.seq, ack) === 1)
}
