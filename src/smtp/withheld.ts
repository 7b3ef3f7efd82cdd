// Replies that a server kept until the client sent something more: RFC 2920 section 3.2 (5) to (7). Slowness alone is
// none of it: what tells is that new input, after long silence, releases the old replies at once.
import { RELEASE_NS, WITHHELD_SILENCE_NS } from '../limits.ts'
import type { Clock, Moment } from '../stream/clock.ts'
import type { Command, Exchange, Reply, Withholding } from './records.ts'

/** A unit with its last reply, and when that came. */
interface Answered {
  readonly exchange: Exchange
  readonly index: number
  readonly timeNs: number
}

/** The first replies of a group that new input released; null where there are none. */
export function withholdingIn(exchanges: readonly Exchange[], clock: Clock): Withholding | null {
  const answered = byTimeOfReply(exchanges)
  for (let u = 1; u < exchanges.length; u++) {
    const release = exchanges[u] as Exchange
    const held = answeredSoon(answered, release.command.sentNs)
      .filter(({ exchange, index }) => index < u && isReleased(exchange, release, clock))
      .sort((a, b) => a.index - b.index)
      .map(({ exchange }) => exchange)
    const last = held[held.length - 1]
    if (last === undefined || !comesTogether(release, last, clock)) continue
    return { held, release: release.command, silenceNs: release.command.sentNs - last.command.at.timeNs }
  }
  return null
}

function byTimeOfReply(exchanges: readonly Exchange[]): readonly Answered[] {
  const answered = exchanges.flatMap((exchange, index) => {
    const reply = exchange.replies[exchange.replies.length - 1]
    return reply === undefined ? [] : [{ exchange, index, timeNs: reply.at.timeNs }]
  })
  return answered.sort((a, b) => a.timeNs - b.timeNs)
}

/** Those whose reply came within what a release takes. A group can have thousands: they are searched by halves. */
function answeredSoon(answered: readonly Answered[], sentNs: number): Answered[] {
  let from = 0
  for (let to = answered.length; from < to; ) {
    const middle = (from + to) >> 1
    if ((answered[middle] as Answered).timeNs < sentNs) from = middle + 1
    else to = middle
  }
  let end = from
  while (end < answered.length && (answered[end] as Answered).timeNs <= sentNs + RELEASE_NS) end++
  return answered.slice(from, end)
}

/** Whether the server had the unit, was silent for long, and answered it as soon as `release` arrived. */
function isReleased({ command, replies, owed }: Exchange, { command: release }: Exchange, clock: Clock): boolean {
  const reply = replies[replies.length - 1]
  if (reply === undefined || replies.length < owed || command.acked === null) return false
  if (clock.shortest(endOf(command), startOf(release)) < WITHHELD_SILENCE_NS) return false
  if (command.acked >= release.at.firstFrame) return false
  // The server's segment acknowledges the release: it was sent in its knowledge.
  if (reply.seenAtEnd >= 0 && reply.seenAtEnd < release.at.end) return false
  return reply.at.timeNs >= release.sentNs && clock.longest(startOf(release), endOf(reply)) <= RELEASE_NS
}

/** Replies to old and new units come together. */
function comesTogether({ replies }: Exchange, last: Exchange, clock: Clock): boolean {
  const reply = replies[0]
  const before = last.replies[last.replies.length - 1]
  return reply !== undefined && before !== undefined && clock.longest(endOf(before), endOf(reply)) <= RELEASE_NS
}

function startOf({ at, sentNs }: Command): Moment {
  return { frame: at.firstFrame, timeNs: sentNs }
}

function endOf({ at }: Command | Reply): Moment {
  return { frame: at.lastFrame, timeNs: at.timeNs }
}
