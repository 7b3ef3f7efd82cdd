// What was counted -> slices in the order of reading, each with the number of its first packet. Captures that overlap in
// time are one slice: they are one timeline. A capture that stands alone is as many slices as it has pieces.
import { isDeepStrictEqual } from 'node:util'
import * as v from 'valibot'
import type { TimeBase } from '../capture/packet.ts'
import { sorted } from '../capture/sort-captures.ts'
import { CAPTURES_OPEN_MAX, RESUME_SECONDS } from '../limits.ts'
import type { CountTask, TaskCount } from './count-tasks.ts'
import { COUNT, captureOf, read, TIME } from './job-messages.ts'
import type { RunFiles } from './run-files.ts'
import type { RunRequest } from './run-request.ts'
import {
  type Cuts,
  cutsOf,
  cutsOfOne,
  inWindows,
  nanosecondsBetween,
  type Overlapping,
  type SlicePart,
} from './time-windows.ts'

export const PLAN = 'plan.json'

export interface Slice {
  readonly parts: readonly SlicePart[]
  /** Packets in all slices before it, and in it. */
  readonly before: number
  readonly packets: number
}

export interface Plan {
  /** The time of the first packet of all. */
  readonly base: TimeBase | null
  readonly slices: readonly Slice[]
  /** Captures in the order of reading. */
  readonly order: readonly number[]
  /** Captures that could not be counted, and why. */
  readonly failed: readonly (readonly [capture: number, reason: string])[]
}

interface Counted {
  readonly capture: number
  readonly packets: number
  readonly first: TimeBase | null
  readonly latest: TimeBase | null
  /** Null where the capture is read as a whole. */
  readonly pieces: readonly TaskCount[] | null
  /** How it was counted last. */
  readonly unit: CountTask | null
  readonly parts: readonly number[]
}

/** Times that lie closer together count as the same: whoever reads them has doubles, which are not exact over years. */
const CLOSE_NS = 512

/** The plan, or what must be counted first: captures whose pieces do not fit together, or that are cut in time. */
export function planOf(
  order: RunRequest,
  units: readonly CountTask[],
  counts: ReadonlyMap<number, TaskCount>,
  reasons: ReadonlyMap<number, string>,
): Plan | readonly CountTask[] {
  const counted: Counted[] = []
  const failed: (readonly [number, string])[] = []
  const again: CountTask[] = []
  const numbers: number[][] = order.captures.map(() => [])
  for (const [number, { capture }] of units.entries()) numbers[capture]?.push(number)
  for (const [capture, own] of numbers.entries()) {
    const whole = own.findLast((number) => units[number]?.piece === null)
    const asked = whole === undefined ? own : [whole]
    const failure = asked.find((number) => reasons.has(number))
    const found = asked.flatMap((number) => counts.get(number) ?? [])
    if (failure !== undefined) failed.push([capture, reasons.get(failure) as string])
    else if (whole !== undefined) {
      counted.push({ capture, ...(found[0] as TaskCount), pieces: null, unit: units[whole] as CountTask })
    } else if (fitTogether(found, units[own[0] as number] as CountTask)) counted.push(together(capture, found))
    else again.push({ capture, piece: null })
  }
  return again.length > 0 ? again : inSlices(order, counted, failed)
}

export async function readPlan(folder: RunFiles, { captures }: RunRequest): Promise<Plan> {
  const capture = captureOf(captures)
  const part = v.object({
    capture,
    range: v.nullable(v.object({ from: COUNT, to: COUNT })),
    share: v.nullable(v.object({ skip: COUNT, take: v.nullable(COUNT), tap: COUNT })),
    first: v.nullable(TIME),
  })
  const plan = v.object({
    base: v.nullable(TIME),
    slices: v.array(v.object({ parts: v.array(part), before: COUNT, packets: COUNT })),
    order: v.array(capture),
    failed: v.array(v.tuple([capture, v.string()])),
  })
  return read(plan, await folder.readJson(PLAN), PLAN)
}

/** Whether the pieces hold the records that a reading from the start finds. */
function fitTogether(pieces: readonly TaskCount[], { piece }: CountTask): boolean {
  if (pieces.some(({ isDoubtful }) => isDoubtful) || pieces.at(-1)?.to !== piece?.size) return false
  let before = piece?.from ?? 0
  let seconds: number | null = null
  for (const { from, to, first, lastSeconds } of pieces) {
    if (from !== before) return false
    before = to
    if (first === null) continue
    if (seconds !== null && Math.abs(first.seconds - seconds) > RESUME_SECONDS) return false
    seconds = lastSeconds
  }
  return true
}

function together(capture: number, all: readonly TaskCount[]): Counted {
  const pieces = all.filter(({ packets }) => packets > 0)
  return {
    capture,
    packets: pieces.reduce((sum, { packets }) => sum + packets, 0),
    first: pieces[0]?.first ?? null,
    latest: pieces.reduce<TimeBase | null>((latest, piece) => later(latest, piece.latest), null),
    pieces: pieces.length > 1 ? pieces : null,
    unit: null,
    parts: [],
  }
}

function inSlices(
  { captures, overlapPackets, hash }: RunRequest,
  counted: readonly Counted[],
  failed: Plan['failed'],
): Plan | readonly CountTask[] {
  const byCapture = new Map(counted.map((each) => [each.capture, each]))
  const files = captures.map((_, capture) => {
    const none = { capture, packets: 0, first: null, latest: null, pieces: null, unit: null, parts: [] }
    const each: Counted = byCapture.get(capture) ?? none
    return { each, first: each.first }
  })
  const placed = sorted(files).map(({ each, first }) => ({ ...each, start: first }))
  const broken = new Set(failed.map(([capture]) => capture))
  const slices: Slice[] = []
  const again: CountTask[] = []
  let before = 0
  const add = (parts: readonly SlicePart[], packets: number) => {
    slices.push({ parts, before, packets })
    before += packets
  }
  for (const group of groupsOf(placed.filter(({ capture }) => !broken.has(capture)))) {
    const [alone] = group
    if (group.length === 1 && alone?.pieces) {
      for (const { from, to, packets } of alone.pieces) {
        add([{ capture: alone.capture, range: { from, to }, share: null, first: null }], packets)
      }
      continue
    }
    const known = group.filter(isTimed)
    const packets = admitted(group)
    const isWhole = hash || packets < known.reduce((sum, each) => sum + each.packets, 0)
    const cuts = isWhole ? [] : cutsOf(known, overlapPackets)
    const wanted = known.map((each) => cutsOfOne(each, cuts))
    if (cuts.length > 0 && known.some(({ unit }) => unit?.cuts === undefined)) {
      for (const [i, { capture }] of known.entries()) again.push({ capture, piece: null, cuts: wanted[i] as Cuts })
    } else if (cuts.length > 0 && known.every(({ unit }, i) => isDeepStrictEqual(unit?.cuts, wanted[i]))) {
      const silent = group.filter((each) => !isTimed(each))
      const windows = inWindows(
        known,
        cuts,
        known.map(({ parts }) => parts),
      )
      for (const [i, { parts, packets: own }] of windows.entries()) {
        // What has no packet stands where it does no harm: it is only told of.
        add(i === 0 ? [...silent.map(toPart), ...parts] : parts, own)
      }
    } else add(group.map(toPart), packets)
  }
  if (again.length > 0) return again
  const base = placed.find(({ packets }) => packets > 0)?.first ?? null
  return { base, slices, order: placed.map(({ capture }) => capture), failed }
}

type Started = Counted & { readonly start: TimeBase | null }

function toPart({ capture, start }: Started): SlicePart {
  return { capture, range: null, share: null, first: start }
}

function isTimed(capture: Started): capture is Started & Overlapping {
  return capture.first !== null && capture.latest !== null
}

/** Captures that follow each other in time are apart; those that overlap, and those without a time, are together. */
function groupsOf(placed: readonly Started[]): readonly (readonly Started[])[] {
  const groups: Started[][] = []
  let latest: TimeBase | null = null
  for (const capture of placed) {
    const isBehind = latest !== null && capture.start !== null && nanosecondsBetween(latest, capture.start) > CLOSE_NS
    if (groups.length === 0 || isBehind) groups.push([capture])
    else groups.at(-1)?.push(capture)
    latest = later(latest, capture.latest)
  }
  return groups
}

/** Packets of a group: beyond so many captures at once no other is opened. */
function admitted(group: readonly Started[]): number {
  const open: Started[] = []
  for (const capture of group) {
    const { start } = capture
    const still = open.filter(
      ({ latest }) => start !== null && latest !== null && nanosecondsBetween(start, latest) >= 0,
    )
    if (still.length < CAPTURES_OPEN_MAX) open.push(capture)
  }
  return open.reduce((sum, { packets }) => sum + packets, 0)
}

function later(one: TimeBase | null, other: TimeBase | null): TimeBase | null {
  if (one === null || other === null) return one ?? other
  return nanosecondsBetween(one, other) > 0 ? other : one
}
