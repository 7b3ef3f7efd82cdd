// Files, as the engine reads and writes them. In: paths. The page has files of its own under the same names of functions
// (`page/host/files.ts`).
// Functions with callbacks where every run reads: `fs/promises` takes longer to load than a small capture to judge.
import { close, closeSync, open, openSync, read, readSync, statSync } from 'node:fs'
import { open as create } from 'node:fs/promises'

export interface ReadableFile {
  /** Reads at `position`, or on where the last such read ended: a pipe has no positions. 0 at the end. */
  read(into: Uint8Array, position: number | null): Promise<number>
  close(): Promise<void>
}

export interface WritableFile {
  write(pieces: readonly Uint8Array[]): Promise<void>
  close(): Promise<void>
}

/** Opens a file, a named pipe or a device. `blocks`: each read is done when it returns. */
export async function openForReading(path: string, blocks = false): Promise<ReadableFile> {
  if (blocks || isSmall(path)) return openBlocking(path)
  const file = await done<number>((callback) => open(path, 'r', callback))
  return {
    read: (into, position) => done((callback) => read(file, into, 0, into.length, position, callback)),
    close: () => done((callback) => close(file, callback)),
  }
}

/** Creates or empties the file; a new one can be read by this user only. */
export async function openForWriting(path: string): Promise<WritableFile> {
  const file = await create(path, 'w', 0o600)
  return {
    write: async (pieces) => {
      await file.writev(pieces)
    },
    close: () => file.close(),
  }
}

/** Whether there is a file that can be read more than once. */
export async function isRegularFile(path: string): Promise<boolean> {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** Below it, starting the threads of Node that read takes longer than reading. */
const SMALL_BYTES = 65_536

function isSmall(path: string): boolean {
  try {
    const entry = statSync(path)
    return entry.isFile() && entry.size < SMALL_BYTES
  } catch {
    return false
  }
}

function openBlocking(path: string): ReadableFile {
  const file = openSync(path, 'r')
  return {
    read: async (into, position) => readSync(file, into, 0, into.length, position),
    close: async () => closeSync(file),
  }
}

type Callback<T> = (error: Error | null, result: T) => void

function done<T = void>(work: (callback: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    work((error, result) => (error === null ? resolve(result) : reject(error)))
  })
}
