// Two lines -> how likely one is the other, as a box may have changed it. Costs as in align.ts: a line without a partner
// costs 1, so what costs more than 2 never corresponds.
import { GAP } from './align.ts'
import type { Said, Sent } from './course.ts'

const SAME = 0
/** Blotted out in place: every octet that differs became an X or an asterisk (what a PIX leaves). */
const MASKED = 0.2
const OTHER_CASE = 0.1
/** More than half of two lines without partners: of two that changed places, neither is taken for the other. */
const OTHER_WORDS = 1.2
const OTHER_CODE = 1.6
const UNRELATED = 3 * GAP

export function commandCost(before: Sent, behind: Sent): number {
  if (before.kind !== behind.kind) return UNRELATED
  if (before.text === behind.text) return SAME
  if (before.text.toUpperCase() === behind.text.toUpperCase()) return OTHER_CASE
  if (isMaskOf(behind.text, before.text)) return MASKED
  return before.verb === behind.verb ? OTHER_WORDS : UNRELATED
}

export function replyCost(before: Said, behind: Said): number {
  if (before.text === behind.text) return SAME
  if (isMaskOf(before.text, behind.text)) return MASKED
  if (before.code === behind.code) return OTHER_WORDS
  return before.code === 0 || behind.code === 0 ? UNRELATED : OTHER_CODE
}

/** `XXXX` for `EHLO`, `220 ****` for a greeting: the same length, and what differs is blotted out. */
export function isMaskOf(masked: string, plain: string): boolean {
  if (masked.length !== plain.length || masked === plain) return false
  for (let i = 0; i < plain.length; i++) {
    if (masked[i] !== plain[i] && masked[i] !== 'X' && masked[i] !== '*') return false
  }
  return true
}

/** How it was changed, in words. */
export function changeOf(from: string, to: string): string {
  if (isMaskOf(to, from)) return 'blotted out'
  if (from.toUpperCase() === to.toUpperCase()) return 'changed in case'
  return 'changed'
}
