// A kind of input and chance -> the next input, made of the seeds.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { anyManner, type Turn, toFrames, turnsOf } from './dialogue.ts'
import type { Dice } from './dice.ts'
import { type Frames, readFrames, unpacked, writeFrames } from './frames.ts'
import { mutateDialogue, repeatTurns } from './mutate-dialogue.ts'
import { mutateFile } from './mutate-file.ts'
import { mutateSegments } from './mutate-segments.ts'

export const KINDS = ['file', 'segments', 'dialogue', 'repeat'] as const
export type Kind = (typeof KINDS)[number]

export interface Seed {
  readonly name: string
  readonly file: Uint8Array
  readonly capture: Frames | null
  readonly turns: readonly Turn[]
}

const SEED_BYTES_MAX = 400_000
const REPEATED_OCTETS = 150_000

/** Every capture in the folders, however deep; what is no capture is a seed for the reader. */
export async function seedsIn(folders: readonly string[]): Promise<Seed[]> {
  const paths = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((path) => !/\.(?:txt|md|tsv|jsonl?|ts)$/.test(path) && statSync(path).isFile())
      .sort(),
  )
  const seeds: Seed[] = []
  for (const path of paths) {
    const bytes = unpacked(readFileSync(path))
    if (bytes.length === 0) continue
    const capture = await readFrames(bytes)
    const file = bytes.subarray(0, SEED_BYTES_MAX)
    seeds.push({ name: path, file, capture, turns: capture === null ? [] : turnsOf(capture) })
  }
  return seeds
}

/** Null when the seed does not lend itself to the kind. */
export function makeInput(kind: Kind, seed: Seed, other: Seed, dice: Dice): Uint8Array | null {
  const { capture, turns } = seed
  if (kind === 'file') return mutateFile(seed.file, other.file, dice)
  if (capture === null) return null
  if (kind === 'segments') return writeFrames(mutateSegments(capture, dice))
  if (turns.length < 2) return null
  const said = kind === 'repeat' ? repeatTurns(turns, REPEATED_OCTETS, dice) : mutateDialogue(turns, dice)
  const frames = toFrames(said, anyManner(dice))
  return writeFrames(dice.once(4) ? mutateSegments(frames, dice) : frames)
}
