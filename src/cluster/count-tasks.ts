// The captures of a run -> what is counted on its own: a capture, or a piece of one that is large and plain.

import { countPackets, countRange, type RangeCount } from '../capture/byte-ranges.ts'
import type { TimeBase } from '../capture/packet.ts'
import type { AllowedRoots } from './allowed-roots.ts'
import type { CaptureVersions } from './capture-versions.ts'
import { isCount, membersOf } from './job-messages.ts'
import type { RunFiles } from './run-files.ts'
import type { RunRequest } from './run-request.ts'
import type { Cuts } from './time-windows.ts'

export const COUNT_TASKS = 'units.json'

export interface CountTask {
  /** Its number among the captures of the order. */
  readonly capture: number
  /** The piece: records that start in `[from, to)`, of a file of this size. Null: all of it. */
  readonly piece: { readonly from: number; readonly to: number; readonly size: number } | null
  /** Where it is cut in time, since it overlaps with others. */
  readonly cuts?: Cuts
}

/** A whole capture is no piece: it starts and ends nowhere. A piece has one part. */
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
    // What is left over is no piece of its own: it might be too short to recognise records in.
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
  const units = await folder.readJson(COUNT_TASKS)
  if (!Array.isArray(units)) throw new Error(`${COUNT_TASKS} is no list`)
  return units.map((unit) => toUnit(unit, captures.length))
}

function toUnit(value: unknown, captures: number): CountTask {
  const { capture, piece, cuts } = membersOf(value)
  if (!isCount(capture) || capture >= captures) throw new Error(`${COUNT_TASKS} names no capture`)
  if (piece === null) return { capture, piece, ...(cuts !== undefined && { cuts: toCuts(cuts) }) }
  const { from, to, size } = membersOf(piece)
  if (!isCount(from) || !isCount(to) || !isCount(size)) throw new Error(`${COUNT_TASKS} has a piece without a range`)
  return { capture, piece: { from, to, size } }
}

function toCuts(value: unknown): Cuts {
  const { before, times } = membersOf(value)
  if (!isCount(before) || !Array.isArray(times)) throw new Error(`${COUNT_TASKS} has cuts that are none`)
  return { before, times: times.map(toKnownTime) }
}

/** What a job that counted says. */
export function toUnitCount(value: unknown): TaskCount {
  const { packets, first, latest, from, to, lastSeconds, isDoubtful, parts } = membersOf(value)
  if (!isCount(packets) || !isCount(from) || !isCount(to) || !isCount(lastSeconds))
    throw new Error('a count of nothing')
  if (!Array.isArray(parts) || !parts.every(isCount)) throw new Error('a count without parts')
  return {
    packets,
    first: toTime(first),
    latest: toTime(latest),
    from,
    to,
    lastSeconds,
    isDoubtful: isDoubtful === true,
    parts,
  }
}

export function toTime(value: unknown): TimeBase | null {
  return value === null ? null : toKnownTime(value)
}

function toKnownTime(value: unknown): TimeBase {
  const { seconds, nanoseconds } = membersOf(value)
  if (typeof seconds !== 'number' || typeof nanoseconds !== 'number') throw new Error('a time that is none')
  return { seconds, nanoseconds }
}
