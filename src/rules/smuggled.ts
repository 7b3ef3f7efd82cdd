// Replies to commands that stand inside a message: the fact that two rules share.
import type { Group } from '../smtp/records.ts'

/** Whether surplus replies of a group may answer commands that stand inside a message. */
export function mayBeSmuggled(group: Group): boolean {
  return group.exchanges.some(({ command }) => command.falseEnd !== null)
}
