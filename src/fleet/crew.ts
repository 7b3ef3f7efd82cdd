// The threads that read slabs, this one among them: it reads packets for all, and a slab itself where the others have
// enough to do. So there is one thread less to start, and to become fast.
import { setImmediate } from 'node:timers/promises'
import { mapSlab, type SlabResult, type Task } from './map.ts'
import type { Slab } from './slab.ts'
import { type Mapper, Threads } from './threads.ts'

/** The slab that this thread reads, and one more: others may be slower with theirs, which comes first. */
const OWN = 2

export class Crew implements Mapper {
  readonly depth: number
  private readonly others: Threads
  private readonly task: Task

  /** `threads`: two at least. `program`: what the others run. */
  constructor(threads: number, task: Task, program?: URL) {
    this.others = new Threads(threads - 1, task, program)
    this.task = task
    this.depth = this.others.depth + OWN
  }

  async map(slab: Slab): Promise<SlabResult> {
    // What they have done may not have been heard of yet.
    if (this.others.isFull) await setImmediate()
    return this.others.isFull ? mapSlab(slab, this.task) : this.others.map(slab)
  }

  close(): Promise<void> {
    return this.others.close()
  }
}
