// Which lines of two dialogues correspond, at the least cost (Needleman-Wunsch). The cost of two lines says how unlikely it is
// that a box made one from the other. A line without a partner costs 1, so lines with a cost above 2 never correspond. Equal
// heads and tails are cut off first, so that almost every dialogue is cheap.
import { ALIGNMENT_CELLS_MAX } from '../limits.ts'
import type { Said, Sent } from './session-view.ts'

/** Indices of two corresponding lines; one of them is null if the other has no partner. */
export interface Step {
  readonly before: number | null
  readonly behind: number | null
}

/** Corresponding commands and replies. */
export interface Traces {
  readonly commands: readonly Step[]
  readonly replies: readonly Step[]
}

/** The cost of a line without a partner. Two lines whose difference costs more than two of these do not correspond. */
const GAP = 1

/**
 * In order; null if there are too many lines to compare. `cost` is 0 for equal lines; it need not be symmetric.
 */
export function align<T>(
  before: readonly T[],
  behind: readonly T[],
  cost: (before: T, behind: T) => number,
): readonly Step[] | null {
  let head = 0
  const shorter = Math.min(before.length, behind.length)
  const equal = (i: number, j: number) => cost(before[i] as T, behind[j] as T) === 0
  while (head < shorter && equal(head, head)) head++
  let tail = 0
  while (tail < shorter - head && equal(before.length - 1 - tail, behind.length - 1 - tail)) tail++
  const rows = before.length - head - tail
  const columns = behind.length - head - tail
  if ((rows + 1) * (columns + 1) > ALIGNMENT_CELLS_MAX) return null
  const middle = walk(rows, columns, (i, j) => cost(before[head + i] as T, behind[head + j] as T))
  const both = (at: number, from: number): Step => ({ before: at + from, behind: at + from })
  const shift = (at: number | null) => (at === null ? null : at + head)
  return [
    ...Array.from({ length: head }, (_, i) => both(i, 0)),
    ...middle.map((step) => ({ before: shift(step.before), behind: shift(step.behind) })),
    ...Array.from({ length: tail }, (_, i) => ({ before: head + rows + i, behind: head + columns + i })),
  ]
}

function walk(rows: number, columns: number, cost: (i: number, j: number) => number): Step[] {
  const width = columns + 1
  const least = new Float64Array((rows + 1) * width)
  const at = (i: number, j: number) => least[i * width + j] as number
  for (let i = 0; i <= rows; i++) {
    for (let j = 0; j <= columns; j++) {
      if (i === 0 || j === 0) least[i * width + j] = (i + j) * GAP
      else
        least[i * width + j] = Math.min(at(i - 1, j - 1) + cost(i - 1, j - 1), at(i - 1, j) + GAP, at(i, j - 1) + GAP)
    }
  }
  const steps: Step[] = []
  let i = rows
  let j = columns
  while (i > 0 || j > 0) {
    if (i > 0 && j > 0 && at(i, j) === at(i - 1, j - 1) + cost(i - 1, j - 1)) {
      steps.push({ before: --i, behind: --j })
    } else if (i > 0 && at(i, j) === at(i - 1, j) + GAP) {
      steps.push({ before: --i, behind: null })
    } else {
      steps.push({ before: null, behind: --j })
    }
  }
  return steps.reverse()
}

const SAME = 0
/** Masked in place: every byte that differs became an X or an asterisk, as a Cisco PIX does. */
const MASKED = 0.2
const OTHER_CASE = 0.1
/** The same text in reply to another command. */
const OTHER_PLACE = 0.3
/** More than half of two lines without partners, so that two lines that changed places are not paired with each other. */
const OTHER_WORDS = 1.2
const OTHER_CODE = 1.6
const UNRELATED = 3 * GAP

export function commandCost(before: Sent, behind: Sent): number {
  if (before.kind !== behind.kind) return isMessage(before) && isMessage(behind) ? OTHER_WORDS : UNRELATED
  if (before.text === behind.text) return SAME
  if (before.text.toUpperCase() === behind.text.toUpperCase()) return OTHER_CASE
  if (isMaskOf(behind.text, before.text)) return MASKED
  return before.verb === behind.verb ? OTHER_WORDS : UNRELATED
}

/** A box may pass on the content behind DATA as a chunk, and the other way round. */
function isMessage({ kind, verb, text }: Sent): boolean {
  return kind === 'content' || (verb === 'BDAT' && /\sLAST\s*$/i.test(text))
}

/** Replies correspond if their commands do. */
export class ReplyCost {
  private readonly partners = new Map<number, number | null>()
  /** Commands that the box added. */
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
    // The box's own reply to a command that it kept, or the server's reply to a command that the box added.
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

/** `XXXX` for `EHLO`, `220 ****` for a greeting: of the same length, with every difference an X or an asterisk. */
function isMaskOf(masked: string, plain: string): boolean {
  if (masked.length !== plain.length || masked === plain) return false
  for (let i = 0; i < plain.length; i++) {
    if (masked[i] !== plain[i] && masked[i] !== 'X' && masked[i] !== '*') return false
  }
  return true
}

/** The verb for the change. */
export function changeOf(from: string, to: string): string {
  if (isMaskOf(to, from)) return 'masked'
  if (from.toUpperCase() === to.toUpperCase()) return 'changed in case'
  return 'changed'
}
