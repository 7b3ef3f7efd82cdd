// The job of a run, in steps: captures are cut into counting tasks, child jobs count packets, a plan is made, child
// jobs read the slices, the results are merged. A repeated step does the same again.
import { type Job, type Queue, UnrecoverableError, WaitingChildrenError } from 'bullmq'
import { CHILD_ATTEMPTS, CHILD_BACKOFF_MS, CHILD_DEATHS_MAX, CHILDREN_ADDED, JOIN_TOLD_MS } from '../limits.ts'
import type { AllowedRoots } from './allowed-roots.ts'
import { CANCELLED } from './analyze-slice.ts'
import { asSeen, lookAtAll, readSeen, SEEN } from './capture-versions.ts'
import { childId, type RunJob, readChildId, type SliceJob, type Step, toRunJob } from './job-messages.ts'
import { mergeRun } from './merge-slices.ts'
import { RunFiles, WorkDirError } from './run-files.ts'
import { REQUEST, type RunRequest, readRequest } from './run-request.ts'
import { RESULT, SESSIONS } from './run-result.ts'
import {
  COUNT_TASKS,
  type CountTask,
  cut,
  PLAN,
  type Plan,
  planOf,
  readCountTasks,
  readPlan,
  type TaskCount,
  toUnitCount,
} from './slice-plan.ts'

interface Place {
  readonly workDir: string
  readonly roots: AllowedRoots
  readonly version: string
}

/** The files that stay in the folder of a finished run. */
const KEPT: readonly string[] = [REQUEST, RESULT, SESSIONS, CANCELLED]

export class Run {
  private readonly place: Place
  private readonly slices: Queue
  private readonly job: Job
  private readonly token: string
  private readonly folder: RunFiles
  private order: RunRequest

  private constructor(place: Place, slices: Queue, job: Job, token: string, folder: RunFiles, order: RunRequest) {
    this.place = place
    this.slices = slices
    this.job = job
    this.token = token
    this.folder = folder
    this.order = order
  }

  /** Runs the next steps, up to the one that waits for child jobs. */
  static async advance(place: Place, slices: Queue, job: Job, token: string): Promise<void> {
    const { run, step } = toRunJob(job.data)
    const folder = await RunFiles.named(place.workDir, run)
    const order = await readRequest(folder)
    if (order.version !== place.version) {
      throw new Error(`the run was submitted by version ${order.version}, but this worker is version ${place.version}`)
    }
    const isSeen = await folder.has(SEEN)
    const known = isSeen ? asSeen(order, await readSeen(folder, order)) : order
    const taken = new Run(place, slices, job, token, folder, known)
    // An earlier worker may have died before it waited for the children.
    if (step !== 'cut') await taken.wait()
    await taken.from(step)
  }

  private async from(step: Step): Promise<void> {
    // A worker may have died after the last step, before it reported the end.
    const isOver = (await this.folder.has(CANCELLED)) || (await this.folder.has(RESULT))
    if (isOver) await this.folder.clear(KEPT)
    else if (step === 'cut') await this.cut()
    else if (step === 'plan') await this.plan()
    else await this.join()
  }

  private async cut(): Promise<void> {
    const seen = await lookAtAll(this.folder, this.order, this.place.roots)
    this.order = asSeen(this.order, seen)
    const units = cut(this.order, seen)
    await this.folder.writeJson(COUNT_TASKS, units)
    await this.ask('count', [...units.keys()], 'plan')
  }

  private async plan(): Promise<void> {
    const units = await readCountTasks(this.folder, this.order)
    const known = await this.answered('count')
    if (known.size < units.length) return this.ask('count', [...units.keys()], 'plan')
    const { counts, reasons } = await this.told(units)
    const made = planOf(this.order, units, counts, reasons('count'))
    if (isPlan(made)) {
      await this.folder.writeJson(PLAN, made)
      await this.ask('map', [...made.slices.keys()], 'join')
    } else {
      const all = [...units, ...made]
      await this.folder.writeJson(COUNT_TASKS, all)
      await this.ask('count', [...all.keys()], 'plan')
    }
  }

  private async join(): Promise<void> {
    const { folder, order, job } = this
    const plan = await readPlan(folder, order)
    const { reasons } = await this.told([])
    let toldMs = 0
    await mergeRun({
      ...{ folder, order, plan, roots: this.place.roots, failed: reasons('map') },
      onSlice: async (joined) => {
        if (performance.now() - toldMs < JOIN_TOLD_MS) return
        toldMs = performance.now()
        if (await folder.has(CANCELLED)) throw new UnrecoverableError('the run was cancelled')
        await job.updateProgress({ joined, slices: plan.slices.length })
      },
    })
    await folder.clear(KEPT)
  }

  /** Creates child jobs, and continues with a step when all are done. Children that are done are not created again. */
  private async ask(kind: SliceJob['kind'], numbers: readonly number[], step: Step): Promise<void> {
    const { job } = this
    const { run } = job.data as RunJob
    const known = await this.answered(kind)
    const missing = numbers.filter((number) => !known.has(number))
    for (let from = 0; from < missing.length; from += CHILDREN_ADDED) {
      await this.slices.addBulk(
        missing.slice(from, from + CHILDREN_ADDED).map((number) => ({
          name: kind,
          data: { run, kind, number } satisfies SliceJob,
          opts: {
            jobId: childId({ run, kind, number }),
            parent: { id: job.id as string, queue: job.queueQualifiedName },
            ignoreDependencyOnFailure: true,
            attempts: CHILD_ATTEMPTS,
            backoff: { type: 'exponential', delay: CHILD_BACKOFF_MS },
            removeOnComplete: true,
            removeOnFail: true,
          },
        })),
      )
    }
    await job.updateData({ run, step } satisfies RunJob)
    await this.wait()
    await this.from(step)
  }

  /** Suspends the job until its children are done. */
  private async wait(): Promise<void> {
    if (await this.job.moveToWaitingChildren(this.token)) throw new WaitingChildrenError()
  }

  private async answered(kind: SliceJob['kind']): Promise<ReadonlySet<number>> {
    const [values, failures] = await Promise.all([this.job.getChildrenValues(), this.job.getIgnoredChildrenFailures()])
    const children = [...Object.keys(values), ...Object.keys(failures)].flatMap((key) => readChildId(key) ?? [])
    return new Set(children.filter((child) => child.kind === kind).map(({ number }) => number))
  }

  /** The results of the children: counts, and reasons of failures. Throws errors that are not about a capture. */
  private async told(units: readonly CountTask[]) {
    const counts = new Map<number, TaskCount>()
    for (const [key, value] of Object.entries(await this.job.getChildrenValues())) {
      const child = readChildId(key)
      if (child?.kind === 'count' && child.number < units.length) counts.set(child.number, toUnitCount(value))
    }
    const failures = Object.entries(await this.job.getIgnoredChildrenFailures())
    const refused = failures.find(([, reason]) => reason.startsWith(WorkDirError.PREFIX))
    if (refused !== undefined) throw new UnrecoverableError(refused[1])
    const reasons = (kind: SliceJob['kind']): ReadonlyMap<number, string> =>
      new Map(
        failures.flatMap(([key, reason]) => {
          const child = readChildId(key)
          return child?.kind === kind ? [[child.number, inOurWords(reason)] as const] : []
        }),
      )
    return { counts, reasons }
  }
}

/** The error message of the job engine for a job whose workers died repeatedly. */
function inOurWords(reason: string): string {
  return reason.startsWith('job stalled') ? `${CHILD_DEATHS_MAX + 1} workers died over it` : reason
}

function isPlan(made: Plan | readonly CountTask[]): made is Plan {
  return !Array.isArray(made)
}
