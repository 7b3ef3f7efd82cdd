// A worker: takes jobs from the queues and runs them until it is stopped. It opens captures only under its roots. Jobs
// contain data, never code.
import { Queue, Worker, type WorkerOptions } from 'bullmq'
import { CHILD_DEATHS_MAX, JOB_LOCK_MS, JOB_STALLED_MS, RUN_DEATHS_MAX } from '../limits.ts'
import type { StopSignal } from '../stop-signal.ts'
import { rootsOf } from './allowed-roots.ts'
import { PREFIX, RUNS, SLICES } from './job-messages.ts'
import { connect } from './redis.ts'
import { Run } from './run-job.ts'
import type { ThreadData } from './slice-job.ts'

interface WorkOptions {
  readonly url: URL
  readonly workDir: string
  readonly roots: readonly string[]
  /** Number of slices that are read at the same time. */
  readonly concurrency: number
  readonly version: string
  /** Receives error messages of one line. */
  readonly log: (line: string) => void
}

/** Works until the signal is aborted. Throws DeliveryError when Redis does not answer at the start. */
export async function work(options: WorkOptions, signal: StopSignal): Promise<void> {
  const { url, workDir, roots, concurrency, version, log } = options
  const redis = await connect(url, true)
  const place = { workDir, roots: await rootsOf(roots), version }
  const common: WorkerOptions = {
    connection: redis,
    prefix: PREFIX,
    lockDuration: JOB_LOCK_MS,
    stalledInterval: JOB_STALLED_MS,
  }
  const slices = new Queue(SLICES, { connection: redis, prefix: PREFIX })
  const threadData: ThreadData = { workDir, roots }
  const workers = [
    new Worker(SLICES, new URL('./slice-job.js', import.meta.url), {
      ...common,
      concurrency,
      maxStalledCount: CHILD_DEATHS_MAX,
      useWorkerThreads: true,
      workerThreadsOptions: { workerData: threadData },
    }),
    new Worker(RUNS, (job, token) => Run.advance(place, slices, job, token ?? ''), {
      ...common,
      maxStalledCount: RUN_DEATHS_MAX,
    }),
  ]
  let before = ''
  for (const worker of workers) {
    worker.on('failed', (job, error) => log(`${job?.id ?? 'a job'}: ${error.message}`))
    worker.on('error', ({ message }) => {
      // Each connection repeats the same error until Redis answers.
      if (message !== before) log(message)
      before = message
    })
  }
  slices.on('error', () => {})
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve())
  })
  // Without Redis no slice can be finished.
  if (redis.status === 'ready') await Promise.all(workers.map((worker) => worker.close()))
  if (redis.status === 'ready') await slices.close()
  redis.disconnect()
}
