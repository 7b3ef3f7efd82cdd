// Connections with payload that have closed and wait for the last acknowledgement, in the order of closing.

import { Connection, connectionAt } from './connections'

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

export function clearEnding(): void {
  firstEnding = 0
  lastEnding = 0
}
