// `analyze` on several threads: each reads the captures, and judges its share of the connections. The output is the same
// byte for byte for any number of threads. Where it might not be, the whole is done again by one thread.

import { open, stat } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { analyze, ResultCollector } from '../analyze.ts'
import { compressionOf } from '../capture/compressed.ts'
import { MAGIC_BYTES } from '../capture/detect-format.ts'
import { FrameMap } from '../capture/frame-map.ts'
import { type CaptureInput, inOrderOfTime, type Placed } from '../capture/sort-captures.ts'
import { fastPathSetting } from '../fast-path/setting.ts'
import { STEPS_AHEAD_MAX } from '../limits.ts'
import type { AnalyzeOptions } from '../pipeline.ts'
import type { Analysis } from '../rules/analysis.ts'
import { captureRecord } from '../rules/capture-record.ts'
import type { SessionReport } from '../rules/session-report.ts'
import { equalShares, type Share } from '../tcp/share.ts'
import type { Task } from './delivery.ts'
import { type Passed, ShareMerge } from './merge-shares.ts'
import { type Pace, SharedPace } from './pace.ts'
import { ShareReading, type ShareStep } from './read-share.ts'
import type { ShareJob } from './worker.ts'

/**
 * Options that work on several threads. Dialogues, command sequences and observers need one reading in order; rules
 * cannot be sent.
 */
export type ThreadedOptions = Omit<
  AnalyzeOptions,
  'rules' | 'dialogues' | 'shapes' | 'observer' | 'keyLogs' | 'keyring' | 'nextCapture' | 'live'
>

/** A reading of a share elsewhere. */
export interface OtherReading {
  /** Ends it. */
  stop(): Promise<unknown>
}

/** Starts a reading elsewhere. `tell` receives its steps; `fail` is called when it ends without a last one. */
export type StartReading = (
  job: ShareJob,
  tell: (step: ShareStep) => void,
  fail: (reason: unknown) => void,
) => OtherReading

/** A thread for each. `program`: its script. */
export function threads(program = new URL('./worker.js', import.meta.url)): StartReading {
  return (job, tell, fail) => {
    const worker = new Worker(program, { workerData: job })
    let isDone = false
    worker.on('message', (step: ShareStep) => {
      isDone ||= step.end !== null
      tell(step)
    })
    worker.on('error', fail)
    worker.on('exit', () => {
      if (!isDone) fail(new Error('the thread ended'))
    })
    return { stop: () => worker.terminate() }
  }
}

/** As `analyze`, on at least two threads. */
export async function analyzeOnThreads(
  captures: readonly CaptureInput[],
  options: ThreadedOptions,
  number: number,
): Promise<Analysis> {
  if (!(await areReadAnywhere(captures))) return analyze(captures, options)
  return analyzeInShares(captures, options, number, threads())
}

/** `captures`: files that are not compressed. */
export async function analyzeInShares(
  captures: readonly CaptureInput[],
  options: ThreadedOptions,
  count: number,
  start: StartReading,
): Promise<Analysis> {
  const together = new SharedAnalysis(await inOrderOfTime(captures), options, count)
  return (await together.run(start)) ?? analyze(captures, goingOn(options, together.passed))
}

class SharedAnalysis {
  private readonly options: ThreadedOptions
  private readonly placed: readonly Placed[]
  private readonly count: number
  private readonly verdicts: ResultCollector
  private readonly merge: ShareMerge
  private readonly pace = new SharedPace()

  constructor(placed: readonly Placed[], options: ThreadedOptions, count: number) {
    this.options = options
    this.placed = placed
    this.count = count
    const { onSession, onInternalError = () => {} } = options
    // Steps of other threads may come while nothing waits for the caller.
    const onReport = (report: SessionReport) => {
      const told = onSession?.(report)
      told?.catch((error: unknown) => this.merge.break(error))
      return told
    }
    this.verdicts = new ResultCollector({ ...options, ...(onSession && { onSession: onReport }) })
    this.merge = new ShareMerge(count, this.verdicts, onInternalError)
  }

  get passed(): Passed {
    return this.merge.passed
  }

  /** Null: it takes one reading of everything. */
  async run(start: StartReading): Promise<Analysis | null> {
    const { options, placed, count, merge, verdicts, pace } = this
    const task = taskOf(options)
    const shares = equalShares(count)
    const interrupt = () => pace.stop()
    if (options.signal?.aborted === true) interrupt()
    options.signal?.addEventListener('abort', interrupt)
    const others: OtherReading[] = []
    try {
      for (let index = 1; index < count; index++) {
        const job = {
          placed,
          task,
          share: shares[index] as Share,
          pace: pace.memory,
          isFastPathOff: fastPathSetting.isOff,
        }
        others.push(
          start(
            job,
            (step) => merge.take(index, step),
            () => merge.fail(),
          ),
        )
      }
      const frames = new FrameMap()
      const reading = new ShareReading(placed, task, shares[0] as Share, { hashes: options.hash === true, frames })
      await reading.read(this.ownPace(reading), (step) => merge.take(0, step))
      pace.end()
      await merge.reaches(Number.POSITIVE_INFINITY)
      if (!merge.finish()) return null
      await verdicts.delivered()
      options.frames?.copy(frames)
      const { pipeline, timeline } = reading
      for (const { sessionPackets } of merge.ofOthers) pipeline.streams.addSessionPackets(sessionPackets)
      return verdicts.analysis(pipeline, timeline.captures.map(captureRecord), options)
    } catch (error) {
      if (error instanceof Again) return null
      throw error
    } finally {
      options.signal?.removeEventListener('abort', interrupt)
      await Promise.all(others.map((other) => other.stop()))
    }
  }

  /** This thread waits for the others, and for the caller. */
  private ownPace({ timeline }: ShareReading): Pace {
    const { merge, verdicts, pace } = this
    return {
      begins: async (step) => {
        const goesOn = pace.begin(step)
        if (step > 1) verdicts.report(timeline, merge.counted)
        await verdicts.delivered()
        await merge.reaches(step - 1 - STEPS_AHEAD_MAX)
        if (merge.hasFailed) throw new Again()
        return goesOn
      },
    }
  }
}

/** One reading of everything is needed. */
class Again extends Error {}

/** The same analysis once more: what was passed on is not passed on again. */
function goingOn(options: ThreadedOptions, { sessions, defects }: Passed): ThreadedOptions {
  const { onSession, onInternalError } = options
  let [told, found] = [0, 0]
  return {
    ...options,
    ...(onSession && { onSession: (report) => (told++ < sessions ? undefined : onSession(report)) }),
    ...(onInternalError && {
      onInternalError: (error, frame) => {
        if (found++ >= defects) onInternalError(error, frame)
      },
    }),
  }
}

/** The options that each thread needs. */
export function taskOf(options: ThreadedOptions): Task {
  const { select, keepSessions, profile, verifyChecksums, proofs, onSession, onProgress } = options
  return {
    tellsAll: onSession !== undefined,
    tellsSums: onProgress !== undefined,
    ...(select && { select }),
    ...(keepSessions && { keepSessions }),
    ...(profile && { profile }),
    ...(verifyChecksums && { verifyChecksums }),
    ...(proofs !== undefined && { proofs }),
  }
}

/** Whether all captures are files that several threads can read, and that cost little to read. */
async function areReadAnywhere(captures: readonly CaptureInput[]): Promise<boolean> {
  for (const capture of captures) if (typeof capture !== 'string' || !(await isPlainFile(capture))) return false
  return true
}

async function isPlainFile(path: string): Promise<boolean> {
  // A pipe is not opened: what was read of it could not be read again.
  if ((await stat(path).catch(() => null))?.isFile() !== true) return false
  const file = await open(path, 'r').catch(() => null)
  if (file === null) return false
  try {
    const first = new Uint8Array(MAGIC_BYTES)
    const { bytesRead } = await file.read(first, 0, MAGIC_BYTES, 0)
    return compressionOf(first.subarray(0, bytesRead)) === 'none'
  } finally {
    await file.close()
  }
}
