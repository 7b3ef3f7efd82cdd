// Counts per stretch of time -> one mark for each.

/** From none to all. */
const MARKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const
const NO_SESSION = '·'

/** `share`: how high a mark stands, from 0 to 1; null where there is nothing to show. Whatever is more than nothing shows. */
export function spark(shares: readonly (number | null)[]): string {
  return shares
    .map((share) => {
      if (share === null) return NO_SESSION
      const step = Math.ceil(share * (MARKS.length - 1))
      return MARKS[Math.max(0, Math.min(MARKS.length - 1, step))]
    })
    .join('')
}
