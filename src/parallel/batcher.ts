// A timeline -> slab after slab, in the same memory: each is valid until the next one is asked for.
import type { Timeline } from '../capture/merge.ts'
import type { KeyLogs } from './batch-key-logs.ts'
import { emptied, newSlab, type Slab, type SlabSize, SlabWriter } from './packet-batch.ts'

/** The slab of a timeline that is at its end, and its size: the next one is likely to want the same. */
let spare: { readonly slab: Slab; readonly size: SlabSize } | null = null

export async function* slabsOf(timeline: Timeline, brought: KeyLogs, size: SlabSize): AsyncGenerator<Slab, void, void> {
  const slab = slabOf(size)
  const writer = new SlabWriter(slab, size)
  const filled = () => {
    writer.settle()
    slab.base = timeline.base ?? slab.base
    slab.keyLogs = brought.upTo
    return slab
  }
  while (await timeline.refill()) {
    while (timeline.next()) {
      if (writer.isFull || (brought.haveGrown && !writer.isEmpty)) {
        yield filled()
        writer.turn(slab)
      }
      brought.take()
      writer.add(timeline.packet)
    }
    writer.settle()
  }
  if (!writer.isEmpty) yield filled()
  spare = { slab, size }
}

function slabOf(size: SlabSize): Slab {
  const kept = spare
  spare = null
  const fits = kept?.size.bytes === size.bytes && kept.size.packets === size.packets
  return fits ? emptied(kept.slab) : newSlab(size, ArrayBuffer)
}
