// Replies that the server held back until the client sent more, or until it took the connection for idle: RFC 2920
// section 3.2 (5) to (7). Slowness alone is no violation. The evidence is that after a long silence new input releases
// the old replies at once, or that the server reports a time-out while it owes replies.
import type { Clock, PacketTime } from '../../tcp/clock-errors.ts'
import type { Command, Exchange, Reply, Withholding } from '../records.ts'
import type { PathDelay } from '../session/waiting.ts'

/** A unit with the time of its last reply. */
interface Answered {
  readonly exchange: Exchange
  readonly index: number
  readonly timeNs: number
}

/**
 * The first replies of a group that new input released; failing that, those that came together with the server's own
 * time-out; null when there are none. `surplus`: replies that answer no unit of the group.
 */
export function withholdingIn(
  exchanges: readonly Exchange[],
  surplus: readonly Reply[],
  clock: Clock,
  path: PathDelay,
): Withholding | null {
  if (surplus.length === 0 && !hasSilence(exchanges, path.silenceNs)) return null
  const answered = byTimeOfReply(exchanges)
  return releasedByInput(exchanges, answered, clock, path) ?? keptUntilTimeout(answered, surplus, clock, path)
}

/** Whether any unit was sent so long after an earlier one that it may have released the reply to that. */
function hasSilence(exchanges: readonly Exchange[], silenceNs: number): boolean {
  let earliestNs = Number.POSITIVE_INFINITY
  for (const { command } of exchanges) {
    if (command.sentNs - earliestNs >= silenceNs) return true
    earliestNs = Math.min(earliestNs, command.at.timeNs)
  }
  return false
}

function releasedByInput(
  exchanges: readonly Exchange[],
  answered: readonly Answered[],
  clock: Clock,
  path: PathDelay,
): Withholding | null {
  for (let u = 1; u < exchanges.length; u++) {
    const release = exchanges[u] as Exchange
    const held = answeredSoon(answered, release.command.sentNs, path.toServerNs + path.promptNs)
      .filter(({ exchange, index }) => index < u && isReleased(exchange, release, clock, path))
      .sort((a, b) => a.index - b.index)
      .map(({ exchange }) => exchange)
    const last = held[held.length - 1]
    if (last === undefined || !comesTogether(release, last, clock, path)) continue
    return { held, release: release.command, silenceNs: release.command.sentNs - last.command.at.timeNs }
  }
  return null
}

/** Whether the text reports a time-out (RFC 5321 section 4.5.3.2.7, RFC 3463: 4.4.2). */
export function saysTimeout({ lines }: Reply): boolean {
  return /time-?(?:d )?out|4\.4\.[12]\b/i.test(lines.join(' '))
}

/** Replies that the server sent together with its time-out reply. */
function keptUntilTimeout(
  answered: readonly Answered[],
  surplus: readonly Reply[],
  clock: Clock,
  path: PathDelay,
): Withholding | null {
  const timeout = surplus.find((reply) => reply.code === 421 || reply.code === 451)
  if (timeout === undefined || !saysTimeout(timeout)) return null
  const held = answered
    .filter(({ exchange }) => isKeptUntil(exchange, timeout, clock, path))
    .sort((a, b) => a.index - b.index)
    .map(({ exchange }) => exchange)
  const last = held[held.length - 1]
  return last === undefined ? null : { held, release: timeout, silenceNs: timeout.at.timeNs - last.command.at.timeNs }
}

function isKeptUntil({ command, replies, owed }: Exchange, timeout: Reply, clock: Clock, path: PathDelay): boolean {
  const reply = replies[replies.length - 1]
  if (reply === undefined || replies.length < owed || command.acked === null) return false
  const [first, second] = reply.at.start < timeout.at.start ? [reply, timeout] : [timeout, reply]
  if (clock.longest(endOf(first), endOf(second)) > path.promptNs) return false
  return clock.shortest(endOf(command), endOf(first)) >= path.silenceNs
}

function byTimeOfReply(exchanges: readonly Exchange[]): readonly Answered[] {
  const answered = exchanges.flatMap((exchange, index) => {
    const reply = exchange.replies[exchange.replies.length - 1]
    return reply === undefined ? [] : [{ exchange, index, timeNs: reply.at.timeNs }]
  })
  return answered.sort((a, b) => a.timeNs - b.timeNs)
}

/** Units answered within `withinNs` after `sentNs`. Binary search, because a group can have thousands of units. */
function answeredSoon(answered: readonly Answered[], sentNs: number, withinNs: number): Answered[] {
  let from = 0
  for (let to = answered.length; from < to; ) {
    const middle = (from + to) >> 1
    if ((answered[middle] as Answered).timeNs < sentNs) from = middle + 1
    else to = middle
  }
  let end = from
  while (end < answered.length && (answered[end] as Answered).timeNs <= sentNs + withinNs) end++
  return answered.slice(from, end)
}

/** Whether the server had received the unit, was silent for long, and answered it as soon as `release` arrived. */
function isReleased(
  { command, replies, owed }: Exchange,
  { command: release }: Exchange,
  clock: Clock,
  path: PathDelay,
): boolean {
  const reply = replies[replies.length - 1]
  if (reply === undefined || replies.length < owed || command.acked === null) return false
  if (clock.shortest(endOf(command), startOf(release)) < path.silenceNs) return false
  if (command.acked >= release.at.firstFrame) return false
  // The server's segment must acknowledge the release: otherwise the server sent it without having received that.
  if (reply.seenAtEnd >= 0 && reply.seenAtEnd < release.at.end) return false
  if (reply.at.timeNs < release.sentNs) return false
  return clock.longest(startOf(release), endOf(reply)) - path.toServerNs <= path.promptNs
}

/** Whether the replies to the held units and to the releasing one came together. */
function comesTogether({ replies }: Exchange, last: Exchange, clock: Clock, path: PathDelay): boolean {
  const reply = replies[0]
  const before = last.replies[last.replies.length - 1]
  return reply !== undefined && before !== undefined && clock.longest(endOf(before), endOf(reply)) <= path.promptNs
}

function startOf({ at, sentNs }: Command): PacketTime {
  return { frame: at.firstFrame, timeNs: sentNs }
}

function endOf({ at }: Command | Reply): PacketTime {
  return { frame: at.lastFrame, timeNs: at.timeNs }
}
