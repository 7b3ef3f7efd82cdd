// The sessions of both sides -> which belong together, in the order of certainty: the same TCP connection; the same behind
// address translation; a client named by the box; what both say; order and time. A box may open several sessions for one
// client, or hand several clients' mail on in one.
import { type ClockDifference, clockDifference, clockDifferenceAmong, type Range } from './clock-difference.ts'
import { HashTable, hashText } from './hash.ts'
import { Rarity } from './line-rarity.ts'
import type { MatchedBy, Matches } from './matches.ts'
import { MatchBuilder } from './matches.ts'
import { OpenAt } from './open-at.ts'
import type { SessionTable } from './session-table.ts'

interface Candidate {
  readonly before: number
  readonly behind: number
  /** What both have, the rarer the more, as a share of what the one with less has: 0 to 1, in steps of `LIKENESS_STEP`. */
  readonly likeness: number
  /** They share what identifies a message, and no other session has it. */
  readonly message: boolean
  /** The one behind the box begins while the one before it lasts; else both only last at the same time. */
  readonly within: boolean
  readonly distanceMs: number
  readonly later: boolean
}

/** Pairs that are asked for the difference of the clocks. */
const CLOCK_PAIRS = 1 << 14
/** Likenesses that differ by less are the same. */
const LIKENESS_STEP = 0.02
/** Less in common than this share, and two sessions are no pair; with a message that no other session has, less will do. */
const ALIKE = 0.5
const ALIKE_WITH_MESSAGE = 0.25

export function matchSessions(before: SessionTable, behind: SessionTable): Matches {
  const matcher = new Matcher(before, behind)
  matcher.byConnection()
  matcher.byTranslation()
  if (!matcher.isDone) matcher.byWhatTheySay()
  return matcher.matches()
}

class Matcher {
  private readonly before: SessionTable
  private readonly behind: SessionTable
  private readonly builder: MatchBuilder
  private readonly unsure = new Set<number>()
  private readonly clockRanges: Range[] = []

  constructor(before: SessionTable, behind: SessionTable) {
    this.before = before
    this.behind = behind
    this.builder = new MatchBuilder(before, behind)
  }

  /** Every session of one side has its partner. */
  get isDone(): boolean {
    return this.builder.isDone
  }

  /** Two captures of one TCP connection, from two places or through a box that leaves TCP alone. */
  byConnection(): void {
    const { before, behind } = this
    const key = (table: SessionTable, i: number) => hashText(table.server(i), hashText(table.client(i)))
    const there = tableOf(behind, (b) => key(behind, b))
    for (let a = 0; a < before.size; a++) {
      for (const b of there.at(key(before, a))) {
        if (behind.client(b) !== before.client(a) || behind.server(b) !== before.server(a)) continue
        if (this.isSameConnection(a, b) && this.connect(a, b, 'connection')) break
      }
    }
  }

  /** Other addresses, and in both directions the same initial sequence number: 1 in 2^64 by chance. */
  byTranslation(): void {
    const { before, behind } = this
    const key = (table: SessionTable, i: number) => {
      const [client, server] = [table.clientStream(i), table.serverStream(i)]
      return client.exact && server.exact ? (client.firstSeq ^ Math.imul(server.firstSeq, 31)) | 0 : 0
    }
    const there = tableOf(behind, (b) => key(behind, b))
    for (let a = 0; a < before.size; a++) {
      const own = key(before, a)
      if (own === 0 || !this.builder.hasRoomBefore(a)) continue
      for (const b of there.at(own)) {
        const isSame =
          behind.clientStream(b).firstSeq === before.clientStream(a).firstSeq &&
          behind.serverStream(b).firstSeq === before.serverStream(a).firstSeq
        if (isSame && this.connect(a, b, 'translated')) break
      }
    }
  }

  byWhatTheySay(): void {
    const rarity = new Rarity(this.before, this.behind)
    this.noteSurelyAlike(rarity)
    const sure = this.clockRanges
    const clock = sure.length > 0 ? clockDifference(sure) : clockDifferenceAmong(this.maybeAlike(rarity))
    this.byName(clock)
    this.byContent(clock, rarity)
    this.byTime(clock)
  }

  matches(): Matches {
    return this.builder.matches(this.unsure)
  }

  /** The box says whose session it hands on: PROXY header, XCLIENT, XFORWARD. */
  private byName(clock: ClockDifference): void {
    const { before, behind } = this
    const here = tableOf(before, (a) => hashText(before.client(a)))
    for (let b = 0; b < behind.size; b++) {
      const named = behind.named(b)
      if (named === null || !this.builder.hasRoomBehind(b)) continue
      for (const a of here.at(hashText(named))) {
        if (before.client(a) !== named || !this.overlap(a, b, clock).together) continue
        if (this.builder.link(a, b, 'named', false)) break
      }
    }
  }

  private byContent(clock: ClockDifference, rarity: Rarity): void {
    const candidates = this.candidates(clock, rarity)
    candidates.sort(
      (x, y) =>
        Number(y.message) - Number(x.message) ||
        Number(y.within) - Number(x.within) ||
        y.likeness - x.likeness ||
        x.distanceMs - y.distanceMs ||
        x.before - y.before ||
        x.behind - y.behind,
    )
    const rivals = new Map<number, Candidate[]>()
    for (const candidate of candidates) {
      const list = rivals.get(candidate.behind)
      if (list === undefined) rivals.set(candidate.behind, [candidate])
      else list.push(candidate)
    }
    for (const candidate of candidates) {
      if (!this.isFree(candidate)) continue
      const { before, behind, later } = candidate
      const others = (rivals.get(behind) ?? []).filter(
        (other) => other !== candidate && this.isFree(other) && isRival(candidate, other),
      )
      if (others.length > 0) this.unsure.add(before)
      else this.builder.link(before, behind, 'content', later)
    }
  }

  /** What says too little to be known again, ciphertext above all: the only session that is open, on both sides. */
  private byTime(clock: ClockDifference): void {
    if (clock.storesAndForwards || clock.isGuess) return
    const begun = new Map<number, number[]>()
    const open = new OpenAt(this.before)
    for (let b = 0; b < this.behind.size; b++) {
      if (this.builder.isTakenBehind(b)) continue
      const here = open.at(this.behind.startMs(b) - clock.ms, clock.toleranceMs)
      const [a] = here
      if (a !== undefined && here.length === 1) begun.set(a, [...(begun.get(a) ?? []), b])
    }
    for (const [a, there] of begun) {
      const [b] = there
      if (b === undefined || there.length > 1 || this.builder.isTakenBefore(a) || this.unsure.has(a)) continue
      this.builder.link(a, b, 'time', false)
    }
  }

  /** Pairs that share a line or a message that no other session has, and much else. */
  private noteSurelyAlike(rarity: Rarity): void {
    const seen = new Set<number>()
    for (const [a, b] of rarity.unique()) {
      const key = a * this.behind.size + b
      if (seen.has(key) || !this.builder.hasRoomBefore(a) || !this.builder.hasRoomBehind(b)) continue
      seen.add(key)
      if (rarity.likeness(a, b) >= ALIKE) this.noteClocks(a, b)
      if (this.clockRanges.length >= CLOCK_PAIRS) return
    }
  }

  /** What pairs that share a line that few have would allow. */
  private maybeAlike(rarity: Rarity): Range[] {
    const found: Range[] = []
    const seen = new Set<number>()
    for (const [a, b] of rarity.sharing()) {
      const key = a * this.behind.size + b
      if (seen.has(key)) continue
      seen.add(key)
      if (found.push(this.rangeOf(a, b)) === CLOCK_PAIRS) break
    }
    return found
  }

  private connect(a: number, b: number, by: MatchedBy): boolean {
    if (!this.builder.link(a, b, by, false)) return false
    if (this.clockRanges.length < CLOCK_PAIRS) this.noteClocks(a, b)
    return true
  }

  private noteClocks(a: number, b: number): void {
    this.clockRanges.push(this.rangeOf(a, b))
  }

  private rangeOf(a: number, b: number): Range {
    const start = this.behind.startMs(b)
    return [start - this.before.endMs(a), start - this.before.startMs(a)]
  }

  /** Two views of one connection: both beginnings known on both sides, or overlapping numbers where one is not. */
  private isSameConnection(a: number, b: number): boolean {
    const pairs = [
      [this.before.clientStream(a), this.behind.clientStream(b)],
      [this.before.serverStream(a), this.behind.serverStream(b)],
    ] as const
    return pairs.every(([one, other]) => {
      if (one.exact && other.exact) return one.firstSeq === other.firstSeq
      const ahead = (other.firstSeq - one.firstSeq) | 0
      return ahead >= 0 ? ahead <= one.octets : -ahead <= other.octets
    })
  }

  private isFree({ before, behind }: Candidate): boolean {
    return this.builder.hasRoomBefore(before) && this.builder.hasRoomBehind(behind)
  }

  private overlap(a: number, b: number, { ms, toleranceMs }: ClockDifference) {
    const [from, to] = [this.before.startMs(a), this.before.endMs(a)]
    const [start, end] = [this.behind.startMs(b) - ms, this.behind.endMs(b) - ms]
    const within = start >= from - toleranceMs && start <= to + toleranceMs
    return {
      within,
      together: within || (start <= to + toleranceMs && end >= from - toleranceMs),
      distanceMs: Math.abs(start - from),
      follows: start >= from - toleranceMs,
    }
  }

  /** Sessions that share a rare line, and those that are open at the same time. */
  private candidates(clock: ClockDifference, rarity: Rarity): Candidate[] {
    const found: Candidate[] = []
    const seen = new Set<number>()
    const consider = (a: number, b: number) => {
      const key = a * this.behind.size + b
      if (!this.builder.hasRoomBefore(a) || !this.builder.hasRoomBehind(b) || seen.has(key)) return
      seen.add(key)
      const candidate = this.candidate(a, b, clock, rarity)
      if (candidate !== null) found.push(candidate)
    }
    for (const [a, b] of rarity.sharing()) consider(a, b)
    const open = new OpenAt(this.before)
    for (let b = 0; b < this.behind.size; b++) {
      if (!this.builder.hasRoomBehind(b)) continue
      for (const a of open.at(this.behind.startMs(b) - clock.ms, clock.toleranceMs)) consider(a, b)
    }
    return found
  }

  private candidate(a: number, b: number, clock: ClockDifference, rarity: Rarity): Candidate | null {
    const { within, together, distanceMs, follows } = this.overlap(a, b, clock)
    const likeness = rarity.likeness(a, b)
    const message = likeness >= ALIKE_WITH_MESSAGE && rarity.shareMessage(a, b)
    const later = !together && follows && message
    if (!together && !later) return null
    if (likeness < ALIKE && !message) return null
    const step = Math.round(likeness / LIKENESS_STEP) * LIKENESS_STEP
    return { before: a, behind: b, likeness: step, message, within, distanceMs, later }
  }
}

/** Whether another candidate is as good, so that time has to decide and cannot. */
function isRival(best: Candidate, other: Candidate): boolean {
  if (best.within !== other.within || best.message !== other.message) return false
  return other.likeness === best.likeness && other.distanceMs <= 2 * best.distanceMs + 1
}

function tableOf(sessions: SessionTable, key: (session: number) => number): HashTable {
  const table = new HashTable(sessions.size)
  for (let i = sessions.size - 1; i >= 0; i--) table.add(key(i), i)
  return table
}
