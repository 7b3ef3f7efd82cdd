// Whether several threads are done with the captures sooner than one.
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { compressionOf } from '../capture/compressed.ts'
import { MAGIC_BYTES } from '../capture/detect-format.ts'
import type { CaptureInput } from '../capture/sort-captures.ts'
import { BYTES_PER_LEAVE, FEW_SESSIONS, RECORD_BYTES_FOR_THREADS, THREADS_FROM_BYTES } from '../limits.ts'
import type { ShareReading } from './read-share.ts'

/** The size of all captures; null if one is no file that several threads can read, and that costs little to read. */
export function bytesOf(captures: readonly CaptureInput[]): number | null {
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

/** Whether several threads are done sooner, by what one has seen of its share. `bytes`: of all captures. */
export function isWorthSharing({ pipeline, timeline }: ShareReading, bytes: number): boolean {
  const { fastPath, read } = pipeline
  const { bytesRead } = timeline
  // The engine alone takes longer than everything else.
  if (fastPath === null) return true
  const isReadSoon = bytesRead > read * RECORD_BYTES_FOR_THREADS
  const isEngineCold = bytes < THREADS_FROM_BYTES && fastPath.leaves > bytesRead / BYTES_PER_LEAVE
  // They may all be of one share.
  const areFewLong = fastPath.sessionCount < FEW_SESSIONS && fastPath.sessionPackets < read / 8
  return !isReadSoon && !isEngineCold && !areFewLong
}
