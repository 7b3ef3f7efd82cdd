// The files of the page: those that the user chose, under the names that they have here, and those that are made of them,
// in memory. A file is read in slices: however large it is, only the window that is read is in memory.
import type { ReadableFile, WritableFile } from '../../host/files.ts'

export type { ReadableFile, WritableFile }

const files = new Map<string, Blob>()

/** Gives a file its name. One with the same name is replaced. */
export function mount(path: string, file: Blob): void {
  files.set(path, file)
}

export function unmount(path: string): void {
  files.delete(path)
}

export function fileAt(path: string): Blob | undefined {
  return files.get(path)
}

function existing(path: string): Blob {
  const file = files.get(path)
  if (file === undefined) throw new Error(`no such file: ${path}`)
  return file
}

export async function openForReading(path: string): Promise<ReadableFile> {
  const file = existing(path)
  let next = 0
  return {
    async read(into, position) {
      const from = position ?? next
      const bytes = new Uint8Array(await file.slice(from, from + into.length).arrayBuffer())
      into.set(bytes)
      if (position === null) next += bytes.length
      return bytes.length
    },
    async close() {},
  }
}

export async function openForWriting(path: string): Promise<WritableFile> {
  let parts: Blob[] = []
  return {
    // A blob copies what it is made of: the caller may use the bytes again.
    async write(pieces) {
      parts.push(new Blob(pieces as Uint8Array<ArrayBuffer>[]))
    },
    async close() {
      files.set(path, new Blob(parts))
      parts = []
    },
  }
}

export async function isRegularFile(path: string): Promise<boolean> {
  return files.has(path)
}
