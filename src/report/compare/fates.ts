// The differences of a pair -> what each line of both dialogues met with: a line bears what was said of it, and no more.
import type { Pair } from '../../compare/comparison.ts'
import type { Difference, DifferenceKind, Sighting } from '../../compare/difference.ts'
import type { Line, SideBySide } from '../../compare/side-by-side.ts'

/** Kinds that are said of one line: that of a side which lacks its partner, or one that both have. */
const ALONE: ReadonlySet<DifferenceKind> = new Set(['lost', 'made', 'reordered'])
const TOGETHER: ReadonlySet<DifferenceKind> = new Set(['changed', 'unanswered', 'delayed', 'closed', 'split', 'merged'])

export type Fates = ReadonlyMap<SideBySide, Difference>

export function fatesOf({ differences, rows }: Pick<Pair, 'differences' | 'rows'>): Fates {
  const open = new Map<string, Difference[]>()
  for (const difference of differences) {
    const { kind } = difference
    for (const side of ['before', 'behind'] as const) {
      const sighting = difference[side]
      // Of a line that both sides have, the difference is found by the side of the client.
      if (sighting === null || (TOGETHER.has(kind) && side === 'behind')) continue
      const key = keyOf(side, sighting)
      const known = open.get(key)
      if (known === undefined) open.set(key, [difference])
      else known.push(difference)
    }
  }
  const fates = new Map<SideBySide, Difference>()
  for (const row of rows) {
    const kinds = row.before !== null && row.behind !== null ? TOGETHER : ALONE
    for (const side of ['before', 'behind'] as const) {
      const line = row[side]
      const list = line === null ? undefined : open.get(keyOf(side, line))
      const at = list?.findIndex(({ kind }) => kinds.has(kind)) ?? -1
      const [found] = at === -1 ? [] : (list?.splice(at, 1) ?? [])
      if (found !== undefined && !fates.has(row)) fates.set(row, found)
    }
  }
  return fates
}

function keyOf(side: 'before' | 'behind', seen: Sighting | Line): string {
  const frame = 'frames' in seen ? seen.frames[0] : seen.frame
  return `${side} ${seen.session} ${frame} ${seen.text}`
}
