// Captures in the order of the command line -> the same in the order of their first packets.
import { CaptureError } from '../errors.ts'
import { isRegularFile } from '../host/files.ts'
import { PEEK_WINDOW_BYTES } from '../limits.ts'
import type { TimeBase } from './packet.ts'
import { CaptureReader } from './reader.ts'
import { type ByteRange, type ByteSource, type Opener, openFile } from './source.ts'

/** A path, or bytes from elsewhere (standard input) with a name. */
export type CaptureInput = string | { readonly name: string; readonly bytes: AsyncIterable<Uint8Array> }

/** A stored capture under the name that the user gave it, or a range of it between two records. */
export interface Stored {
  readonly name: string
  readonly open: Opener
  readonly range: ByteRange | null
}

export interface Placed {
  readonly input: CaptureInput | Stored
  /** Time of its first packet. Null: it is opened when all before it are at their end. */
  readonly first: TimeBase | null
  /** Which of its packets are handed on; all without it. */
  readonly share?: Share | null
}

/**
 * Number of packets that are skipped, number of packets that follow (or all), and the number of its capture point in
 * the set.
 */
export interface Share {
  readonly skip: number
  readonly take: number | null
  readonly tap: number
}

export function nameOf(input: CaptureInput | Stored): string {
  return typeof input === 'string' ? input : input.name
}

/**
 * Sorts files by the time of their first packet. Input that can be read only once (standard input, a pipe) keeps its
 * place: files before it are read before it, files after it after it. A file without a time (empty, damaged from its
 * start, no capture) stays behind the one before it.
 */
export async function inOrderOfTime(inputs: readonly CaptureInput[]): Promise<readonly Placed[]> {
  if (inputs.length === 1) return inputs.map((input) => ({ input, first: null }))
  const placed: Placed[] = []
  let run: Placed[] = []
  const endRun = () => {
    placed.push(...sorted(run))
    run = []
  }
  for (const input of inputs) {
    if (typeof input === 'string' && (await isRegularFile(input))) {
      run.push({ input, first: await firstTime(input) })
    } else {
      endRun()
      placed.push({ input, first: null })
    }
  }
  endRun()
  return placed
}

/** Files with the times of their first packets, in the order of the command line -> in the order of reading. */
export function sorted<File extends Pick<Placed, 'first'>>(files: readonly File[]): readonly File[] {
  let before: TimeBase | null = null
  const timed = files.map((file) => {
    before = file.first ?? before
    return { ...file, first: before }
  })
  const [first, ...others] = timed.sort(byFirst)
  return first === undefined ? [] : [{ ...first, first: null }, ...others]
}

/** Time of a file's first packet; null when none can be read. */
export async function firstTime(path: string): Promise<TimeBase | null> {
  let source: ByteSource | null = null
  try {
    source = await openFile(path)
    const reader = await CaptureReader.open(source, null, 1, PEEK_WINDOW_BYTES)
    while (!reader.next()) if (!(await reader.refill())) return null
    return reader.base
  } catch (error) {
    if (error instanceof CaptureError) return null
    throw error
  } finally {
    await source?.close()
  }
}

/** Stable: files without a time, or with the same time, keep the order of the command line. */
function byFirst({ first: one }: Pick<Placed, 'first'>, { first: other }: Pick<Placed, 'first'>): number {
  if (one === null || other === null) return one === other ? 0 : one === null ? -1 : 1
  return one.seconds - other.seconds || one.nanoseconds - other.nanoseconds
}
