// The sessions of two captures, one on each side of a box -> which belong together, and what differs between them. Each
// side is read once to find partners, and once more for the dialogues of the pairs that are not byte for byte the same.
import type { BoxKind } from './box-kind.ts'
import type { Judgement, Place } from './difference.ts'
import { matchSessions } from './match-sessions.ts'
import { isSameTcp, type Match, type MatchedBy, type Matches } from './matches.ts'
import type { PairJudge } from './pair-judge.ts'
import type { SessionTable } from './session-table.ts'

/** One session as one side names it. */
export interface Seen {
  readonly session: string
  readonly client: string
  readonly server: string
  readonly startedAt: string
}

/** A session before the box, and those behind it that belong to it. */
export interface Pair extends Judgement {
  readonly before: Seen
  readonly behind: readonly Seen[]
  readonly by: MatchedBy
}

/** By how much the clock behind the box is ahead of the one before it. */
export interface Clock {
  readonly aheadMs: number
  /**
   * `equal`: sessions overlap without a correction. `measured`: from sessions that certainly belong together.
   * `clock-or-delay`: from these, but it may be a delay in the box. `guessed`: from sessions that may belong together.
   */
  readonly basis: 'equal' | 'measured' | 'clock-or-delay' | 'guessed'
}

export interface Comparison {
  readonly summary: {
    readonly pairs: number
    readonly same: number
    readonly different: number
    readonly cannotTell: number
    readonly onlyBefore: number
    readonly onlyBehind: number
    readonly ambiguous: number
    /** Sessions of either side beyond the limits of this program. */
    readonly notCompared: number
    readonly clock: Clock
    readonly boxes: Readonly<Partial<Record<BoxKind, number>>>
    readonly differences: Readonly<Record<Place, number>>
  }
  /** All sessions of each side, paired or not. */
  readonly sessions: { readonly before: number; readonly behind: number }
  /** Made anew on each iteration: there can be millions. */
  readonly pairs: Iterable<Pair>
  readonly onlyBefore: Iterable<Seen>
  readonly onlyBehind: Iterable<Seen>
  /** Sessions before the box that more than one behind it would fit. */
  readonly ambiguous: Iterable<Seen>
}

/** Which sessions belong together. */
interface Plan {
  readonly before: SessionTable
  readonly behind: SessionTable
  readonly matches: Matches
}

export function planComparison(before: SessionTable, behind: SessionTable): Plan {
  return { before, behind, matches: matchSessions(before, behind) }
}

/** Matches that are not byte for byte the same, with their indices in the list of all matches. */
export function* unlike(plan: Plan): Iterable<readonly [number, Match]> {
  let index = 0
  for (const match of plan.matches.all) {
    if (!isPlainlySame(plan, match)) yield [index, match]
    index++
  }
}

/** `selective`: only some sessions before the box were asked for, so sessions behind it without a partner are not listed. */
export function compareSides(plan: Plan, judge: PairJudge, selective: boolean): Comparison {
  const { before, behind, matches } = plan
  const onlyBehind = selective ? [] : matches.onlyBehind
  const pairs = lazily(() => pairsOf(plan, judge))
  const counts = { pairs: 0, same: 0, different: 0, cannotTell: 0 }
  const boxes: Partial<Record<BoxKind, number>> = {}
  for (const [match, { outcome, box }] of judgedOf(plan, judge)) {
    const sessions = match.before.length
    counts.pairs += sessions
    counts[outcome === 'cannot-tell' ? 'cannotTell' : outcome] += sessions
    boxes[box] = (boxes[box] ?? 0) + sessions
  }
  return {
    summary: {
      ...counts,
      onlyBefore: count(matches.onlyBefore),
      onlyBehind: count(onlyBehind),
      ambiguous: count(matches.ambiguous),
      notCompared: before.dropped + behind.dropped + judge.notJudged,
      clock: clockOf(matches),
      boxes,
      differences: judge.places,
    },
    sessions: { before: before.size, behind: behind.size },
    pairs,
    onlyBefore: lazily(() => seenOf(before, matches.onlyBefore)),
    onlyBehind: lazily(() => seenOf(behind, onlyBehind)),
    ambiguous: lazily(() => seenOf(before, matches.ambiguous)),
  }
}

function clockOf({ clock: { ms, isGuess, isDelay } }: Matches): Clock {
  const aheadMs = Math.round(ms)
  const basis = aheadMs === 0 ? 'equal' : isGuess ? 'guessed' : isDelay ? 'clock-or-delay' : 'measured'
  return { aheadMs, basis }
}

function* judgedOf(plan: Plan, judge: PairJudge): Generator<readonly [Match, Judgement]> {
  let index = 0
  for (const match of plan.matches.all) {
    const judged = isPlainlySame(plan, match) ? plainlySame(match) : judge.of(index)
    index++
    if (judged !== null) yield [match, judged]
  }
}

function* pairsOf(plan: Plan, judge: PairJudge): Generator<Pair> {
  for (const [match, judged] of judgedOf(plan, judge)) {
    const behind = [...seenOf(plan.behind, match.behind)]
    // A session behind the box that several clients share is reported with the first of them.
    let shared = judged
    for (const before of seenOf(plan.before, match.before)) {
      yield { before, behind, by: match.by, ...shared }
      shared = { ...judged, differences: [], rows: [] }
    }
  }
}

/** The same bytes on both sides, and nothing missing, unanswered or slow. */
function isPlainlySame({ before, behind }: Plan, match: Match): boolean {
  const [a, b] = [match.before[0], match.behind[0]]
  if (a === undefined || b === undefined || match.before.length > 1 || match.behind.length > 1) return false
  return before.isCalm(a) && behind.isCalm(b) && before.saysTheSame(a, behind, b)
}

const SAME_BOX = { 'at-once': 'tcp-relay', later: 'store-and-forward', unsure: 'unknown' } as const

function plainlySame({ by, forwarded }: Match): Judgement {
  const box: BoxKind = isSameTcp(by) ? 'path' : SAME_BOX[forwarded]
  return { box, outcome: 'same', differences: [], omitted: 0, reasons: [], notes: [], rows: [] }
}

function* seenOf(table: SessionTable, rows: Iterable<number>): Generator<Seen> {
  for (const i of rows)
    yield {
      session: table.session(i),
      client: table.client(i),
      server: table.server(i),
      startedAt: table.startedAt(i),
    }
}

function lazily<T>(make: () => Iterator<T>): Iterable<T> {
  return { [Symbol.iterator]: make }
}

function count(items: Iterable<unknown>): number {
  let n = 0
  for (const _ of items) n++
  return n
}
