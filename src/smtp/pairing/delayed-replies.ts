// Replies that a server kept until the client sent something more, or until it took the connection for idle: RFC 2920 section
// 3.2 (5) to (7). Slowness alone is none of it: what tells is that new input, after long silence, releases the old replies at
// once, or that the server says it had waited for input while it owed them.
import type { Clock, PacketTime } from '../../tcp/clock-errors.ts'
import type { Command, Exchange, Reply, Withholding } from '../records.ts'
import type { PathDelay } from '../session/waiting.ts'

/** A unit with its last reply, and when that came. */
interface Answered {
  readonly exchange: Exchange
  readonly index: number
  readonly timeNs: number
}

/**
 * The first replies of a group that new input released, else those that came together with the server's own time-out; null
 * where there are none. `surplus`: replies that no unit of it earned.
 */
export function withholdingIn(
  exchanges: readonly Exchange[],
  surplus: readonly Reply[],
  clock: Clock,
  path: PathDelay,
): Withholding | null {
  const answered = byTimeOfReply(exchanges)
  return releasedByInput(exchanges, answered, clock, path) ?? keptUntilTimeout(answered, surplus, clock, path)
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

/** The text of a server that waited for input in vain (RFC 5321 section 4.5.3.2.7, RFC 3463: 4.4.2). */
export function saysTimeout({ lines }: Reply): boolean {
  return /time-?(?:d )?out|4\.4\.[12]\b/i.test(lines.join(' '))
}

/** A server that takes the connection for idle, owes replies, and sends them when it says so. */
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

/** Those whose reply came within what a release takes. A group can have thousands: they are searched by halves. */
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

/** Whether the server had the unit, was silent for long, and answered it as soon as `release` arrived. */
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
  // The server's segment acknowledges the release: it was sent in its knowledge.
  if (reply.seenAtEnd >= 0 && reply.seenAtEnd < release.at.end) return false
  if (reply.at.timeNs < release.sentNs) return false
  return clock.longest(startOf(release), endOf(reply)) - path.toServerNs <= path.promptNs
}

/** Replies to old and new units come together. */
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
