// Something on this host passes on what it hears, from the same addresses and ports: two connections at the same time, and
// the capture (of all interfaces) has both.

import { SYN } from '../../support/packets.ts'
import type { Dice } from '../dice.ts'
import { has, renumbered, roomBehind, type Segment, type Segments, type SideName } from './segment.ts'

/** A transparent filter: each leg has numbers of its own, by chance or by a poor generator close to those of the other. */
export function twoLegs(segments: Segments, dice: Dice): Segments {
  const near = (reach: number) => () => 1 + dice.below(reach)
  const by = dice.pick([() => dice.below(2 ** 32), near(40), near(2000), near(1 << 16), near(1 << 24)])
  const sign = dice.pick([1, -1])
  const other = renumbered(segments, { C: sign * by(), S: sign * by() })
  return interleaved(segments, other, dice)
}

/**
 * A firewall that answers SYNs itself and opens the connection to the server afterwards: the client's numbers are the same
 * on both legs, those of the server are translated.
 */
export function synProxy(segments: Segments, dice: Dice): Segments {
  const other = renumbered(segments, { C: 0, S: dice.pick([dice.below(2 ** 32), 1 + dice.below(1 << 16)]) })
  const answer = segments.findIndex((segment) => has(segment, SYN) && segment.from === 'S')
  const all = interleaved(segments, other, dice)
  if (answer < 0 || dice.once(2)) return all
  // The second leg is opened when the first one is.
  const opening = all.filter((one) => has(one, SYN) && !segments.includes(one))
  const rest = all.filter((one) => !opening.includes(one))
  const at = rest.findIndex((one) => segments.includes(one) && !has(one, SYN))
  const timeUs = rest[at]?.timeUs ?? 0
  return at < 0 ? all : [...rest.slice(0, at), ...opening.map((one) => ({ ...one, timeUs })), ...rest.slice(at)]
}

/** What tells the second leg from the first besides its numbers, if anything does. */
const MARKS: readonly ((segment: Segment) => Partial<Segment>)[] = [
  () => ({}),
  ({ hopLimit }) => ({ hopLimit: hopLimit - 1 }),
  () => ({ vlan: 9 }),
  () => ({ neighbour: 3 }),
]

function interleaved(segments: Segments, other: Segments, dice: Dice): Segments {
  const delayUs = dice.pick([0, 5, 100, 300])
  const mark = dice.pick(MARKS)
  const loses = dice.pick([0, 0, 10, 30])
  return segments.flatMap((segment, i) => {
    const far = { ...(other[i] as Segment), ...mark(segment) }
    const passed = passedOn(segments, i, far, delayUs)
    const both = segment.from === 'C' ? [segment, passed] : [passed, segment]
    return loses === 0 ? both : both.filter(() => !dice.once(loses))
  })
}

/** What the client sends is passed on before anything else happens, and so is what the server sends. */
function passedOn(segments: Segments, i: number, far: Segment, delayUs: number): Segment {
  const side: SideName = far.from
  if (side === 'C') return { ...far, timeUs: far.timeUs + Math.min(delayUs, roomBehind(segments, i) / 2) }
  return { ...far, timeUs: far.timeUs - Math.min(delayUs, i === 0 ? 0 : roomBehind(segments, i - 1) / 2) }
}
