// Ordinary sessions of which only the number is wanted, added up by server. That of its name comes from the session that
// closed first and gave one; at the same packet, from the one that opened first.

import { Connection } from './connections'
import { writeEnds } from './ended'
import { Row } from './flows'
import { SUM_BYTES, SUMS, SUMS_MAX } from './memory'
import { NAMES_SERVER, releaseText, textFlagsOf, useText } from './texts'

@unmanaged
class Sum {
  /** Its sessions; 0 where no server has the place. */
  sessions: u32
  /** The greeting that names it: a text; 0 when none does. */
  greeting: u32
  /** The server, as in a row. */
  server: u64
  addressLow: u64
  addressHigh: u64
  /** The session that closed first: the packets that closed and opened it. The same of the one that named the server. */
  closedFrame: f64
  firstFrame: f64
  namedClosedFrame: f64
  namedFirstFrame: f64
  // Followed by end points, as `writeEnds` writes them: those of one of the sessions.
}

const MULTIPLIER: u64 = 0x9e3779b97f4a7c15

let servers: u32 = 0
/** All sessions that were added up. */
export let summed: u32 = 0

/** Counts the session. False when there is no room for its server. */
export function addSum(row: Row, connection: Connection): bool {
  let place = <u32>((row.server * MULTIPLIER) >> 32) & (SUMS_MAX - 1)
  let sum = sumAt(place)
  while (sum.sessions != 0 && !isOf(sum, row)) {
    place = (place + 1) & (SUMS_MAX - 1)
    sum = sumAt(place)
  }
  if (sum.sessions == 0) {
    if (servers * 2 == SUMS_MAX) return false
    servers++
    begin(sum, row)
  }
  sum.sessions++
  summed++
  const closed = connection.closedFrame
  const first = connection.firstFrame
  if (isBefore(closed, first, sum.closedFrame, sum.firstFrame)) {
    sum.closedFrame = closed
    sum.firstFrame = first
  }
  const isNamed = (textFlagsOf(connection.greeting) & NAMES_SERVER) != 0
  if (isNamed && isBefore(closed, first, sum.namedClosedFrame, sum.namedFirstFrame)) {
    releaseText(sum.greeting)
    useText(connection.greeting)
    sum.greeting = connection.greeting
    sum.namedClosedFrame = closed
    sum.namedFirstFrame = first
  }
  return true
}

/** The host has taken all of them. */
export function forgetSums(): void {
  for (let place: u32 = 0; servers != 0 && place < SUMS_MAX; place++) {
    const sum = sumAt(place)
    if (sum.sessions != 0) releaseText(sum.greeting)
    sum.sessions = 0
  }
  servers = 0
  summed = 0
}

/** Another analysis: the texts are not those of this one. */
export function clearSums(): void {
  memory.fill(SUMS, 0, servers == 0 ? 0 : SUMS_MAX * SUM_BYTES)
  servers = 0
  summed = 0
}

function begin(sum: Sum, row: Row): void {
  sum.server = row.server
  sum.addressLow = row.serverAddressLow
  sum.addressHigh = row.serverAddressHigh
  sum.greeting = 0
  sum.closedFrame = Infinity
  sum.firstFrame = Infinity
  sum.namedClosedFrame = Infinity
  sum.namedFirstFrame = Infinity
  writeEnds(changetype<usize>(sum) + offsetof<Sum>(), row)
}

function isOf(sum: Sum, row: Row): bool {
  const isSame = sum.server == row.server && sum.addressLow == row.serverAddressLow
  return isSame && sum.addressHigh == row.serverAddressHigh
}

function isBefore(closed: f64, first: f64, otherClosed: f64, otherFirst: f64): bool {
  return closed < otherClosed || (closed == otherClosed && first < otherFirst)
}

function sumAt(place: u32): Sum {
  return changetype<Sum>(SUMS + place * SUM_BYTES)
}
