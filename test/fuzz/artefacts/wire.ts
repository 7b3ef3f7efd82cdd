// What hosts and networks do to a session in which both sides say the same: other segments, addresses, sequence numbers,
// segments that their receiver ignores. All segments are there before; the capturing comes later (tap.ts).
import { ACK, FIN, PSH, RST, SYN } from '../../support/packets.ts'
import type { Dice } from '../dice.ts'
import { crossedFins, ecnSyn, forgedSyn, routedTwice, windowProbes } from './hosts.ts'
import { portReuse } from './port-reuse.ts'
import { proxyHeader } from './proxy-header.ts'
import {
  bare,
  has,
  insertBehind,
  isPlainData,
  MS,
  nextOf,
  openSides,
  partOf,
  peerOf,
  renumbered,
  roomBehind,
  type Segment,
  type Segments,
  SIDES,
  type SideName,
  statesOf,
} from './segment.ts'

/** Sessions of the collection, for what needs a second one. */
export interface Others {
  another(): Segments
}

export type Artefact = (segments: Segments, dice: Dice, others: Others) => Segments

/** How far receive offload joins segments, and how large they get. */
const MERGED_WITHIN_US = MS
const MERGED_BYTES_MAX = 60_000

/** The payload of each side between two segments of the other one, cut anew: smaller, larger, around line ends. */
const resegment: Artefact = (segments, dice) => {
  const cut = dice.pick([oneCut, atLineEnds, (run: Segment) => inPieces(run, dice.pick([1, 2, 7, 100, 536]))])
  const every = dice.pick([1, 2, 5])
  const out: Segment[] = []
  for (const run of runsOf(segments)) {
    const pieces = isPlainData(run) && run.length > 1 && dice.once(every) ? cut(run, dice) : [run]
    const step = roomBehind([run, ...segments.filter(({ timeUs }) => timeUs > run.timeUs).slice(0, 1)], 0) / 2
    out.push(...pieces.map((piece, k) => ({ ...piece, timeUs: run.timeUs + (step * k) / pieces.length })))
  }
  return dice.once(2) ? acknowledgedInBetween(out, dice) : out
}

/** Neighbours of one side that say the same about the other side, as one segment. */
function runsOf(segments: Segments): Segment[] {
  const runs: Segment[] = []
  for (const segment of segments) {
    const last = runs.at(-1)
    if (last !== undefined && fits(last, segment)) {
      const payload = Buffer.concat([last.payload, segment.payload])
      runs[runs.length - 1] = { ...last, payload, length: payload.length, flags: last.flags | segment.flags }
    } else runs.push(segment)
  }
  return runs
}

function fits(a: Segment, b: Segment): boolean {
  if (a.from !== b.from || a.ack !== b.ack || nextOf(a) !== b.seq || has(a, FIN)) return false
  if (!isPlainData(a) || !isPlainData(b)) return false
  return b.timeUs - a.timeUs < MERGED_WITHIN_US && a.length + b.length < MERGED_BYTES_MAX
}

type Cut = (run: Segment, dice: Dice) => readonly Segment[]

const oneCut: Cut = (run, dice) => {
  const newline = run.payload.indexOf(10, dice.below(run.length)) + dice.pick([-1, 0, 1])
  const at = newline > 0 && newline < run.length && dice.once(2) ? newline : 1 + dice.below(run.length - 1)
  return [partOf(run, 0, at), partOf(run, at, run.length)]
}

const atLineEnds: Cut = (run, dice) => {
  const off = dice.pick([-1, 0, 1])
  const cuts: number[] = []
  for (let at = run.payload.indexOf(10); at >= 0; at = run.payload.indexOf(10, at + 1)) cuts.push(at + off)
  return pieces(run, cuts)
}

const PIECES_MAX = 400

function inPieces(run: Segment, size: number): readonly Segment[] {
  const count = Math.ceil(run.length / size)
  return count > PIECES_MAX
    ? [run]
    : pieces(
        run,
        Array.from({ length: count }, (_, i) => i * size),
      )
}

function pieces(run: Segment, cuts: readonly number[]): readonly Segment[] {
  const inside = [...new Set(cuts)].filter((at) => at > 0 && at < run.length)
  const ends = [...inside, run.length]
  return ends.map((end, i) => partOf(run, ends[i - 1] ?? 0, end))
}

/** The receiver acknowledges some segments on its own before more comes. */
function acknowledgedInBetween(segments: Segments, dice: Dice): Segments {
  const states = statesOf(segments)
  return segments.flatMap((segment, i) => {
    const sides = openSides(states[i])
    const next = segments[i + 1]
    if (sides === null || next?.from !== segment.from || segment.length === 0 || !dice.once(3)) return [segment]
    const mine = sides[segment.from]
    const receiver = peerOf(segment.from)
    if (mine.next !== nextOf(segment)) return [segment]
    const timeUs = segment.timeUs + roomBehind(segments, i) / 2
    return [segment, { ...bare(segments, i, receiver, { seq: sides[receiver].next, ack: mine.next }), timeUs }]
  })
}

/** Both sides number from elsewhere: so that the numbers wrap early in the session, or anywhere. */
const renumber: Artefact = (segments, dice) => {
  const by = (side: SideName) => {
    const first = segments.find(({ from }) => from === side)?.seq ?? 0
    return dice.once(3) ? dice.below(2 ** 32) : 0 - 1 - dice.below(400) - first
  }
  return renumbered(segments, { C: by('C'), S: by('S') })
}

/** SYN or SYN-ACK are sent again, as when they or their answers were lost. */
const handshakeAgain: Artefact = (segments, dice) => {
  const at = segments.findIndex((segment) => has(segment, SYN) && segment.from === 'C')
  const answer = segments.findIndex((segment) => has(segment, SYN) && segment.from === 'S')
  const [syn, synAck, opened] = [segments[at], segments[answer], segments[answer + 1]]
  if (syn === undefined || synAck === undefined || answer < at || opened?.from !== 'C') return segments
  if (dice.once(2)) return [{ ...syn, timeUs: syn.timeUs - dice.pick([1000, 3000]) * MS }, ...segments]
  // The client's ACK was late: the server repeats its SYN-ACK, and the client its ACK.
  const again = bare(segments, answer + 1, 'C', { seq: nextOf(syn), ack: nextOf(synAck) })
  return insertBehind(segments, answer + 1, [synAck, again])
}

/** Probes of an idle connection: none or one octet from before the next number, and the peer's answer. */
const keepAlive: Artefact = (segments, dice) =>
  several(segments, 1 + dice.below(3), dice, (some, i) => {
    const sides = openSides(statesOf(some)[i])
    if (sides === null || SIDES.some((side) => sides[side].acked !== sides[side].next)) return []
    const from = dice.pick(SIDES)
    const [mine, others] = [sides[from].next, sides[peerOf(from)].next]
    const payload = new Uint8Array(dice.below(2))
    return [
      bare(some, i, from, { seq: (mine - 1) >>> 0, ack: others, payload }),
      bare(some, i, peerOf(from), { seq: others, ack: mine }),
    ]
  })

/** Windows that stay closed for longer, on both sides, are a fault. */
const WINDOW_CLOSED_US = 500 * MS

/** A side closes its receive window for a moment while nothing is on its way, and opens it again. */
const windowUpdate: Artefact = (segments, dice) =>
  several(segments, 1 + dice.below(2), dice, (some, i) => {
    const sides = openSides(statesOf(some)[i])
    if (roomBehind(some, i) > WINDOW_CLOSED_US) return []
    if (sides === null || SIDES.some((side) => sides[side].acked !== sides[side].next)) return []
    const from = dice.pick(SIDES)
    const numbers = { seq: sides[from].next, ack: sides[peerOf(from)].next }
    return [bare(some, i, from, { ...numbers, window: 0 }), bare(some, i, from, numbers)]
  })

/**
 * Segments that their receiver must ignore by their numbers, and the ACK with which it may answer (RFC 9293 3.10.7.4,
 * RFC 5961): of a stranger who guesses, or of the network from long ago.
 */
const stray: Artefact = (segments, dice) =>
  several(segments, 1 + dice.below(2), dice, (some, i) => {
    const sides = openSides(statesOf(some)[i])
    if (sides === null) return []
    const from = dice.pick(SIDES)
    const [mine, others] = [sides[from], sides[peerOf(from)]]
    const answer = bare(some, i, peerOf(from), { seq: others.next, ack: mine.acked })
    const send = (seq: number, flags: number, payload = new Uint8Array(0)) =>
      bare(some, i, from, { seq: seq >>> 0, ack: (flags & ACK) === 0 ? 0 : others.acked, flags, payload })
    const far = dice.pick([5_000_000, -5_000_000, 0x40000000])
    const old = mine.acked - 1 - dice.below(300)
    const noise = Buffer.from(dice.pick(['QUIT\r\n', '250 ok\r\n', 'x', '\0']))
    const choices: readonly (() => Segment[])[] = [
      () => [send(mine.next + far, dice.pick([RST, RST | ACK]))],
      () => [send(old, dice.pick([RST, RST | ACK]))],
      () => [send(mine.next + 1 + dice.below(Math.max(1, Math.min(5000, others.window - 1))), RST), answer],
      () => [send(mine.next + far, FIN | ACK), answer],
      () => [send(old - 1, FIN | ACK), answer],
      () => [send(mine.next + far, ACK | PSH, noise), answer],
      () => [send(mine.acked - noise.length, ACK | PSH, noise), answer],
      () => [bare(some, i, 'C', { seq: dice.below(2 ** 32), flags: SYN }), fromServer(some, i, sides)],
      () => [answer],
    ]
    return dice.pick(choices)()
  })

function fromServer(segments: Segments, i: number, sides: NonNullable<ReturnType<typeof openSides>>): Segment {
  return bare(segments, i, 'S', { seq: sides.S.next, ack: sides.C.acked })
}

/** Both sides have closed; what comes then is reset. */
const resetAfterClose: Artefact = (segments, dice) => {
  const state = statesOf(segments).at(-1)
  const from = dice.pick(SIDES)
  const [mine, others] = [state?.[from], state?.[peerOf(from)]]
  const finished = SIDES.every((side) => segments.some((segment) => segment.from === side && has(segment, FIN)))
  if (!finished || mine?.next === null || others?.next === null || mine === undefined || others === undefined)
    return segments
  const flags = dice.pick([RST, RST | ACK])
  const ack = flags === RST ? 0 : others.next
  return insertBehind(segments, segments.length - 1, [
    bare(segments, segments.length - 1, from, { seq: mine.next, ack, flags, window: 0 }),
  ])
}

function several(
  segments: Segments,
  times: number,
  dice: Dice,
  more: (segments: Segments, i: number) => Segments,
): Segments {
  let out = segments
  for (let n = times; n > 0; n--) {
    const i = dice.below(out.length)
    out = insertBehind(out, i, more(out, i))
  }
  return out
}

export const WIRE = {
  resegment,
  renumber,
  handshakeAgain,
  proxyHeader,
  keepAlive,
  windowUpdate,
  stray,
  resetAfterClose,
  portReuse,
  ecnSyn,
  forgedSyn,
  windowProbes,
  crossedFins,
  routedTwice,
} satisfies Readonly<Record<string, Artefact>>
