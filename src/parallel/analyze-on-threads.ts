// `analyze` on several threads: one reads packets into batches and merges the results. The output is the same byte for
// byte for any number of threads and any batch size.

import { ResultCollector, timelineOptions } from '../analyze.ts'
import { MergedCaptures } from '../capture/merge.ts'
import { type CaptureInput, inOrderOfTime } from '../capture/sort-captures.ts'
import { type AnalyzeOptions, Pipeline } from '../pipeline.ts'
import type { Analysis } from '../rules/analysis.ts'
import { captureRecord } from '../rules/capture-record.ts'
import { Keyring } from '../tls/keyring.ts'
import type { BatchResult, Task } from './analyze-batch.ts'
import { KeyLogs } from './batch-key-logs.ts'
import { type BatchMemory, batchesOf } from './batcher.ts'
import { BatchMerge, partOf } from './merge-batches.ts'
import { type BatchSize, newBatch, type PacketBatch, USUAL_SIZE } from './packet-batch.ts'
import type { Mapper } from './worker-pool.ts'
import { WorkerPool } from './worker-pool.ts'

/**
 * Options that work on several threads. Dialogues, command sequences and observers need one reading in order; rules
 * cannot be sent.
 */
export type ThreadedOptions = Omit<
  AnalyzeOptions,
  'rules' | 'dialogues' | 'shapes' | 'observer' | 'keyLogs' | 'keyring'
>

interface Pending {
  readonly batch: PacketBatch
  readonly result: Promise<BatchResult>
  isDone: boolean
}

/** As `analyze`, on at least two threads. */
export async function analyzeOnThreads(
  captures: readonly CaptureInput[],
  options: ThreadedOptions,
  threads: number,
): Promise<Analysis> {
  const pool = new WorkerPool(threads, taskOf(options))
  try {
    return await analyzeInBatches(captures, options, pool)
  } finally {
    await pool.close()
  }
}

export async function analyzeInBatches(
  captures: readonly CaptureInput[],
  options: ThreadedOptions,
  mapper: Mapper,
  size: BatchSize = USUAL_SIZE,
): Promise<Analysis> {
  const keyring = new Keyring()
  const brought = new KeyLogs()
  const timeline = new MergedCaptures(await inOrderOfTime(captures), timelineOptions(options, brought))
  const verdicts = new ResultCollector(options)
  const pipeline = new Pipeline(options, keyring, (report) => verdicts.add(report))
  const join = new BatchMerge(pipeline, verdicts, options)
  const free: PacketBatch[] = []
  /** All batches: the one being filled, and those at the mapper. */
  let batches = 0
  const memory: BatchMemory = {
    next() {
      const batch = free.pop()
      if (batch === undefined) batches++
      return batch ?? newBatch(size, SharedArrayBuffer)
    },
    lends: true,
    onRead: () => verdicts.report(timeline),
  }
  const pending: Pending[] = []
  let taken = 0

  const joinFirst = async () => {
    const { batch, result } = pending.shift() as Pending
    keyring.follow(batch.keyLogs.slice(taken))
    taken = batch.keyLogs.length
    await join.take(partOf(batch, await result))
    // A capture may still be read from the memory of the batch.
    free.push(timeline.holds(batch.room) ? newBatch(size, SharedArrayBuffer) : batch)
  }
  try {
    for await (const batch of batchesOf(timeline, brought, size, memory)) {
      while (pending[0]?.isDone || (free.length === 0 && batches > mapper.depth)) await joinFirst()
      const its: Pending = { batch, result: mapper.map(batch), isDone: false }
      // The awaiting code receives the error; this avoids an unhandled rejection until then.
      const done = () => {
        its.isDone = true
      }
      its.result.then(done, done)
      pending.push(its)
    }
    while (pending.length > 0) await joinFirst()
  } finally {
    await timeline.close()
  }
  pipeline.finish()
  await verdicts.delivered()
  return verdicts.analysis(pipeline, timeline.captures.map(captureRecord), options)
}

/** The options that each thread needs. */
export function taskOf({ select, keepSessions, profile, verifyChecksums, proofs, onSession }: ThreadedOptions): Task {
  return {
    tellsAll: onSession !== undefined,
    ...(select && { select }),
    ...(keepSessions && { keepSessions }),
    ...(profile && { profile }),
    ...(verifyChecksums && { verifyChecksums }),
    ...(proofs !== undefined && { proofs }),
  }
}
