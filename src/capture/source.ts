// Where the bytes of a capture come from. In: a path, or chunks from a pipe. Out: reads into a buffer of the caller, 0
// at the end; on request the SHA-256 of all bytes, which a report states.
import { CaptureError } from '../errors.ts'
import { newHash } from '../host/crypto.ts'
import { openForReading, type ReadableFile } from '../host/files.ts'
import { WINDOW_BYTES } from '../limits.ts'
import { hexOf } from './hex.ts'

export interface ByteSource {
  /** The path, or another name that the user gave. */
  readonly name: string
  /** File offset of its first byte; 0 by default. */
  readonly origin?: number
  /** Fills at most all of `into`, at least one byte unless the end is reached. */
  read(into: Uint8Array): Promise<number>
  close(): Promise<void>
}

/**
 * Opens a file, a named pipe or a device. `blocks`: this thread reads by itself, and does nothing else meanwhile. Opening
 * and reading throw CaptureError `unreadable`.
 */
export async function openFile(path: string, name = path, blocks = false): Promise<ByteSource> {
  let file: ReadableFile
  try {
    file = await openForReading(path, blocks)
  } catch (error) {
    throw unreadable(name, 0, error)
  }
  let fileOffset = 0
  return {
    name,
    async read(into) {
      try {
        // Read without a position, because a pipe cannot be read at an offset.
        const bytesRead = await file.read(into, null)
        fileOffset += bytesRead
        return bytesRead
      } catch (error) {
        throw unreadable(name, fileOffset, error)
      }
    },
    close: () => file.close(),
  }
}

/** `[from, to)` of a file, after the header at its start. */
export interface ByteRange {
  readonly headerLength: number
  readonly from: number
  readonly to: number
}

/** Opens a stored capture: all of it, or its header and a range. Throws CaptureError `unreadable`. */
export type Opener = (range: ByteRange | null) => Promise<ByteSource>

/** Opens a file under the name that the user gave. */
export function fileOpener(path: string, name: string): Opener {
  return (range) => (range === null ? openFile(path, name) : openRange(path, range, name))
}

/**
 * Opens the header and a range of a file as if nothing else were there. File offsets stay those of the file: the header
 * seems to stand right before the range. Opening and reading throw CaptureError `unreadable`.
 */
async function openRange(path: string, { headerLength, from, to }: ByteRange, name = path): Promise<ByteSource> {
  let file: ReadableFile
  try {
    file = await openForReading(path)
  } catch (error) {
    throw unreadable(name, from, error)
  }
  let at = 0
  return {
    name,
    origin: from - headerLength,
    async read(into) {
      const start = at < headerLength ? at : from + at - headerLength
      const end = at < headerLength ? headerLength : to
      try {
        const bytesRead = await file.read(into.subarray(0, end - start), start)
        at += bytesRead
        return bytesRead
      } catch (error) {
        throw unreadable(name, start, error)
      }
    },
    close: () => file.close(),
  }
}

/** Reads chunks of any size, as from standard input or a pipe. */
export function fromIterable(name: string, chunks: AsyncIterable<Uint8Array>): ByteSource {
  const iterator = chunks[Symbol.asyncIterator]()
  let chunk: Uint8Array = new Uint8Array(0)
  let used = 0
  let fileOffset = 0
  return {
    name,
    async read(into) {
      while (used === chunk.length) {
        const result = await iterator.next().catch((error: unknown) => {
          throw error instanceof CaptureError ? error : unreadable(name, fileOffset, error)
        })
        if (result.done === true) return 0
        chunk = result.value
        used = 0
      }
      const count = Math.min(into.length, chunk.length - used)
      into.set(chunk.subarray(used, used + count))
      used += count
      fileOffset += count
      return count
    },
    async close() {
      await iterator.return?.()
    },
  }
}

function unreadable(path: string, fileOffset: number, error: unknown): CaptureError {
  const accordingTo = error instanceof Error ? error.message : String(error)
  return new CaptureError({
    code: 'unreadable',
    path,
    fileOffset,
    needed: null,
    available: null,
    accordingTo,
  })
}

export interface HashedSource extends ByteSource {
  /** Lower-case hexadecimal, of all bytes as stored. Reads on to the end when the capture ended early. */
  sha256(): Promise<string>
}

export function hashed(source: ByteSource): HashedSource {
  const hash = newHash('sha256')
  let digest: string | null = null
  // A decompressor reads ahead: one read at a time keeps the bytes in the order of the file.
  let last: Promise<unknown> = Promise.resolve()
  const readNext = async (into: Uint8Array) => {
    const count = await source.read(into)
    if (digest === null) hash.update(into.subarray(0, count))
    return count
  }
  const read = (into: Uint8Array) => {
    const next = last.then(() => readNext(into))
    last = next.catch(() => 0)
    return next
  }
  return {
    ...source,
    read,
    async sha256() {
      const rest = new Uint8Array(WINDOW_BYTES / 16)
      while ((await read(rest)) > 0);
      digest ??= hexOf(hash.digest())
      return digest
    },
  }
}

/** The same; null when the rest cannot be read or no hash was asked for. */
export async function sha256Of(source: HashedSource | null): Promise<string | null> {
  return source === null ? null : source.sha256().catch(() => null)
}
