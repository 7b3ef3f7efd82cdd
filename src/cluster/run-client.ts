// Submits runs, and asks for their progress. Errors of Redis become DeliveryError.
import { randomUUID } from 'node:crypto'
import { type Job, Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import * as v from 'valibot'
import { CHILD_ATTEMPTS, CHILD_BACKOFF_MS, RUNS_REMEMBERED } from '../limits.ts'
import { CANCELLED } from './analyze-slice.ts'
import { COUNT, newRun, PREFIX, RUNS, type RunJob, type Step, toRunJob } from './job-messages.ts'
import { connect, redisError } from './redis.ts'
import { RunFiles } from './run-files.ts'
import { type RunRequest, writeRequest } from './run-request.ts'
import { RESULT } from './run-result.ts'

/** The progress that the job of a run reports while it merges slices. */
const PROGRESS = v.object({ joined: COUNT, slices: COUNT })

export interface Status {
  readonly state: 'waiting' | 'counting' | 'reading' | 'joining' | 'done' | 'failed' | 'cancelled'
  /** Number of jobs known so far, or of slices to merge, and how many of them are done. */
  readonly of: number
  readonly done: number
  /** Number of slices that could not be read. */
  readonly failed: number
  /** Why the run failed. */
  readonly reason: string | null
}

export class Client {
  private readonly url: URL
  private readonly redis: Redis
  private readonly runs: Queue
  private readonly workDir: string

  private constructor(url: URL, redis: Redis, workDir: string) {
    this.url = url
    this.redis = redis
    this.workDir = workDir
    this.runs = new Queue(RUNS, { connection: redis, prefix: PREFIX })
    // The awaiting code receives the error.
    this.runs.on('error', () => {})
  }

  /** Throws DeliveryError when Redis does not answer. */
  static async open(url: URL, workDir: string): Promise<Client> {
    return new Client(url, await connect(url, false), workDir)
  }

  /** Submits a run and returns its name. Leaves nothing behind when that fails. */
  async submit(order: RunRequest): Promise<string> {
    const run = newRun(new Date(), randomUUID())
    let folder: RunFiles | null = null
    try {
      folder = await RunFiles.create(this.workDir, run)
      await writeRequest(folder, order)
      await this.answered(() =>
        this.runs.add('run', { run, step: 'cut' } satisfies RunJob, {
          jobId: run,
          attempts: CHILD_ATTEMPTS,
          backoff: { type: 'exponential', delay: CHILD_BACKOFF_MS },
          removeOnComplete: { count: RUNS_REMEMBERED },
          removeOnFail: { count: RUNS_REMEMBERED },
        }),
      )
      return run
    } catch (error) {
      await folder?.remove().catch(() => {})
      throw error
    }
  }

  /** Null for an unknown run. */
  async status(run: string): Promise<Status | null> {
    const folder = await RunFiles.open(this.workDir, run)
    const none = { of: 0, done: 0, failed: 0, reason: null }
    if (await folder?.has(CANCELLED)) return { ...none, state: 'cancelled' }
    if (await folder?.has(RESULT)) return { ...none, state: 'done' }
    return this.answered(async () => {
      const job = (await this.runs.getJob(run)) as Job | undefined
      if (job === undefined) return null
      const { step } = toRunJob(job.data)
      const [state, children] = await Promise.all([job.getState(), job.getDependenciesCount()])
      const { processed = 0, unprocessed = 0, ignored = 0 } = children
      if (state === 'failed') return { ...none, state, reason: job.failedReason }
      if (state === 'completed') return { ...none, state: 'done' }
      if (state === 'waiting' && step === 'cut') return { ...none, state }
      const doing = stateOf(step, state !== 'waiting-children')
      const told = v.safeParse(PROGRESS, job.progress)
      if (doing === 'joining' && told.success) {
        const { slices, joined } = told.output
        return { state: doing, of: slices, done: joined, failed: ignored, reason: null }
      }
      const of = processed + unprocessed + ignored
      return { state: doing, of, done: processed, failed: ignored, reason: null }
    })
  }

  /** Cancels a run and removes its files, or removes the result of a finished run. False for an unknown run. */
  async cancel(run: string): Promise<boolean> {
    const folder = await RunFiles.open(this.workDir, run)
    const job = await this.answered(async () => (await this.runs.getJob(run)) as Job | undefined)
    if (folder === null && job === undefined) return false
    if (await folder?.has(RESULT)) {
      await folder?.remove()
      return true
    }
    await folder?.writeJson(CANCELLED, null)
    if (job !== undefined) {
      await this.answered(() => job.removeUnprocessedChildren())
      // A job that a worker is running cannot be removed: it ends when the worker sees that the run is cancelled.
      await job.remove().catch(() => {})
    }
    await folder?.clear([CANCELLED])
    return true
  }

  async close(): Promise<void> {
    await this.runs.close().catch(() => {})
    this.redis.disconnect()
  }

  private async answered<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw redisError(this.url, error)
    }
  }
}

/** The state of a run whose next step is this one. */
function stateOf(step: Step, isAtIt: boolean): Status['state'] {
  if (step === 'cut' || (step === 'plan' && !isAtIt)) return 'counting'
  return step === 'join' && isAtIt ? 'joining' : 'reading'
}
