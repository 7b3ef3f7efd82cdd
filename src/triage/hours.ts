// Sessions -> sums per hour of UTC, by when they began. Where there would be too many, hours are put together.

import { TRIAGE_HOURS_MAX } from '../limits.ts'
import type { SessionReport } from '../rules/observe.ts'
import { epochNs } from '../rules/time.ts'
import { Sums, type SumsOptions } from './sums.ts'

const HOUR_NS = 3_600_000_000_000n
/** One hour, two, six, twelve, a day: each is a whole number of the one before. Then days double. */
const LONGER = [2, 3, 2, 2]

export class Hours {
  /** How many hours a row sums up. */
  hours = 1
  /** By the number of the row since 1970. */
  private rows = new Map<number, Sums>()
  private readonly options: SumsOptions
  private longer = 0

  constructor(options: SumsOptions) {
    this.options = options
  }

  add(session: SessionReport): void {
    const hour = Number(epochNs(session.base, session.startNs) / HOUR_NS)
    this.sumsOf(Math.floor(hour / this.hours)).add(session)
    while (this.rows.size > TRIAGE_HOURS_MAX) this.join()
  }

  /** When each row began, in seconds since 1970, and its sums; in order. */
  inOrder(): { readonly seconds: number; readonly sums: Sums }[] {
    return [...this.rows].sort(([a], [b]) => a - b).map(([row, sums]) => ({ seconds: row * this.hours * 3600, sums }))
  }

  private join(): void {
    const factor = LONGER[this.longer++] ?? 2
    const { rows } = this
    this.hours *= factor
    this.rows = new Map()
    for (const [row, sums] of rows) this.sumsOf(Math.floor(row / factor)).addAll(sums)
  }

  private sumsOf(row: number): Sums {
    const sums = this.rows.get(row) ?? new Sums(this.options)
    this.rows.set(row, sums)
    return sums
  }
}
