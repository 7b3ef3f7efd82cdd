// Slabs read on this thread, one after the other; what they come to is what another thread would send.
import { type ThreadedOptions, taskOf } from '../../src/fleet/analyze.ts'
import { mapSlab } from '../../src/fleet/map.ts'
import type { Mapper } from '../../src/fleet/threads.ts'

export function mapperHere(options: ThreadedOptions): Mapper {
  const task = taskOf(options)
  return { depth: 1, map: async (slab) => structuredClone(mapSlab(slab, task)) }
}
