// Whether several threads are done with the captures sooner than one.
import { BYTES_PER_LEAVE, FEW_SESSIONS, RECORD_BYTES_FOR_THREADS, THREADS_FROM_BYTES } from '../limits.ts'
import type { ShareReading } from './read-share.ts'

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
