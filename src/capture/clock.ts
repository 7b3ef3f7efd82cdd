// When packets were captured. What comes in: absolute times as seconds and nanoseconds since the Unix epoch.
// What goes out: nanoseconds since the first packet of the set, which a double holds exactly for 104 days.
import type { PacketView } from './packet.ts'

/** The absolute time of the very first packet of a set of captures. */
export interface TimeBase {
  readonly seconds: number
  readonly nanoseconds: number
}

export class Clock {
  known: boolean
  seconds: number
  nanoseconds: number

  /** Without a base, the first time that is asked about becomes the base. */
  constructor(base: TimeBase | null) {
    this.known = base !== null
    this.seconds = base?.seconds ?? 0
    this.nanoseconds = base?.nanoseconds ?? 0
  }

  get base(): TimeBase | null {
    return this.known ? { seconds: this.seconds, nanoseconds: this.nanoseconds } : null
  }

  /** Writes the time into the packet: a number that is returned would be boxed where the call is not inlined. */
  stamp(packet: PacketView, seconds: number, nanoseconds: number): void {
    if (!this.known) {
      this.known = true
      this.seconds = seconds
      this.nanoseconds = nanoseconds
    }
    packet.timeNs = (seconds - this.seconds) * 1e9 + (nanoseconds - this.nanoseconds)
  }
}
