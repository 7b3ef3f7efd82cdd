// Files, as the engine reads and writes them. In: paths. The page has files of its own under the same names of functions
// (`page/host/files.ts`).
import { open, stat } from 'node:fs/promises'

export interface ReadableFile {
  /** Reads at `position`, or on where the last such read ended: a pipe has no positions. 0 at the end. */
  read(into: Uint8Array, position: number | null): Promise<number>
  close(): Promise<void>
}

export interface WritableFile {
  write(pieces: readonly Uint8Array[]): Promise<void>
  close(): Promise<void>
}

/** Opens a file, a named pipe or a device. */
export async function openForReading(path: string): Promise<ReadableFile> {
  const file = await open(path, 'r')
  return {
    read: async (into, position) => (await file.read(into, 0, into.length, position)).bytesRead,
    close: () => file.close(),
  }
}

/** Creates or empties the file; a new one can be read by this user only. */
export async function openForWriting(path: string): Promise<WritableFile> {
  const file = await open(path, 'w', 0o600)
  return {
    write: async (pieces) => {
      await file.writev(pieces)
    },
    close: () => file.close(),
  }
}

/** Whether there is a file that can be read more than once. */
export async function isRegularFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() === true
}
