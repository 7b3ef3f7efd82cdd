// Chance -> a plan: some sessions, what happens to each of them, the link and the clock of the capture. A plan -> the
// capture, and what may be said of each of its sessions. A plan that fails -> the smallest one that fails alike.
import { formatEndpoint } from '../../../src/decode/address.ts'
import { Dice } from '../dice.ts'
import { type Frame, writeFrames } from '../frames.ts'
import { CLOCKS } from './clock.ts'
import { COOKED, ETHERNET, encode, LINK_TYPES } from './encode.ts'
import type { Expected } from './expected.ts'
import { heldBytes, showsHole } from './missing.ts'
import type { Segments } from './segment.ts'
import { BASE_US, drawFrom, endpointsOf, type Judge, labelOf, type Session } from './sessions.ts'
import { TAP } from './tap.ts'
import { type Artefact, WIRE } from './wire.ts'

const ARTEFACTS = { ...WIRE, ...TAP }
const NAMES = Object.keys(ARTEFACTS) as (keyof typeof ARTEFACTS)[]
const CLOCK_NAMES = Object.keys(CLOCKS) as (keyof typeof CLOCKS)[]
const LINK_BYTES: Readonly<Record<number, number>> = { [ETHERNET]: 14, [COOKED]: 16 }
const STARTS_WITHIN_US = 2_000_000

interface Step<Name> {
  readonly name: Name
  readonly seed: number
}

interface Part {
  /** Which session. */
  readonly at: number
  readonly index: number
  readonly startUs: number
  readonly isIpv6: boolean
  readonly steps: readonly Step<keyof typeof ARTEFACTS>[]
}

export interface Plan {
  readonly parts: readonly Part[]
  readonly linkType: number
  readonly clock: Step<keyof typeof CLOCKS> | null
}

export interface Input {
  readonly file: Uint8Array
  readonly expected: readonly Expected[]
}

export function anyPlan(sessions: readonly Session[], dice: Dice): Plan {
  const parts = Array.from({ length: dice.pick([1, 1, 1, 1, 5, 20]) }, (_, index): Part => {
    const drawn = Array.from({ length: dice.pick([1, 1, 1, 2, 3]) }, () => dice.pick(NAMES))
    // The network comes before the capturing, each kind once.
    const names = [...new Set(drawn)].sort((a, b) => NAMES.indexOf(a) - NAMES.indexOf(b))
    const steps = names.map((name) => ({ name, seed: dice.below(2 ** 31) }))
    const at = sessions.indexOf(drawFrom(sessions, dice))
    return { at, index, startUs: BASE_US + dice.below(STARTS_WITHIN_US), isIpv6: dice.once(5), steps }
  })
  const clock = dice.once(10) ? { name: dice.pick(CLOCK_NAMES), seed: dice.below(2 ** 31) } : null
  return { parts, linkType: dice.pick(LINK_TYPES), clock }
}

/** What happens in a plan, each kind once. */
export function stepsOf({ parts, clock }: Plan): string {
  const names = new Set(parts.flatMap(({ steps }) => steps.map(({ name }) => name)))
  return [...names, ...(clock === null ? [] : [clock.name])].join(' + ')
}

/** The same, and to which sessions. */
export function nameOf(plan: Plan, sessions: readonly Session[]): string {
  return `${stepsOf(plan)} of ${plan.parts.map(({ at }) => sessions[at]?.name).join(', ')}`
}

export async function inputOf(plan: Plan, sessions: readonly Session[], judge: Judge): Promise<Input> {
  const made = await Promise.all(plan.parts.map((part) => transformed(part, plan.linkType, sessions, judge)))
  let frames = inOrder(made.map(({ frames }) => frames))
  if (plan.clock !== null) frames = CLOCKS[plan.clock.name](frames, new Dice(plan.clock.seed))
  const file = writeFrames({ linkType: plan.linkType, frames })
  return { file, expected: made.map(({ expected }) => expected) }
}

interface Transformed {
  readonly frames: readonly Frame[]
  readonly expected: Expected
}

async function transformed(
  part: Part,
  linkType: number,
  sessions: readonly Session[],
  judge: Judge,
): Promise<Transformed> {
  const session = sessions[part.at] as Session
  const involved = [session]
  let segments: Segments = session.segments.map((one) => ({ ...one, timeUs: one.timeUs + part.startUs }))
  let wire: Segments | null = null
  for (const { name, seed } of part.steps) {
    const dice = new Dice(seed)
    const another = () => {
      // The same ports: the protocol is the same too.
      const other = drawFrom(
        sessions.filter(({ serverPort }) => serverPort === session.serverPort),
        dice,
      )
      involved.push(other)
      return other.segments
    }
    if (!(name in WIRE)) wire ??= segments
    const artefact: Artefact = ARTEFACTS[name]
    if (segments.length > 0) segments = artefact(segments, dice, { another })
  }
  const labels = await Promise.all(involved.map((one) => labelOf(one, judge)))
  const endpoints = endpointsOf(session, part.at, part.index, part.isIpv6)
  const headers = { link: LINK_BYTES[linkType] ?? 0, ipVersion: part.isIpv6 ? 6 : 4 } as const
  const isReused = part.steps.some(({ name }) => name === 'portReuse')
  const lacks = wire !== null && showsHole(segments, headers) && heldBytes(segments, headers) < heldBytes(wire, headers)
  const { client, server } = endpoints
  return {
    frames: encode(segments, endpoints, linkType),
    expected: {
      client: formatEndpoint(client.address, client.port),
      server: formatEndpoint(server.address, server.port),
      allowed: union(labels.map(({ allowed }) => allowed)),
      isFaultyWithHole: lacks && !isReused && labels[0]?.isFaulty === true,
    },
  }
}

/** Null where one of them is. */
function union(lists: readonly (readonly string[] | null)[]): readonly string[] | null {
  const known = lists.filter((list) => list !== null)
  return known.length < lists.length ? null : [...new Set(known.flat())]
}

/** The frames of several sessions by time; each session keeps its order. */
function inOrder(lists: readonly (readonly Frame[])[]): readonly Frame[] {
  const timed = lists.flatMap((frames) => {
    let latestUs = 0
    return frames.map((frame) => {
      latestUs = Math.max(latestUs, frame.timeUs)
      return { frame, latestUs }
    })
  })
  return timed.sort((a, b) => a.latestUs - b.latestUs).map(({ frame }) => frame)
}

/** Leaves out sessions, the clock and single steps as long as the plan still fails. */
export async function smallest(plan: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  let best = plan
  const attempt = async (smaller: Plan) => {
    if (await fails(smaller)) best = smaller
  }
  if (plan.clock !== null) await attempt({ ...best, clock: null })
  for (const part of plan.parts) {
    if (best.parts.length > 1) await attempt({ ...best, parts: [part] })
  }
  for (const part of best.parts) {
    if (best.parts.length > 1) await attempt({ ...best, parts: best.parts.filter((one) => one !== part) })
  }
  for (const { index, steps } of best.parts) {
    for (const step of steps) {
      const without = (one: Part) =>
        one.index === index ? { ...one, steps: one.steps.filter((other) => other !== step) } : one
      await attempt({ ...best, parts: best.parts.map(without) })
    }
  }
  if (best.linkType !== ETHERNET) await attempt({ ...best, linkType: ETHERNET })
  return best
}
