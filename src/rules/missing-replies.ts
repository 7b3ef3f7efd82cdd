// Judgements about replies that several rules share: replies missing before a later unit that was certainly answered,
// replies to commands inside a message, refusals of the client's behaviour, greetings that refuse service.
import { isHard } from '../smtp/pairing/reply-evidence.ts'
import type { Exchange, Group, Reply } from '../smtp/records.ts'
import type { Session } from '../smtp/session/session.ts'
import type { Certainty } from './analysis.ts'

/** Whether surplus replies of the group may answer commands that the server read inside a message (SMTP smuggling). */
export function mayBeSmuggled(group: Group): boolean {
  return group.exchanges.some(({ command }) => command.falseEnd !== null)
}

/** Unanswered units in front of one that was answered. */
interface Overtaking {
  readonly overtaker: Exchange
  /**
   * The first exchange from the overtaker on whose reply code no other unit can cause. It proves that a reply is
   * missing.
   */
  readonly witness: Exchange
  readonly reply: Reply
  /**
   * The unanswered units that were in flight together with another unit, and how many of them lack a reply in every
   * possible pairing.
   */
  readonly together: readonly Exchange[]
  readonly lost: number
  /** The unanswered units that were in flight alone, and how many of them lack a reply in every possible pairing. */
  readonly alone: readonly Exchange[]
  readonly missing: number
  readonly certainty: Certainty
}

/** The overtaking in a settled group; null where there is none, or where the client's own fault explains it. */
export function overtakingIn(group: Group, session: Session): Overtaking | null {
  const { reading, exchanges } = group
  const { overtaker } = reading
  if (!reading.countable || overtaker === null || reading.overtakenAtLeast === 0) return null
  if (group.provoked === 'offence' || isEarly(group, session)) return null
  const reply = overtaker.replies[0]
  if (reply === undefined) return null
  // The server sent the reply before it had the unit, so the reply does not show what the server had read.
  if (reply.seenAtStart >= 0 && reply.seenAtStart < overtaker.command.at.end) return null
  const together: Exchange[] = []
  const alone: Exchange[] = []
  let surelyTogether = 0
  let surelyAlone = 0
  for (const exchange of reading.overtaken) {
    // `lmtp-reply-count` judges the number of replies to an LMTP message.
    if (exchange.owed > 1) return null
    const at = exchanges.indexOf(exchange)
    const inFlight = exchange.blind !== null || (exchanges[at + 1]?.blind ?? null) !== null
    if (inFlight) together.push(exchange)
    else alone.push(exchange)
    if (exchange.sure && inFlight) surelyTogether++
    else if (exchange.sure) surelyAlone++
  }
  return {
    overtaker,
    witness: witnessIn(exchanges, overtaker),
    reply,
    together,
    lost: Math.min(together.length, Math.max(surelyTogether, reading.overtakenAtLeast - alone.length)),
    alone,
    missing: Math.min(alone.length, Math.max(surelyAlone, reading.overtakenAtLeast - together.length)),
    // After a FIN the client may have closed completely, and then a missing reply proves little.
    certainty:
      reading.hard && reply.seenAtEnd <= session.finOf('client') && !mayHaveMiscounted(group) && !hasOddLines(group)
        ? 'proved'
        : 'suspected',
  }
}

/** The first from the overtaker on with a reply that no other unit can cause. */
function witnessIn(exchanges: readonly Exchange[], overtaker: Exchange): Exchange {
  for (let u = exchanges.indexOf(overtaker); u < exchanges.length; u++) {
    const exchange = exchanges[u] as Exchange
    const reply = exchange.replies[0]
    if (reply !== undefined && isHard(reply)) return exchange
  }
  return overtaker
}

/**
 * Whether the client may have miscounted replies: without PIPELINING it gave up waiting for a reply, and may have taken
 * the late reply for the answer to its next command, so that it did not wait for the actual one.
 */
export function mayHaveMiscounted({ exchanges }: Group): boolean {
  for (let u = 0; u < exchanges.length - 1; u++) {
    const { gaveUp, offered, sure } = exchanges[u] as Exchange
    if (gaveUp && offered !== true && !sure) return true
  }
  return false
}

/**
 * Whether a server may take lines of the group for more or for fewer than they are: what it owes is then less certain.
 */
export function hasOddLines({ provoked, repliesToParts }: Group): boolean {
  return provoked === 'bare-newline' || repliesToParts > 0
}

/** Whether the server is known to have offered PIPELINING before some command of this group. */
export function wasOffered(group: Group): boolean {
  return group.exchanges.some(({ offered }) => offered === true)
}

/** Whether the client broke a pipelining rule in this group, or sent some of it before the greeting. */
export function isProvoked(group: Group, session: Session): boolean {
  return group.provoked !== 'none' || isEarly(group, session)
}

/** The same, without the fault that only changes what the server takes for a line. */
export function isPipelinedWrongly(group: Group, session: Session): boolean {
  return isProvoked(group, session) && (group.provoked !== 'bare-newline' || isEarly(group, session))
}

/** Whether the client sent part of the group before the greeting was complete. */
function isEarly({ exchanges }: Group, { talkedEarly, greeting }: Session): boolean {
  if (!talkedEarly || greeting === null) return talkedEarly
  return exchanges.some(({ command }) => command.seenAtStart < greeting.at.end)
}

/** Units after a QUIT that was answered 221: the server may close and owes them no reply. */
export function isBehindQuit(group: Group, exchange: Exchange): boolean {
  if (!group.replies.some(({ code }) => code === 221)) return false
  const quit = group.exchanges.findIndex(({ command }) => command.verb === 'QUIT')
  return quit >= 0 && group.exchanges.indexOf(exchange) > quit
}

/**
 * Whether the reply refuses pipelining as such, or a client with too many errors. Missing replies after it are the
 * client's fault.
 */
export function isPunishment(reply: Reply | null): boolean {
  if (reply === null) return false
  if (reply.code === 421 || reply.code === 521) return true
  return (
    reply.code >= 500 && /synchroni[sz]ation|pipelin|too many|protocol error|talk too soon/i.test(reply.lines.join(' '))
  )
}

/**
 * Whether the last that the server said is a 221 that answers no QUIT: it announces the close. `reply-unexpected`
 * reports it, and the close is a part of that.
 */
export function saidGoodbye({ lastReply, lastGroup }: Session): boolean {
  if (lastReply?.code !== 221) return false
  return !(lastGroup?.exchanges ?? []).some(({ command, replies }) => command.complete && replies.includes(lastReply))
}

/**
 * Whether the greeting accepts the client. postscreen sends "220-" first and may end the reply with a refusal (RFC
 * 7504).
 */
export function isWelcome(greeting: Reply | null): boolean {
  return greeting?.code === 220 && !/^[45]\d\d/.test(greeting.lines.at(-1) ?? '')
}
