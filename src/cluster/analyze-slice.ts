// A slice of a run -> what it came to, in the folder of the run. It is read as if nothing else were there, except that
// its packets have the numbers and times of the whole set.

import { type CaptureState, Timeline } from '../capture/merge.ts'
import { FILE_HEADER } from '../capture/pcap.ts'
import type { Placed } from '../capture/sort-captures.ts'
import { mapSlab } from '../parallel/analyze-batch.ts'
import { KeyLogs } from '../parallel/batch-key-logs.ts'
import { slabsOf } from '../parallel/batcher.ts'
import type { Slab } from '../parallel/packet-batch.ts'
import type { Roots } from './allowed-roots.ts'
import type { Folder } from './run-files.ts'
import { type Order, taskOf } from './run-request.ts'
import { endMessage, headOf, type PartFacts, slabMessage } from './slice-format.ts'
import type { Plan, Slice } from './slice-plan.ts'

export function mappedName(slice: number): string {
  return `${slice}.map`
}

/** The run was cancelled: nothing more is wanted of it. */
export const CANCELLED = 'cancelled'

/** Writes what the slice came to. Throws where a capture cannot be read as it was counted. */
export async function mapSlice(folder: Folder, order: Order, plan: Plan, number: number, roots: Roots): Promise<void> {
  const slice = plan.slices[number]
  if (slice === undefined) throw new Error('no such slice')
  await folder.write(mappedName(number), mapped(folder, order, plan, slice, roots))
}

async function* mapped(
  folder: Folder,
  order: Order,
  plan: Plan,
  slice: Slice,
  roots: Roots,
): AsyncIterable<Uint8Array> {
  const task = taskOf(order)
  yield headOf(order.version)
  const reading = await openSlice(order, plan, slice, roots)
  try {
    for await (const slab of reading.slabs) {
      yield slabMessage(slab, mapSlab(slab, task))
      if (await folder.has(CANCELLED)) throw new Error('the run was cancelled')
    }
  } finally {
    await reading.timeline.close()
  }
  const { captures, packets } = reading.timeline
  const refused = captures.find(({ error }) => error?.problem.code === 'unreadable')
  if (refused?.error) throw refused.error
  if (packets !== slice.before + slice.packets) throw new Error('it changed while it was read')
  yield endMessage(captures.map(factsOf))
}

export interface SliceReading {
  readonly timeline: Timeline
  readonly slabs: AsyncGenerator<Slab, void, void>
}

/** Reads the slabs of a slice: the same ones each time. */
export async function openSlice(order: Order, plan: Plan, slice: Slice, roots: Roots): Promise<SliceReading> {
  const placed: Placed[] = []
  for (const { capture, range, share, first } of slice.parts) {
    const named = order.captures[capture] as Order['captures'][number]
    const { open } = await roots.admit(named)
    const input = { name: named.name, open, range: range && { headerLength: FILE_HEADER, ...range } }
    placed.push({ input, first, share })
  }
  const brought = new KeyLogs()
  const before = { base: plan.base, packets: slice.before }
  const timeline = new Timeline(placed, { hashes: order.hash, keyLogs: brought, before })
  return { timeline, slabs: slabsOf(timeline, brought, order.slab) }
}

function factsOf({ reader, error, sha256 }: CaptureState): PartFacts {
  const facts = reader && {
    format: reader.format,
    compression: reader.compression,
    linkTypes: reader.linkTypes,
    bytes: reader.bytes,
    packets: reader.packets,
    droppedByCapture: reader.droppedByCapture,
    damages: reader.damages,
    odd: reader.odd,
    base: reader.base,
    firstNs: reader.firstNs,
    lastNs: reader.lastNs,
  }
  return { facts, error: error === null ? null : error.problem, sha256 }
}
