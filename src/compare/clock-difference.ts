// By how much the clock behind the box is ahead of the one before it, and how certain that is: from sessions that are known to
// belong together without looking at their times.
import type { SessionTable } from './session-table.ts'

/**
 * The clock differences that a pair allows, in milliseconds, if the session behind the box begins while the one before it
 * lasts: `from` is start behind minus end before, `to` is start behind minus start before, `at` the time behind the box.
 */
export type Range = readonly [from: number, to: number, at: number]

export interface ClockDifference {
  readonly ms: number
  /** How much it grows per millisecond; it is `ms` at `atMs`. */
  readonly rate: number
  readonly atMs: number
  /** The error of `ms`. */
  readonly toleranceMs: number
  /** A session behind the box begins only after the one before it has ended: the box stores messages before it forwards them. */
  readonly storesAndForwards: boolean
  /** It rests on sessions that may not belong together: it helps to choose between equal candidates, and proves nothing. */
  readonly isGuess: boolean
  /** It may be a delay in the box instead: nothing shows which. */
  readonly isDelay: boolean
}

/** Captures of one machine, or of machines with synchronised clocks. */
const SAME_CLOCK_MS = 20
/** Two clocks whose difference was estimated from sessions. */
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

/** The highest plausible drift: a thousandth is 86 seconds a day. */
const RATE_MAX = 0.001
/** A drift is estimated from at least so many pairs. */
const RATE_PAIRS = 6
/** The share of pairs that must overlap in time if the box forwards at once. */
export const MOST = 0.7
/** A difference of 0 is taken when nearly as many pairs allow it as the best one. */
const AS_MANY = 0.95

/**
 * A difference that this share of the best one's pairs allows is as good as the best: probes that come every minute also fit
 * those of the minute before, all but one.
 */
const RIVAL = 0.8
/** The share of the smaller side's sessions that must find a partner under a guessed clock difference. */
const FEWEST = 0.5
/** The largest difference that is guessed: a wrong time zone is up to 14 hours. */
export const GUESS_MAX_MS = 14 * 3_600_000

/**
 * A session behind the box begins while its partner before the box lasts, so each pair allows a range of differences. The
 * result is the difference that most pairs allow, and of several the one nearest to 0.
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

/** A difference that grows with time; null if that explains no more pairs than a constant one. */
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
 * The same when it is only known which sessions may belong together (`before` and `behind`: how many): the right pairs agree
 * with each other, the wrong ones do not. If hardly any agree, the two sides have nothing to do with each other.
 */
export function clockDifferenceAmong(ranges: readonly Range[], before: number, behind: number): ClockDifference {
  const { ms, count } = best(ranges)
  if (count < FEWEST * Math.min(before, behind) || votes(ranges, 0) >= AS_MANY * count) return SAME_CLOCK
  // Any other difference would leave a session on each side without a partner.
  const isWhole = count >= before && before === behind
  if (!isWhole && stretches(ranges, RIVAL * count) > 1) return SAME_CLOCK
  return { ...SAME_CLOCK, ms, toleranceMs: ESTIMATED_MS, isGuess: true }
}

/** Whether most pairs allow the same difference: if not, they are no pairs. */
export function agree(ranges: readonly Range[]): boolean {
  return ranges.length > 0 && best(ranges).count >= MOST * ranges.length
}

function votes(ranges: readonly Range[], ms: number): number {
  return ranges.filter(([from, to]) => from - SAME_CLOCK_MS <= ms && ms <= to + SAME_CLOCK_MS).length
}

/** Where most ranges overlap: the upper end of that interval, at which the box adds no delay to the quickest session. */
function best(ranges: readonly Range[]): { readonly ms: number; readonly count: number } {
  let [most, ms] = [0, 0]
  for (const edge of edgesOf(ranges)) if (!edge.opens && edge.count > most) [most, ms] = [edge.count, edge.ms]
  return { ms, count: most }
}

/** How many intervals of differences, farther apart than the clock error, at least `least` pairs allow. */
function stretches(ranges: readonly Range[], least: number): number {
  let [found, lastMs] = [0, Number.NEGATIVE_INFINITY]
  for (const { ms, opens, count } of edgesOf(ranges)) {
    if (count < least) continue
    if (opens && ms > lastMs + ESTIMATED_MS) found++
    lastMs = ms
  }
  return found
}

/** The ends of the ranges, in order, each with the number of ranges that are open there. */
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

/** Pairs that are used for the estimate. */
export const CLOCK_PAIRS = 1 << 14

/**
 * `alike`: both have much content that no other session has; two sessions of a client that sends the same every day would,
 * too. `certain`: a message that no other session has, or a client that the box names. `live`: the data passed the box at once:
 * one TCP connection, or a reply that only the server can have given.
 */
export type Evidence = 'alike' | 'certain' | 'live'

export class ClockEvidence {
  private readonly before: SessionTable
  private readonly behind: SessionTable
  /** By the session behind the box: the first and the last session before it that certainly belong to it. */
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

  /** Null if no pair says anything. */
  difference(): ClockDifference | null {
    const ranges = [...this.sure].flatMap(([b, [first, last]]) => this.rangesOf(first, last, b))
    if (ranges.length === 0) return null
    const found = clockDifference(ranges)
    const { alike, certain, live } = this.counts
    if (found.ms === 0) return found
    // One pair that is only alike may be a coincidence.
    if (alike === 1 && certain + live === 0)
      return Math.abs(found.ms) > GUESS_MAX_MS ? SAME_CLOCK : { ...found, isGuess: true }
    return { ...found, isDelay: found.ms > 0 && live === 0 }
  }

  rangeOf(a: number, b: number): Range {
    const start = this.behind.startMs(b)
    return [start - this.before.endMs(a), start - this.before.startMs(a), start]
  }

  /** A session that forwards several others opened for the first of them and is open until the last comes; if not, it is a later one. */
  private rangesOf(first: number, last: number, b: number): Range[] {
    const [from, to, at] = this.rangeOf(first, b)
    if (first === last) return [[from, to, at]]
    const latest = Math.min(to, this.behind.endMs(b) - this.before.startMs(last))
    return from <= latest ? [[from, latest, at]] : [[from, to, at], this.rangeOf(last, b)]
  }
}
