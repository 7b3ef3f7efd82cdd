// Links between sessions of both sides -> matches: sessions that share a link, directly or through others. Nearly always it
// is one session on each side, which takes two numbers.
import { type ClockDifference, SAME_CLOCK } from './clock-difference.ts'
import type { SessionTable } from './session-table.ts'

/** The evidence that two sessions belong together, the most certain first. */
export type MatchedBy = 'connection' | 'translated' | 'timestamps' | 'addresses' | 'named' | 'content' | 'time'

const BY: readonly MatchedBy[] = ['connection', 'translated', 'timestamps', 'addresses', 'named', 'content', 'time']
const LATER = 0x80

/** One TCP connection that both captures show. */
export function isSameTcp(by: MatchedBy): boolean {
  return by === 'connection' || by === 'translated' || by === 'timestamps'
}

/** Sessions that belong together, as rows of the session tables, on each side in the order of their start. */
export interface Match {
  readonly before: readonly number[]
  readonly behind: readonly number[]
  readonly by: MatchedBy
  /**
   * `later`: they do not overlap in time, the box had stored what it forwarded. `unsure`: either the box stored it, or the
   * clocks differ.
   */
  readonly forwarded: 'at-once' | 'later' | 'unsure'
}

export interface Matches {
  /** In the order of the sessions before the box. */
  readonly all: Iterable<Match>
  readonly onlyBefore: Iterable<number>
  readonly onlyBehind: Iterable<number>
  /** Sessions before the box that more than one session behind it would fit. */
  readonly ambiguous: Iterable<number>
  readonly clock: ClockDifference
}

export class MatchBuilder {
  private readonly before: SessionTable
  private readonly behind: SessionTable
  /** How many more partners each session may have. */
  private readonly left: Readonly<Record<'before' | 'behind', Int32Array>>
  /** By row: the first partner plus one, and the evidence. */
  private readonly partnerBefore: Int32Array
  private readonly partnerBehind: Int32Array
  private readonly why: Uint8Array
  /** Further partners. */
  private readonly moreBefore = new Map<number, number[]>()
  private readonly moreBehind = new Map<number, number[]>()
  private clock = SAME_CLOCK
  private linkedBefore = 0
  private linkedBehind = 0

  constructor(before: SessionTable, behind: SessionTable) {
    this.before = before
    this.behind = behind
    const units = (table: SessionTable) => Int32Array.from({ length: table.size }, (_, i) => table.units(i))
    this.left = { before: units(before), behind: units(behind) }
    this.partnerBefore = new Int32Array(before.size)
    this.partnerBehind = new Int32Array(behind.size)
    this.why = new Uint8Array(before.size)
  }

  get isDone(): boolean {
    return this.linkedBefore === this.before.size || this.linkedBehind === this.behind.size
  }

  /** How many more partners behind the box it may have; negative if it is paired as the same connection. */
  roomBefore(a: number): number {
    return this.left.before[a] as number
  }

  hasRoomBefore(a: number): boolean {
    return this.roomBefore(a) > 0
  }

  hasRoomBehind(b: number): boolean {
    return (this.left.behind[b] as number) > 0
  }

  isTakenBefore(a: number): boolean {
    return this.partnerBefore[a] !== 0
  }

  isTakenBehind(b: number): boolean {
    return this.partnerBehind[b] !== 0
  }

  /**
   * False if one of the two already has all its partners. The same TCP connection has one partner, any other session as many as
   * it has mail transactions. `isSure`: one transaction before the box may be several behind it.
   */
  link(a: number, b: number, by: MatchedBy, later: boolean, isSure = false): boolean {
    const { before, behind } = this.left
    const [here, there] = [before[a] as number, behind[b] as number]
    if (here < 0 || (here === 0 && !isSure) || there <= 0) return false
    const isConnection = isSameTcp(by) || by === 'addresses'
    const used = Math.max(1, Math.min(here, there))
    before[a] = isConnection ? -1 : Math.max(0, here - used)
    behind[b] = isConnection ? -1 : Math.max(0, there - used)
    if (this.partnerBefore[a] === 0) {
      this.partnerBefore[a] = b + 1
      this.why[a] = BY.indexOf(by) | (later ? LATER : 0)
      this.linkedBefore++
    } else push(this.moreBefore, a, b)
    if (this.partnerBehind[b] === 0) {
      this.partnerBehind[b] = a + 1
      this.linkedBehind++
    } else push(this.moreBehind, b, a)
    return true
  }

  matches(unsure: ReadonlySet<number>, clock: ClockDifference): Matches {
    const { before, behind } = this
    this.clock = clock
    return {
      all: { [Symbol.iterator]: () => this.each() },
      onlyBefore: rows(before, (a) => !this.isTakenBefore(a) && !unsure.has(a)),
      onlyBehind: rows(behind, (b) => !this.isTakenBehind(b)),
      ambiguous: rows(before, (a) => !this.isTakenBefore(a) && unsure.has(a)),
      clock,
    }
  }

  private *each(): Generator<Match> {
    const seen = new Set<number>()
    for (const a of this.before.inOrder) {
      if (!this.isTakenBefore(a) || seen.has(a)) continue
      const match = this.matchOf(a)
      if (match.before.length > 1) for (const each of match.before) seen.add(each)
      yield match
    }
  }

  /** All sessions that are linked with a session before the box. */
  private matchOf(a: number): Match {
    const why = this.why[a] as number
    const by = BY[why & ~LATER] ?? 'time'
    const forwarded = (why & LATER) !== 0 ? 'later' : this.clock.isDelay && !isSameTcp(by) ? 'unsure' : 'at-once'
    const first = (this.partnerBefore[a] as number) - 1
    if (!this.moreBefore.has(a) && !this.moreBehind.has(first)) return { before: [a], behind: [first], by, forwarded }
    const [here, there] = [new Set([a]), new Set<number>()]
    for (const one of here) {
      for (const other of this.partnersOf(one, this.partnerBefore, this.moreBefore)) {
        there.add(other)
        for (const next of this.partnersOf(other, this.partnerBehind, this.moreBehind)) here.add(next)
      }
    }
    const inOrder = (all: Set<number>, table: SessionTable) =>
      [...all].sort((x, y) => table.startMs(x) - table.startMs(y) || x - y)
    return { before: inOrder(here, this.before), behind: inOrder(there, this.behind), by, forwarded }
  }

  private partnersOf(row: number, first: Int32Array, more: ReadonlyMap<number, readonly number[]>): number[] {
    return [(first[row] as number) - 1, ...(more.get(row) ?? [])]
  }
}

function push(lists: Map<number, number[]>, key: number, value: number): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}

function rows({ inOrder }: SessionTable, wanted: (row: number) => boolean): Iterable<number> {
  return {
    *[Symbol.iterator]() {
      for (const row of inOrder) if (wanted(row)) yield row
    },
  }
}
