// The path between client and server, as far as it tells how soon one can answer the other, and how long silence must be to
// say anything. Where the capture was made makes no difference.
import { IDLE_ROUND_TRIPS, RELEASE_NS, WITHHELD_SILENCE_NS } from '../limits.ts'
import type { Side } from '../stream/chunk.ts'
import type { RoundTrip } from '../stream/round-trip.ts'

export class Path {
  private readonly roundTrip: RoundTrip
  private readonly client: Side

  constructor(roundTrip: RoundTrip, client: Side) {
    this.roundTrip = roundTrip
    this.client = client
  }

  /** By how much later than it was sent at the server, at its soonest, an answer to the client is captured. */
  get toServerNs(): number {
    return this.roundTrip.to((1 - this.client) as Side)
  }

  /** What is sent at once comes within this time. */
  get promptNs(): number {
    return Math.max(RELEASE_NS, this.roundTrip.wholeNs)
  }

  /** A silence of this length is one. */
  get silenceNs(): number {
    return Math.max(WITHHELD_SILENCE_NS, IDLE_ROUND_TRIPS * this.roundTrip.wholeNs)
  }
}
