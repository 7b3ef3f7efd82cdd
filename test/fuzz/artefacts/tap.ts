// What a capturing makes of a session: segments that it lacks, has twice, has in another order or in part; and how they
// are written down. What a capture lacks may take an accusation away; it never makes one.
import { ACK, FIN, RST, SYN } from '../../support/packets.ts'
import type { Dice } from '../dice.ts'
import {
  distance,
  has,
  insertBehind,
  isPlainData,
  MS,
  nextOf,
  type Segment,
  type Segments,
  SIDES,
  type SideName,
} from './segment.ts'
import { synProxy, twoLegs } from './two-legs.ts'
import type { Artefact } from './wire.ts'

const bothOrOne = (dice: Dice): readonly SideName[] => dice.pick<readonly SideName[]>([['C'], ['S'], SIDES])

const lose: Artefact = (segments, dice) => {
  const every = dice.pick([3, 10, 20, 50])
  return segments.filter(() => !dice.once(every))
}

const loseRun: Artefact = (segments, dice) => {
  const at = dice.below(segments.length)
  const end = at + 1 + dice.below(12)
  return segments.filter((_, i) => i < at || i >= end)
}

const loseRunOfSide: Artefact = (segments, dice) => {
  const at = dice.below(segments.length)
  const end = at + 1 + dice.below(14)
  const side = dice.pick(SIDES)
  return segments.filter(({ from }, i) => i < at || i >= end || from !== side)
}

const loseOfSide: Artefact = (segments, dice) => {
  const side = dice.pick(SIDES)
  const tenths = dice.pick([1, 3, 6, 10])
  return segments.filter(({ from }) => from !== side || dice.below(10) >= tenths)
}

const loseAcks: Artefact = (segments, dice) => {
  const tenths = dice.pick([3, 10])
  const isAck = ({ flags, length }: Segment) => length === 0 && (flags & (SYN | FIN | RST)) === 0
  return segments.filter((segment) => !isAck(segment) || dice.below(10) >= tenths)
}

const loseHandshake: Artefact = (segments, dice) => {
  const sides = bothOrOne(dice)
  return segments.filter((segment) => !has(segment, SYN) || !sides.includes(segment.from))
}

const loseClose: Artefact = (segments, dice) => {
  const sides = bothOrOne(dice)
  return segments.filter((segment) => !has(segment, FIN | RST) || segment.length > 0 || !sides.includes(segment.from))
}

const cutStart: Artefact = (segments, dice) => segments.slice(dice.below(segments.length))

const cutEnd: Artefact = (segments, dice) => segments.slice(0, 1 + dice.below(segments.length))

const cutOfSide: Artefact = (segments, dice) => {
  const at = dice.below(segments.length)
  const side = dice.pick(SIDES)
  const isStart = dice.once(2)
  return segments.filter(({ from }, i) => from !== side || i < at !== isStart)
}

const copies: Artefact = (segments, dice) => {
  const every = dice.pick([1, 2, 10])
  return segments.flatMap((segment) => (dice.once(every) ? [segment, segment] : [segment]))
}

/** The network delivers a segment a second time, some segments later. */
const copyLater: Artefact = (segments, dice) => {
  let out = segments
  for (let n = 1 + dice.below(4); n > 0; n--) {
    const i = dice.below(out.length)
    out = insertBehind(out, Math.min(out.length - 1, i + 1 + dice.below(8)), out.slice(i, i + 1))
  }
  return out
}

/** What comes later than this tells of another silence, and a silence may excuse. */
const RETRANSMITTED_WITHIN_US = 1000 * MS

/** A segment is sent again before its ACK arrives, with what its side knows by then; the capture may lack the first. */
const retransmit: Artefact = (segments, dice) => {
  let out = segments
  for (let n = 1 + dice.below(3); n > 0; n--) {
    const i = dice.below(out.length)
    const segment = out[i]
    if (segment === undefined || !isPlainData(segment)) continue
    const until = untilAcknowledged(out, i, dice.below(6))
    // What it has heard by then, and never less than it has acknowledged already.
    const ack = until.reduce((newest, one) => {
      const known = one.from === segment.from ? one.ack : nextOf(one)
      return distance(known, newest) > 0 ? known : newest
    }, segment.ack)
    const last = until.at(-1) ?? segment
    const isSoon = last.timeUs - segment.timeUs < RETRANSMITTED_WITHIN_US
    out = insertBehind(out, i + until.length, [{ ...withFollowing(segment, until, dice), ack }])
    if (isSoon && dice.once(2)) out = out.filter((one) => one !== segment)
  }
  return out
}

function untilAcknowledged(segments: Segments, i: number, most: number): Segments {
  const { from, seq } = segments[i] as Segment
  const rest = segments.slice(i + 1, i + 1 + most)
  const end = rest.findIndex((one) => one.from !== from && has(one, ACK) && distance(one.ack, seq) > 0)
  return end < 0 ? rest : rest.slice(0, end)
}

/** A sender that repeats may take what it sent next into the same segment. */
function withFollowing(segment: Segment, later: Segments, dice: Dice): Segment {
  const next = later.find((one) => one.from === segment.from && one.seq === nextOf(segment))
  if (next === undefined || !isPlainData(next) || has(segment, FIN) || dice.once(2)) return segment
  const payload = Buffer.concat([segment.payload, next.payload])
  return { ...segment, payload, length: payload.length, flags: segment.flags | next.flags }
}

/** Neighbours within a millisecond change places, with their times or without. */
const swapNeighbours: Artefact = (segments, dice) => {
  const out = [...segments]
  const every = dice.pick([2, 3, 10])
  const keepsTimes = dice.once(2)
  for (let i = 0; i + 1 < out.length; i++) {
    const [a, b] = [out[i], out[i + 1]]
    if (a === undefined || b === undefined || b.timeUs - a.timeUs >= MS || !dice.once(every)) continue
    out[i] = keepsTimes ? b : { ...b, timeUs: a.timeUs }
    out[i + 1] = keepsTimes ? a : { ...a, timeUs: b.timeUs }
    i++
  }
  return out
}

/** Two queues of a network card, emptied in turn: of what came within a millisecond, one side comes first. */
const queues: Artefact = (segments, dice) => {
  const at = dice.below(segments.length)
  const first = dice.pick(SIDES)
  const startUs = segments[at]?.timeUs ?? 0
  const block = segments.slice(at, at + 2 + dice.below(6)).filter(({ timeUs }) => timeUs - startUs < MS)
  const sorted = [...block.filter(({ from }) => from === first), ...block.filter(({ from }) => from !== first)]
  return [...segments.slice(0, at), ...sorted, ...segments.slice(at + block.length)]
}

/** Two cards, one for each direction, whose clocks differ a little: sorted by time, replies may precede commands. */
const skew: Artefact = (segments, dice) => {
  const byUs = dice.pick([-1, 1]) * dice.pick([3, 50, 900])
  const side = dice.pick(SIDES)
  return sorted(segments.map((one) => (one.from === side ? { ...one, timeUs: one.timeUs + byUs } : one)))
}

/** Seen on both sides of a router, or with and without a tag; the second tap may lose some of it. */
const twoTaps: Artefact = (segments, dice) => {
  const vlan = dice.once(2) ? { vlan: 7 } : {}
  const delayUs = dice.below(50)
  const every = dice.pick([0, 0, 5])
  const both = segments.flatMap((segment) => {
    if (every > 0 && dice.once(every)) return [segment]
    const hopLimit = 'vlan' in vlan ? segment.hopLimit : segment.hopLimit - 1
    return [segment, { ...segment, ...vlan, hopLimit, timeUs: segment.timeUs + delayUs }]
  })
  return dice.once(3) ? both : sorted(both)
}

/** The captures of both hosts as one: what a side sends is seen early at its own host, and later at the other one. */
const twoSites: Artefact = (segments, dice) => {
  const delayUs = dice.pick([20, 200, 400])
  const home = dice.pick(SIDES)
  return sorted(
    segments.flatMap((segment) => {
      const byUs = segment.from === home ? delayUs : -delayUs
      return [segment, { ...segment, hopLimit: segment.hopLimit - 3, timeUs: segment.timeUs + byUs }]
    }),
  )
}

/** Two files of one capturing, the later one first, or with a piece that both have. */
const concatenated: Artefact = (segments, dice) => {
  const at = dice.below(segments.length)
  if (dice.once(2)) return [...segments.slice(at), ...segments.slice(0, at)]
  return [...segments.slice(0, at + dice.below(6)), ...segments.slice(at)]
}

const snap: Artefact = (segments, dice) => {
  const sides = bothOrOne(dice)
  const length = dice.pick([54, 60, 66, 68, 74, 80, 96, 100, 128, 200])
  return segments.map((segment) => (sides.includes(segment.from) ? { ...segment, snap: length } : segment))
}

const tag: Artefact = (segments, dice) => {
  const sides = bothOrOne(dice)
  const vlan = dice.below(4095)
  return segments.map((segment) => (sides.includes(segment.from) ? { ...segment, vlan } : segment))
}

/** Some segments travel in fragments; one of them may be missing, or come first, or twice. */
const fragment: Artefact = (segments, dice) => {
  const every = dice.pick([2, 5])
  return segments.map((segment): Segment => {
    if (segment.length === 0 || !dice.once(every)) return segment
    const order = dice.pick(['as-sent', 'as-sent', 'backwards', 'again'] as const)
    const lost = dice.pick(['none', 'none', 'none', 'none', 'first', 'last'] as const)
    const size = 8 * (1 + dice.below(Math.ceil((20 + segment.options.length + segment.length) / 8)))
    return { ...segment, fragments: { size, order, lost } }
  })
}

function sorted(segments: Segments): Segment[] {
  return [...segments].sort((a, b) => a.timeUs - b.timeUs)
}

export const TAP = {
  ...{
    twoLegs,
    synProxy,
    retransmit,
    twoTaps,
    twoSites,
    lose,
    loseRun,
    loseRunOfSide,
    loseOfSide,
    loseAcks,
    loseHandshake,
    loseClose,
  },
  ...{
    cutStart,
    cutEnd,
    cutOfSide,
    copies,
    copyLater,
    swapNeighbours,
    queues,
    skew,
    concatenated,
    snap,
    tag,
    fragment,
  },
} satisfies Readonly<Record<string, Artefact>>
