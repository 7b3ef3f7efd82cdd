// The first segments of a connection -> where the stream of each direction begins. SYN and SYN-ACK say it. Where they were
// not captured it is the lowest number that either side shows for the direction: the sender's own, or one that its peer
// acknowledges. The first segment captured need not be the first that was sent: until the origins are known, segments wait.
import { STREAM_REACH } from '../limits.ts'
import type { HalfStream } from './half-stream.ts'
import type { SegmentInfo } from './segment-info.ts'
import { distance } from './sequence.ts'

/** Takes what a SYN says: where its own stream begins, and with an ACK that of its peer. */
export function noteSyn(halves: readonly [HalfStream, HalfStream], { side, seq, ack, acks }: SegmentInfo): void {
  const peer = halves[1 - side] as HalfStream
  halves[side].begins(seq)
  halves[side].synSeen = true
  if (acks && !peer.known) peer.begins(ack)
}

/** Tells by the segments that waited where the streams begin that no SYN told of. */
export function estimateOrigins(halves: readonly [HalfStream, HalfStream], early: readonly SegmentInfo[]): void {
  const told = early.filter((piece) => !piece.rst && !isRefused(halves, early, piece) && !isProbe(early, piece))
  for (const side of [0, 1] as const) {
    const half = halves[side]
    if (half.known) continue
    // The acknowledgements of a side whose own numbers are certain come first: what they name, it received.
    const acked = told.filter((piece) => piece.side !== side && piece.acks).map(({ ack }) => ack)
    const sent = told.filter((piece) => piece.side === side).map(({ seq }) => seq)
    const numbers =
      told[0]?.side === side && !(halves[1 - side] as HalfStream).certain ? [...sent, ...acked] : [...acked, ...sent]
    const [first] = numbers
    if (first !== undefined) half.anchor(lowest(first, numbers))
  }
}

/** The lowest of the numbers that can be of one stream with the first. */
function lowest(first: number, numbers: readonly number[]): number {
  return numbers.reduce((origin, number) => {
    const behind = distance(number, origin)
    return behind > 0 && distance(number, first) <= STREAM_REACH ? number : origin
  }, first)
}

/**
 * Whether its receiver reset it as nothing of its own: the RST has the number that the segment acknowledges, and that is
 * none that the receiver can have reached in this connection.
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

/** A keep-alive: no more than one octet, which its receiver has acknowledged before (RFC 9293 section 3.8.4). */
function isProbe(early: readonly SegmentInfo[], piece: SegmentInfo): boolean {
  if (piece.wireLength > 1 || piece.fin) return false
  const before = early.slice(0, early.indexOf(piece))
  return before.some(({ side, acks, ack }) => side !== piece.side && acks && distance(piece.seq, ack) === 1)
}
