// Both dialogues side by side -> the rows that are shown: all of a short one; of a long one those at its beginning, around
// what differs, and at its end.
import type { SideBySide } from '../../compare/side-by-side.ts'

/** Rows of one pair: what can be read on two pages. */
const ROWS_MAX = 60
const AT_BEGINNING = 4
const AROUND = 3
const AT_END = 3

/** Rows that stand behind each other, and how many in front of them are left out. */
export interface Run {
  readonly skipped: number
  readonly rows: readonly SideBySide[]
}

export interface Excerpt {
  readonly runs: readonly Run[]
  /** Rows behind the last run. */
  readonly after: number
  /** Rows that differ and are left out. */
  readonly unlike: number
}

/** `differs`: rows that something is said of. */
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
