// The variants of a test -> those that this run takes: all of them, or a tenth that changes every day.
import { inject } from 'vitest'
import { leaveOutVariants } from './left-out.ts'
import { dayNumber } from './scope.ts'

const SHARE = 10

/** `key` names the test: other tests take others on the same day. `npm test` says at its end how many it left out. */
export function sampleOf<T>(variants: readonly T[], key: string): readonly T[] {
  const { all, day } = inject('scope')
  if (all) return variants
  const taken = tenthOf(variants, key, day)
  leaveOutVariants(variants.length - taken.length)
  return taken
}

/** At least one, and each of them within ten days. */
export function tenthOf<T>(variants: readonly T[], key: string, day: string): readonly T[] {
  const step = Math.min(SHARE, variants.length)
  const first = hash(key) + dayNumber(day)
  return variants.filter((_, i) => (i + first) % step === 0)
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 0
}
