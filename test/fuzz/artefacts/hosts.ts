// What hosts, and strangers who know the numbers, send besides a session: openings with congestion flags, openings in the middle
// of it, probes of a closed window, closes that cross. And a network that delivers each packet twice.
import { ACK, FIN, SYN } from '../../support/packets.ts'
import type { Dice } from '../dice.ts'
import {
  bare,
  has,
  insertBehind,
  MS,
  nextOf,
  openSides,
  peerOf,
  roomBehind,
  type Segment,
  type Segments,
  SIDES,
  statesOf,
} from './segment.ts'

const ECE = 0x40
const CWR = 0x80

/** A SYN that asks for congestion notification is dropped by a firewall, and sent again without. */
export function ecnSyn(segments: Segments, dice: Dice): Segments {
  const at = segments.findIndex((segment) => has(segment, SYN) && !has(segment, ACK))
  const syn = segments[at]
  if (syn === undefined) return segments
  const asked = { ...syn, flags: syn.flags | ECE | CWR, timeUs: syn.timeUs - dice.pick([1000, 3000]) * MS }
  return [
    asked,
    ...segments.map((one, i) => (i === at && dice.once(2) ? { ...one, flags: one.flags | ECE | CWR } : one)),
  ]
}

/** A third party that knows the next number of a side sends a SYN or SYN-ACK in its name, with or near that number. */
export function forgedSyn(segments: Segments, dice: Dice): Segments {
  const i = dice.below(segments.length)
  const sides = openSides(statesOf(segments)[i])
  if (sides === null) return segments
  const from = dice.pick(SIDES)
  const peer = peerOf(from)
  const by = dice.pick([-1, -1, 0, 1, 2000, -2000])
  const flags = dice.pick([SYN, SYN, SYN | ACK])
  const ack = flags === SYN ? 0 : sides[peer].next + dice.pick([0, 0, 500])
  const forged = bare(segments, i, from, { seq: (sides[from].next + by) >>> 0, ack: ack >>> 0, flags })
  const answer = bare(segments, i, peer, { seq: sides[peer].next, ack: sides[from].next })
  return insertBehind(segments, i, dice.once(2) ? [forged, answer] : [forged])
}

/** A receiver closes its window; its peer probes with the next octet that it has to send, which is not taken. */
export function windowProbes(segments: Segments, dice: Dice): Segments {
  const i = dice.below(segments.length)
  const [sides, next] = [openSides(statesOf(segments)[i]), segments[i + 1]]
  if (sides === null || next === undefined || next.length < 2 || next.payload.length < 2) return segments
  const from = next.from
  const peer = peerOf(from)
  if (next.seq !== sides[from].next || sides[from].acked !== sides[from].next) return segments
  const closed = bare(segments, i, peer, { seq: sides[peer].next, ack: next.seq, window: 0 })
  const probe = { ...next, flags: ACK, payload: next.payload.subarray(0, 1), length: 1 }
  const rounds = Array.from({ length: 1 + dice.below(3) }).flatMap(() => [probe, closed])
  return insertBehind(segments, i, [closed, ...rounds, { ...closed, window: 500 }])
}

/** Both sides close at the same time: each FIN is sent before the other one came. */
export function crossedFins(segments: Segments): Segments {
  const at = segments.findIndex((segment) => has(segment, FIN))
  const other = segments.findIndex((segment, i) => i > at && has(segment, FIN) && segment.from !== segments[at]?.from)
  const [first, second] = [segments[at], segments[other]]
  if (first === undefined || second === undefined || second.length > 0 || second.ack !== nextOf(first)) return segments
  const isPure = segments.slice(at + 1, other).every(({ length }) => length === 0)
  if (!isPure) return segments
  const crossing = { ...second, ack: (second.ack - 1) >>> 0, timeUs: first.timeUs + roomBehind(segments, at) / 2 }
  const finished = bare(segments, other, second.from, { seq: nextOf(second), ack: second.ack })
  const rest = segments.slice(other + 1)
  return [...segments.slice(0, at + 1), crossing, { ...finished, timeUs: second.timeUs }, ...rest]
}

/** Captured on all interfaces of a router: most packets twice, the second time from one hop further, at once or later. */
export function routedTwice(segments: Segments, dice: Dice): Segments {
  const every = dice.pick([1, 1, 3])
  const laterUs = dice.pick([0, 20, 900])
  const twice = segments.flatMap((segment): Segment[] => {
    if (!dice.once(every)) return [segment]
    return [segment, { ...segment, hopLimit: segment.hopLimit - 1, neighbour: 5, timeUs: segment.timeUs + laterUs }]
  })
  return twice.sort((a, b) => a.timeUs - b.timeUs)
}
