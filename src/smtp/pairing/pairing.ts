// Collects commands and replies into groups, and passes each group on once it is settled. The n-th reply answers the
// n-th command (RFC 2920 section 3.1) until codes contradict that. Then the group is collected until the client has
// visibly waited, and is aligned as a whole. The answered part of a very long group is settled early.
import { GROUP_REPLIES_MAX, GROUP_UNITS_MAX, KEPT_RECORD_BYTES, SETTLED_EXCHANGES } from '../../limits.ts'
import type { MemoryQuota } from '../../tcp/memory-quota.ts'
import { mayHoldAnother } from '../parse/reply-parser.ts'
import { isTooEarly, type PendingCommand, sentBefore, sentBeforeReceipt } from '../pending-command.ts'
import type { Reply } from '../records.ts'
import { ReusableArray } from '../reusable-array.ts'
import {
  type Assignment,
  byAlignment,
  byCounting,
  countingWithout421,
  isShort,
  type SettledGroup,
} from './pairing-result.ts'
import { isHard, isItsOwn, isPossible, mayLackFinalLine } from './reply-evidence.ts'

interface Part {
  readonly units: readonly PendingCommand[]
  readonly replies: readonly Reply[]
  readonly surplus: readonly Reply[]
}

interface Cut {
  readonly front: Part
  readonly rest: Part
  /** The last unit of the front. The first unit of the rest may have been sent without waiting for the reply to it. */
  readonly last: PendingCommand
  /** The first unit whose text is still needed when the front is judged; null when none is. */
  readonly textFrom: PendingCommand | null
}

/** Splits before the unit at `head`, which must exist and not be the first. */
function cutAt(head: number, { units, replies, surplus }: Part): Cut {
  const last = units[head - 1] as PendingCommand
  // A leading empty line may have no reply.
  const answered = units.findLast((unit, u) => u < head && unit.replies.length > 0)
  const end = answered?.replies[answered.replies.length - 1]?.at.end ?? 0
  const isEarlier = (reply: Reply) => reply.at.end <= end
  const isLater = (reply: Reply) => reply.at.end > end
  const front = { units: units.slice(0, head), replies: replies.filter(isEarlier), surplus: surplus.filter(isEarlier) }
  const rest = { units: units.slice(head), replies: replies.filter(isLater), surplus: surplus.filter(isLater) }
  // Judging releases the text of the front and of all replies but the latest, so these are read now.
  for (const reply of [...last.replies, ...rest.replies]) reply.lines
  return { front, rest, last, textFrom: [last, ...rest.units].find(({ kind }) => kind === 'command') ?? null }
}

export interface PairingEvents {
  /** Counting assigns this reply to this unit. */
  paired(unit: PendingCommand, reply: Reply): void
  /** A reply that counting cannot assign. */
  doubtful(reply: Reply): void
  settled(group: SettledGroup): void
  /** A group that counting has paired completely. Returns true when it is unremarkable: then it is skipped. */
  skipIfUnremarkable(units: ReusableArray<PendingCommand>): boolean
  /** Counting is reliable again after a loss of bytes. */
  resynchronised(): void
  /** A group was too large to be aligned. */
  tooLarge(): void
  /** Replies are missing, and this one seems to contain another without a line end between them. */
  containsAnother(reply: Reply): void
}

/**
 * The first reply whose last line may be the reply to another unit, where such replies explain all that are missing;
 * else undefined.
 */
function unendedIn(replies: readonly Reply[], units: readonly PendingCommand[]): Reply | undefined {
  const unended = replies.filter(mayLackFinalLine)
  const missing = units.reduce((sum, { owed, optional }) => sum + (optional ? 0 : owed), 0) - replies.length
  return unended.reduce((sum, { lineCount }) => sum + lineCount - 1, 0) >= missing ? unended[0] : undefined
}

export class Pairing {
  private readonly events: PairingEvents
  private readonly units = new ReusableArray<PendingCommand>()
  private readonly replies = new ReusableArray<Reply>()
  private surplus: Reply[] = []
  private head = 0
  /** Number of leading units that the server has acknowledged. */
  private ackedUnits = 0
  /** The first unit from `head` on that is not an empty line. */
  private firstOwed = 0
  /** Replies owed for the first `countedUnits` units. */
  private owed = 0
  private countedUnits = 0
  /** While nothing may be counted: number of leading units that are answered. */
  private answeredUnits = 0
  private doubt = false
  /** The capture has ended without a close: missing replies may still come. */
  private mayGoOn = false
  private before: SettledGroup['before'] = null
  private nextAttempt = 0
  /** The alignment that shows that the open group is over; null when none does. */
  private aligned: Assignment | null = null
  /** Number of consecutive exchanges that fit, while nothing may be counted. */
  private fitting = 0
  /** False from a loss of bytes until the dialogue is understood again. */
  countable = true
  /** While the front of a long group is judged: the first unit whose text is needed afterwards. */
  textFrom: PendingCommand | null = null
  private readonly quota: MemoryQuota

  constructor(events: PairingEvents, quota: MemoryQuota) {
    this.events = events
    this.quota = quota
  }

  /** Whether the open group is owed another reply, according to counting. */
  private get owes(): boolean {
    // Leading empty lines will never be owed a reply.
    this.firstOwed = Math.max(this.firstOwed, this.head)
    while (this.firstOwed < this.units.length && this.units.at(this.firstOwed).optional) this.firstOwed++
    for (let i = this.firstOwed; i < this.units.length; i++) {
      const unit = this.units.at(i)
      if (!unit.optional && unit.owed > unit.replies.length) return true
    }
    return false
  }

  /** The units of the open group. */
  get open(): ReusableArray<PendingCommand> {
    return this.units
  }

  /** The frame of the latest unit or reply of the open group; 0 when it is empty. */
  get latestFrame(): number {
    return Math.max(this.units.last?.lastFrame ?? 0, this.replies.last?.at.lastFrame ?? 0)
  }

  /** Whether at least as many replies came as are owed for the open group. */
  get balanced(): boolean {
    for (; this.countedUnits < this.units.length; this.countedUnits++)
      this.owed += this.units.at(this.countedUnits).owed
    return this.replies.length >= this.owed
  }

  /** Must be called when the number of replies owed for a unit of the open group changes. */
  recount(): void {
    this.countedUnits = 0
    this.owed = 0
  }

  /** Settles the open group if it ends before `unit`. Must be followed by `unit(unit)`. */
  settleBefore(unit: PendingCommand): void {
    if (this.early(unit) === null && this.isOver(unit)) this.settle()
  }

  unit(unit: PendingCommand): void {
    const early = this.early(unit)
    if (early !== null) this.surplus = this.surplus.filter((reply) => reply !== early)
    // A 354 before DATA that counting could not assign is paired together with it.
    if (!(this.doubt && early !== null)) {
      if (this.isOver(unit)) this.settle(early)
      else if (this.units.length >= GROUP_UNITS_MAX) this.shorten()
    }
    this.quota.take(KEPT_RECORD_BYTES)
    this.units.push(unit)
    if (early !== null) unit.answer(early)
  }

  /** Whether an incomplete unit, not yet added, has been answered already. */
  isAnswered(unit: PendingCommand): boolean {
    return this.early(unit) !== null
  }

  /** The reply that came before the unit was complete, when all units before it are answered; null otherwise. */
  private early(unit: PendingCommand): Reply | null {
    if (this.doubt) return unit.verb === 'DATA' ? this.unplaced354() : null
    if (this.surplus.length === 0 || this.owes || unit.optional) return null
    const answersIt = (reply: Reply) => reply.code !== 421 && isPossible(unit.verb, reply) && !isTooEarly(reply, unit)
    return this.surplus.find(answersIt) ?? null
  }

  /** A 354 that no unit of the group can have drawn. */
  private unplaced354(): Reply | null {
    for (let i = 0; i < this.units.length; i++) if (isItsOwn(this.units.at(i).verb, 354)) return null
    return this.replies.list().find(({ code }) => code === 354) ?? null
  }

  /** Whether no unit of the group draws a 354, but the server may have read DATA in a line of it. */
  get mayHideData(): boolean {
    let isPossible = false
    for (let i = 0; i < this.units.length; i++) {
      const { kind, verb, bare } = this.units.at(i)
      if (kind !== 'command' || isItsOwn(verb, 354)) return false
      isPossible ||= verb === 'OTHER' || bare !== null
    }
    return isPossible
  }

  reply(reply: Reply): void {
    if (this.replies.length >= GROUP_REPLIES_MAX) this.giveUp()
    this.quota.take(KEPT_RECORD_BYTES)
    this.replies.push(reply)
    if (!this.countable) {
      this.replyUncounted(reply)
      return
    }
    if (this.doubt) {
      this.events.doubtful(reply)
      return
    }
    this.skipAnswered(reply)
    const unit = this.head < this.units.length ? this.units.at(this.head) : undefined
    if (unit === undefined && this.isMisplaced(reply)) {
      this.doubt = true
      this.events.doubtful(reply)
    } else if (unit === undefined || isTooEarly(reply, unit)) this.surplus.push(this.insteadOf(reply))
    else if (reply.code === 421 || isPossible(unit.verb, reply)) {
      unit.answer(reply)
      this.events.paired(unit, reply)
    } else {
      this.doubt = true
      this.events.doubtful(reply)
    }
  }

  /** Whether exactly this reply fits a unit of the group to which counting has assigned another reply. */
  private isMisplaced(reply: Reply): boolean {
    for (let i = 0; i < this.units.length; i++) {
      const { verb, replies } = this.units.at(i)
      if (isItsOwn(verb, reply.code) && !replies.some(({ code }) => isItsOwn(verb, code))) return true
    }
    return false
  }

  /** The surplus reply: this one, or an earlier one to the same unit that was sent before the unit was complete. */
  private insteadOf(reply: Reply): Reply {
    const unit = this.head > 0 ? this.units.at(this.head - 1) : undefined
    if (
      unit === undefined ||
      reply.code === 421 ||
      !unit.complete ||
      sentBefore(reply, unit) ||
      !isPossible(unit.verb, reply)
    )
      return reply
    const early = unit.replies.find((given) => sentBefore(given, unit))
    if (early === undefined) return reply
    unit.exchange(early, reply)
    return early
  }

  /** Removes the reply, when it is the only one, from the only unit: it answers something before that unit. */
  takeBack(reply: Reply): void {
    if (this.units.length !== 1 || this.replies.length !== 1 || this.replies.last !== reply) return
    this.quota.take(-KEPT_RECORD_BYTES)
    this.units.at(0).replies = []
    this.replies.clear()
    this.surplus = []
    this.head = 0
    this.answeredUnits = 0
    this.doubt = false
  }

  /** What follows is no command: settles the group if it has all its replies. */
  settleAnswered(): void {
    if (this.isOver(null)) this.settle()
  }

  /** What follows is not counted: settles the group while it is, if it has all its replies. */
  settleCounted(): void {
    if (this.countable && !this.owes) this.settle()
  }

  /** How many replies a unit of the open group earns is not known. */
  doubtCount(): void {
    this.countable = false
    this.fitting = 0
  }

  /**
   * Bytes are missing: neither the open group nor what follows can be counted until the dialogue is understood again.
   */
  loseCount(): void {
    this.countable = false
    // Exchanges before the loss must not count towards resynchronisation.
    this.fitting = Number.NEGATIVE_INFINITY
    this.settle()
    this.fitting = 0
  }

  /**
   * Processes the acknowledgement of a server segment: records the frame for units that it acknowledges completely for
   * the first time.
   */
  acknowledged(upTo: number, frame: number): void {
    for (; this.ackedUnits < this.units.length; this.ackedUnits++) {
      const unit = this.units.at(this.ackedUnits)
      if (!unit.complete || unit.end > upTo) return
      // The rest of a split group is visited again; the first frame stays.
      if (unit.ackedFrame === 0) unit.ackedFrame = frame
    }
  }

  /**
   * The end of the dialogue, or only of the capture: in that case owed replies may still come, so none counts as
   * missing.
   */
  close(isOver: boolean): void {
    this.mayGoOn = !isOver
    this.settle()
  }

  /** Drops the open group: it is unknown what one side had received from the other. */
  abandon(): void {
    this.clear()
    this.countable = false
  }

  /** The dialogue starts anew without outstanding replies: counting is reliable. */
  startOver(): void {
    this.settle()
    this.countable = true
    this.fitting = 0
  }

  /**
   * Whether the open group ends before `next`: the client had visibly waited for its replies. Null: what follows is no
   * command.
   */
  private isOver(next: PendingCommand | null): boolean {
    if (next === null) return this.countable && this.surplus.length === 0 && !this.owes
    const { last } = this.units
    if (last === undefined) return false
    const isBlind = next.seenAtStart >= 0 && next.seenAtStart === last.seenAtEnd
    if (isBlind || !this.countable) return !isBlind
    if (!this.doubt && this.owes) return false
    const reply = this.doubt ? this.replies.last : last.replies[last.replies.length - 1]
    if (reply !== undefined && sentBeforeReceipt(next, reply)) return false
    return !this.doubt || this.balanced || this.deficitIsSettled()
  }

  /** Whether enough exchanges fit after the missing reply that a late reply would have come before them. */
  private deficitIsSettled(): boolean {
    if (this.units.length < this.nextAttempt) return false
    this.nextAttempt = this.units.length + SETTLED_EXCHANGES + (this.units.length >> 2)
    if (Math.min(this.units.length, this.replies.length) <= SETTLED_EXCHANGES) return false
    const reading = byAlignment(this.units.list(), this.replies.list())
    if (reading === null) return true
    const behind = reading.given.slice(reading.overtaker + 1)
    const isSettled =
      reading.overtaker >= 0 && behind.length >= SETTLED_EXCHANGES && behind.every((given) => given.length > 0)
    if (isSettled) this.aligned = reading
    return isSettled
  }

  private skipAnswered(reply: Reply): void {
    for (; this.head < this.units.length; this.head++) {
      const unit = this.units.at(this.head)
      // An empty line gets an error reply or none.
      if (unit.optional ? unit.answered || reply.code < 500 : unit.answered) continue
      return
    }
  }

  private replyUncounted(reply: Reply): void {
    const hard = isHard(reply)
    const unit = this.openUnit(hard ? reply : null)
    if (unit === undefined || !isPossible(unit.verb, reply) || (!hard && isTooEarly(reply, unit))) {
      this.fitting = 0
      return
    }
    unit.answer(reply)
    this.events.paired(unit, reply)
  }

  /** The first unit without a reply; with `reply`, the first that could cause it. */
  private openUnit(reply: Reply | null): PendingCommand | undefined {
    const { units } = this
    while (this.answeredUnits < units.length && units.at(this.answeredUnits).answered) this.answeredUnits++
    for (let i = this.answeredUnits; i < units.length; i++) {
      const unit = units.at(i)
      if (!unit.answered && (reply === null || isPossible(unit.verb, reply))) return unit
    }
    return undefined
  }

  /** Settles the answered front of a group that keeps growing. */
  private shorten(): void {
    const { head, surplus } = this
    if (this.doubt || head < this.units.length / 2) {
      if (this.units.length >= GROUP_UNITS_MAX * 4) this.giveUp()
      return
    }
    const open = { units: this.units.list(), replies: this.replies.list(), surplus }
    const { front, rest, last, textFrom } = cutAt(head, open)
    this.keep(front)
    this.textFrom = textFrom
    this.settle()
    this.textFrom = null
    this.keep(rest)
    this.before = { unit: last, replies: last.replies }
  }

  /** Makes this part the open group. */
  private keep({ units, replies, surplus }: Part): void {
    this.units.refill(units)
    this.replies.refill(replies)
    this.surplus = [...surplus]
  }

  /** The group is too large to be kept until it can be aligned. */
  private giveUp(): void {
    this.events.tooLarge()
    this.loseCount()
  }

  /** Settles the open group. `next`: a reply in it that answers the unit to come; what is surplus behind it stays too. */
  private settle(next: Reply | null = null): void {
    if (next === null) {
      this.judge()
      return
    }
    const isBehind = (reply: Reply) => reply.at.end > next.at.end
    const surplus = this.surplus.filter(isBehind)
    const kept = [next, ...surplus]
    // Judging releases the text of all replies but the latest, so these are read now.
    for (const reply of kept) reply.lines
    this.replies.refill(this.replies.list().filter((reply) => !kept.includes(reply)))
    this.surplus = this.surplus.filter((reply) => !isBehind(reply))
    this.aligned = null
    this.judge()
    for (const reply of kept) this.replies.push(reply)
    this.surplus = surplus
  }

  private judge(): void {
    const { surplus, countable, before } = this
    if (this.units.length + this.replies.length === 0) return
    const complete = countable && !this.doubt && surplus.length === 0 && before === null && !this.owes
    if (complete && this.events.skipIfUnremarkable(this.units)) {
      this.clear()
      return
    }
    const [units, replies] = [this.units.list(), this.replies.list()]
    const isCounted = !countable || !(this.doubt || (this.owes && !this.mayGoOn))
    const aligned = isCounted ? null : (this.aligned ?? byAlignment(units, replies))
    const assignment =
      aligned ?? ((surplus.length > 0 && countingWithout421(units, replies)) || byCounting(units, surplus))
    let readable = countable
    if (!isCounted) {
      if (aligned === null) this.events.tooLarge()
      readable = aligned !== null
      const glued = isShort(assignment, units) ? (replies.find(mayHoldAnother) ?? unendedIn(replies, units)) : undefined
      if (glued !== undefined) {
        readable = false
        this.events.containsAnother(glued)
      }
    }
    // Replies that are missing may still come, or stand in another one.
    if (this.mayGoOn && isShort(assignment, units) && unendedIn(replies, units) !== undefined) readable = false
    if (!countable) this.resynchronise()
    this.clear()
    this.events.settled({ units, replies, before, assignment, countable: readable })
  }

  private clear(): void {
    this.quota.take(-KEPT_RECORD_BYTES * (this.units.length + this.replies.length))
    this.units.clear()
    this.replies.clear()
    if (this.surplus.length > 0) this.surplus = []
    this.head = 0
    this.firstOwed = 0
    this.recount()
    this.answeredUnits = 0
    this.ackedUnits = 0
    this.doubt = false
    this.before = null
    this.nextAttempt = 0
    this.aligned = null
  }

  /** Counting is reliable again after two exchanges that fit, or one whose code only its verb causes. */
  private resynchronise(): void {
    const unit = this.units.last
    const reply = this.replies.last
    const alone = this.units.length === 1 && this.replies.length === 1 && unit?.replies.length === 1
    if (!alone || reply === undefined || unit?.verb === 'OTHER' || unit?.verb === 'EMPTY') this.fitting = 0
    else this.fitting += isHard(reply) ? 2 : 1
    if (this.fitting < 2) return
    this.countable = true
    this.events.resynchronised()
  }
}
