// Describes a settled group in one line: how its commands and replies were paired, and what is unclear. For
// PIPELINT_DEBUG.
import type { Group } from '../records.ts'

export function describePairing({ index, exchanges, surplus, reading }: Group): string {
  const pairs = exchanges.map(
    ({ command, replies }) => `${command.verb} ${replies.map(({ code }) => code).join('+') || '-'}`,
  )
  const notes = [
    reading.countable ? '' : 'replies cannot be counted here',
    surplus.length === 0 ? '' : `extra replies: ${surplus.map(({ code }) => code).join(', ')}`,
    reading.overtaker === null
      ? ''
      : `the reply to ${reading.overtaker.command.verb} is certain, and replies before it are missing`,
  ]
  return [`group ${index} by ${reading.by}: ${pairs.join(', ')}`, ...notes.filter((note) => note !== '')].join('; ')
}

/** The last frame of the units and replies of the group. */
export function lastFrameOf({ exchanges, replies }: Group): number {
  return Math.max(
    0,
    ...[...exchanges.map(({ command }) => command), ...replies].slice(-64).map(({ at }) => at.lastFrame),
  )
}
