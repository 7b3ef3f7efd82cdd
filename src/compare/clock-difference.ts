// By how much the clock behind the box is ahead of the one before it, and how certain that is: from sessions that belong
// together whatever their times are.
import type { SessionTable } from './session-table.ts'

/**
 * What a pair allows, in milliseconds: the one behind the box begins while the one before it lasts. From the start behind
 * less the end before, to the start behind less the start before. And when that was, by the clock behind the box.
 */
export type Range = readonly [from: number, to: number, at: number]

export interface ClockDifference {
  readonly ms: number
  /** What it grows by in each millisecond, and when it is `ms`. */
  readonly rate: number
  readonly atMs: number
  /** How far it can be off. */
  readonly toleranceMs: number
  /** A session begins behind the box only when the one before it is over: the box stores what it forwards. */
  readonly storesAndForwards: boolean
  /** It rests on sessions of which it is not known yet whether they belong together: it tells equals apart, and proves nothing. */
  readonly isGuess: boolean
  /** The box may as well keep everything for so long before it forwards it: nothing shows which. */
  readonly isDelay: boolean
}

/** Captures of one machine, or of machines that keep time. */
const SAME_CLOCK_MS = 20
/** Two clocks whose difference was found by sessions that last for a while. */
const ESTIMATED_MS = 250
export const SAME_CLOCK: ClockDifference = {
  ms: 0,
  rate: 0,
  atMs: 0,
  toleranceMs: SAME_CLOCK_MS,
  storesAndForwards: false,
  isGuess: false,
  isDelay: false,
}
/** The same moment by the clock before the box. */
export function beforeTheBox(ms: number, { ms: ahead, rate, atMs }: ClockDifference): number {
  return ms - ahead - rate * (ms - atMs)
}

/** A clock that gains or loses more is broken: a thousandth is 86 seconds a day. */
const RATE_MAX = 0.001
/** So many pairs tell at what rate. */
const RATE_PAIRS = 6
/** Of the pairs, as many share a moment where the box hands on what it gets at once. */
export const MOST = 0.7
/** A difference of 0 is taken when nearly as many pairs allow it as the best one. */
const AS_MANY = 0.95

/**
 * A difference that so many pairs allow, of those that the best one has, is as good: of probes that come every minute, all
 * but one fit those of the minute before.
 */
const RIVAL = 0.8
/** Of the sessions of the side with fewer, as many have a partner by a clock that is only guessed. */
const FEWEST = 0.5
/** A clock that is farther off is not guessed: a wrong time zone is half a day. */
export const GUESS_MAX_MS = 14 * 3_600_000

/**
 * A session behind the box begins while its partner before the box lasts. Each pair so allows a range of differences; the
 * difference that most pairs allow is taken, and of those the one nearest to 0.
 */
function clockDifference(ranges: readonly Range[]): ClockDifference {
  if (ranges.length === 0) return SAME_CLOCK
  const { ms, count } = best(ranges)
  if (votes(ranges, 0) >= Math.max(MOST * ranges.length, AS_MANY * count)) return SAME_CLOCK
  const found = { ...SAME_CLOCK, ms, toleranceMs: ESTIMATED_MS }
  if (count >= MOST * ranges.length) return found
  const follows = ranges.filter(([from]) => from >= 0).length
  return (
    ofDriftingClocks(ranges) ?? (follows >= MOST * ranges.length ? { ...SAME_CLOCK, storesAndForwards: true } : found)
  )
}

/** A difference that grows with time; null where that explains no more than another. */
function ofDriftingClocks(ranges: readonly Range[]): ClockDifference | null {
  if (ranges.length < RATE_PAIRS) return null
  const inOrder = [...ranges].sort(([, , a], [, , b]) => a - b)
  const half = inOrder.length >> 1
  const rates = inOrder.slice(0, half).flatMap(([, to, at], i) => {
    const [, later, then] = inOrder[i + half] as Range
    return then > at ? [(later - to) / (then - at)] : []
  })
  const rate = rates.sort((a, b) => a - b)[rates.length >> 1] ?? 0
  const [, , atMs] = inOrder[half] as Range
  if (Math.abs(rate) > RATE_MAX) return null
  const steady = ranges.map(([from, to, at]): Range => {
    const grown = rate * (at - atMs)
    return [from - grown - SAME_CLOCK_MS, to - grown + SAME_CLOCK_MS, at]
  })
  const { ms, count } = best(steady)
  if (count < MOST * ranges.length) return null
  return { ...SAME_CLOCK, ms: ms - SAME_CLOCK_MS, rate, atMs, toleranceMs: ESTIMATED_MS }
}

/**
 * The same where nothing is known but which sessions may belong together, so many before the box and so many behind it: the
 * right pairs agree, the others do not. Where hardly any agree they have nothing to do with each other.
 */
export function clockDifferenceAmong(ranges: readonly Range[], before: number, behind: number): ClockDifference {
  const { ms, count } = best(ranges)
  if (count < FEWEST * Math.min(before, behind) || votes(ranges, 0) >= AS_MANY * count) return SAME_CLOCK
  // Another difference would leave a session alone on either side.
  const isWhole = count >= before && before === behind
  if (!isWhole && stretches(ranges, RIVAL * count) > 1) return SAME_CLOCK
  return { ...SAME_CLOCK, ms, toleranceMs: ESTIMATED_MS, isGuess: true }
}

/** Whether most of what pairs allow is the same difference: else they are none. */
export function agree(ranges: readonly Range[]): boolean {
  return ranges.length > 0 && best(ranges).count >= MOST * ranges.length
}

function votes(ranges: readonly Range[], ms: number): number {
  return ranges.filter(([from, to]) => from - SAME_CLOCK_MS <= ms && ms <= to + SAME_CLOCK_MS).length
}

/** Where most ranges overlap: the upper end of that stretch, at which the quickest session took no time at all. */
function best(ranges: readonly Range[]): { readonly ms: number; readonly count: number } {
  let [most, ms] = [0, 0]
  for (const edge of edgesOf(ranges)) if (!edge.opens && edge.count > most) [most, ms] = [edge.count, edge.ms]
  return { ms, count: most }
}

/** How many stretches of differences, farther apart than clocks are known, at least so many pairs allow. */
function stretches(ranges: readonly Range[], least: number): number {
  let [found, lastMs] = [0, Number.NEGATIVE_INFINITY]
  for (const { ms, opens, count } of edgesOf(ranges)) {
    if (count < least) continue
    if (opens && ms > lastMs + ESTIMATED_MS) found++
    lastMs = ms
  }
  return found
}

/** Where ranges begin and end, in order, with how many are open there. */
function* edgesOf(ranges: readonly Range[]) {
  const edges = ranges.flatMap(([from, to]) => [
    { ms: from, opens: true },
    { ms: to, opens: false },
  ])
  edges.sort((a, b) => a.ms - b.ms || Number(b.opens) - Number(a.opens))
  let count = 0
  for (const { ms, opens } of edges) {
    if (opens) count++
    yield { ms, opens, count }
    if (!opens) count--
  }
}

/** Pairs that are asked. */
export const CLOCK_PAIRS = 1 << 14

/**
 * `alike`: both say much that no other session says; so would two sessions of one client that sends the same every day.
 * `certain`: a message that no other has, a client that is named. `live`: what one side saw came from the other at once:
 * one TCP connection, or a reply that only the server can have given.
 */
export type Evidence = 'alike' | 'certain' | 'live'

export class ClockEvidence {
  private readonly before: SessionTable
  private readonly behind: SessionTable
  /** By the session behind the box: of those before it that surely belong to it, the first and the last. */
  private readonly sure = new Map<number, readonly [first: number, last: number]>()
  private readonly counts: Record<Evidence, number> = { alike: 0, certain: 0, live: 0 }

  constructor(before: SessionTable, behind: SessionTable) {
    this.before = before
    this.behind = behind
  }

  get isFull(): boolean {
    return this.sure.size >= CLOCK_PAIRS
  }

  note(a: number, b: number, evidence: Evidence): void {
    if (this.isFull) return
    const start = (row: number) => this.before.startMs(row)
    const [first, last] = this.sure.get(b) ?? [a, a]
    this.sure.set(b, [start(a) < start(first) ? a : first, start(a) > start(last) ? a : last])
    this.counts[this.before.sharesReceipt(a, this.behind, b) ? 'live' : evidence]++
  }

  /** Null where no pair tells. */
  difference(): ClockDifference | null {
    const ranges = [...this.sure].flatMap(([b, [first, last]]) => this.rangesOf(first, last, b))
    if (ranges.length === 0) return null
    const found = clockDifference(ranges)
    const { alike, certain, live } = this.counts
    if (found.ms === 0) return found
    // One pair that is only alike may be chance.
    if (alike === 1 && certain + live === 0)
      return Math.abs(found.ms) > GUESS_MAX_MS ? SAME_CLOCK : { ...found, isGuess: true }
    return { ...found, isDelay: found.ms > 0 && live === 0 }
  }

  rangeOf(a: number, b: number): Range {
    const start = this.behind.startMs(b)
    return [start - this.before.endMs(a), start - this.before.startMs(a), start]
  }

  /** A session that serves several was opened for the first of them, and lasts until the last comes; else it came later. */
  private rangesOf(first: number, last: number, b: number): Range[] {
    const [from, to, at] = this.rangeOf(first, b)
    if (first === last) return [[from, to, at]]
    const latest = Math.min(to, this.behind.endMs(b) - this.before.startMs(last))
    return from <= latest ? [[from, latest, at]] : [[from, to, at], this.rangeOf(last, b)]
  }
}
