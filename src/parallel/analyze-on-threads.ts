// `analyze` on several threads: each reads the captures, and judges its share of the connections. The output is the same
// byte for byte for any number of threads. Where it might not be, the whole is done again by one thread.

import { analyze, ResultCollector } from '../analyze.ts'
import { FrameMap } from '../capture/frame-map.ts'
import { type CaptureInput, inOrderOfTime, type Placed } from '../capture/sort-captures.ts'
import { Kernel } from '../fast-path/kernel.ts'
import { fastPathSetting } from '../fast-path/setting.ts'
import { HEAD_START_BYTES, STEPS_AHEAD_MAX, TRIAL_STEPS } from '../limits.ts'
import type { AnalyzeOptions } from '../pipeline.ts'
import type { Analysis } from '../rules/analysis.ts'
import { captureRecord } from '../rules/capture-record.ts'
import type { SessionReport } from '../rules/session-report.ts'
import { type Share, sharesOf } from '../tcp/share.ts'
import type { Task } from './delivery.ts'
import { type Passed, ShareMerge } from './merge-shares.ts'
import { type Pace, SharedPace } from './pace.ts'
import { plainBytesOf } from './plain-bytes.ts'
import { ShareReading, type ShareStep } from './read-share.ts'
import { ReadingThread, takeThread } from './reading-thread.ts'
import type { ShareJob } from './worker.ts'
import { isWorthSharing } from './worth-sharing.ts'

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
export function threads(program?: URL): StartReading {
  return (job, tell, fail) => {
    const thread = program === undefined ? takeThread() : new ReadingThread(program)
    thread.read(job, tell, fail)
    return thread
  }
}

/** As `analyze`, on at least two threads. */
export async function analyzeOnThreads(
  captures: readonly CaptureInput[],
  options: ThreadedOptions,
  number: number,
): Promise<Analysis> {
  const bytes = plainBytesOf(captures)
  if (bytes === null) return analyze(captures, options)
  return analyzeInShares(captures, options, number, threads(), bytes)
}

/**
 * `captures`: files that are not compressed. `bytes`: of all of them; this thread begins alone, and looks whether it is
 * worth while to go on with others. By default all begin at once, with equal shares.
 */
export async function analyzeInShares(
  captures: readonly CaptureInput[],
  options: ThreadedOptions,
  count: number,
  start: StartReading,
  bytes = Number.POSITIVE_INFINITY,
): Promise<Analysis> {
  const together = new SharedAnalysis(await inOrderOfTime(captures), options, count, bytes)
  return (await together.run(start)) ?? analyze(captures, goingOn(options, together.passed))
}

class SharedAnalysis {
  private readonly options: ThreadedOptions
  private readonly placed: readonly Placed[]
  private readonly count: number
  private readonly bytes: number
  /** Others begin when this thread has read a little. */
  private readonly isOnTrial: boolean
  private readonly verdicts: ResultCollector
  private readonly merge: ShareMerge
  private readonly pace = new SharedPace()

  constructor(placed: readonly Placed[], options: ThreadedOptions, count: number, bytes: number) {
    this.options = options
    this.bytes = bytes
    this.isOnTrial = Number.isFinite(bytes)
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
    const interrupt = () => pace.stop()
    if (options.signal?.aborted === true) interrupt()
    options.signal?.addEventListener('abort', interrupt)
    const others: OtherReading[] = []
    try {
      const frames = new FrameMap()
      const [own, ...rest] = sharesFor(count, this.bytes)
      const reading = new ShareReading(placed, task, own as Share, { hashes: options.hash === true, frames })
      const kernel = reading.pipeline.fastPath === null ? null : Kernel.module
      const common = { placed, task, kernel, pace: pace.memory, isFastPathOff: fastPathSetting.isOff }
      const startOthers = () => {
        for (const [i, share] of rest.entries()) {
          const tell = (step: ShareStep) => merge.take(i + 1, step)
          others.push(start({ ...common, share }, tell, () => merge.fail()))
        }
      }
      if (!this.isOnTrial) startOthers()
      await reading.read(this.ownPace(reading, startOthers), (step) => merge.take(0, step))
      if (others.length === 0) return null
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

  /** This thread waits for the others, and for the caller. `startOthers`: after the trial. */
  private ownPace(reading: ShareReading, startOthers: () => void): Pace {
    const { merge, verdicts, pace, isOnTrial } = this
    const { timeline } = reading
    return {
      begins: async (step) => {
        // Reads do not give way: signals and the steps of others come in between.
        await new Promise((resolve) => setImmediate(resolve))
        const goesOn = pace.begin(step)
        if (step > 1) verdicts.report(timeline, merge.counted)
        await verdicts.delivered()
        if (isOnTrial && step <= TRIAL_STEPS) return goesOn
        if (isOnTrial && step === TRIAL_STEPS + 1) {
          if (!isWorthSharing(reading, this.bytes)) throw new Again()
          startOthers()
        }
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

/** The share of this thread, which has begun before the others, and theirs. */
function sharesFor(count: number, bytes: number): Share[] {
  const part = Math.max(1 / 4, 1 - HEAD_START_BYTES / bytes)
  return sharesOf([count - (count - 1) * part, ...new Array<number>(count - 1).fill(part)])
}
