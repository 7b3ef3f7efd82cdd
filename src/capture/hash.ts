// A byte source -> the same, its SHA-256 computed while it is read. For reports: who gets one can tell whether the
// capture in hand is the one that was judged.
import { createHash } from 'node:crypto'
import { WINDOW_BYTES } from '../limits.ts'
import type { ByteSource } from './source.ts'

export interface HashedSource extends ByteSource {
  /** Lower-case hexadecimal, of all octets as they are stored. Reads on to the end, which a broken capture hides. */
  sha256(): Promise<string>
}

export function hashed(source: ByteSource): HashedSource {
  const hash = createHash('sha256')
  let digest: string | null = null
  // A decompressor reads ahead: one read at a time, so that octets are counted in the order of the file.
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
      digest ??= hash.digest('hex')
      return digest
    },
  }
}

/** The same, or null where the rest cannot be read or nobody asked. */
export async function sha256Of(source: HashedSource | null): Promise<string | null> {
  return source === null ? null : source.sha256().catch(() => null)
}
