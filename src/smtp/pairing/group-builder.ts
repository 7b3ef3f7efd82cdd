// Turns each settled group into records, in the order of the client, and keeps what the session knows beyond its open
// group: what the server offered, which transaction is open. It also decides whether a command broke a rule of
// pipelining, which excuses a server that closes or drops in reply, as Postfix, Exim, Sendmail and OpenSMTPD do on
// purpose.
import type { Clock } from '../../tcp/clock-errors.ts'
import type { GroupStart } from '../ordinary/group-start.ts'
import { reparse } from '../ordinary/reparse.ts'
import { GREETS, MUST_END_GROUP, OPENS_TRANSACTION, type Verb } from '../parse/commands.ts'
import { argumentIn, type PendingCommand } from '../pending-command.ts'
import type { ClientFault, Command, Exchange, Group, RefusedLine, Reply } from '../records.ts'
import type { ReusableArray } from '../reusable-array.ts'
import { EhloCapabilities } from '../session/ehlo-capabilities.ts'
import { givingUp, hasHeard, type PathDelay } from '../session/waiting.ts'
import { withholdingIn } from './delayed-replies.ts'
import type { SettledGroup } from './pairing-result.ts'
import { isLastChunk, succeeded, Transaction } from './transaction.ts'
import { mayBeBlind } from './unremarkable.ts'

/** The gravest that the units of a group give. */
function clientFaultOf(exchanges: readonly Exchange[]): ClientFault {
  if (exchanges.some(provokes)) return 'offence'
  return exchanges.some(({ blind }) => blind?.after.verb === 'OTHER') ? 'unknown-verb' : 'none'
}

function provokes({ blind, offered, command, refusedData }: Exchange): boolean {
  // Who ends lines by CRLF alone (RFC 5321 section 2.3.8) reads this line and the next as one, and replies once.
  if (command.kind === 'command' && command.bare?.octet === 'LF') return true
  // A message behind a DATA that drew no 354 (RFC 5321 section 3.3): the server may have read it as one all the same.
  if (refusedData !== null && refusedData.readsLike !== 'text') return true
  if (blind === null) return false
  if (command.kind === 'content') return blind.after.verb === 'DATA'
  if (command.kind === 'auth-response') return true
  return offered === false || MUST_END_GROUP.has(blind.after.verb)
}

/** Lines of a message that tell nothing. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(['', '.'])
const HEADER_FIELD = /^[!-9;-~]+:(?: |$)/

const COUNTS_RECIPIENTS: ReadonlySet<Verb> = new Set<Verb>(['DATA', 'BDAT', 'CONTENT'])

/** How a unit was sent, relative to the one in front. */
type Manner = Pick<Exchange, 'blind' | 'gaveUp'>
const WAITED: Manner = { blind: null, gaveUp: false }
const GAVE_UP: Manner = { blind: null, gaveUp: true }

export class GroupBuilder {
  readonly offer: EhloCapabilities
  readonly transaction: Transaction
  used = false
  groups = 0
  /** Replies that units earned, and complete replies, in all settled groups and the greeting. */
  private earned = 1
  private received = 1
  /** The latest group, as far as it is judged, broke a rule of pipelining. */
  private provoked: ClientFault = 'none'

  private readonly clock: Clock
  private readonly path: PathDelay

  constructor(startSeen: boolean, clock: Clock, path: PathDelay) {
    this.path = path
    this.clock = clock
    this.offer = new EhloCapabilities(startSeen)
    this.transaction = new Transaction(startSeen)
  }

  /** Goes on from where an ordinary session stands. */
  resume({ hello, open, recipients, messages, groups, used, replies }: GroupStart): void {
    const { offer, transaction } = this
    if (hello !== null) {
      const { verb, line, heard } = hello
      const reply = heard === null ? null : reparse(heard, 1)
      offer.greeted({ verb, argument: argumentIn(line.line) }, reply === null ? [] : [reply])
      transaction.greeted = true
    }
    transaction.open = open
    transaction.recipients = recipients
    transaction.messages = messages
    this.used = used
    this.groups = groups
    this.earned = replies
    this.received = replies
  }

  /** Bytes were lost: an EHLO or a transaction may be among them. */
  loseTrack(): void {
    this.transaction.loseTrack()
    this.offer.loseTrack()
  }

  /** Whether more replies came than were earned: a client may have taken one of them for another's. */
  get hasSurplus(): boolean {
    return this.received > this.earned
  }

  /** TLS has begun: what was known is void (RFC 3207 section 4.2). */
  startOver(): void {
    this.offer.startOver('STARTTLS')
    this.transaction.startOver()
  }

  /** Recipients of the open transaction that are accepted so far, the open group included. */
  accepted(open: ReusableArray<PendingCommand>): number {
    let count = this.transaction.recipients ?? 0
    for (let i = 0; i < open.length; i++) {
      const unit = open.at(i)
      if (!succeeded(unit.replies)) continue
      if (OPENS_TRANSACTION.has(unit.verb)) count = 0
      if (unit.verb === 'RCPT') count++
    }
    return count
  }

  /** RFC 2033 section 4.2: one for each accepted recipient. */
  repliesToContent(open: ReusableArray<PendingCommand>): number {
    return this.isLmtp(open) ? Math.max(1, this.accepted(open)) : 1
  }

  /** RFC 2033 section 4.3: the last chunk earns what content earns, none without recipients. */
  repliesToChunk(unit: PendingCommand, open: ReusableArray<PendingCommand>): number {
    return isLastChunk(unit) && this.chunksEarnPerRecipient(open) ? this.accepted(open) : 1
  }

  /** Whether nobody knows how many replies it earns: recipients of LMTP may have been accepted where bytes are missing. */
  earnsUnknown(unit: PendingCommand, open: ReusableArray<PendingCommand>): boolean {
    const isMessage = unit.verb === 'CONTENT' || (unit.verb === 'BDAT' && isLastChunk(unit))
    if (!isMessage || this.transaction.recipients !== null || !this.isLmtp(open)) return false
    for (let i = 0; i < open.length; i++) {
      if (OPENS_TRANSACTION.has(open.at(i).verb) && succeeded(open.at(i).replies)) return false
    }
    return true
  }

  /** An accepted recipient in front of it earns a last chunk that is already here one more reply. */
  recountChunks(open: ReusableArray<PendingCommand>): void {
    if (!this.chunksEarnPerRecipient(open)) return
    let accepted = this.transaction.recipients ?? 0
    for (let i = 0; i < open.length; i++) {
      const unit = open.at(i)
      if (unit.verb === 'BDAT' && isLastChunk(unit)) unit.owed = accepted
      if (OPENS_TRANSACTION.has(unit.verb) && succeeded(unit.replies)) accepted = 0
      if (unit.verb === 'RCPT' && succeeded(unit.replies)) accepted++
    }
  }

  /** Not from a server that is known to offer no CHUNKING: it refuses BDAT like any verb that it does not know. */
  private chunksEarnPerRecipient(open: ReusableArray<PendingCommand>): boolean {
    if (open.length > 0 && open.at(0).verb === 'LHLO') return true
    return this.isLmtp(open) && this.offer.keywords?.has('CHUNKING') !== false
  }

  private isLmtp(open: ReusableArray<PendingCommand>): boolean {
    return this.offer.protocol === 'lmtp' || (open.length > 0 && open.at(0).verb === 'LHLO')
  }

  /** Follows a plain group without making records of it. */
  plain(units: ReusableArray<PendingCommand>): void {
    for (let u = 0; u < units.length; u++) {
      const unit = units.at(u)
      this.transaction.follow(unit, unit.replies, true)
      if (GREETS.has(unit.verb)) this.offer.greeted(unit, unit.replies)
      if (u > 0 && unit.kind === 'command' && mayBeBlind(units.at(u - 1), unit)) this.used = true
    }
    this.earned += units.length
    this.received += units.length
    this.groups++
  }

  /** `serverEnd`: what the client sends when it has acknowledged so much of the server's stream comes behind its end. */
  group(settled: SettledGroup, serverEnd: number): Group {
    const { units, replies, assignment, countable } = settled
    const exchanges = this.exchanges(settled, serverEnd)
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
      provoked: this.clientFault(exchanges, settled.before !== null),
      withholding: countable ? withholdingIn(exchanges, assignment.surplus, this.clock, this.path) : null,
    }
  }

  /** An offence excuses its group. Of a group that was too long, the parts are judged one by one: it excuses the later ones. */
  private clientFault(exchanges: readonly Exchange[], goesOn: boolean): ClientFault {
    const here = clientFaultOf(exchanges)
    if (!goesOn || here === 'offence' || this.provoked === 'none') this.provoked = here
    return this.provoked
  }

  private exchanges(settled: SettledGroup, serverEnd: number): Exchange[] {
    const { offer, transaction } = this
    const { units, assignment, countable } = settled
    const commands = units.map((unit) => unit.freeze())
    const exchanges: Exchange[] = []
    /** A command that greets, until the client is seen to hold its reply. */
    let greeting: { command: Command; given: readonly Reply[] } | null = null
    /** A chunk, while nothing but lines that may belong to it has come behind it. */
    let chunk: Command | null = null
    for (const [u, unit] of units.entries()) {
      const behindRefusal = unit.verb === 'OTHER' || unit.verb === 'EMPTY' ? transaction.refusedData : null
      const chunkBefore = chunk !== null && this.runsOn(settled, u) ? chunk : null
      if (behindRefusal !== null || chunkBefore !== null) commands[u] = withoutText(commands[u] as Command)
      const command = commands[u] as Command
      const given = assignment.given[u] ?? []
      if (unit.seenAtStart >= serverEnd) {
        exchanges.push(behindTheEnd(command, given))
        continue
      }
      if (greeting !== null && hasSeen(command, greeting.given)) {
        offer.greeted(greeting.command, greeting.given)
        greeting = null
      }
      const known = countable && assignment.sure[u] === true
      const { verb } = unit
      exchanges.push({
        command,
        replies: given,
        owed: unit.owed,
        behindEnd: false,
        ...(chunkBefore === null ? this.manner(settled, u, commands) : WAITED),
        chunkBefore,
        sure: known,
        // A line that may be one of a message is no command that an offer could be missing for.
        keywords: greeting === null && unit.trusted ? offer.keywords : null,
        offered: !unit.trusted ? null : greeting === null ? offer.pipelining : false,
        offeredWhy: greeting === null ? offer.why : `${greeting.command.verb} not answered yet`,
        recipients: COUNTS_RECIPIENTS.has(verb) ? transaction.recipients : null,
        transaction: transaction.open,
        greeted: transaction.greeted,
        refusedData: behindRefusal === null ? null : { ...behindRefusal, readsLike: readsLike(unit.text) },
        chunked: verb === 'DATA' && transaction.chunked,
        failedChunk: verb === 'BDAT' ? transaction.failedChunk : null,
        chunkAsLines: transaction.chunkAsLines,
      })
      if (GREETS.has(verb)) greeting = { command, given }
      if (chunkBefore === null) chunk = verb === 'BDAT' && unit.complete && unit.missing === 0 ? command : null
      transaction.follow(unit, given, known)
      if (verb === 'BDAT' && given.some(({ code }) => code >= 400) && offer.keywords?.has('CHUNKING') !== true)
        transaction.chunkAsLines = true
      if (verb === 'XCLIENT' && given[0]?.code === 220) offer.startOver('XCLIENT')
      if (exchanges[u]?.blind && unit.kind === 'command') this.used = true
    }
    if (greeting !== null) offer.greeted(greeting.command, greeting.given)
    return exchanges
  }

  /** Whether a line that is no command directly follows the unit in front, sent before the reply to that was there. */
  private runsOn({ units, assignment }: SettledGroup, u: number): boolean {
    const unit = units[u] as PendingCommand
    const last = units[u - 1]
    const reply = assignment.given[u - 1]?.[0]
    if (last === undefined || (unit.verb !== 'OTHER' && unit.verb !== 'EMPTY') || unit.start !== last.end) return false
    return reply === undefined || !hasHeard(unit, reply)
  }

  /** Whether the client had given up waiting when it sent unit `u`, and if not, the proof, if there is one, that it did not wait. */
  private manner(settled: SettledGroup, u: number, commands: readonly Command[]): Manner {
    const { units, assignment, before } = settled
    const unit = units[u] as PendingCommand
    const last = u > 0 ? (units[u - 1] as PendingCommand) : (before?.unit ?? null)
    if (last === null) return WAITED
    const replies = u > 0 ? (assignment.given[u - 1] ?? []) : (before?.replies ?? [])
    const lastReply = replies.length >= last.owed ? replies[replies.length - 1] : undefined
    // A reply that came too early, but came, was there to be read.
    if (lastReply !== undefined && hasHeard(unit, lastReply)) return WAITED
    const left = givingUp(unit, last, this.clock)
    if (left === 'yes') return GAVE_UP
    if (last.owed === 0 || !unit.trusted || !last.trusted) return WAITED
    if (unit.seenAtStart < 0 || last.seenAtEnd < 0) return WAITED
    const certain = u === 0 || (settled.countable && assignment.sure[u - 1] === true)
    // Where bytes of the server are missing, its reply may have come before the last octet of the unit in front.
    const held = !settled.countable && last.seenAtEnd > last.seenAtStart
    const sameAck = unit.seenAtStart === last.seenAtEnd && !held
    const beforeReply = certain && lastReply !== undefined
    if (!(sameAck || beforeReply) || this.heldSurplus(settled, u, last)) return WAITED
    const after = u > 0 ? (commands[u - 1] as Command) : last.freeze()
    const partOf = beforeReply && unit.seenAtStart > lastReply.at.start ? lastReply : null
    const proof = sameAck ? 'same-ack' : 'before-reply'
    return { blind: { proof, after, partOf, sure: left === 'no' }, gaveUp: false }
  }

  /** Whether the client, when it sent `last`, already held more replies than the units in front of it had earned. */
  private heldSurplus(settled: SettledGroup, u: number, last: PendingCommand): boolean {
    const { assignment, countable } = settled
    // Where bytes are missing, no reply shows that the client has used up the surplus.
    if (!countable) return this.hasSurplus
    if (assignment.surplus.length === 0 && !this.hasSurplus) return false
    let earned = this.earned
    for (let i = 0; i < u - 1; i++) earned += settled.units[i]?.owed ?? 0
    let held = this.received
    for (const reply of settled.replies) if (reply.at.end <= last.seenAtEnd) held++
    return held > earned
  }
}

/** What is said to a server that has ended the session earns nothing, and proves nothing about who says it. */
function behindTheEnd(command: Command, replies: readonly Reply[]): Exchange {
  return {
    command,
    replies,
    owed: 0,
    behindEnd: true,
    chunkBefore: null,
    blind: null,
    sure: false,
    keywords: null,
    offered: null,
    offeredWhy: '',
    recipients: null,
    transaction: null,
    gaveUp: false,
    greeted: null,
    refusedData: null,
    chunked: false,
    failedChunk: null,
    chunkAsLines: false,
  }
}

/** Whether the client held the whole reply when it sent the command. */
function hasSeen(command: Command, replies: readonly Reply[]): boolean {
  const reply = replies[0]
  return reply !== undefined && (command.seenAtStart < 0 || command.seenAtStart >= reply.at.end)
}

/** Message content is not shown, not even where it was no content to the server. */
function withoutText(command: Command): Command {
  return SAYS_NOTHING.has(command.text) ? command : { ...command, text: '[hidden]', argument: '', hidden: true }
}

function readsLike(text: string): RefusedLine['readsLike'] {
  if (text === '.') return 'dot'
  return HEADER_FIELD.test(text) ? 'header-field' : 'text'
}
