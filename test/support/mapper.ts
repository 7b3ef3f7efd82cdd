// Batches read on this thread, one after the other; what they come to is what another thread would send.

import { analyzeBatch } from '../../src/parallel/analyze-batch.ts'
import { type ThreadedOptions, taskOf } from '../../src/parallel/analyze-on-threads.ts'
import type { Mapper } from '../../src/parallel/worker-pool.ts'

export function mapperHere(options: ThreadedOptions): Mapper {
  const task = taskOf(options)
  return { depth: 1, map: async (batch) => structuredClone(analyzeBatch(batch, task)) }
}
