// Excerpts of a comparison that is too long to be shown in full: the worst pairs, and of a long dialogue the rows at its
// beginning, around the differences, and at its end.
import type { Pair } from '../../compare/comparison.ts'
import type { Difference, DifferenceKind } from '../../compare/difference.ts'
import type { SideBySide } from '../../compare/side-by-side.ts'

/** A smaller number is worse. */
const GRAVITY: Readonly<Record<DifferenceKind, number>> = {
  ...{ lost: 0, changed: 1, reordered: 1, made: 1, unanswered: 1, closed: 2, delayed: 3 },
  ...{ sessions: 4, split: 4, merged: 4 },
}
const CANNOT_TELL = 5
const SAME = 6

interface Worst {
  readonly shown: readonly Pair[]
  /** Further pairs whose outcome is `different` or `cannot-tell`. */
  readonly more: number
}

/** At most `most` pairs, the worst first, without those whose outcome is `same`. The sort is stable. */
export function worstFirst(pairs: Iterable<Pair>, most: number): Worst {
  const kept: Pair[][] = Array.from({ length: SAME }, () => [])
  let count = 0
  for (const pair of pairs) {
    const rank = rankOf(pair)
    if (rank === SAME) continue
    count++
    const list = kept[rank] as Pair[]
    if (list.length < most) list.push(pair)
  }
  const shown = kept.flat().slice(0, most)
  return { shown, more: count - shown.length }
}

function rankOf({ outcome, differences, omitted }: Pair): number {
  if (outcome === 'same') return SAME
  if (differences.length > 0) return Math.min(...differences.map(gravity))
  // Their differences are only counted: take them for the mildest kind.
  return outcome === 'different' && omitted > 0 ? CANNOT_TELL - 1 : CANNOT_TELL
}

/** The worst first. The sort is stable. */
export function byGravity(differences: readonly Difference[]): Difference[] {
  return [...differences].sort((a, b) => gravity(a) - gravity(b))
}

/** Nothing is lost by a difference of this kind. */
export function isHarmless({ kind }: Pick<Difference, 'kind'>): boolean {
  return GRAVITY[kind] > GRAVITY.closed
}

/** A smaller number is worse. */
export const gravity = ({ kind }: Pick<Difference, 'kind'>) => GRAVITY[kind]

/** Rows of one pair: about two pages. */
const ROWS_MAX = 60
const AT_BEGINNING = 4
const AROUND = 3
const AT_END = 3

/** Consecutive rows, and the number of rows left out before them. */
interface Run {
  readonly skipped: number
  readonly rows: readonly SideBySide[]
}

export interface Excerpt {
  readonly runs: readonly Run[]
  /** Rows left out after the last run. */
  readonly after: number
  /** Differing rows that are left out. */
  readonly unlike: number
}

/** `differs`: whether a row has a difference. */
export function excerptOf(rows: readonly SideBySide[], differs: (row: SideBySide) => boolean): Excerpt {
  const wanted = rows.length <= ROWS_MAX ? null : chosen(rows, differs)
  const runs: { skipped: number; rows: SideBySide[] }[] = []
  let skipped = 0
  let unlike = 0
  let last: { skipped: number; rows: SideBySide[] } | null = null
  for (const [i, row] of rows.entries()) {
    if (wanted !== null && !wanted.has(i)) {
      skipped++
      last = null
      if (differs(row)) unlike++
    } else if (last === null) {
      last = { skipped, rows: [row] }
      runs.push(last)
      skipped = 0
    } else last.rows.push(row)
  }
  return { runs, after: skipped, unlike }
}

function chosen(rows: readonly SideBySide[], differs: (row: SideBySide) => boolean): ReadonlySet<number> {
  const wanted = new Set<number>()
  const take = (from: number, to: number) => {
    for (let i = Math.max(0, from); i < Math.min(rows.length, to); i++) wanted.add(i)
  }
  take(0, AT_BEGINNING)
  take(rows.length - AT_END, rows.length)
  for (const [i, row] of rows.entries()) {
    if (wanted.size >= ROWS_MAX) break
    if (differs(row)) take(i - AROUND, i + AROUND + 1)
  }
  return wanted
}
