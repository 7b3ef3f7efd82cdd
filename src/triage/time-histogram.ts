// Counts sessions per time interval. Histograms that share a `TimeScale` have the same intervals, so that their bars
// are aligned. When the times no longer fit into the maximum number of intervals, the intervals become wider.

/**
 * The intervals of one or more histograms: interval n begins at n widths. Each width is a multiple of the one before,
 * so that the result does not depend on the order of the times.
 */
export class TimeScale {
  private readonly widths: readonly number[]
  private readonly most: number
  private step = 0
  private readonly beginsAtZero: boolean
  private first: number
  private last = Number.NEGATIVE_INFINITY

  /**
   * `most`: maximum number of intervals. `beginsAtZero`: the first interval is 0 and includes earlier times; otherwise
   * it is that of the first time.
   */
  constructor(widths: readonly number[], most: number, beginsAtZero: boolean) {
    this.widths = widths
    this.most = most
    this.beginsAtZero = beginsAtZero
    this.first = beginsAtZero ? 0 : Number.POSITIVE_INFINITY
  }

  get width(): number {
    return this.widths[this.step] as number
  }

  /** How often the intervals became wider: the index of their width. */
  get widened(): number {
    return this.step
  }

  /** Number of intervals, from the first to the last with a session. */
  get count(): number {
    return this.last < this.first ? 0 : this.last - this.first + 1
  }

  /** The start times of the intervals, in order. */
  starts(): number[] {
    return Array.from({ length: this.count }, (_, i) => (this.first + i) * this.width)
  }

  /** The interval of a time. Makes the intervals wider if necessary. */
  place(at: number): number {
    const interval = this.intervalOf(at)
    this.first = Math.min(this.first, interval)
    this.last = Math.max(this.last, interval)
    while (this.count > this.most && this.step < this.widths.length - 1) {
      const before = this.width
      this.step++
      this.first = Math.floor((this.first * before) / this.width)
      this.last = Math.floor((this.last * before) / this.width)
    }
    return this.intervalOf(at)
  }

  /** The index of an interval among those shown. */
  indexOf(interval: number): number {
    return interval - this.first
  }

  private intervalOf(at: number): number {
    const interval = Math.floor(at / this.width)
    return this.beginsAtZero ? Math.max(0, interval) : interval
  }
}

export interface IntervalCount {
  readonly sessions: number
  readonly affected: number
}

export class TimeHistogram {
  readonly scale: TimeScale
  private width: number
  private counts = new Map<number, { sessions: number; affected: number }>()

  constructor(scale: TimeScale) {
    this.scale = scale
    this.width = scale.width
  }

  add(at: number, isAffected: boolean): void {
    const interval = this.scale.place(at)
    this.followScale()
    this.raise(interval, 1, isAffected ? 1 : 0)
  }

  /** One count for each interval of the scale, including empty ones. */
  intervals(): IntervalCount[] {
    this.followScale()
    const all = Array.from({ length: this.scale.count }, (): IntervalCount => ({ sessions: 0, affected: 0 }))
    for (const [interval, count] of this.counts) all[this.scale.indexOf(interval)] = count
    return all
  }

  /** Merges counts after intervals became wider, possibly by another histogram of the same scale. */
  private followScale(): void {
    const { width } = this.scale
    if (width === this.width) return
    const { counts } = this
    this.counts = new Map()
    for (const [interval, { sessions, affected }] of counts)
      this.raise(Math.floor((interval * this.width) / width), sessions, affected)
    this.width = width
  }

  private raise(interval: number, sessions: number, affected: number): void {
    const count = this.counts.get(interval) ?? { sessions: 0, affected: 0 }
    this.counts.set(interval, count)
    count.sessions += sessions
    count.affected += affected
  }
}
