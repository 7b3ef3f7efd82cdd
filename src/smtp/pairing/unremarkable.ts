// The fast path: groups in which no rule can find anything, told from the units alone, so that no record is made of
// them. Nearly all groups of nearly all captures are plain. Whatever is not certainly plain goes the long way.
import { WITHHELD_SILENCE_NS } from '../../limits.ts'
import type { Verb } from '../parse/commands.ts'
import type { PendingCommand } from '../pending-command.ts'
import type { Reply } from '../records.ts'
import type { ReusableArray } from '../reusable-array.ts'
import type { Transaction } from './transaction.ts'

/** What may be sent blind behind what: RFC 2920 section 3.1, "anywhere in a pipelined command group". */
const MAY_BE_FOLLOWED: ReadonlySet<Verb> = new Set<Verb>(['MAIL', 'RCPT', 'RSET', 'CONTENT'])

/** What ends a mail transaction when it succeeds, as it does in a plain group. */
const CLOSES_TRANSACTION: ReadonlySet<Verb> = new Set<Verb>(['CONTENT', 'RSET', 'EHLO', 'HELO'])

/** Whether the client may not have held the reply to `last` when it sent `unit`. */
export function mayBeBlind(last: PendingCommand, unit: PendingCommand): boolean {
  const reply = last.replies[last.replies.length - 1]
  return reply === undefined || unit.seenAtStart < reply.at.end
}

/** What is told once a session; null while it was not. */
interface Shown {
  readonly unbatched: object | null
  readonly ambiguous: object | null
}

/**
 * Whether a group that counting has paired completely is plain. `offered`, `before`: as things stand at its beginning;
 * `shown`: what the session has shown already and need not show again.
 */
export function isUnremarkable(
  units: ReusableArray<PendingCommand>,
  offered: boolean | null,
  before: Transaction,
  shown: Shown,
): boolean {
  let accepted = before.recipients
  let open = before.open
  for (let u = 0; u < units.length; u++) {
    const unit = units.at(u)
    const reply = unit.replies[0]
    if (reply === undefined || unit.replies.length > 1 || unit.owed !== 1 || !unit.complete || !unit.trusted)
      return false
    if (!isPlainReply(unit, reply) || unit.bare !== null) return false
    // Nobody knows what it acknowledged, so nobody knows whether it was sent blind.
    if (unit.seenAtStart < 0 || unit.seenAtEnd < 0) return false
    if (reply.at.timeNs - unit.timeNs >= WITHHELD_SILENCE_NS) return false
    if (unit.verb === 'MAIL') {
      if (open === true || before.greeted === false) return false
      if (reply.code < 300) accepted = 0
      if (reply.code < 300) open = true
    } else if (CLOSES_TRANSACTION.has(unit.verb)) open = false
    if (unit.verb === 'RCPT' && reply.code < 300 && accepted !== null) accepted++
    if (unit.verb === 'DATA' && !((accepted ?? 0) > 0)) return false
    if (unit.verb === 'CONTENT' && accepted === 0) return false
    if (u === 0) continue
    const last = units.at(u - 1)
    if (mayBeBlind(last, unit)) {
      if (!(offered === true && MAY_BE_FOLLOWED.has(last.verb))) return false
      const front = last.replies[0] as Reply
      const apart = front.at.firstFrame !== reply.at.firstFrame && front.seenAtStart >= unit.end
      if (apart && shown.unbatched === null) return false
      if (shown.ambiguous === null && last.verb !== unit.verb && mayBeAmbiguous(front, reply)) return false
    }
    if (speaksOfAnother(unit, reply) || speaksOfAnother(last, last.replies[0] as Reply)) return false
  }
  return true
}

/** Whether two replies may be the same to the letter. */
function mayBeAmbiguous(a: Reply, b: Reply): boolean {
  return a.status === 0 && b.status === 0 && a.code === b.code && a.at.end - a.at.start === b.at.end - b.at.start
}

function isPlainReply(unit: PendingCommand, reply: Reply): boolean {
  if (!reply.wellFormed || reply.seenAtStart < unit.end) return false
  switch (unit.verb) {
    case 'MAIL':
    case 'RCPT':
      // A refusal of these kinds can be one of pipelining as such.
      return reply.code !== 421 && reply.code !== 500 && reply.code !== 503 && reply.code !== 554
    case 'DATA':
      return reply.code === 354
    case 'CONTENT':
    case 'RSET':
    case 'NOOP':
    case 'EHLO':
    case 'HELO':
      return reply.code === 250
    case 'QUIT':
      return reply.code === 221
    default:
      return false
  }
}

/** Whether a reply may name another unit's command: an address, or the enhanced code of the other of MAIL and RCPT. */
export function speaksOfAnother(unit: PendingCommand, reply: Reply): boolean {
  if (unit.verb === 'MAIL') return reply.addressed || reply.status === 2_001_005
  if (unit.verb === 'RCPT') return reply.addressed || reply.status === 2_001_000
  return reply.status === 2_001_000 || reply.status === 2_001_005
}
