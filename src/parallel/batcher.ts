// Cuts a timeline into batches.
import type { MergedCaptures } from '../capture/merge.ts'
import type { KeyLogs } from './batch-key-logs.ts'
import { type BatchSize, BatchWriter, newBatch, type PacketBatch } from './packet-batch.ts'

/** The memory of batches. */
export interface BatchMemory {
  /** The batch to fill next. It is called when the consumer is done with the batch that was yielded, or has kept it. */
  next(): PacketBatch
  /** Captures are read directly into batches where possible. */
  readonly lends: boolean
  /** Called when all packets that were read have been added. */
  onRead?(): void
}

/** A batch precedes the first packet that key logs precede, so that its packets are read without them. */
export async function* batchesOf(
  timeline: MergedCaptures,
  brought: KeyLogs,
  size: BatchSize,
  memory: BatchMemory,
): AsyncGenerator<PacketBatch, void, void> {
  const { lends } = memory
  const writer = new BatchWriter(memory.next(), size)
  const filled = () => {
    const batch = writer.filled()
    batch.base = timeline.base ?? batch.base
    batch.keyLogs = brought.upTo
    return batch
  }
  for (;;) {
    if (lends && (writer.isDirect || (timeline.canBorrow && !writer.isEmpty))) {
      yield filled()
      writer.turn(memory.next())
    }
    if (!(await (lends ? refillInto(writer, timeline) : timeline.refill()))) break
    while (timeline.next()) {
      const hasRoom = !writer.isFull && writer.accepts(timeline.packet)
      if (!hasRoom || (brought.haveGrown && !writer.isEmpty)) {
        yield filled()
        writer.turn(memory.next())
      }
      brought.take()
      writer.add(timeline.packet)
    }
    writer.settle()
    memory.onRead?.()
  }
  if (!writer.isEmpty) {
    yield filled()
    writer.turn(memory.next())
  }
  if (!brought.haveGrown) return
  // Key logs behind the last packet: an empty batch carries them.
  brought.take()
  const last = filled()
  last.firstFrame = timeline.packets + 1
  yield last
}

/** Lets the timeline read into the batch where possible. */
async function refillInto(writer: BatchWriter, timeline: MergedCaptures): Promise<boolean> {
  const { room } = writer
  timeline.lend(room)
  const goesOn = await timeline.refill()
  timeline.lend(null)
  writer.taken(room !== null && timeline.holds(room))
  return goesOn
}

/** The batch of the previous timeline, which the next one of the same size reuses. */
let spare: { readonly batch: PacketBatch; readonly size: BatchSize } | null = null

/** Batches in the same memory: each is valid until the next one is requested. */
export async function* batchesInPlace(
  timeline: MergedCaptures,
  brought: KeyLogs,
  size: BatchSize,
): AsyncGenerator<PacketBatch, void, void> {
  const batch = spareBatch(size)
  yield* batchesOf(timeline, brought, size, { next: () => batch, lends: false })
  spare = { batch, size }
}

function spareBatch(size: BatchSize): PacketBatch {
  const kept = spare
  spare = null
  const fits = kept?.size.bytes === size.bytes && kept.size.packets === size.packets
  return fits ? kept.batch : newBatch(size, ArrayBuffer)
}
