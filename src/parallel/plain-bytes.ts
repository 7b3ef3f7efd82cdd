// The size of captures that are files and not compressed: any thread can read them, and nothing has to be read to know how
// much there is.
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { compressionOf } from '../capture/compressed.ts'
import { MAGIC_BYTES } from '../capture/detect-format.ts'
import type { CaptureInput } from '../capture/sort-captures.ts'

/** Of all captures together; null if one is something else, or cannot be opened. */
export function plainBytesOf(captures: readonly CaptureInput[]): number | null {
  let bytes = 0
  for (const capture of captures) {
    const size = typeof capture === 'string' ? sizeOf(capture) : null
    if (size === null) return null
    bytes += size
  }
  return bytes
}

function sizeOf(path: string): number | null {
  try {
    const entry = statSync(path)
    // A pipe is not opened: what was read of it could not be read again.
    return entry.isFile() && isPlain(path) ? entry.size : null
  } catch {
    return null
  }
}

function isPlain(path: string): boolean {
  const file = openSync(path, 'r')
  try {
    const first = new Uint8Array(MAGIC_BYTES)
    const count = readSync(file, first, 0, MAGIC_BYTES, 0)
    return compressionOf(first.subarray(0, count)) === 'none'
  } finally {
    closeSync(file)
  }
}
