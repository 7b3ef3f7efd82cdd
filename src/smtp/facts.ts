// What a session knows beyond its open group: what the server offered, which transaction is open, who is who. Walks
// every settled group once, in the order of the client, and turns it into records.
import { GIVE_UP_NS } from '../limits.ts'
import { GREETS, OPENS_TRANSACTION, type Verb } from './commands.ts'
import type { SettledGroup } from './ledger.ts'
import { mayBeBlind } from './plain.ts'
import type { Blind, Command, Exchange, Group, Reply } from './records.ts'
import type { Row } from './row.ts'
import type { Unit } from './unit.ts'

const GIVES_UP: ReadonlySet<Verb> = new Set<Verb>(['QUIT', 'RSET', 'NOOP'])
const ENDS_DATA: ReadonlySet<Verb> = new Set<Verb>(['CONTENT', 'BDAT', 'BURL'])

const succeeded = (replies: readonly Reply[]): boolean => replies.some((reply) => reply.code >= 200 && reply.code < 300)

export class Facts {
  /** PIPELINING in the latest EHLO or LHLO reply; null when the capture began behind it. */
  offered: boolean | null
  offeredWhy: string
  /** The latest EHLO or LHLO reply listed PIPECONNECT, under one of its three names. */
  early = false
  used = false
  /** The frame of an EHLO reply in which a box in the path overwrote keywords; 0 while there was none. */
  maskedFrame = 0
  protocol: 'smtp' | 'esmtp' | 'lmtp' | 'unknown' = 'unknown'
  clientName: string | null = null
  messages = 0
  groups = 0
  /** Accepted recipients of the open transaction; null when not known. */
  recipients: number | null
  /** Replies that units earned, and complete replies, in all settled groups and the greeting. */
  private earned = 1
  private received = 1

  constructor(startSeen: boolean) {
    this.offered = startSeen ? false : null
    this.offeredWhy = 'no EHLO'
    this.recipients = startSeen ? 0 : null
  }

  /** Bytes were lost: an EHLO or a transaction may be among them. */
  loseTrack(): void {
    this.recipients = null
    if (this.offered === false) this.offered = null
  }

  /** Recipients of the open transaction that are accepted so far, the open group included. */
  accepted(open: Row<Unit>): number {
    let count = this.recipients ?? 0
    for (let i = 0; i < open.length; i++) {
      const unit = open.at(i)
      if (!succeeded(unit.replies)) continue
      if (OPENS_TRANSACTION.has(unit.verb)) count = 0
      if (unit.verb === 'RCPT') count++
    }
    return count
  }

  /** RFC 2033 section 4.2: one for each accepted recipient. */
  repliesToContent(open: Row<Unit>): number {
    return this.isLmtp(open) ? Math.max(1, this.accepted(open)) : 1
  }

  /** RFC 2033 section 4.3: the last chunk earns what content earns, none without recipients. */
  repliesToChunk(unit: Unit, open: Row<Unit>): number {
    return isLastChunk(unit) && this.isLmtp(open) ? this.accepted(open) : 1
  }

  private isLmtp(open: Row<Unit>): boolean {
    return this.protocol === 'lmtp' || (open.length > 0 && open.at(0).verb === 'LHLO')
  }

  /** Follows a plain group without making records of it. */
  plain(units: Row<Unit>): void {
    for (let u = 0; u < units.length; u++) {
      const unit = units.at(u)
      if (GREETS.has(unit.verb)) this.greeted(unit, unit.replies)
      this.follow(unit, unit.replies, true)
      if (u > 0 && unit.kind === 'command' && mayBeBlind(units.at(u - 1), unit)) this.used = true
    }
    this.earned += units.length
    this.received += units.length
    this.groups++
  }

  group(settled: SettledGroup): Group {
    const { units, replies, assignment, countable } = settled
    const commands = units.map((unit) => unit.freeze())
    const exchanges: Exchange[] = []
    let waitingGreeting: { command: Command; given: readonly Reply[] } | null = null
    for (const [u, unit] of units.entries()) {
      const command = commands[u] as Command
      const given = assignment.given[u] ?? []
      if (waitingGreeting !== null && hasSeen(command, waitingGreeting.given)) {
        this.greeted(waitingGreeting.command, waitingGreeting.given)
        waitingGreeting = null
      }
      const known = countable && assignment.sure[u] === true
      exchanges.push({
        command,
        replies: given,
        owed: unit.owed,
        blind: this.blindness(settled, u, commands),
        sure: known,
        offered: waitingGreeting === null ? this.offered : false,
        offeredWhy: waitingGreeting === null ? this.offeredWhy : `${waitingGreeting.command.verb} not answered yet`,
        recipients: unit.verb === 'DATA' || unit.verb === 'BDAT' ? this.recipients : null,
      })
      if (GREETS.has(unit.verb)) waitingGreeting = { command, given }
      this.follow(unit, given, known)
      if (exchanges[u]?.blind && unit.kind === 'command') this.used = true
    }
    if (waitingGreeting !== null) this.greeted(waitingGreeting.command, waitingGreeting.given)
    if (!countable) this.loseTrack()
    this.earned += units.reduce((sum, unit) => sum + (unit.complete ? unit.owed : 0), 0)
    this.received += replies.length
    if (units.length > 0 && settled.before === null) this.groups++
    const pick = (indices: readonly number[]) => indices.map((u) => exchanges[u] as Exchange)
    return {
      index: Math.max(1, this.groups),
      exchanges,
      surplus: assignment.surplus,
      replies,
      reading: {
        by: assignment.by,
        countable,
        overtaker: exchanges[assignment.overtaker] ?? null,
        overtaken: pick(assignment.overtaken),
        overtakenAtLeast: assignment.overtakenAtLeast,
        hard: assignment.hard,
        permuted: pick(assignment.permuted),
      },
    }
  }

  /** The proof, if there is one, that unit `u` was sent before the reply to the one in front had arrived. */
  private blindness(settled: SettledGroup, u: number, commands: readonly Command[]): Blind | null {
    const { units, assignment, before } = settled
    const unit = units[u] as Unit
    const last = u > 0 ? (units[u - 1] as Unit) : (before?.unit ?? null)
    if (last === null || last.owed === 0 || !unit.trusted || !last.trusted) return null
    if (unit.seenAtStart < 0 || last.seenAtEnd < 0) return null
    const replies = u > 0 ? (assignment.given[u - 1] ?? []) : (before?.replies ?? [])
    const certain = u === 0 || (settled.countable && assignment.sure[u - 1] === true)
    const lastReply = replies.length >= last.owed ? replies[replies.length - 1] : undefined
    const answeredLater = lastReply === undefined || lastReply.at.timeNs > unit.sentNs
    if (GIVES_UP.has(unit.verb) && answeredLater && unit.sentNs - last.timeNs >= GIVE_UP_NS) return null
    const sameAck = unit.seenAtStart === last.seenAtEnd
    const beforeReply = certain && lastReply !== undefined && unit.seenAtStart < lastReply.at.end
    if (!(sameAck || beforeReply) || this.heldSurplus(settled, u, last)) return null
    return {
      proof: sameAck ? 'same-ack' : 'before-reply',
      after: u > 0 ? (commands[u - 1] as Command) : last.freeze(),
    }
  }

  /** Whether the client, when it sent `last`, already held more replies than the units in front of it had earned. */
  private heldSurplus(settled: SettledGroup, u: number, last: Unit): boolean {
    const { assignment, countable } = settled
    if (!countable || (assignment.surplus.length === 0 && this.received <= this.earned)) return false
    let earned = this.earned
    for (let i = 0; i < u - 1; i++) earned += settled.units[i]?.owed ?? 0
    let held = this.received
    for (const reply of settled.replies) if (reply.at.end <= last.seenAtEnd) held++
    return held > earned
  }

  private greeted(command: Pick<Command, 'verb' | 'argument'>, replies: readonly Reply[]): void {
    const reply = replies[0]
    if (reply === undefined || reply.code < 200 || reply.code >= 300) return
    const { verb } = command
    this.clientName = command.argument.split(' ')[0] || null
    this.protocol = verb === 'LHLO' ? 'lmtp' : verb === 'EHLO' ? 'esmtp' : 'smtp'
    // A keyword on the first line is not where it belongs; the client may believe it all the same.
    const keywords = reply.lines.map((line) => {
      const blank = line.indexOf(' ', 4)
      return (blank < 0 ? line.slice(4) : line.slice(4, blank)).toUpperCase()
    })
    this.early = keywords.some((keyword) => /^(?:X_)?PIPE_?CONNECT$/.test(keyword))
    this.offered = verb !== 'HELO' && keywords.includes('PIPELINING')
    this.offeredWhy = this.offered ? '' : verb === 'HELO' ? 'HELO' : `not in the reply to ${verb}`
    // A firewall may have overwritten the keyword in place (ten letters): then nobody knows what the server offered.
    if (this.offered || !keywords.some((keyword) => /^X{9}[X-Z]?[A-Z]?$/.test(keyword))) return
    this.maskedFrame = reply.at.firstFrame
    this.offered = null
  }

  /** Follows the transaction: RFC 5321 sections 3.3 and 4.1.4. */
  private follow(unit: Unit, replies: readonly Reply[], known: boolean): void {
    const { verb } = unit
    if (OPENS_TRANSACTION.has(verb)) {
      if (!known) this.recipients = null
      else if (succeeded(replies)) this.recipients = 0
    } else if (verb === 'RCPT') {
      if (!known || replies.length === 0) this.recipients = null
      else if (succeeded(replies) && this.recipients !== null) this.recipients++
    } else if (verb === 'XCLIENT' && replies[0]?.code === 220) {
      this.offered = false
      this.offeredWhy = 'no EHLO since XCLIENT'
    } else if (verb === 'RSET' || GREETS.has(verb)) {
      this.recipients = known && succeeded(replies) ? 0 : null
    } else if (ENDS_DATA.has(verb) && unit.complete && replies.length > 0) {
      const last = verb !== 'BDAT' || isLastChunk(unit)
      if (last && succeeded(replies)) this.messages++
      if (last) this.recipients = known ? 0 : null
    }
  }
}

function isLastChunk(unit: Unit): boolean {
  return /\bLAST\s*$/i.test(unit.argument)
}

/** Whether the client held the whole reply when it sent the command. */
function hasSeen(command: Command, replies: readonly Reply[]): boolean {
  const reply = replies[0]
  return reply !== undefined && (command.seenAtStart < 0 || command.seenAtStart >= reply.at.end)
}
