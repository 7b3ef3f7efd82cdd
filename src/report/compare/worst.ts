// Pairs in the order of sessions -> those that have to be read first: what was lost in front of what was held up, and what
// is certain in front of what is not.
import type { Pair } from '../../compare/comparison.ts'
import type { Difference, DifferenceKind } from '../../compare/difference.ts'

/** The smaller, the worse. */
const GRAVITY: Readonly<Record<DifferenceKind, number>> = {
  ...{ lost: 0, changed: 1, reordered: 1, made: 1, unanswered: 1, closed: 2, delayed: 3 },
  ...{ sessions: 4, split: 4, merged: 4 },
}
const CANNOT_TELL = 5
const SAME = 6

interface Worst {
  readonly shown: readonly Pair[]
  /** Pairs that differ, or of which it cannot be told, beyond these. */
  readonly more: number
}

/** At most so many, without those that are the same; equally bad ones stay in their order. */
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
  // Counted and not listed: at least as bad as the least of them.
  return outcome === 'different' && omitted > 0 ? CANNOT_TELL - 1 : CANNOT_TELL
}

/** The worst first; equally bad ones stay in their order. */
export function byGravity(differences: readonly Difference[]): Difference[] {
  return [...differences].sort((a, b) => gravity(a) - gravity(b))
}

/** Nothing is lost by it. */
export function isHarmless({ kind }: Pick<Difference, 'kind'>): boolean {
  return GRAVITY[kind] > GRAVITY.closed
}

/** The smaller, the worse. */
export const gravity = ({ kind }: Pick<Difference, 'kind'>) => GRAVITY[kind]
