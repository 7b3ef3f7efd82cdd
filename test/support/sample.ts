// The variants of a test -> those that this run takes: all of them, or a tenth that changes every day.
import { inject } from 'vitest'
import { dayNumber } from './scope.ts'

const SHARE = 10
const { all, day } = inject('scope')
let leftOut = 0

/**
 * At least one, and each of them within ten days. `key` names the test: other tests take others on the same day. What
 * is left out is counted, and `npm test` says so at its end.
 */
export function sampleOf<T>(variants: readonly T[], key: string): readonly T[] {
  if (all) return variants
  const step = Math.min(SHARE, variants.length)
  const first = hash(key) + dayNumber(day)
  const taken = variants.filter((_, i) => (i + first) % step === 0)
  leftOut += variants.length - taken.length
  return taken
}

/** How many were left out since this was last asked for. */
export function takeLeftOut(): number {
  const count = leftOut
  leftOut = 0
  return count
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 0
}
