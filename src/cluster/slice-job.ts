// Runs a job of the slice queue. The job engine loads this file in a thread of a worker.
import { workerData } from 'node:worker_threads'
import { CaptureError } from '../errors.ts'
import { rootsOf } from './allowed-roots.ts'
import { analyzeSlice, CANCELLED } from './analyze-slice.ts'
import { asSeen, readSeen } from './capture-versions.ts'
import { toSliceJob } from './job-messages.ts'
import { RunFiles } from './run-files.ts'
import { type RunRequest, readRequest } from './run-request.ts'
import { type CountTask, type Plan, readCountTasks, readPlan, runCountTask, type TaskCount } from './slice-plan.ts'

export { engineWork } from '../tcp/engine-work.ts'

/** The data that a thread receives when it starts. */
export interface ThreadData {
  readonly workDir: string
  readonly roots: readonly string[]
}

/** Data shared by the jobs of one run, so that thousands of jobs need not read it again. */
interface Common {
  readonly run: string
  readonly order: RunRequest
  units: readonly CountTask[]
  plan: Plan | null
}

let common: Common | null = null

/** The result of a counting task; nothing for a slice, whose result is on disk. */
export default async function work({ data }: { readonly data: unknown }): Promise<TaskCount | null> {
  const { workDir, roots: folders } = workerData as ThreadData
  const { run, kind, number } = toSliceJob(data)
  try {
    const folder = await RunFiles.named(workDir, run)
    if (await folder.has(CANCELLED)) return null
    const known = await commonOf(run, folder)
    const { order } = known
    const roots = await rootsOf(folders)
    if (kind === 'map') {
      known.plan ??= await readPlan(folder, order)
      await analyzeSlice(folder, order, known.plan, number, roots)
      return null
    }
    if (number >= known.units.length) known.units = await readCountTasks(folder, order)
    const unit = known.units[number]
    if (unit === undefined) throw new Error('nothing to count')
    return await runCountTask(order, unit, roots)
  } catch (error) {
    // A failure is reported as a problem of its capture.
    if (error instanceof CaptureError) throw new Error(error.problem.accordingTo)
    throw error
  }
}

async function commonOf(run: string, folder: RunFiles): Promise<Common> {
  if (common?.run !== run) {
    const order = await readRequest(folder)
    common = { run, order: asSeen(order, await readSeen(folder, order)), units: [], plan: null }
  }
  return common
}
