// A word that names nothing -> the name that was probably meant.

/** More edits than this and it is another word. */
const EDITS_MAX = 4

/** The name that takes the fewest insertions, deletions and replacements; null when none is near. */
export function nearest(word: string, names: readonly string[]): string | null {
  let best: string | null = null
  let fewest = EDITS_MAX + 1
  for (const name of names) {
    if (Math.abs(name.length - word.length) >= fewest) continue
    const edits = editDistance(word, name)
    if (edits < fewest) {
      best = name
      fewest = edits
    }
  }
  return best
}

/** Levenshtein's distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}
