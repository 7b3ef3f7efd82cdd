// Cuts a timeline into batches.
import type { MergedCaptures } from '../capture/merge.ts'
import type { KeyLogs } from './batch-key-logs.ts'
import { type BatchSize, BatchWriter, newBatch, type PacketBatch } from './packet-batch.ts'

/** The batch of the previous timeline, which the next one of the same size reuses. */
let spare: { readonly batch: PacketBatch; readonly size: BatchSize } | null = null

/**
 * Batches in the same memory: each is valid until the next one is requested. A batch precedes the first packet that key
 * logs precede, so that its packets are read without them.
 */
export async function* batchesInPlace(
  timeline: MergedCaptures,
  brought: KeyLogs,
  size: BatchSize,
): AsyncGenerator<PacketBatch, void, void> {
  const batch = spareBatch(size)
  const writer = new BatchWriter(batch, size)
  const filled = () => {
    const { base } = timeline
    writer.settle()
    batch.base = base ?? batch.base
    batch.keyLogs = brought.upTo
    return batch
  }
  while (await timeline.refill()) {
    while (timeline.next()) {
      if (writer.isFull || (brought.haveGrown && !writer.isEmpty)) {
        yield filled()
        writer.empty()
      }
      brought.take()
      writer.add(timeline.packet)
    }
    writer.settle()
  }
  if (!writer.isEmpty) {
    yield filled()
    writer.empty()
  }
  if (brought.haveGrown) {
    // Key logs behind the last packet: an empty batch carries them.
    brought.take()
    batch.firstFrame = timeline.packets + 1
    yield filled()
  }
  spare = { batch, size }
}

function spareBatch(size: BatchSize): PacketBatch {
  const kept = spare
  spare = null
  const fits = kept?.size.bytes === size.bytes && kept.size.packets === size.packets
  return fits ? kept.batch : newBatch(size)
}
