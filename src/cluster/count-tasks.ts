// The captures of a run -> what is counted on its own: a capture, or a piece of one that is large and plain.
import * as v from 'valibot'
import { countPackets, countRange, type RangeCount } from '../capture/byte-ranges.ts'
import type { AllowedRoots } from './allowed-roots.ts'
import type { CaptureVersions } from './capture-versions.ts'
import { COUNT, captureOf, read, TIME } from './job-messages.ts'
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

/** What a job that counted says. */
export function toUnitCount(value: unknown): TaskCount {
  return read(TASK_COUNT, value, 'the count')
}
