// Facts that several rules share about replies: missing ones in front of a later one that was answered for certain,
// replies to commands inside a message, refusals that punish the client, greetings that refuse.
import { isHard } from '../smtp/pairing/reply-evidence.ts'
import type { Exchange, Group, Reply } from '../smtp/records.ts'
import type { Session } from '../smtp/session/session.ts'
import type { Certainty } from './analysis.ts'

/** Whether surplus replies of a group may answer commands that stand inside a message. */
export function mayBeSmuggled(group: Group): boolean {
  return group.exchanges.some(({ command }) => command.falseEnd !== null)
}

/** Units passed over by the reply to a later one. */
interface Overtaking {
  readonly overtaker: Exchange
  /** The first from there on with a reply that only its unit can draw: by it, one is missing for certain. */
  readonly witness: Exchange
  readonly reply: Reply
  /** Those passed over that were in flight together with another unit, and how many of them every reading has lost. */
  readonly together: readonly Exchange[]
  readonly lost: number
  /** Those that were alone, and how many of them every reading has unanswered. */
  readonly alone: readonly Exchange[]
  readonly missing: number
  readonly certainty: Certainty
}

/** Reads the overtaking from a settled group; null where there is none or where the client provoked it. */
export function overtakingIn(group: Group, session: Session): Overtaking | null {
  const { reading, exchanges } = group
  const { overtaker } = reading
  if (!reading.countable || overtaker === null || reading.overtakenAtLeast === 0) return null
  if (group.provoked === 'offence' || isEarly(group, session)) return null
  const reply = overtaker.replies[0]
  if (reply === undefined) return null
  // A reply sent before the server had its unit tells nothing about what it read.
  if (reply.seenAtStart >= 0 && reply.seenAtStart < overtaker.command.at.end) return null
  const together: Exchange[] = []
  const alone: Exchange[] = []
  for (const exchange of reading.overtaken) {
    // How many replies a message earns in LMTP is a rule of its own.
    if (exchange.owed > 1) return null
    const at = exchanges.indexOf(exchange)
    const inFlight = exchange.blind !== null || (exchanges[at + 1]?.blind ?? null) !== null
    if (inFlight) together.push(exchange)
    else alone.push(exchange)
  }
  const surelyAlone = alone.filter(({ sure }) => sure).length
  const surelyTogether = together.filter(({ sure }) => sure).length
  return {
    overtaker,
    witness: exchanges.slice(exchanges.indexOf(overtaker)).find(isHardlyAnswered) ?? overtaker,
    reply,
    together,
    lost: Math.min(together.length, Math.max(surelyTogether, reading.overtakenAtLeast - alone.length)),
    alone,
    missing: Math.min(alone.length, Math.max(surelyAlone, reading.overtakenAtLeast - together.length)),
    // A client that has closed may have closed in full: what a server still owes it then proves little.
    certainty: reading.hard && reply.seenAtEnd <= session.finOf('client') ? 'proved' : 'suspected',
  }
}

function isHardlyAnswered({ replies }: Exchange): boolean {
  return replies[0] !== undefined && isHard(replies[0])
}

/** Whether PIPELINING was offered for this group, as far as is known. */
export function wasOffered(group: Group): boolean {
  return group.exchanges.some(({ offered }) => offered === true)
}

/** Whether the client broke a rule of pipelining in this group, or spoke before it was greeted. */
export function isProvoked(group: Group, session: Session): boolean {
  return group.provoked !== 'none' || isEarly(group, session)
}

/** Whether the client sent something of the group before it was greeted. */
function isEarly({ exchanges }: Group, { talkedEarly, greeting }: Session): boolean {
  if (!talkedEarly || greeting === null) return talkedEarly
  return exchanges.some(({ command }) => command.seenAtStart < greeting.at.end)
}

/** Units behind a QUIT that drew its 221: the server may close, and owes them nothing. */
export function isBehindQuit(group: Group, exchange: Exchange): boolean {
  if (!group.replies.some(({ code }) => code === 221)) return false
  const quit = group.exchanges.findIndex(({ command }) => command.verb === 'QUIT')
  return quit >= 0 && group.exchanges.indexOf(exchange) > quit
}

/** A refusal of pipelining as such, or of a client that erred too often: what follows it is punishment. */
export function isPunishment(reply: Reply | null): boolean {
  if (reply === null) return false
  if (reply.code === 421 || reply.code === 521) return true
  return (
    reply.code >= 500 && /synchroni[sz]ation|pipelin|too many|protocol error|talk too soon/i.test(reply.lines.join(' '))
  )
}

/** Whether a greeting lets the client go on. postscreen sends "220-", and may end the reply with a refusal (RFC 7504). */
export function isWelcome(greeting: Reply | null): boolean {
  return greeting?.code === 220 && !/^[45]\d\d/.test(greeting.lines.at(-1) ?? '')
}
