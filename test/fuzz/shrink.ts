// An input that fails -> a smaller one that fails as well: first without whole frames, then without octets.
import { readFrames, writeFrames } from './frames.ts'

/** Tries while there is time; `fails` says whether an input still shows the same. */
export async function shrink(
  input: Uint8Array,
  fails: (input: Uint8Array) => Promise<boolean>,
  milliseconds: number,
): Promise<Uint8Array> {
  const until = performance.now() + milliseconds
  const isOver = () => performance.now() > until
  let best = input
  const capture = await readFrames(input)
  if (capture !== null && (await fails(writeFrames(capture)))) {
    const { linkType } = capture
    const frames = await fewer(capture.frames, (some) => fails(writeFrames({ linkType, frames: some })), isOver)
    best = writeFrames({ linkType, frames })
  }
  if (best.length > 4096) return best
  const octets = await fewer([...best], (some) => fails(Uint8Array.from(some)), isOver)
  return Uint8Array.from(octets)
}

/** Leaves out ever smaller runs, as long as the rest still fails. */
async function fewer<T>(
  list: readonly T[],
  fails: (some: readonly T[]) => Promise<boolean>,
  isOver: () => boolean,
): Promise<readonly T[]> {
  let best = list
  for (let size = Math.ceil(list.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length && !isOver(); ) {
      const some = [...best.slice(0, at), ...best.slice(at + size)]
      if (await fails(some)) best = some
      else at += size
    }
  }
  return best
}
