// Connections with payload that have closed and wait for the last acknowledgement, in the order of closing.

import { Connection, connectionAt } from './connections'
import { firstOpened } from './segments'

let firstEnding: u32 = 0
let lastEnding: u32 = 0

export function addEnding(number: u32): void {
  const connection = connectionAt(number)
  connection.endingBefore = lastEnding
  connection.endingBehind = 0
  if (lastEnding == 0) firstEnding = number
  else connectionAt(lastEnding).endingBehind = number
  lastEnding = number
}

export function removeEnding(connection: Connection): void {
  if (connection.endingBefore == 0) firstEnding = connection.endingBehind
  else connectionAt(connection.endingBefore).endingBehind = connection.endingBehind
  if (connection.endingBehind == 0) lastEnding = connection.endingBefore
  else connectionAt(connection.endingBehind).endingBefore = connection.endingBefore
}

/** The number of the one that closed first; 0 when there is none. */
export function firstEndingConnection(): u32 {
  return firstEnding
}

/** The packet that closed it, and when; infinite when there is none. */
export function firstClosedFrame(): f64 {
  return firstEnding == 0 ? Infinity : connectionAt(firstEnding).closedFrame
}

export function firstClosedNs(): f64 {
  return firstEnding == 0 ? Infinity : connectionAt(firstEnding).closedNs
}

/**
 * The session that closed first, if it closed before that packet; when none has closed in either place, the one that
 * opened first, if it opened before that packet. 0: it is not here.
 */
export function firstSession(closedBefore: f64, openedBefore: f64): u32 {
  let number = firstEnding
  while (number != 0 && connectionAt(number).isElse != 0) number = connectionAt(number).endingBehind
  if (number != 0) return connectionAt(number).closedFrame < closedBefore ? number : 0
  if (closedBefore != Infinity) return 0
  number = firstOpened()
  return number != 0 && connectionAt(number).firstFrame < openedBefore ? number : 0
}

export function clearEnding(): void {
  firstEnding = 0
  lastEnding = 0
}
