// What the machines of a cluster do with the batches of a slice, on this thread: batches are read on their own, and
// merged in order.
import { ResultCollector, timelineOptions } from '../../src/analyze.ts'
import { FrameMap } from '../../src/capture/frame-map.ts'
import { type CaptureInput, inOrderOfTime } from '../../src/capture/sort-captures.ts'
import { SliceReading } from '../../src/cluster/analyze-batches.ts'
import { type BatchSize, USUAL_SIZE } from '../../src/cluster/kept-packets.ts'
import { BatchMerge } from '../../src/cluster/merge-batches.ts'
import { SecondReading } from '../../src/cluster/second-reading.ts'
import { type ThreadedOptions, taskOf } from '../../src/parallel/analyze-on-threads.ts'
import { Pipeline } from '../../src/pipeline.ts'
import type { Analysis } from '../../src/rules/analysis.ts'
import { captureRecord } from '../../src/rules/capture-record.ts'
import { Keyring } from '../../src/tls/keyring.ts'

/** `captures`: each can be opened more than once. */
export async function analyzeInBatches(
  captures: readonly CaptureInput[],
  options: ThreadedOptions,
  size: BatchSize = USUAL_SIZE,
): Promise<Analysis> {
  const keyring = new Keyring()
  const placed = await inOrderOfTime(captures)
  const frames = new FrameMap()
  const reading = new SliceReading(placed, taskOf(options), size, { ...timelineOptions(options, null), frames })
  const again = new SecondReading(async () => placed, { keyLogs: keyring })
  const verdicts = new ResultCollector(options)
  const pipeline = new Pipeline(options, keyring, (report) => verdicts.add(report))
  const join = new BatchMerge(pipeline, verdicts, options)
  for await (const { result, ...batch } of reading.batches()) {
    await join.take({ ...batch, result: structuredClone(result), readWhole: (take) => again.read(batch, take) })
  }
  await again.close()
  await reading.close()
  pipeline.finish()
  await verdicts.delivered()
  const analysis = verdicts.analysis(pipeline, reading.timeline.captures.map(captureRecord), options)
  pipeline.close()
  return analysis
}
