// Rows side by side -> the order in which a drawing shows them. On each side time runs down; what stands on both sides is
// drawn at the same height wherever the order of both allows it.
import type { SideBySide } from '../../compare/side-by-side.ts'

export interface Slot {
  readonly before: SideBySide | null
  readonly behind: SideBySide | null
}

export function slotsOf(rows: readonly SideBySide[]): Slot[] {
  const here = inOrder(rows, 'before')
  const there = inOrder(rows, 'behind')
  const place = new Map(there.map((row, i) => [row, i]))
  const level = new Set(longestRising(here.filter((row) => place.has(row)).map((row) => [row, place.get(row) ?? 0])))
  const slots: Slot[] = []
  let [i, j] = [0, 0]
  while (i < here.length || j < there.length) {
    const [before = null, behind = null] = [here[i], there[j]]
    if (before !== null && before === behind) slots.push({ before, behind })
    else if (before !== null && isAlone(before)) slots.push({ before, behind: null })
    else if (behind !== null && isAlone(behind)) slots.push({ before: null, behind })
    // What is level waits for its other half; two that are not stand beside each other.
    else if (before !== null && level.has(before)) slots.push({ before: null, behind })
    else if (behind !== null && level.has(behind)) slots.push({ before, behind: null })
    else slots.push({ before, behind })
    const last = slots[slots.length - 1]
    if (last?.before != null) i++
    if (last?.behind != null) j++
  }
  return slots
}

const isAlone = ({ before, behind }: SideBySide) => before === null || behind === null

function inOrder(rows: readonly SideBySide[], side: 'before' | 'behind'): SideBySide[] {
  return rows.filter((row) => row[side] !== null).sort((a, b) => (a[side]?.place ?? 0) - (b[side]?.place ?? 0))
}

/** The most rows whose places rise in both orders. */
function longestRising(rows: readonly (readonly [SideBySide, number])[]): SideBySide[] {
  const best: { readonly length: number; readonly from: number }[] = []
  let last = -1
  for (const [i, [, at]] of rows.entries()) {
    let [length, from] = [1, -1]
    for (let j = 0; j < i; j++) {
      const earlier = best[j]
      if (earlier === undefined || (rows[j]?.[1] ?? 0) >= at || earlier.length < length) continue
      ;[length, from] = [earlier.length + 1, j]
    }
    best.push({ length, from })
    if (length > (best[last]?.length ?? 0)) last = i
  }
  const found: SideBySide[] = []
  for (let i = last; i >= 0; i = best[i]?.from ?? -1) found.push((rows[i] as readonly [SideBySide, number])[0])
  return found
}
