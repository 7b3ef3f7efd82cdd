// The versions and sizes of the captures when the run began. All workers read these versions, and captures are cut into
// pieces by these sizes.
import * as v from 'valibot'
import { headerLengthOf } from '../capture/byte-ranges.ts'
import { CaptureError } from '../errors.ts'
import { OBJECTS_ASKED } from '../limits.ts'
import type { AllowedRoots, Named } from './allowed-roots.ts'
import { COUNT, read } from './job-messages.ts'
import type { Seen } from './objects.ts'
import type { RunFiles } from './run-files.ts'
import type { RunRequest } from './run-request.ts'

export const SEEN = 'seen.json'

interface CaptureVersion extends Seen {
  /** The length of the file header, after which pieces begin; null: the capture is not cut. */
  readonly headerLength: number | null
}

/** Null for a capture that could not be examined. */
export type CaptureVersions = readonly (CaptureVersion | null)[]

/** Records all captures, unless an earlier attempt of the run has done so. */
export async function lookAtAll(folder: RunFiles, order: RunRequest, roots: AllowedRoots): Promise<CaptureVersions> {
  if (await folder.has(SEEN)) return readSeen(folder, order)
  const { captures } = order
  const seen: (CaptureVersion | null)[] = []
  for (let from = 0; from < captures.length; from += OBJECTS_ASKED) {
    const some = captures.slice(from, from + OBJECTS_ASKED)
    seen.push(...(await Promise.all(some.map((capture) => lookAt(capture, order, roots)))))
  }
  await folder.writeJson(SEEN, seen)
  return seen
}

/** The counting job reports why a capture cannot be read. */
async function lookAt(
  capture: Named,
  { sliceBytes, hash }: RunRequest,
  roots: AllowedRoots,
): Promise<CaptureVersion | null> {
  try {
    const admitted = await roots.admit(capture)
    const seen = await admitted.look()
    const isCut = sliceBytes !== null && !hash && seen.size >= 2 * sliceBytes
    return { ...seen, headerLength: isCut ? await headerLengthOf(admitted.open) : null }
  } catch (error) {
    if (error instanceof CaptureError) return null
    throw error
  }
}

/** The run request with the versions recorded when the run began. */
export function asSeen(order: RunRequest, seen: CaptureVersions): RunRequest {
  const captures = order.captures.map((capture, i) => ({ ...capture, edition: seen[i]?.edition ?? null }))
  return { ...order, captures }
}

export async function readSeen(folder: RunFiles, { captures }: RunRequest): Promise<CaptureVersions> {
  const one = v.object({ size: COUNT, edition: v.string(), headerLength: v.nullable(COUNT) })
  const all = v.pipe(v.array(v.nullable(one)), v.length(captures.length))
  return read(all, await folder.readJson(SEEN), SEEN)
}
