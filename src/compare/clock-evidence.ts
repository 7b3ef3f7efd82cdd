// Pairs that belong together, whatever the time -> by how much the clocks of both sides differ, and how sure that is.
import { type ClockDifference, clockDifference, GUESS_MAX_MS, type Range, SAME_CLOCK } from './clock-difference.ts'
import type { SessionTable } from './session-table.ts'

/** Pairs that are asked. */
export const CLOCK_PAIRS = 1 << 14

/**
 * `alike`: both say much that no other session says; so would two sessions of one client that sends the same every day.
 * `certain`: a message that no other has, a client that is named. `live`: what one side saw came from the other at once:
 * one TCP connection, or a reply that only the server can have given.
 */
export type Evidence = 'alike' | 'certain' | 'live'

export class ClockEvidence {
  private readonly before: SessionTable
  private readonly behind: SessionTable
  /** By the session behind the box: of those before it that surely belong to it, the first and the last. */
  private readonly sure = new Map<number, readonly [first: number, last: number]>()
  private readonly counts: Record<Evidence, number> = { alike: 0, certain: 0, live: 0 }

  constructor(before: SessionTable, behind: SessionTable) {
    this.before = before
    this.behind = behind
  }

  get isFull(): boolean {
    return this.sure.size >= CLOCK_PAIRS
  }

  note(a: number, b: number, evidence: Evidence): void {
    if (this.isFull) return
    const start = (row: number) => this.before.startMs(row)
    const [first, last] = this.sure.get(b) ?? [a, a]
    this.sure.set(b, [start(a) < start(first) ? a : first, start(a) > start(last) ? a : last])
    this.counts[this.before.sharesReceipt(a, this.behind, b) ? 'live' : evidence]++
  }

  /** Null where no pair tells. */
  difference(): ClockDifference | null {
    const ranges = [...this.sure].flatMap(([b, [first, last]]) => this.rangesOf(first, last, b))
    if (ranges.length === 0) return null
    const found = clockDifference(ranges)
    const { alike, certain, live } = this.counts
    if (found.ms === 0) return found
    // One pair that is only alike may be chance.
    if (alike === 1 && certain + live === 0)
      return Math.abs(found.ms) > GUESS_MAX_MS ? SAME_CLOCK : { ...found, isGuess: true }
    return { ...found, isDelay: found.ms > 0 && live === 0 }
  }

  rangeOf(a: number, b: number): Range {
    const start = this.behind.startMs(b)
    return [start - this.before.endMs(a), start - this.before.startMs(a), start]
  }

  /** A session that serves several was opened for the first of them, and lasts until the last comes; else it came later. */
  private rangesOf(first: number, last: number, b: number): Range[] {
    const [from, to, at] = this.rangeOf(first, b)
    if (first === last) return [[from, to, at]]
    const latest = Math.min(to, this.behind.endMs(b) - this.before.startMs(last))
    return from <= latest ? [[from, latest, at]] : [[from, to, at], this.rangeOf(last, b)]
  }
}
