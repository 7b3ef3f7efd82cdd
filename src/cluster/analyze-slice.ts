// Analyzes a slice of a run and writes the result to the folder of the run. The slice is read on its own, but its
// packets have the numbers and times of the whole run.
import { FrameMap } from '../capture/frame-map.ts'
import type { CaptureState } from '../capture/merge.ts'
import { FILE_HEADER } from '../capture/pcap.ts'
import type { Placed } from '../capture/sort-captures.ts'
import type { AllowedRoots } from './allowed-roots.ts'
import { SliceReading } from './analyze-batches.ts'
import type { RunFiles } from './run-files.ts'
import { type RunRequest, taskOf } from './run-request.ts'
import { batchMessage, endMessage, headOf, type PartFacts } from './slice-format.ts'
import type { Plan, Slice } from './slice-plan.ts'

export function sliceName(slice: number): string {
  return `${slice}.map`
}

/** The name of the file that marks a cancelled run. */
export const CANCELLED = 'cancelled'

/** Writes the result of the slice. Throws when a capture cannot be read as it was counted. */
export async function analyzeSlice(
  folder: RunFiles,
  order: RunRequest,
  plan: Plan,
  number: number,
  roots: AllowedRoots,
): Promise<void> {
  const slice = plan.slices[number]
  if (slice === undefined) throw new Error('no such slice')
  await folder.write(sliceName(number), mapped(folder, order, plan, slice, roots))
}

async function* mapped(
  folder: RunFiles,
  order: RunRequest,
  plan: Plan,
  slice: Slice,
  roots: AllowedRoots,
): AsyncIterable<Uint8Array> {
  yield headOf(order.version)
  const before = { base: plan.base, packets: slice.before }
  const options = { hashes: order.hash, frames: new FrameMap(), before }
  const reading = new SliceReading(await placedOf(order, slice, roots), taskOf(order), order.batch, options)
  try {
    for await (const batch of reading.batches()) {
      yield batchMessage(batch)
      if (await folder.has(CANCELLED)) throw new Error('the run was cancelled')
    }
  } finally {
    await reading.close()
  }
  const { captures, packets } = reading.timeline
  const refused = captures.find(({ error }) => error?.problem.code === 'unreadable')
  if (refused?.error) throw refused.error
  if (packets !== slice.before + slice.packets) throw new Error('the file changed while it was read')
  yield endMessage(captures.map(factsOf))
}

/** The captures of a slice, or what is read of them. */
export async function placedOf(order: RunRequest, slice: Slice, roots: AllowedRoots): Promise<readonly Placed[]> {
  const placed: Placed[] = []
  for (const { capture, range, share, first } of slice.parts) {
    const named = order.captures[capture] as RunRequest['captures'][number]
    const { open } = await roots.admit(named)
    const input = { name: named.name, open, range: range && { headerLength: FILE_HEADER, ...range } }
    placed.push({ input, first, share })
  }
  return placed
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
