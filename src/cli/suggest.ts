// A misspelled word -> the name that was probably meant.

/** With more edits than this it is a different word. */
const EDITS_MAX = 4

/** The name with the fewest insertions, deletions and replacements; null when none is similar. */
export function suggest(word: string, names: readonly string[], editsMax = EDITS_MAX): string | null {
  let best: string | null = null
  let fewest = editsMax + 1
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

/** The Levenshtein distance, computed row by row. */
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
