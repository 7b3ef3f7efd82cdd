// Two sequences of lines -> what corresponds to what, at the least cost (Needleman and Wunsch). Equal ends are cut off
// first, so that nearly every dialogue costs nothing.
import { ALIGNMENT_CELLS_MAX } from '../limits.ts'

/** Indices of what corresponds; one is null where the other has no partner. */
export interface Step {
  readonly before: number | null
  readonly behind: number | null
}

/** Lines that correspond, of both kinds. */
export interface Traces {
  readonly commands: readonly Step[]
  readonly replies: readonly Step[]
}

/** The cost of a line without a partner. Two lines whose difference costs more than two of these do not correspond. */
export const GAP = 1

/**
 * In order; null when there are too many lines to compare. `cost` is 0 for equal lines, and symmetric in nothing else.
 */
export function align<T>(
  before: readonly T[],
  behind: readonly T[],
  cost: (before: T, behind: T) => number,
): readonly Step[] | null {
  let head = 0
  const shorter = Math.min(before.length, behind.length)
  const equal = (i: number, j: number) => cost(before[i] as T, behind[j] as T) === 0
  while (head < shorter && equal(head, head)) head++
  let tail = 0
  while (tail < shorter - head && equal(before.length - 1 - tail, behind.length - 1 - tail)) tail++
  const rows = before.length - head - tail
  const columns = behind.length - head - tail
  if ((rows + 1) * (columns + 1) > ALIGNMENT_CELLS_MAX) return null
  const middle = walk(rows, columns, (i, j) => cost(before[head + i] as T, behind[head + j] as T))
  const both = (at: number, from: number): Step => ({ before: at + from, behind: at + from })
  const shift = (at: number | null) => (at === null ? null : at + head)
  return [
    ...Array.from({ length: head }, (_, i) => both(i, 0)),
    ...middle.map((step) => ({ before: shift(step.before), behind: shift(step.behind) })),
    ...Array.from({ length: tail }, (_, i) => ({ before: head + rows + i, behind: head + columns + i })),
  ]
}

function walk(rows: number, columns: number, cost: (i: number, j: number) => number): Step[] {
  const width = columns + 1
  const least = new Float64Array((rows + 1) * width)
  const at = (i: number, j: number) => least[i * width + j] as number
  for (let i = 0; i <= rows; i++) {
    for (let j = 0; j <= columns; j++) {
      if (i === 0 || j === 0) least[i * width + j] = (i + j) * GAP
      else
        least[i * width + j] = Math.min(at(i - 1, j - 1) + cost(i - 1, j - 1), at(i - 1, j) + GAP, at(i, j - 1) + GAP)
    }
  }
  const steps: Step[] = []
  let i = rows
  let j = columns
  while (i > 0 || j > 0) {
    if (i > 0 && j > 0 && at(i, j) === at(i - 1, j - 1) + cost(i - 1, j - 1)) {
      steps.push({ before: --i, behind: --j })
    } else if (i > 0 && at(i, j) === at(i - 1, j) + GAP) {
      steps.push({ before: --i, behind: null })
    } else {
      steps.push({ before: null, behind: --j })
    }
  }
  return steps.reverse()
}
