// A timeline -> slab after slab, in the same memory: each is valid until the next one is asked for.
import type { Timeline } from '../capture/timeline.ts'
import type { KeyLogs } from './keylogs.ts'
import { newSlab, type Slab, type SlabSize, SlabWriter } from './slab.ts'

export async function* slabsOf(timeline: Timeline, brought: KeyLogs, size: SlabSize): AsyncGenerator<Slab, void, void> {
  const slab = newSlab(size, ArrayBuffer)
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
}
