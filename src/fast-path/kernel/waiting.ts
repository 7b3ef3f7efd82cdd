// Segments that came early, in the order of capture: connections whose segments wait for too long go to the engine, which
// decides what is missing. No session is reported before them that may have closed after them.

import { Connection, connectionAt, numberOf, waitingAt } from './connections'
import { WAITING, WAITING_MAX } from './memory'
import { packetOf } from './packets'

/** How long they may wait: far less than in the engine. */
export const WAITING_FRAMES_MAX: f64 = 4096
export const WAITING_NS_MAX: f64 = 200_000_000

@unmanaged
class Entry {
  /** The segment: its packet, and when that was captured. */
  frame: f64
  timeNs: f64
  /** Its connection, and the first packet of that. */
  firstFrame: f64
  connection: u32
}

const ENTRY_BYTES: u32 = 32

let from: u32 = 0
let to: u32 = 0

/** Notes a segment that waits. False when there is no room. */
export function noteWaiting(connection: Connection, frame: f64, timeNs: f64): bool {
  if (to - from == WAITING_MAX) dropStale()
  if (to - from == WAITING_MAX) return false
  const entry = entryAt(to++)
  entry.frame = frame
  entry.timeNs = timeNs
  entry.firstFrame = connection.firstFrame
  entry.connection = numberOf(connection)
  return true
}

/** The packet of the segment that has waited for longest; infinite when none waits. */
export function firstWaitingFrame(): f64 {
  dropStale()
  return from == to ? Infinity : entryAt(from).frame
}

/** A connection with a segment that has waited for too long; 0 when there is none. */
export function lateConnection(nowNs: f64, frame: f64): u32 {
  if (from == to) return 0
  dropStale()
  if (from == to) return 0
  const entry = entryAt(from)
  const isLate = nowNs - entry.timeNs > WAITING_NS_MAX || frame - entry.frame > WAITING_FRAMES_MAX
  return isLate ? entry.connection : 0
}

export function clearWaiting(): void {
  from = 0
  to = 0
}

/** Forgets the first ones that wait no longer. */
function dropStale(): void {
  while (from != to && !isWaiting(entryAt(from))) from++
}

function isWaiting(entry: Entry): bool {
  const connection = connectionAt(entry.connection)
  if (connection.firstFrame != entry.firstFrame) return false
  for (let i: u32 = 0; i < connection.waiting; i++) {
    if (packetOf(connection, <u32>load<u16>(waitingAt(connection, i))).frame == entry.frame) return true
  }
  return false
}

function entryAt(index: u32): Entry {
  return changetype<Entry>(WAITING + (index & (WAITING_MAX - 1)) * ENTRY_BYTES)
}
