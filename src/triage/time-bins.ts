// Times of sessions -> counts per stretch of time. All rows have stretches of the same length; it doubles when the
// capture outgrows them, so that marks that stand below each other mean the same time.
import { TRIAGE_BINS_MAX } from '../limits.ts'

const SECOND_NS = 1_000_000_000

/** How long a stretch is, for all rows. They begin with the set's first packet. */
export class Stretch {
  ns = SECOND_NS
  /** How many there are. */
  count = 0

  /** Which one a moment falls into. A clock that goes back in front of the first packet falls into the first. */
  of(ns: number): number {
    while (ns >= this.ns * TRIAGE_BINS_MAX) {
      this.ns *= 2
      this.count = Math.ceil(this.count / 2)
    }
    const bin = Math.max(0, Math.floor(ns / this.ns))
    this.count = Math.max(this.count, bin + 1)
    return bin
  }
}

export class TimeBins {
  private readonly stretch: Stretch
  private ns: number
  private readonly all = new Uint32Array(TRIAGE_BINS_MAX)
  private readonly broken = new Uint32Array(TRIAGE_BINS_MAX)

  constructor(stretch: Stretch) {
    this.stretch = stretch
    this.ns = stretch.ns
  }

  add(ns: number, violation: boolean): void {
    const bin = this.stretch.of(ns)
    this.keepUp()
    this.all[bin] = (this.all[bin] as number) + 1
    if (violation) this.broken[bin] = (this.broken[bin] as number) + 1
  }

  counts(): { readonly sessions: number[]; readonly violation: number[] } {
    this.keepUp()
    const shown = (counts: Uint32Array) => [...counts.subarray(0, this.stretch.count)]
    return { sessions: shown(this.all), violation: shown(this.broken) }
  }

  /** Two stretches become one, as often as they did elsewhere. */
  private keepUp(): void {
    for (; this.ns < this.stretch.ns; this.ns *= 2) for (const counts of [this.all, this.broken]) halve(counts)
  }
}

function halve(counts: Uint32Array): void {
  for (let i = 0; i < counts.length; i++) counts[i] = (counts[i * 2] ?? 0) + (counts[i * 2 + 1] ?? 0)
}
