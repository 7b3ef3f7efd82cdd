// Commands and replies as they come -> groups, each judged once and released. The n-th reply answers the n-th command
// (RFC 2920 section 3.1) until that contradicts itself; then the group waits, and is aligned when the client has
// visibly waited. A group without end is cut: its answered front is judged by itself.
import { GROUP_REPLIES_MAX, GROUP_UNITS_MAX, KEPT_RECORD_BYTES, SETTLED_EXCHANGES } from '../../limits.ts'
import type { MemoryQuota } from '../../tcp/memory-quota.ts'
import { mayHoldAnother } from '../parse/reply-parser.ts'
import { isTooEarly, type PendingCommand, sentBefore } from '../pending-command.ts'
import type { Reply } from '../records.ts'
import { ReusableArray } from '../reusable-array.ts'
import { besideFarewell, byAlignment, byCounting, isShort, type SettledGroup } from './pairing-result.ts'
import { isHard, isItsOwn, isPossible } from './reply-evidence.ts'

interface Part {
  readonly units: readonly PendingCommand[]
  readonly replies: readonly Reply[]
  readonly surplus: readonly Reply[]
}

interface Cut {
  readonly front: Part
  readonly rest: Part
  /** The last unit of the front, behind which the rest may be blind. */
  readonly last: PendingCommand
  /** From this unit on text is needed when the front is judged; null when nothing of it has any. */
  readonly textFrom: PendingCommand | null
}

/** Cuts in front of the unit at `head`, which exists and is not the first. */
function cutAt(head: number, { units, replies, surplus }: Part): Cut {
  const last = units[head - 1] as PendingCommand
  // An empty line in front may have no reply.
  const answered = units.findLast((unit, u) => u < head && unit.replies.length > 0)
  const end = answered?.replies[answered.replies.length - 1]?.at.end ?? 0
  const isEarlier = (reply: Reply) => reply.at.end <= end
  const isLater = (reply: Reply) => reply.at.end > end
  const front = { units: units.slice(0, head), replies: replies.filter(isEarlier), surplus: surplus.filter(isEarlier) }
  const rest = { units: units.slice(head), replies: replies.filter(isLater), surplus: surplus.filter(isLater) }
  // What is judged gives up its text, and that of all replies but the latest: it is read now.
  for (const reply of [...last.replies, ...rest.replies]) reply.lines
  return { front, rest, last, textFrom: [last, ...rest.units].find(({ kind }) => kind === 'command') ?? null }
}

export interface PairingEvents {
  /** Counting gives this reply to this unit. */
  paired(unit: PendingCommand, reply: Reply): void
  /** A reply that counting cannot place. */
  doubtful(reply: Reply): void
  settled(group: SettledGroup): void
  /** A group that counting has paired completely. True when it is plain: it then needs no reading. */
  plain(units: ReusableArray<PendingCommand>): boolean
  /** After a loss of bytes, counting is sound again. */
  understood(): void
  /** A group was too large to be read. */
  tooLarge(): void
  /** Replies are missing, and within this one another seems to stand: no line end is between them. */
  glued(reply: Reply): void
}

export class Pairing {
  private readonly events: PairingEvents
  private readonly units = new ReusableArray<PendingCommand>()
  private readonly replies = new ReusableArray<Reply>()
  private surplus: Reply[] = []
  private head = 0
  /** Units in front that the server has acknowledged. */
  private ackedUnits = 0
  /** The first unit from the head on that is no empty line. */
  private owing = 0
  /** Replies that units in front earn, and how many these units are. */
  private owed = 0
  private countedUnits = 0
  /** While nothing may be counted: units in front that are answered. */
  private answeredUnits = 0
  private doubt = false
  /** The capture ends here, and nobody has closed. */
  private mayGoOn = false
  private before: SettledGroup['before'] = null
  private nextAttempt = 0
  /** Exchanges in a row that fit, while nothing may be counted. */
  private fitting = 0
  /** False from a loss of bytes until the dialogue is understood again. */
  countable = true
  /** While the front of a long group is judged: from which unit on text is needed afterwards. */
  textFrom: PendingCommand | null = null
  private readonly quota: MemoryQuota

  constructor(events: PairingEvents, quota: MemoryQuota) {
    this.events = events
    this.quota = quota
  }

  /** Whether a reply is still owed in the open group, as counting has it. */
  private get owes(): boolean {
    // Empty lines in front owe nothing now or later.
    this.owing = Math.max(this.owing, this.head)
    while (this.owing < this.units.length && this.units.at(this.owing).optional) this.owing++
    for (let i = this.owing; i < this.units.length; i++) {
      const unit = this.units.at(i)
      if (!unit.optional && unit.owed > unit.replies.length) return true
    }
    return false
  }

  /** The units of the open group. */
  get open(): ReusableArray<PendingCommand> {
    return this.units
  }

  /** The frame of what came last in the open group; 0 where it is empty. */
  get latestFrame(): number {
    return Math.max(this.units.last?.lastFrame ?? 0, this.replies.last?.at.lastFrame ?? 0)
  }

  /** Whether as many replies came as the units of the open group earned. */
  get balanced(): boolean {
    for (; this.countedUnits < this.units.length; this.countedUnits++)
      this.owed += this.units.at(this.countedUnits).owed
    return this.replies.length >= this.owed
  }

  /** Units of the open group may earn another number of replies than they did. */
  recount(): void {
    this.countedUnits = 0
    this.owed = 0
  }

  /** A unit comes: what is over before it is judged. Then `unit` takes it. */
  makeWay(unit: PendingCommand): void {
    const { last } = this.units
    if (last !== undefined && this.early(unit) === null && this.isOver(last, unit)) this.settle()
  }

  unit(unit: PendingCommand): void {
    const { last } = this.units
    const early = this.early(unit)
    if (early !== null) this.surplus = this.surplus.filter((reply) => reply !== early)
    // A 354 in front of DATA that counting could not place is read together with it.
    if (last !== undefined && !(this.doubt && early !== null)) {
      if (this.isOver(last, unit)) this.settle(early)
      else if (this.units.length >= GROUP_UNITS_MAX) this.shorten()
    }
    this.quota.take(KEPT_RECORD_BYTES)
    this.units.push(unit)
    if (early !== null) unit.answer(early)
  }

  /** Whether a unit that is not complete, and is not here yet, was answered all the same. */
  isAnswered(unit: PendingCommand): boolean {
    return this.early(unit) !== null
  }

  /** The reply that came while the unit was still under way, all units in front of it being answered; else null. */
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

  /** Whether only one unit of the group can have drawn the reply, to which counting has given another. */
  private isMisplaced(reply: Reply): boolean {
    for (let i = 0; i < this.units.length; i++) {
      const { verb, replies } = this.units.at(i)
      if (isItsOwn(verb, reply.code) && !replies.some(({ code }) => isItsOwn(verb, code))) return true
    }
    return false
  }

  /** The reply that is one too many: this one, or an earlier one to the same unit that came before all of it. */
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

  /** The only reply so far answered something in front of the only unit. */
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

  /** What follows is no command: a group that has all its replies is judged before that. */
  settleAnswered(): void {
    if (this.countable && this.surplus.length === 0 && !this.owes) this.settle()
  }

  /** Bytes are missing: what is open cannot be counted, nor what follows until the dialogue is understood again. */
  loseCount(): void {
    this.countable = false
    // What fitted before the loss says nothing about what comes behind it.
    this.fitting = Number.NEGATIVE_INFINITY
    this.settle()
    this.fitting = 0
  }

  /** A segment of the server: units that it acknowledges as a whole for the first time keep its frame. */
  acknowledged(upTo: number, frame: number): void {
    for (; this.ackedUnits < this.units.length; this.ackedUnits++) {
      const unit = this.units.at(this.ackedUnits)
      if (!unit.complete || unit.end > upTo) return
      // Where a long group was cut, its rest is walked once more: the first frame stands.
      if (unit.ackedFrame === 0) unit.ackedFrame = frame
    }
  }

  /** The end of the dialogue, or only that of the capture: then replies that are owed may still come, and none is lost. */
  close(isOver: boolean): void {
    this.mayGoOn = !isOver
    this.settle()
  }

  /** What is open cannot be judged: what one side saw of the other is not known. */
  abandon(): void {
    this.clear()
    this.countable = false
  }

  /** The dialogue begins anew, with nothing outstanding: counting is sound. */
  startOver(): void {
    this.settle()
    this.countable = true
    this.fitting = 0
  }

  private isOver(last: PendingCommand, next: PendingCommand): boolean {
    const reply = last.replies[last.replies.length - 1]
    const blind = next.seenAtStart >= 0 && next.seenAtStart === last.seenAtEnd
    if (!this.countable) return !blind
    if (!this.doubt) {
      if (this.owes) return false
      return !(blind || (reply !== undefined && next.seenAtStart >= 0 && next.seenAtStart < reply.at.end))
    }
    const latest = this.replies.last
    if (blind || (latest !== undefined && latest.at.end > next.seenAtStart && next.seenAtStart >= 0)) return false
    return this.balanced || this.deficitIsSettled()
  }

  /** Whether enough fits behind a loss that a reply which is only late would have come. */
  private deficitIsSettled(): boolean {
    if (this.units.length < this.nextAttempt) return false
    this.nextAttempt = this.units.length + SETTLED_EXCHANGES + (this.units.length >> 2)
    if (Math.min(this.units.length, this.replies.length) <= SETTLED_EXCHANGES) return false
    const reading = byAlignment(this.units.list(), this.replies.list())
    if (reading === null) return true
    const behind = reading.given.slice(reading.overtaker + 1)
    return reading.overtaker >= 0 && behind.length >= SETTLED_EXCHANGES && behind.every((given) => given.length > 0)
  }

  private skipAnswered(reply: Reply): void {
    for (; this.head < this.units.length; this.head++) {
      const unit = this.units.at(this.head)
      // An empty line draws a complaint or nothing.
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

  /** The first unit that has no reply, or that could draw this one. */
  private openUnit(reply: Reply | null): PendingCommand | undefined {
    const { units } = this
    while (this.answeredUnits < units.length && units.at(this.answeredUnits).answered) this.answeredUnits++
    for (let i = this.answeredUnits; i < units.length; i++) {
      const unit = units.at(i)
      if (!unit.answered && (reply === null || isPossible(unit.verb, reply))) return unit
    }
    return undefined
  }

  /** Judges the answered front of a group that grows without end. */
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

  /** Makes a part of a group what is open. */
  private keep({ units, replies, surplus }: Part): void {
    this.units.refill(units)
    this.replies.refill(replies)
    this.surplus = [...surplus]
  }

  /** The group is too large to be kept until it can be read. */
  private giveUp(): void {
    this.events.tooLarge()
    this.loseCount()
  }

  /** Judges what is open. `next`: a reply in it that answers the unit to come. */
  private settle(next: Reply | null = null): void {
    if (next !== null) this.replies.refill(this.replies.list().filter((reply) => reply !== next))
    this.judge()
    if (next !== null) this.replies.push(next)
  }

  private judge(): void {
    const { surplus, countable, before } = this
    if (this.units.length + this.replies.length === 0) return
    const complete = countable && !this.doubt && surplus.length === 0 && before === null && !this.owes
    if (complete && this.events.plain(this.units)) {
      this.clear()
      return
    }
    const [units, replies] = [this.units.list(), this.replies.list()]
    let assignment = (surplus.length > 0 && besideFarewell(units, replies)) || byCounting(units, surplus)
    let readable = countable
    if (countable && (this.doubt || (this.owes && !this.mayGoOn))) {
      const aligned = byAlignment(units, replies)
      if (aligned === null) this.events.tooLarge()
      readable = aligned !== null
      assignment = aligned ?? assignment
      const glued = isShort(assignment, units) ? replies.find(mayHoldAnother) : undefined
      if (glued !== undefined) {
        readable = false
        this.events.glued(glued)
      }
    }
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
    this.owing = 0
    this.recount()
    this.answeredUnits = 0
    this.ackedUnits = 0
    this.doubt = false
    this.before = null
    this.nextAttempt = 0
  }

  /** Two exchanges that fit, or one whose code names its verb: from here on counting is sound again. */
  private resynchronise(): void {
    const unit = this.units.last
    const reply = this.replies.last
    const alone = this.units.length === 1 && this.replies.length === 1 && unit?.replies.length === 1
    if (!alone || reply === undefined || unit?.verb === 'OTHER' || unit?.verb === 'EMPTY') this.fitting = 0
    else this.fitting += isHard(reply) ? 2 : 1
    if (this.fitting < 2) return
    this.countable = true
    this.events.understood()
  }
}
