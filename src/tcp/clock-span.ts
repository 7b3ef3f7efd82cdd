// The times of packets in the order of the capture: the earliest, the latest, and whether the clock goes on. Otherwise
// the end of connections depends on packets of others.
import { CLOCK_SLACK_NS } from '../limits.ts'

export class ClockSpan {
  /** Infinite before the first packet. */
  earliestNs = Number.POSITIVE_INFINITY
  latestNs = Number.NEGATIVE_INFINITY
  /** Whether the clock has never stepped back by more than CLOCK_SLACK_NS. */
  isSteady = true

  note(timeNs: number): void {
    if (timeNs > this.latestNs) this.latestNs = timeNs
    else if (timeNs < this.latestNs - CLOCK_SLACK_NS) this.isSteady = false
    if (timeNs < this.earliestNs) this.earliestNs = timeNs
  }

  set(earliestNs: number, latestNs: number, isSteady: boolean): void {
    this.earliestNs = earliestNs
    this.latestNs = latestNs
    this.isSteady = isSteady
  }
}
