// Moments of sessions -> a timeline of few bins, however long the captures are: bins are made wider as time goes on, by
// widths of which each is a multiple of the one before, so that the outcome depends on no order.
import { REPORT_BINS_MAX } from '../../limits.ts'
import type { Bin } from './report-model.ts'

/** In seconds, and what each is called. */
const WIDTHS: readonly (readonly [number, string])[] = [
  [1, '1 second'],
  [5, '5 seconds'],
  [15, '15 seconds'],
  [60, '1 minute'],
  [300, '5 minutes'],
  [900, '15 minutes'],
  [3600, '1 hour'],
  [21_600, '6 hours'],
  [86_400, '1 day'],
  [604_800, '7 days'],
  [31_449_600, '52 weeks'],
  [314_496_000, '520 weeks'],
  // From 1970 to 9999, as far as a broken clock goes.
  [6_289_920_000, '10,400 weeks'],
]
const WIDEST = WIDTHS.length - 1

interface Count {
  sessions: number
  affected: number
}

export class Bins {
  private step = 0
  private counts = new Map<number, Count>()

  /** `at`: seconds since 1970. */
  add(at: number, affected: boolean): void {
    const bin = Math.floor(at / this.width)
    const count = this.counts.get(bin) ?? { sessions: 0, affected: 0 }
    this.counts.set(bin, count)
    count.sessions++
    if (affected) count.affected++
    while (this.step < WIDEST && this.span > REPORT_BINS_MAX) this.widen()
  }

  get widthName(): string {
    return WIDTHS[this.step]?.[1] ?? ''
  }

  /** In order of time, empty ones between them too. */
  bins(): Bin[] {
    const numbers = [...this.counts.keys()]
    if (numbers.length === 0) return []
    const first = Math.min(...numbers)
    return Array.from({ length: this.span }, (_, i) => ({
      label: this.labelOf(first + i),
      ...(this.counts.get(first + i) ?? { sessions: 0, affected: 0 }),
    }))
  }

  private get width(): number {
    return WIDTHS[this.step]?.[0] ?? 1
  }

  /** Bins from the first to the last. */
  private get span(): number {
    let first = Number.POSITIVE_INFINITY
    let last = Number.NEGATIVE_INFINITY
    for (const bin of this.counts.keys()) {
      first = Math.min(first, bin)
      last = Math.max(last, bin)
    }
    return last - first + 1
  }

  private widen(): void {
    const before = this.width
    this.step++
    const wider = new Map<number, Count>()
    for (const [bin, { sessions, affected }] of this.counts) {
      const into = Math.floor((bin * before) / this.width)
      const count = wider.get(into) ?? { sessions: 0, affected: 0 }
      wider.set(into, { sessions: count.sessions + sessions, affected: count.affected + affected })
    }
    this.counts = wider
  }

  /** `2010-11-28 07:47`, as exact as the width. */
  private labelOf(bin: number): string {
    const iso = new Date(bin * this.width * 1000).toISOString()
    const length = this.width >= 86_400 ? 10 : this.width >= 60 ? 16 : 19
    return iso.slice(0, length).replace('T', ' ')
  }
}
