// What the machines of a cluster do with the batches of a slice, on this thread: batches are read on their own, and
// merged in order.
import { ResultCollector, timelineOptions } from '../../src/analyze.ts'
import { MergedCaptures } from '../../src/capture/merge.ts'
import { type CaptureInput, inOrderOfTime } from '../../src/capture/sort-captures.ts'
import { analyzeBatch } from '../../src/cluster/analyze-batch.ts'
import { KeyLogs } from '../../src/cluster/batch-key-logs.ts'
import { batchesInPlace } from '../../src/cluster/batcher.ts'
import { BatchMerge } from '../../src/cluster/merge-batches.ts'
import { type BatchSize, readPacket, USUAL_SIZE } from '../../src/cluster/packet-batch.ts'
import { type ThreadedOptions, taskOf } from '../../src/parallel/analyze-on-threads.ts'
import { Pipeline } from '../../src/pipeline.ts'
import type { Analysis } from '../../src/rules/analysis.ts'
import { captureRecord } from '../../src/rules/capture-record.ts'
import { Keyring } from '../../src/tls/keyring.ts'

export async function analyzeInBatches(
  captures: readonly CaptureInput[],
  options: ThreadedOptions,
  size: BatchSize = USUAL_SIZE,
): Promise<Analysis> {
  const keyring = new Keyring()
  const brought = new KeyLogs()
  const timeline = new MergedCaptures(await inOrderOfTime(captures), timelineOptions(options, brought))
  const verdicts = new ResultCollector(options)
  const pipeline = new Pipeline(options, keyring, (report) => verdicts.add(report))
  const join = new BatchMerge(pipeline, verdicts, options)
  const task = taskOf(options)
  let taken = 0
  for await (const batch of batchesInPlace(timeline, brought, size)) {
    keyring.follow(batch.keyLogs.slice(taken))
    taken = batch.keyLogs.length
    const { count, firstFrame, base, keyLogs } = batch
    await join.take({
      ...{ count, firstFrame, base },
      isKeyed: keyLogs.length > 0,
      result: structuredClone(analyzeBatch(batch, task)),
      read: (index, packet) => readPacket(batch, index, packet),
      whole: () => batch,
    })
  }
  await timeline.close()
  pipeline.finish()
  await verdicts.delivered()
  const analysis = verdicts.analysis(pipeline, timeline.captures.map(captureRecord), options)
  pipeline.close()
  return analysis
}
