// Recognises unremarkable groups: those in which no rule can find anything. No records are created for them. Nearly all
// groups of a capture are unremarkable. In doubt, a group is remarkable.
import { WITHHELD_SILENCE_NS } from '../../limits.ts'
import { MAY_BE_FOLLOWED } from '../parse/commands.ts'
import { type PendingCommand, sentBeforeReceipt } from '../pending-command.ts'
import type { Reply } from '../records.ts'
import type { ReusableArray } from '../reusable-array.ts'
import type { Transaction } from './transaction.ts'

/** Whether the client may not have received the reply to `last` when it sent `unit`. */
export function mayBeBlind(last: PendingCommand, unit: PendingCommand): boolean {
  const reply = last.replies[last.replies.length - 1]
  return reply === undefined || sentBeforeReceipt(unit, reply)
}

/** What is reported only once in a session; null until then. */
export interface Shown {
  readonly unbatched: object | null
  readonly ambiguous: object | null
}

/**
 * Whether a group that counting has paired completely is unremarkable. `offered`, `transaction`: the state at its
 * beginning; the transaction then has the state behind the group. `shown`: what the session has reported already.
 */
export function isUnremarkable(
  units: ReusableArray<PendingCommand>,
  offered: boolean | null,
  transaction: Transaction,
  shown: Shown,
): boolean {
  for (let u = 0; u < units.length; u++) {
    const unit = units.at(u)
    const reply = unit.replies[0]
    if (reply === undefined || unit.replies.length > 1 || unit.owed !== 1 || !unit.complete || !unit.trusted)
      return false
    if (!isPlainReply(unit, reply) || unit.bare !== null || unit.extraLines > 0) return false
    // Without an acknowledgement number it is unknown whether the unit was sent blind.
    if (unit.seenAtStart < 0 || unit.seenAtEnd < 0) return false
    if (reply.at.timeNs - unit.timeNs >= WITHHELD_SILENCE_NS) return false
    const { open, greeted, recipients } = transaction
    if (unit.verb === 'MAIL' && (open === true || greeted === false)) return false
    if (unit.verb === 'DATA' && !((recipients ?? 0) > 0)) return false
    if (unit.verb === 'CONTENT' && recipients === 0) return false
    transaction.follow(unit, unit.replies, true)
    if (u === 0) continue
    const last = units.at(u - 1)
    if (mayBeBlind(last, unit)) {
      if (!(offered === true && MAY_BE_FOLLOWED.has(last.verb))) return false
      const front = last.replies[0] as Reply
      const apart = front.at.firstFrame !== reply.at.firstFrame && front.seenAtStart >= unit.end
      if (apart && shown.unbatched === null) return false
      if (shown.ambiguous === null && last.verb !== unit.verb && mayBeAmbiguous(front, reply)) return false
    }
    if (mayNameAnotherUnit(unit, reply) || mayNameAnotherUnit(last, last.replies[0] as Reply)) return false
  }
  return true
}

/** Whether two replies may be identical, judging by their length. */
function mayBeAmbiguous(a: Reply, b: Reply): boolean {
  return a.status === 0 && b.status === 0 && a.code === b.code && a.at.end - a.at.start === b.at.end - b.at.start
}

function isPlainReply(unit: PendingCommand, reply: Reply): boolean {
  if (!reply.wellFormed || reply.seenAtStart < unit.end) return false
  switch (unit.verb) {
    case 'MAIL':
    case 'RCPT':
      // A refusal with one of these codes may be a refusal of pipelining.
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

/**
 * Whether the reply may name another unit's command: by an address, or by the enhanced code of the other one of MAIL
 * and RCPT.
 */
export function mayNameAnotherUnit(unit: PendingCommand, reply: Reply): boolean {
  if (unit.verb === 'MAIL') return reply.addressed || reply.status === 2_001_005
  if (unit.verb === 'RCPT') return reply.addressed || reply.status === 2_001_000
  return reply.status === 2_001_000 || reply.status === 2_001_005
}
