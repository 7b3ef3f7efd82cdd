// Converts settled groups into records, in the order of the client's commands, and keeps the state of the session
// beyond the open group: the server's capabilities and the mail transaction. Also decides whether the client broke a
// pipelining rule. That excuses a server that then closes or discards input, as Postfix, Exim, Sendmail and OpenSMTPD
// do deliberately.
import type { Clock } from '../../tcp/clock-errors.ts'
import { GREETS, MUST_END_GROUP, OPENS_TRANSACTION, type Verb } from '../parse/commands.ts'
import { reparse } from '../parse/reparse.ts'
import { type PendingCommand, sentBeforeReceipt } from '../pending-command.ts'
import type { ClientFault, Command, Exchange, Group, RefusedLine, Reply } from '../records.ts'
import type { ReusableArray } from '../reusable-array.ts'
import { EhloCapabilities } from '../session/ehlo-capabilities.ts'
import type { Past } from '../session/past.ts'
import { givingUp, hadReceived, type PathDelay } from '../session/waiting.ts'
import { mayBeJoined, repliesJoined, repliesToParts } from './bare-line-ends.ts'
import { withholdingIn } from './delayed-replies.ts'
import { type Assignment, isShort, NO_OVERTAKING, type SettledGroup } from './pairing-result.ts'
import { acceptedAfter, isLastChunk, isOpenAfter, succeeded, Transaction } from './transaction.ts'
import { isUnremarkable, mayBeBlind, type Shown } from './unremarkable.ts'

/** LHLO at the start of the group was not refused, or not yet. */
function mayBecomeLmtp(open: ReusableArray<PendingCommand>): boolean {
  if (open.length === 0) return false
  const { verb, replies } = open.at(0)
  return verb === 'LHLO' && (replies.length === 0 || succeeded(replies))
}

/** The gravest fault of the client in the group. */
function clientFaultOf(exchanges: readonly Exchange[]): ClientFault {
  let fault: ClientFault = 'none'
  for (const exchange of exchanges) {
    if (provokes(exchange)) return 'offence'
    if (exchange.blind?.after.verb === 'OTHER') fault = 'unknown-verb'
    else if (exchange.command.endsInLf && fault === 'none') fault = 'bare-newline'
  }
  return fault
}

function provokes({ blind, offered, command, refusedData }: Exchange): boolean {
  // The client sent a message although DATA was not answered 354 (RFC 5321 section 3.3). The server may have read it as
  // a message anyway.
  if (refusedData !== null && refusedData.readsLike !== 'text') return true
  if (blind === null) return false
  if (command.kind === 'content') return blind.after.verb === 'DATA'
  if (command.kind === 'auth-response') return true
  return offered === false || MUST_END_GROUP.has(blind.after.verb)
}

/** Lines of a message that reveal nothing, so that they may be shown. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(['', '.'])
const HEADER_FIELD = /^[!-9;-~]+:(?: |$)/

const COUNTS_RECIPIENTS: ReadonlySet<Verb> = new Set<Verb>(['DATA', 'BDAT', 'CONTENT'])

/** How a unit was sent relative to the preceding one. */
type Manner = Pick<Exchange, 'blind' | 'gaveUp'>
const WAITED: Manner = { blind: null, gaveUp: false }
const GAVE_UP: Manner = { blind: null, gaveUp: true }

export class GroupBuilder {
  readonly offer: EhloCapabilities
  readonly transaction: Transaction
  /** Follows a group of which it is unknown whether it is unremarkable. */
  private readonly tried = new Transaction(false)
  used = false
  groups = 0
  /** Number of replies owed for units, and of complete replies, in all settled groups and the greeting. */
  private earned = 1
  private received = 1
  /** The client's fault in the latest group, including its parts judged so far. */
  private provoked: ClientFault = 'none'

  /** Parts of lines in the last group that the server may still answer as lines of their own. */
  private partsUnanswered = 0

  private readonly clock: Clock
  private readonly path: PathDelay

  constructor(startSeen: boolean, clock: Clock, path: PathDelay) {
    this.path = path
    this.clock = clock
    this.offer = new EhloCapabilities(startSeen)
    this.transaction = new Transaction(startSeen)
  }

  /** Continues a session that was read elsewhere so far. */
  resume({ hello, open, recipients, messages, groups, used, replies }: Past): void {
    const { offer, transaction } = this
    if (hello !== null) {
      const reply = reparse(hello.reply, 1)
      offer.greeted(hello, reply === null ? [] : [reply])
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

  /** Bytes are missing: they may include an EHLO or a transaction. */
  loseTrack(): void {
    this.transaction.loseTrack()
    this.offer.loseTrack()
  }

  /**
   * Whether more replies came than were owed: the client may have taken one of them for the reply to another command.
   */
  get hasSurplus(): boolean {
    return this.received > this.earned
  }

  /** TLS has started: the client must forget what it knows (RFC 3207 section 4.2). */
  startOver(): void {
    this.offer.startOver('STARTTLS')
    this.transaction.startOver()
  }

  /** Number of recipients accepted so far in the open transaction, including the open group. */
  accepted(open: ReusableArray<PendingCommand>): number {
    let count = this.transaction.recipients ?? 0
    for (let i = 0; i < open.length; i++) count = acceptedAfter(open.at(i), count)
    return count
  }

  /** Number of replies owed for content. LMTP: one for each accepted recipient (RFC 2033 section 4.2). */
  repliesToContent(open: ReusableArray<PendingCommand>): number {
    return this.isLmtp(open) ? Math.max(1, this.accepted(open)) : 1
  }

  /**
   * Number of replies owed for a chunk. LMTP: the last chunk gets one for each accepted recipient (RFC 2033 section
   * 4.3), none without recipients.
   */
  repliesToChunk(unit: PendingCommand, open: ReusableArray<PendingCommand>): number {
    return isLastChunk(unit) && this.chunksEarnPerRecipient(open) ? this.accepted(open) : 1
  }

  /**
   * Whether the unit may earn one reply or none: LMTP, a message without recipients. One reply for each of them is
   * none (RFC 2033 section 4.2), and a server may still refuse the message.
   */
  earnsOneOrNone(unit: PendingCommand, open: ReusableArray<PendingCommand>): boolean {
    if (unit.verb !== 'CONTENT' || !this.isLmtp(open) || this.accepted(open) > 0) return false
    for (let i = 0; i < open.length; i++) if (open.at(i).replies.length === 0) return false
    return true
  }

  /**
   * Whether a last chunk stands outside a transaction of LMTP: without recipients it earns no reply (RFC 2033 section
   * 4.3), out of sequence it earns 503 (RFC 5321 section 4.1.4).
   */
  hasStrayChunk(open: ReusableArray<PendingCommand>): boolean {
    if (!this.chunksEarnPerRecipient(open)) return false
    let isOpen = this.transaction.open !== false
    for (let i = 0; i < open.length; i++) {
      const unit = open.at(i)
      if (!isOpen && unit.verb === 'BDAT' && isLastChunk(unit)) return true
      isOpen = isOpenAfter(unit, isOpen)
    }
    return false
  }

  /**
   * Whether the number of replies owed for the unit is unknown: LMTP, with recipients that may have been accepted in
   * missing bytes.
   */
  earnsUnknown(unit: PendingCommand, open: ReusableArray<PendingCommand>): boolean {
    const isMessage = unit.verb === 'CONTENT' || (unit.verb === 'BDAT' && isLastChunk(unit))
    if (!isMessage || this.transaction.recipients !== null || !this.isLmtp(open)) return false
    for (let i = 0; i < open.length; i++) {
      if (OPENS_TRANSACTION.has(open.at(i).verb) && succeeded(open.at(i).replies)) return false
    }
    return true
  }

  /** Recipients were accepted or forgotten: this changes what a last chunk that the client has already sent is owed. */
  recountChunks(open: ReusableArray<PendingCommand>): void {
    if (!this.chunksEarnPerRecipient(open)) return
    let accepted = this.transaction.recipients ?? 0
    for (let i = 0; i < open.length; i++) {
      const unit = open.at(i)
      if (unit.verb === 'BDAT' && isLastChunk(unit)) unit.owed = accepted
      accepted = acceptedAfter(unit, accepted)
    }
  }

  /** Not for a server known not to offer CHUNKING: it refuses BDAT like any unknown command. */
  private chunksEarnPerRecipient(open: ReusableArray<PendingCommand>): boolean {
    if (mayBecomeLmtp(open)) return true
    return this.isLmtp(open) && this.offer.keywords?.has('CHUNKING') !== false
  }

  private isLmtp(open: ReusableArray<PendingCommand>): boolean {
    return this.offer.protocol === 'lmtp' || mayBecomeLmtp(open)
  }

  /** Updates the state by the group without creating records, if it is unremarkable. */
  skipIfUnremarkable(units: ReusableArray<PendingCommand>, shown: Shown): boolean {
    const { offer, transaction, tried } = this
    tried.set(transaction)
    if (!isUnremarkable(units, offer.pipelining, tried, shown)) return false
    transaction.set(tried)
    for (let u = 0; u < units.length; u++) {
      const unit = units.at(u)
      if (GREETS.has(unit.verb)) offer.greeted(unit, unit.replies)
      if (u > 0 && unit.kind === 'command' && mayBeBlind(units.at(u - 1), unit)) this.used = true
    }
    this.earned += units.length
    this.received += units.length
    this.partsUnanswered = 0
    this.groups++
    return true
  }

  /**
   * `serverEnd`: units sent after the client had acknowledged that much of the server's stream come after the end of
   * the session.
   */
  group(settled: SettledGroup, serverEnd: number): Group {
    const { units, replies, assignment, countable } = settled
    const exchanges = this.exchanges(settled, serverEnd)
    if (!countable) this.loseTrack()
    for (const { complete, owed } of units) if (complete) this.earned += owed
    this.received += replies.length
    if (units.length > 0 && settled.before === null) this.groups++
    const { overtaken, overtakenAtLeast, overtaker } = this.withoutJoined(settled)
    return {
      index: Math.max(1, this.groups),
      exchanges,
      surplus: assignment.surplus,
      repliesToParts: this.repliesToParts(exchanges, assignment.surplus),
      replies,
      reading: {
        by: assignment.by,
        countable,
        overtaker: exchanges[overtaker] ?? null,
        overtaken: chosen(exchanges, overtaken),
        overtakenAtLeast,
        hard: assignment.hard,
        permuted: chosen(exchanges, assignment.permuted),
      },
      provoked: this.clientFault(exchanges, settled.before !== null),
      withholding: countable ? withholdingIn(exchanges, assignment.surplus, this.clock, this.path) : null,
    }
  }

  /** What was overtaken, without the missing replies that a server explains that accepts only CRLF as line end. */
  private withoutJoined({
    units,
    assignment,
  }: SettledGroup): Pick<Assignment, 'overtaker' | 'overtaken' | 'overtakenAtLeast'> {
    const { overtaker, overtaken, overtakenAtLeast, given, sure } = assignment
    if (overtaker < 0 || !units.some(({ endsInLf }) => endsInLf)) return assignment
    const answered = units.map(({ endsInLf, owed, optional }, u) => ({
      endsInLf,
      isAnswered: optional || (sure[u] === true && (given[u] ?? []).length >= owed),
    }))
    const joined = repliesJoined(answered, overtaker)
    return joined >= overtakenAtLeast
      ? NO_OVERTAKING
      : { overtaker, overtaken, overtakenAtLeast: overtakenAtLeast - joined }
  }

  /** The reply to a part of a line may come after the client has gone on, but not after its next group. */
  private repliesToParts(exchanges: readonly Exchange[], surplus: readonly Reply[]): number {
    const here = repliesToParts(exchanges)
    const sum = here + this.partsUnanswered
    this.partsUnanswered = Math.max(0, here - surplus.length)
    return sum
  }

  /**
   * The client's fault, which excuses the server in its group. A group that was too long is judged in parts: a fault
   * also excuses the later parts.
   */
  private clientFault(exchanges: readonly Exchange[], goesOn: boolean): ClientFault {
    const here = clientFaultOf(exchanges)
    if (!goesOn || here === 'offence' || this.provoked === 'none') this.provoked = here
    return this.provoked
  }

  private exchanges(settled: SettledGroup, serverEnd: number): Exchange[] {
    const { offer, transaction } = this
    const { units, assignment, countable } = settled
    const commands: Command[] = []
    for (const unit of units) commands.push(unit.freeze())
    const isMissing = isShort(assignment, units)
    // It is not known which reply is the extra one, and so neither which reply answers which unit.
    const isExact = assignment.surplus.length === 0
    const exchanges: Exchange[] = []
    /** A greeting command whose reply the client is not yet known to have received. */
    let greeting: { command: Command; given: readonly Reply[] } | null = null
    /** The preceding chunk, while only lines that may belong to it have followed. */
    let chunk: Command | null = null
    for (let u = 0; u < units.length; u++) {
      const unit = units[u] as PendingCommand
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
      const isDoubtful = isMissing && mayBeJoined(units, u)
      const known = countable && assignment.sure[u] === true && !isDoubtful
      const { verb } = unit
      const { blind, gaveUp } = chunkBefore === null ? this.manner(settled, u, commands) : WAITED
      exchanges.push({
        command,
        replies: given,
        owed: unit.owed,
        behindEnd: false,
        blind,
        gaveUp,
        chunkBefore,
        sure: known,
        // A line that may belong to a message is no command, so no capability can be missing for it.
        keywords: greeting === null && unit.trusted ? offer.keywords : null,
        offered: !unit.trusted ? null : greeting === null ? offer.pipelining : false,
        offeredWhy: greeting === null ? offer.why : `the reply to ${greeting.command.verb} was not complete yet`,
        // With a surplus reply in hand, the client may have taken the reply to MAIL for that to RCPT.
        recipients:
          COUNTS_RECIPIENTS.has(verb) && !(verb === 'CONTENT' && this.hasSurplus) ? transaction.recipients : null,
        transaction: isExact ? transaction.open : null,
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
    if (!isExact) transaction.open = null
    return exchanges
  }

  /**
   * Whether the unit is a line without a known verb that directly follows the preceding unit and was sent before the
   * reply to it.
   */
  private runsOn({ units, assignment }: SettledGroup, u: number): boolean {
    const unit = units[u] as PendingCommand
    const last = units[u - 1]
    const reply = assignment.given[u - 1]?.[0]
    if (last === undefined || (unit.verb !== 'OTHER' && unit.verb !== 'EMPTY') || unit.start !== last.end) return false
    return reply === undefined || !hadReceived(unit, reply)
  }

  /**
   * Whether the client had given up waiting when it sent unit `u`; otherwise the evidence that it did not wait, if any.
   */
  private manner(settled: SettledGroup, u: number, commands: readonly Command[]): Manner {
    const { units, assignment, before } = settled
    const unit = units[u] as PendingCommand
    if (unit.verb === 'EMPTY') return WAITED
    // An empty line is no command, and a client does not wait for a reply to it.
    let at = u - 1
    while (at >= 0 && units[at]?.verb === 'EMPTY') at--
    const last = at >= 0 ? (units[at] as PendingCommand) : (before?.unit ?? null)
    if (last === null) return WAITED
    const replies = at >= 0 ? (assignment.given[at] ?? []) : (before?.replies ?? [])
    const lastReply = replies.length >= last.owed ? replies[replies.length - 1] : undefined
    // A reply that was sent too early but had arrived could be read by the client.
    if (lastReply !== undefined && hadReceived(unit, lastReply)) return WAITED
    const left = givingUp(unit, last, this.clock)
    if (left === 'yes') return GAVE_UP
    if (last.owed === 0 || !unit.trusted || !last.trusted) return WAITED
    if (unit.seenAtStart < 0 || last.seenAtEnd < 0) return WAITED
    const certain = at < 0 || (settled.countable && assignment.sure[at] === true)
    // When server bytes are missing, the reply may have come before the last octet of the preceding unit.
    const held = !settled.countable && last.seenAtEnd > last.seenAtStart
    const sameAck = unit.seenAtStart === last.seenAtEnd && !held
    const beforeReply = certain && lastReply !== undefined
    if (!(sameAck || beforeReply) || this.heldSurplus(settled, at, last)) return WAITED
    const after = at >= 0 ? (commands[at] as Command) : last.freeze()
    const partOf = beforeReply && unit.seenAtStart > lastReply.at.start ? lastReply : null
    const proof = sameAck ? 'same-ack' : 'before-reply'
    return { blind: { proof, after, partOf, sure: left === 'no' }, gaveUp: false }
  }

  /**
   * Whether the client, when it sent `last`, which is unit `at`, had already received more replies than were owed for
   * the units before it.
   */
  private heldSurplus(settled: SettledGroup, at: number, last: PendingCommand): boolean {
    const { assignment, countable } = settled
    // When bytes are missing, no reply shows that the client has used up the surplus.
    if (!countable) return this.hasSurplus
    if (assignment.surplus.length === 0 && !this.hasSurplus) return false
    let earned = this.earned
    for (let i = 0; i < at; i++) earned += settled.units[i]?.owed ?? 0
    let held = this.received
    for (const reply of settled.replies) if (reply.at.end <= last.seenAtEnd) held++
    return held > earned
  }
}

function chosen(exchanges: readonly Exchange[], indices: readonly number[]): Exchange[] {
  const those: Exchange[] = []
  for (const u of indices) those.push(exchanges[u] as Exchange)
  return those
}

/** A unit sent to a server that has ended the session: it is owed no reply and is no fault of the client. */
function behindTheEnd(command: Command, replies: readonly Reply[]): Exchange {
  return {
    command,
    replies,
    owed: 0,
    behindEnd: true,
    blind: null,
    gaveUp: false,
    chunkBefore: null,
    sure: false,
    keywords: null,
    offered: null,
    offeredWhy: '',
    recipients: null,
    transaction: null,
    greeted: null,
    refusedData: null,
    chunked: false,
    failedChunk: null,
    chunkAsLines: false,
  }
}

/** Whether the client had received the whole reply when it sent the command. */
function hasSeen(command: Command, replies: readonly Reply[]): boolean {
  const reply = replies[0]
  return reply !== undefined && !sentBeforeReceipt(command, reply)
}

/** Message content is never shown, even where the server did not take it for content. */
function withoutText(command: Command): Command {
  return SAYS_NOTHING.has(command.text) ? command : { ...command, text: '[hidden]', argument: '', hidden: true }
}

function readsLike(text: string): RefusedLine['readsLike'] {
  if (text === '.') return 'dot'
  return HEADER_FIELD.test(text) ? 'header-field' : 'text'
}
