// Cuts a timeline into batches in the same memory: each is valid until the next one is requested.
import type { MergedCaptures } from '../capture/merge.ts'
import type { KeyLogs } from './batch-key-logs.ts'
import { type BatchSize, BatchWriter, emptied, newBatch, type PacketBatch } from './packet-batch.ts'

/** The batch of the previous timeline, which the next one of the same size reuses. */
let spare: { readonly batch: PacketBatch; readonly size: BatchSize } | null = null

export async function* batchesOf(
  timeline: MergedCaptures,
  brought: KeyLogs,
  size: BatchSize,
): AsyncGenerator<PacketBatch, void, void> {
  const batch = batchOf(size)
  const writer = new BatchWriter(batch, size)
  const filled = () => {
    writer.settle()
    batch.base = timeline.base ?? batch.base
    batch.keyLogs = brought.upTo
    return batch
  }
  while (await timeline.refill()) {
    while (timeline.next()) {
      if (writer.isFull || (brought.haveGrown && !writer.isEmpty)) {
        yield filled()
        writer.turn(batch)
      }
      brought.take()
      writer.add(timeline.packet)
    }
    writer.settle()
  }
  if (!writer.isEmpty) yield filled()
  spare = { batch, size }
}

function batchOf(size: BatchSize): PacketBatch {
  const kept = spare
  spare = null
  const fits = kept?.size.bytes === size.bytes && kept.size.packets === size.packets
  return fits ? emptied(kept.batch) : newBatch(size, ArrayBuffer)
}
