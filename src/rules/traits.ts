// What is remarkable about a group or a session, at a glance. Rules name the traits without which they find nothing.
import { MAY_BE_FOLLOWED, OPENS_TRANSACTION } from '../smtp/parse/commands.ts'
import type { Exchange, Group } from '../smtp/records.ts'
import { type Session, unansweredOf } from '../smtp/session/session.ts'

const GROUP_TRAITS = [
  'overtaken', // replies are missing in front of a unit that was answered
  'permuted', // replies name each other's commands
  'surplus', // replies answer no unit
  'refused', // a reply refuses something: 400 or above
  'early-reply', // a reply came before all of its unit
  'not-offered', // a unit was sent blind to a server that did not offer PIPELINING
  'behind-last', // a unit was sent blind behind one that others may not follow
  'behind-refused-data', // lines follow a DATA that was not answered 354
  'without-recipients', // DATA or content, and no recipient was accepted
  'in-transaction', // MAIL, while a transaction was open
  'not-greeted', // MAIL before EHLO or HELO
  'chunk', // BDAT
  'unknown-verb',
  'false-end', // content in which something looks like its end
  'gave-up', // the client had stopped waiting for a reply
] as const

const SESSION_TRAITS = [
  'unanswered', // the last group lacks replies
  'unfinished-chunk', // the last group ends inside a chunk
  'terminal', // the server sent 421
  'server-reset', // an RST of the server ended it
  'foreign-reset', // an RST that neither side sent ended it
  'no-quit',
  'withheld', // replies came only when the client sent more
  'unbatched', // replies to commands that arrived together came one by one
  'ambiguous', // two commands have the same reply
  'deadlock', // both sides waited for the other to read
  'starttls',
  'tls-in-clear', // the client began TLS where the server spoke plaintext
  'overwritten', // a device on the path masked what the server said
  'bare-newline',
  'malformed', // lines that are no replies
  'proxy-header',
  'talked-early', // the client spoke before the greeting
  'missing', // bytes that the capture lacks
  'unacknowledged', // bytes that were never acknowledged
] as const

export type GroupTrait = (typeof GROUP_TRAITS)[number]
export type SessionTrait = (typeof SESSION_TRAITS)[number]

/** A bit for each trait. */
function bitsOf<Trait extends string>(traits: readonly Trait[]): Readonly<Record<Trait, number>> {
  return Object.fromEntries(traits.map((trait, i) => [trait, 1 << i])) as Record<Trait, number>
}

export const GROUP = bitsOf(GROUP_TRAITS)
export const SESSION = bitsOf(SESSION_TRAITS)

export function traitsOfGroup({ exchanges, replies, surplus, reading }: Group): number {
  let traits = 0
  if (reading.overtaker !== null || reading.overtaken.length > 0) traits |= GROUP.overtaken
  if (reading.permuted.length > 0) traits |= GROUP.permuted
  if (surplus.length > 0) traits |= GROUP.surplus
  for (const { code } of replies) if (code >= 400) traits |= GROUP.refused
  for (const exchange of exchanges) traits |= traitsOfExchange(exchange)
  return traits
}

function traitsOfExchange(exchange: Exchange): number {
  const { command, replies, blind, recipients, transaction, greeted } = exchange
  const { verb } = command
  let traits = 0
  for (const { seenAtStart } of replies)
    if (!command.complete || seenAtStart < command.at.end) traits |= GROUP['early-reply']
  if (blind !== null) {
    if (exchange.offered === false) traits |= GROUP['not-offered']
    if (!MAY_BE_FOLLOWED.has(blind.after.verb)) traits |= GROUP['behind-last']
    if (blind.after.verb === 'BDAT') traits |= GROUP.chunk
  }
  if (exchange.refusedData !== null) traits |= GROUP['behind-refused-data']
  if (recipients === 0) traits |= GROUP['without-recipients']
  if (OPENS_TRANSACTION.has(verb)) {
    if (transaction === true) traits |= GROUP['in-transaction']
    if (greeted === false) traits |= GROUP['not-greeted']
  }
  if (verb === 'BDAT' || exchange.chunkBefore !== null) traits |= GROUP.chunk
  if (verb === 'OTHER') traits |= GROUP['unknown-verb']
  if (command.falseEnd !== null) traits |= GROUP['false-end']
  if (exchange.gaveUp) traits |= GROUP['gave-up']
  return traits
}

export function traitsOfSession(session: Session): number {
  const { lastGroup, missing, unacknowledged } = session
  const last = lastGroup?.exchanges.at(-1)?.command
  let traits = 0
  if (unansweredOf(lastGroup).length > 0) traits |= SESSION.unanswered
  if (last?.verb === 'BDAT' && !last.complete) traits |= SESSION['unfinished-chunk']
  if (session.terminal !== null) traits |= SESSION.terminal
  if (session.serverReset !== null) traits |= SESSION['server-reset']
  if (session.close?.foreign === true) traits |= SESSION['foreign-reset']
  if (!session.quitSent) traits |= SESSION['no-quit']
  if (session.withheld.length > 0) traits |= SESSION.withheld
  if (session.unbatched !== null) traits |= SESSION.unbatched
  if (session.ambiguous !== null) traits |= SESSION.ambiguous
  if (session.deadlock !== null) traits |= SESSION.deadlock
  if (session.tlsStart !== null) traits |= SESSION.starttls
  if (session.tlsInClear > 0) traits |= SESSION['tls-in-clear']
  if (session.isOverwritten) traits |= SESSION.overwritten
  if (session.bare !== null) traits |= SESSION['bare-newline']
  if (session.malformed.length > 0) traits |= SESSION.malformed
  if (session.proxyHeader !== null) traits |= SESSION['proxy-header']
  if (session.talkedEarly) traits |= SESSION['talked-early']
  if (missing.client + missing.server > 0) traits |= SESSION.missing
  if (unacknowledged.client !== null || unacknowledged.server !== null) traits |= SESSION.unacknowledged
  return traits
}
