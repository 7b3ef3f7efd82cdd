// The plan of a run. First the tasks that count packets: one for each capture, or for each piece of a large
// uncompressed pcap. From the counts, the slices in reading order, each with the number of its first packet. Captures
// that overlap in time form one timeline: one slice, or several time windows. Any other capture has one slice for each
// of its pieces.

import { isDeepStrictEqual } from 'node:util'
import * as v from 'valibot'
import { countPackets, countRange, type RangeCount } from '../capture/byte-ranges.ts'
import type { TimeBase } from '../capture/packet.ts'
import { type Share, sorted } from '../capture/sort-captures.ts'
import { CAPTURES_OPEN_MAX, RESUME_SECONDS } from '../limits.ts'
import type { AllowedRoots } from './allowed-roots.ts'
import type { CaptureVersions } from './capture-versions.ts'
import { COUNT, captureOf, read, TIME } from './job-messages.ts'
import type { RunFiles } from './run-files.ts'
import type { RunRequest } from './run-request.ts'

/** A capture of a slice, or a range of it. */
export interface SlicePart {
  readonly capture: number
  readonly range: { readonly from: number; readonly to: number } | null
  /** For a capture that overlaps others in time: its packets in one time window. */
  readonly share: Share | null
  /** The time of the first packet of its capture; null: it is opened after the end of all earlier parts. */
  readonly first: TimeBase | null
}

/** A capture that has packets. */
interface Overlapping {
  readonly capture: number
  readonly packets: number
  readonly first: TimeBase
  readonly latest: TimeBase
}

/** Where a capture is cut into time windows. `before`: number of windows that end before the capture begins. */
interface Cuts {
  readonly before: number
  readonly times: readonly TimeBase[]
}

function nanosecondsBetween(from: TimeBase, to: TimeBase): number {
  return (to.seconds - from.seconds) * 1e9 + to.nanoseconds - from.nanoseconds
}

/** Cuts at the beginning of a capture, once the captures that began since the last cut have `packetsMax` packets. */
function cutsOf(group: readonly Overlapping[], packetsMax: number): readonly TimeBase[] {
  const cuts: TimeBase[] = []
  let packets = 0
  for (const { first, packets: own } of group) {
    const last = cuts.at(-1) ?? group[0]?.first ?? first
    if (packets >= packetsMax && nanosecondsBetween(last, first) > 0) {
      cuts.push(first)
      packets = 0
    }
    packets += own
  }
  return cuts
}

function cutsOfOne({ first, latest }: Overlapping, cuts: readonly TimeBase[]): Cuts {
  const before = cuts.filter((cut) => nanosecondsBetween(cut, first) >= 0).length
  return { before, times: cuts.slice(before).filter((cut) => nanosecondsBetween(cut, latest) >= 0) }
}

/** The parts of each window, in reading order. `counts`: for each capture, its packets per window from `before` on. */
function inWindows(
  group: readonly Overlapping[],
  cuts: readonly TimeBase[],
  counts: readonly (readonly number[])[],
): readonly { readonly parts: SlicePart[]; packets: number }[] {
  const windows = Array.from({ length: cuts.length + 1 }, () => ({ parts: [] as SlicePart[], packets: 0 }))
  const taps = tapsOf(group)
  for (const [i, one] of group.entries()) {
    const own = counts[i] as readonly number[]
    const { before } = cutsOfOne(one, cuts)
    const last = own.findLastIndex((count) => count > 0)
    let skip = 0
    for (const [n, take] of own.entries()) {
      const window = windows[before + n]
      if (take === 0 || window === undefined) continue
      const share = { skip, take: n === last ? null : take, tap: taps[i] as number }
      window.parts.push({ capture: one.capture, range: null, share, first: one.first })
      window.packets += take
      skip += take
    }
  }
  return windows
}

/** The capture point number of each capture: the lowest number that is free when it is opened. */
function tapsOf(group: readonly Overlapping[]): readonly number[] {
  const taps: number[] = []
  for (const [i, { first }] of group.entries()) {
    const taken = new Set(taps.filter((_, j) => nanosecondsBetween(first, (group[j] as Overlapping).latest) >= 0))
    let tap = 0
    while (taken.has(tap)) tap += 1
    taps[i] = tap
  }
  return taps
}

export const COUNT_TASKS = 'units.json'

export interface CountTask {
  /** Index into the captures of the run request. */
  readonly capture: number
  /** The piece: records that start at offsets `[from, to)` of a file of this size. Null: the whole capture. */
  readonly piece: { readonly from: number; readonly to: number; readonly size: number } | null
  /** Where it is cut into time windows, because it overlaps others. */
  readonly cuts?: Cuts
}

/** `parts`: packets per time window; a piece has one part. `from` and `to` are 0 for a whole capture. */
export interface TaskCount extends RangeCount {
  readonly parts: readonly number[]
}

export function cut({ sliceBytes }: RunRequest, seen: CaptureVersions): readonly CountTask[] {
  const units: CountTask[] = []
  for (const [capture, one] of seen.entries()) {
    const { size, headerLength } = one ?? { size: 0, headerLength: null }
    if (headerLength === null || sliceBytes === null) {
      units.push({ capture, piece: null })
      continue
    }
    // The remainder belongs to the last piece: alone it might be too short to recognise records in.
    const count = Math.floor(size / sliceBytes)
    for (let n = 0; n < count; n++) {
      const to = n === count - 1 ? size : (n + 1) * sliceBytes
      units.push({ capture, piece: { from: n === 0 ? headerLength : n * sliceBytes, to, size } })
    }
  }
  return units
}

export async function runCountTask(
  { captures }: RunRequest,
  { capture, piece, cuts }: CountTask,
  roots: AllowedRoots,
): Promise<TaskCount> {
  const named = captures[capture] as RunRequest['captures'][number]
  const stored = { name: named.name, open: (await roots.admit(named)).open, range: null }
  if (piece !== null) {
    const count = await countRange(stored, piece.from, piece.to, piece.size)
    return { ...count, parts: [count.packets] }
  }
  return { ...(await countPackets(stored, cuts?.times)), from: 0, to: 0, lastSeconds: 0, isDoubtful: false }
}

export async function readCountTasks(folder: RunFiles, { captures }: RunRequest): Promise<readonly CountTask[]> {
  const task = v.object({
    capture: captureOf(captures),
    piece: v.nullable(v.object({ from: COUNT, to: COUNT, size: COUNT })),
    cuts: v.exactOptional(v.object({ before: COUNT, times: v.array(TIME) })),
  })
  return read(v.array(task), await folder.readJson(COUNT_TASKS), COUNT_TASKS)
}

const TASK_COUNT = v.object({
  packets: COUNT,
  first: v.nullable(TIME),
  latest: v.nullable(TIME),
  ...{ from: COUNT, to: COUNT, lastSeconds: COUNT },
  isDoubtful: v.optional(v.boolean(), false),
  parts: v.array(COUNT),
})

/** Parses the result of a counting job. */
export function toUnitCount(value: unknown): TaskCount {
  return read(TASK_COUNT, value, 'the count')
}

export const PLAN = 'plan.json'

export interface Slice {
  readonly parts: readonly SlicePart[]
  /** `before`: packets in all earlier slices; `packets`: packets in this one. */
  readonly before: number
  readonly packets: number
}

export interface Plan {
  /** The time of the first packet of the run. */
  readonly base: TimeBase | null
  readonly slices: readonly Slice[]
  /** Captures in reading order. */
  readonly order: readonly number[]
  /** Captures whose packets could not be counted, and why. */
  readonly failed: readonly (readonly [capture: number, reason: string])[]
}

interface Counted {
  readonly capture: number
  readonly packets: number
  readonly first: TimeBase | null
  readonly latest: TimeBase | null
  /** Null when the capture is read as a whole. */
  readonly pieces: readonly TaskCount[] | null
  /** The latest task that counted it. */
  readonly unit: CountTask | null
  readonly parts: readonly number[]
}

/** Times closer together than this count as equal: readers hold them as doubles, which are not exact over years. */
const CLOSE_NS = 512

/** The plan, or tasks that must run first: for captures whose pieces do not fit together, or that are cut in time. */
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

/** Whether the pieces contain exactly the records that reading from the start would find. */
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
        // Captures without packets only need a record: they are part of the first window.
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

/** Groups captures that overlap in time. A capture without times joins the preceding group. */
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

/** Number of packets of a group. At most `CAPTURES_OPEN_MAX` captures are open at once; the others are not read. */
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
