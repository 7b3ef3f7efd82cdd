// Which sessions of both sides belong together, the most certain evidence first: the same TCP connection; the same connection
// behind address translation; a client named by the box; content; order and time. A box may open several sessions for one
// client, or forward the mail of several clients in one.

import {
  agree,
  beforeTheBox,
  CLOCK_PAIRS,
  type ClockDifference,
  ClockEvidence,
  clockDifferenceAmong,
  type Evidence,
  GUESS_MAX_MS,
  MOST,
  type Range,
  SAME_CLOCK,
} from './clock-difference.ts'
import { Rarity } from './line-rarity.ts'
import { MatchBuilder, type MatchedBy, type Matches } from './matches.ts'
import { HashTable, hashText, type SessionTable } from './session-table.ts'

/** How many of the sessions that began last are looked at. */
const OPEN_AT_ONCE = 256

class OpenAt {
  private readonly sessions: SessionTable
  private readonly order: Uint32Array
  private readonly starts: Float64Array

  constructor(sessions: SessionTable) {
    this.sessions = sessions
    const start = (i: number) => sessions.startMs(i)
    this.order = Uint32Array.from({ length: sessions.size }, (_, i) => i).sort((a, b) => start(a) - start(b) || a - b)
    this.starts = Float64Array.from(this.order, start)
  }

  at(ms: number, toleranceMs: number): number[] {
    const found: number[] = []
    let [low, high] = [0, this.starts.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.starts[middle] as number) <= ms + toleranceMs) low = middle + 1
      else high = middle
    }
    for (let i = low - 1; i >= 0 && low - i <= OPEN_AT_ONCE; i--) {
      const session = this.order[i] as number
      if (this.sessions.endMs(session) + toleranceMs >= ms) found.push(session)
    }
    return found
  }
}

interface Candidate {
  readonly before: number
  readonly behind: number
  /** From 0 to 1, in steps of `LIKENESS_STEP`: the share of the shorter session's lines that both have, rare lines weigh more. */
  readonly likeness: number
  /** They share a message that no other session has. */
  readonly message: boolean
  /** The session behind the box begins while the one before it lasts; if false, they only overlap. */
  readonly within: boolean
  readonly distanceMs: number
  readonly later: boolean
}

/** TCP timestamps of both sides that differ by less, in ticks, may come from one clock: one minute in milliseconds. */
const ONE_CLOCK = 60_000
/** Likenesses that differ by less count as equal. */
const LIKENESS_STEP = 0.02
/** The least likeness of a pair; with a message that no other session has, less is enough. */
const ALIKE = 0.5
const ALIKE_WITH_MESSAGE = 0.25
/** The least likeness if it is not known that both were open at the same time. */
const ALIKE_AT_ANY_TIME = 0.8

export function matchSessions(before: SessionTable, behind: SessionTable): Matches {
  const matcher = new Matcher(before, behind)
  matcher.byConnection()
  matcher.byTranslation()
  matcher.byTimestamps()
  if (!matcher.isDone) matcher.byWhatTheySay()
  return matcher.matches()
}

class Matcher {
  private readonly before: SessionTable
  private readonly behind: SessionTable
  private readonly builder: MatchBuilder
  private readonly unsure = new Set<number>()
  private readonly evidence: ClockEvidence
  private clock: ClockDifference | null = null
  /** Hosts of the clients before the box, if the box names any. */
  private readonly hosts = new Set<string>()

  constructor(before: SessionTable, behind: SessionTable) {
    this.before = before
    this.behind = behind
    this.builder = new MatchBuilder(before, behind)
    this.evidence = new ClockEvidence(before, behind)
  }

  /** Every session of one side has a partner. */
  get isDone(): boolean {
    return this.builder.isDone
  }

  /** Two captures of one TCP connection, at two places or on both sides of a box that does not change TCP. */
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

  /** Different addresses, but the same initial sequence numbers in both directions: by coincidence 1 in 2^64. */
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

  /**
   * Address translation that changes sequence numbers keeps the timestamps of the SYN and of the SYN-ACK. A host may open
   * several connections in one tick of its clock; of those, only one with the same content is the same. If one clock stamps
   * both sides, a proxy on that machine would have its timestamps, too.
   */
  byTimestamps(): void {
    const { before, behind, builder } = this
    const here = tableOf(before, (a) => (builder.isTakenBefore(a) ? 0 : keyOfTimestamps(before, a)))
    const there = tableOf(behind, (b) => (builder.isTakenBehind(b) ? 0 : keyOfTimestamps(behind, b)))
    for (let a = 0; a < before.size; a++) {
      const own = builder.isTakenBefore(a) ? 0 : keyOfTimestamps(before, a)
      if (own === 0) continue
      const isEqual = (table: SessionTable) => (row: number) =>
        table.timestamps(row)?.join() === before.timestamps(a)?.join()
      const found = [...there.at(own)].filter(isEqual(behind))
      const rivals = [...here.at(own)].filter(isEqual(before))
      const isOnly = found.length === 1 && rivals.length === 1
      const b = isOnly ? found[0] : onlyOne(found.filter((each) => before.saysTheSame(a, behind, each)))
      if (b === undefined || b === null) continue
      const isCertain = isOnly || rivals.every((each) => each === a || !before.saysTheSame(each, behind, b))
      if (isCertain) this.connect(a, b, 'timestamps')
    }
  }

  byWhatTheySay(): void {
    const rarity = new Rarity(this.before, this.behind)
    const addresses = this.withSameAddresses(rarity)
    for (const [a, b] of addresses) this.evidence.note(a, b, evidenceOf(rarity, a, b))
    this.noteNamed()
    this.noteSurelyAlike(rarity)
    const clock = this.evidence.difference() ?? this.clockAmong(rarity)
    this.clock = clock
    for (const [a, b] of addresses) if (this.overlap(a, b, clock).within) this.builder.link(a, b, 'addresses', false)
    this.byName(clock)
    this.byContent(clock, rarity)
    this.byTime(clock, rarity)
  }

  matches(): Matches {
    return this.builder.matches(this.unsure, this.clock ?? this.evidence.difference() ?? SAME_CLOCK)
  }

  /**
   * Two connections with the same endpoints and different sequence numbers: a firewall that randomises them, or a transparent
   * proxy. Ports are reused: wrong pairs would each need another clock difference.
   */
  private withSameAddresses(rarity: Rarity): readonly (readonly [number, number])[] {
    const { before, behind } = this
    const key = (table: SessionTable, i: number) => hashText(table.server(i), hashText(table.client(i)))
    const [here, there] = [tableOf(before, (a) => key(before, a)), tableOf(behind, (b) => key(behind, b))]
    const found: (readonly [number, number])[] = []
    for (let a = 0; a < before.size; a++) {
      const b = onlyOne(there.at(key(before, a)))
      if (b === null || this.builder.isTakenBefore(a) || this.builder.isTakenBehind(b)) continue
      if (behind.client(b) !== before.client(a) || behind.server(b) !== before.server(a)) continue
      const least = this.overlap(a, b, SAME_CLOCK).within ? ALIKE : ALIKE_AT_ANY_TIME
      const isOne = onlyOne(here.at(key(before, a))) !== null && !this.areStrangers(rarity, a, b)
      if (isOne && rarity.likeness(a, b) >= least) found.push([a, b])
    }
    return agree(found.map(([a, b]) => this.evidence.rangeOf(a, b))) ? found : []
  }

  /** A client named with its port is one session. */
  private noteNamed(): void {
    const { before, behind } = this
    if (!behind.namesClients) return
    const here = tableOf(before, (a) => hashText(before.client(a)))
    for (let b = 0; b < behind.size; b++) {
      const named = behind.named(b)
      const a = named === null ? null : onlyOne(here.at(hashText(named)))
      if (a !== null && before.client(a) === named) this.evidence.note(a, b, 'certain')
    }
  }

  /** The box names the client: PROXY header, XCLIENT, XFORWARD. A name without a port may fit several sessions. */
  private byName(clock: ClockDifference): void {
    const { before, behind } = this
    if (!behind.namesClients) return
    const here = tableOf(before, (a) => hashText(before.client(a)))
    const hosts = tableOf(before, (a) => hashText(hostOf(before.client(a))))
    for (let a = 0; a < before.size; a++) this.hosts.add(hostOf(before.client(a)))
    for (let b = 0; b < behind.size; b++) {
      const named = behind.named(b)
      if (named === null || !this.builder.hasRoomBehind(b)) continue
      const together = (a: number) => this.overlap(a, b, clock).together
      const whole = [...here.at(hashText(named))].filter((a) => before.client(a) === named && together(a))
      const host = [...hosts.at(hashText(named))].filter((a) => hostOf(before.client(a)) === named && together(a))
      const free = host.filter((a) => this.builder.hasRoomBefore(a))
      for (const a of whole.length > 0 ? whole : free.length === 1 ? free : [])
        if (this.builder.link(a, b, 'named', false, whole.length > 0)) break
    }
  }

  /** The box names another client, which is also in the capture. */
  private isNamedOther(a: number, b: number): boolean {
    const named = this.behind.named(b)
    if (named === null) return false
    const host = /^(\[[^\]]*\]|[^:]+):\d+$/.exec(named)?.[1] ?? named
    return host !== hostOf(this.before.client(a)) && this.hosts.has(host)
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
    const there = grouped(candidates, ({ behind }) => behind)
    const here = grouped(candidates, ({ before }) => before)
    const slackMs = clock.isGuess ? clock.toleranceMs : 0
    for (const candidate of candidates) {
      const { before, behind, message, later } = candidate
      if (!this.isFree(candidate) || this.unsure.has(before)) continue
      const isRival = (other: Candidate) => this.isFree(other) && rival(candidate, other, slackMs)
      const isOne =
        !(there.get(behind) ?? []).some(isRival) &&
        (here.get(before) ?? []).filter(isRival).length < this.builder.roomBefore(before)
      if (message || isOne) this.builder.link(before, behind, 'content', later, message)
      else this.unsure.add(before)
    }
  }

  /** Sessions with too little content to be recognised, mostly ciphertext: the only session that is open on each side. */
  private byTime(clock: ClockDifference, rarity: Rarity): void {
    if (clock.storesAndForwards || clock.isGuess) return
    const begun = new Map<number, number[]>()
    const open = new OpenAt(this.before)
    for (let b = 0; b < this.behind.size; b++) {
      if (this.builder.isTakenBehind(b)) continue
      const here = open.at(beforeTheBox(this.behind.startMs(b), clock), clock.toleranceMs)
      const [a] = here
      if (a !== undefined && here.length === 1) begun.set(a, [...(begun.get(a) ?? []), b])
    }
    for (const [a, there] of begun) {
      const [b] = there
      if (b === undefined || there.length > 1 || this.builder.isTakenBefore(a) || this.unsure.has(a)) continue
      if (!rarity.areStrangers(a, b)) this.builder.link(a, b, 'time', false)
    }
  }

  /** Different messages at different times: what else they share may be what a client sends every day. */
  private areStrangers(rarity: Rarity, a: number, b: number): boolean {
    return rarity.areStrangers(a, b) && !this.overlap(a, b, SAME_CLOCK).together
  }

  /** Pairs that share a message or a line that no other session has, and much other content. */
  private noteSurelyAlike(rarity: Rarity): void {
    const seen = new Set<number>()
    for (const [a, b] of rarity.unique()) {
      const key = a * this.behind.size + b
      if (seen.has(key) || !this.builder.hasRoomBefore(a) || !this.builder.hasRoomBehind(b)) continue
      seen.add(key)
      if (this.areStrangers(rarity, a, b)) continue
      const likeness = rarity.likeness(a, b)
      const evidence = evidenceOf(rarity, a, b)
      if (likeness >= (evidence === 'alike' ? ALIKE : ALIKE_WITH_MESSAGE)) this.evidence.note(a, b, evidence)
      if (this.evidence.isFull) return
    }
  }

  /** The clock differences that pairs with a common rare line would allow. No correction is used as long as it explains the pairs. */
  private clockAmong(rarity: Rarity): ClockDifference {
    const ranges: Range[] = []
    const seen = new Set<number>()
    const expected = new Set<number>()
    const explained = new Set<number>()
    const [here, there] = [new Set<number>(), new Set<number>()]
    const [first, last] = spanOf(this.before)
    for (const [a, b] of rarity.sharing()) {
      const key = a * this.behind.size + b
      if (seen.has(key)) continue
      seen.add(key)
      here.add(a)
      there.add(b)
      const start = this.behind.startMs(b)
      if (start >= first && start <= last) expected.add(b)
      if (this.overlap(a, b, SAME_CLOCK).within) explained.add(b)
      if (this.areStrangers(rarity, a, b)) continue
      const range = this.evidence.rangeOf(a, b)
      if (range[0] > GUESS_MAX_MS || range[1] < -GUESS_MAX_MS) continue
      if (ranges.push(range) === CLOCK_PAIRS) break
    }
    const isExplained = explained.size > 0 && explained.size >= MOST * expected.size
    return isExplained ? SAME_CLOCK : clockDifferenceAmong(ranges, here.size, there.size)
  }

  private connect(a: number, b: number, by: MatchedBy): boolean {
    if (!this.builder.link(a, b, by, false)) return false
    this.evidence.note(a, b, 'live')
    return true
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

  /** A message that its sender handed over once can leave in several sessions: to several servers, or once more. */
  private isFree({ before, behind, message }: Candidate): boolean {
    const { builder } = this
    return (message ? builder.roomBefore(before) >= 0 : builder.hasRoomBefore(before)) && builder.hasRoomBehind(behind)
  }

  private overlap(a: number, b: number, clock: ClockDifference) {
    const { toleranceMs } = clock
    const [from, to] = [this.before.startMs(a), this.before.endMs(a)]
    const start = beforeTheBox(this.behind.startMs(b), clock)
    const end = beforeTheBox(this.behind.endMs(b), clock)
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
      if (this.builder.roomBefore(a) < 0 || !this.builder.hasRoomBehind(b) || seen.has(key)) return
      seen.add(key)
      const candidate = this.candidate(a, b, clock, rarity)
      if (candidate !== null) found.push(candidate)
    }
    for (const [a, b] of rarity.sharing()) consider(a, b)
    const open = new OpenAt(this.before)
    for (let b = 0; b < this.behind.size; b++) {
      if (!this.builder.hasRoomBehind(b)) continue
      for (const a of open.at(beforeTheBox(this.behind.startMs(b), clock), clock.toleranceMs)) consider(a, b)
    }
    return found
  }

  private candidate(a: number, b: number, clock: ClockDifference, rarity: Rarity): Candidate | null {
    if (this.isNamedOther(a, b) || rarity.areStrangers(a, b)) return null
    const { within, together, distanceMs, follows } = this.overlap(a, b, clock)
    const likeness = rarity.likeness(a, b)
    const message = likeness >= ALIKE_WITH_MESSAGE && rarity.shareMessage(a, b)
    const later = !together && follows && message
    if (!together && !later) return null
    if (likeness < (clock.isGuess ? ALIKE_AT_ANY_TIME : ALIKE) && !message) return null
    const step = Math.round(likeness / LIKENESS_STEP) * LIKENESS_STEP
    return { before: a, behind: b, likeness: step, message, within, distanceMs, later }
  }
}

/** Whether another candidate is as good, also by its times. */
function rival(best: Candidate, other: Candidate, slackMs: number): boolean {
  if (other === best || best.within !== other.within || best.message !== other.message) return false
  return other.likeness === best.likeness && other.distanceMs <= 2 * best.distanceMs + 1 + slackMs
}

function grouped(candidates: readonly Candidate[], key: (candidate: Candidate) => number): Map<number, Candidate[]> {
  const found = new Map<number, Candidate[]>()
  for (const candidate of candidates) {
    const list = found.get(key(candidate))
    if (list === undefined) found.set(key(candidate), [candidate])
    else list.push(candidate)
  }
  return found
}

/** From the first beginning to the last end. */
function spanOf(sessions: SessionTable): readonly [number, number] {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < sessions.size; i++) {
    first = Math.min(first, sessions.startMs(i))
    last = Math.max(last, sessions.endMs(i))
  }
  return [first, last]
}

function evidenceOf(rarity: Rarity, a: number, b: number): Evidence {
  return rarity.shareMessage(a, b) ? 'certain' : 'alike'
}

/** A hash; 0 if there are no usable timestamps. */
function keyOfTimestamps(table: SessionTable, row: number): number {
  const [syn, answer] = table.timestamps(row) ?? [0, 0]
  if (syn === 0 || answer === 0 || Math.abs((answer - syn) | 0) < ONE_CLOCK) return 0
  return (syn ^ Math.imul(answer, 31)) | 0
}

/** The only one, or null. */
function onlyOne(rows: Iterable<number>): number | null {
  const [one, other] = rows
  return one === undefined || other !== undefined ? null : one
}

/** `192.0.2.1:49152` -> `192.0.2.1` */
const hostOf = (endPoint: string) => endPoint.slice(0, endPoint.lastIndexOf(':'))

function tableOf(sessions: SessionTable, key: (session: number) => number): HashTable {
  const table = new HashTable(sessions.size)
  for (let i = sessions.size - 1; i >= 0; i--) table.add(key(i), i)
  return table
}
