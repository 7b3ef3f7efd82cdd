// One job of the queue of slices, as a thread of a worker does it: this file is what the job engine loads there.
import { workerData } from 'node:worker_threads'
import { CaptureError } from '../problems.ts'
import { Folder } from './folder.ts'
import { toSliceJob } from './job.ts'
import { CANCELLED, mapSlice } from './map.ts'
import { readOrder } from './order.ts'
import { readPlan } from './plan.ts'
import { rootsOf } from './roots.ts'
import { countUnit, readUnits, type UnitCount } from './units.ts'

/** What a thread is told when it starts. */
export interface ThreadData {
  readonly workDir: string
  readonly roots: readonly string[]
}

/** A count for a count; nothing for a slice, which is on disk. */
export default async function work({ data }: { readonly data: unknown }): Promise<UnitCount | null> {
  const { workDir, roots } = workerData as ThreadData
  const { run, kind, number } = toSliceJob(data)
  const folder = await Folder.named(workDir, run)
  if (await folder.has(CANCELLED)) return null
  try {
    const order = await readOrder(folder)
    const admitted = await rootsOf(roots)
    if (kind === 'map') {
      await mapSlice(folder, order, await readPlan(folder, order), number, admitted)
      return null
    }
    const unit = (await readUnits(folder, order))[number]
    if (unit === undefined) throw new Error('nothing to count')
    return await countUnit(order, unit, admitted)
  } catch (error) {
    // What fails is told as a problem of its capture, which says the rest.
    if (error instanceof CaptureError) throw new Error(error.problem.accordingTo)
    throw error
  }
}
