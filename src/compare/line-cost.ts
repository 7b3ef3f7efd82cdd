// Two lines -> how likely one is the other, as a box may have changed it. Costs as in align.ts: a line without a partner
// costs 1, so what costs more than 2 never corresponds.
import { GAP, type Step } from './line-alignment.ts'
import type { Said, Sent } from './session-view.ts'

const SAME = 0
/** Blotted out in place: every octet that differs became an X or an asterisk (what a PIX leaves). */
const MASKED = 0.2
const OTHER_CASE = 0.1
/** The same words in answer to another command. */
const OTHER_PLACE = 0.3
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

/** Replies correspond where their commands do. */
export class ReplyCost {
  private readonly partners = new Map<number, number | null>()
  /** Commands behind the box that the box made. */
  private readonly made = new Set<number>()

  constructor(commands: readonly Step[]) {
    for (const { before, behind } of commands) {
      if (before !== null) this.partners.set(before, behind)
      else if (behind !== null) this.made.add(behind)
    }
  }

  of(before: Said, behind: Said): number {
    const isSame = before.text === behind.text
    if (before.to === null || behind.to === null) {
      if (before.to === behind.to) return textCost(before, behind)
      return isSame ? OTHER_PLACE : UNRELATED
    }
    if (this.partners.get(before.to) === behind.to) return textCost(before, behind)
    if (!before.sure || !behind.sure) return isSame ? SAME : textCost(before, behind)
    // The box's own answer to what it kept, or the answer to what it asked of its own accord.
    if (this.partners.get(before.to) === null || this.made.has(behind.to)) return UNRELATED
    return isSame ? OTHER_PLACE : UNRELATED
  }
}

function textCost(before: Said, behind: Said): number {
  if (before.text === behind.text) return SAME
  if (isMaskOf(before.text, behind.text)) return MASKED
  if (before.code === behind.code) return OTHER_WORDS
  return before.code === 0 || behind.code === 0 ? UNRELATED : OTHER_CODE
}

/** `XXXX` for `EHLO`, `220 ****` for a greeting: the same length, and what differs is masked. */
function isMaskOf(masked: string, plain: string): boolean {
  if (masked.length !== plain.length || masked === plain) return false
  for (let i = 0; i < plain.length; i++) {
    if (masked[i] !== plain[i] && masked[i] !== 'X' && masked[i] !== '*') return false
  }
  return true
}

/** How it was changed, in words. */
export function changeOf(from: string, to: string): string {
  if (isMaskOf(to, from)) return 'masked'
  if (from.toUpperCase() === to.toUpperCase()) return 'changed in case'
  return 'changed'
}
