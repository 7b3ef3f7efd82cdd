// A file that is written in parts and is complete only when it was closed.
import { openForWriting } from '../host/files.ts'

export interface AtomicFile {
  readonly path: string
  write(bytes: Uint8Array): Promise<void>
  close(): Promise<void>
}

/** Bytes that are collected before they are written. */
const PIECE_BYTES = 1 << 20

/** Creates or empties the file; a new one can be read by this user only. */
export async function openAtomicFile(path: string): Promise<AtomicFile> {
  const file = await openForWriting(path)
  let waiting: Uint8Array[] = []
  let size = 0
  const flush = async () => {
    const pieces = waiting
    waiting = []
    size = 0
    await file.write(pieces)
  }
  return {
    path,
    async write(bytes) {
      waiting.push(bytes)
      size += bytes.length
      if (size >= PIECE_BYTES) await flush()
    },
    async close() {
      try {
        if (size > 0) await flush()
      } finally {
        await file.close()
      }
    },
  }
}
