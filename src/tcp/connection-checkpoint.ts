// What is known of the two streams of a connection that was followed elsewhere up to a checkpoint, where all bytes before
// it had come in order, and no side had closed. Processing goes on from there.
import type { ClockReadings } from './clock-errors.ts'
import type { Handshake } from './round-trip.ts'

/** One direction, as `HalfStream` has it. */
export interface StreamCheckpoint {
  /** Of its first segment. */
  readonly hops: number
  readonly tap: number
  readonly arrival: number
  readonly otherHops: number
  readonly next: number
  /** Signed. */
  readonly nextSeq: number
  readonly acked: number
  readonly timesSent: number
  readonly firstSentFrame: number
  readonly firstSentNs: number
  readonly lastSentFrame: number
  readonly lastSentNs: number
  readonly segments: number
  /** Its last bytes: a ring of CONFLICT_HISTORY_BYTES, indexed by position, and how many of them are known. */
  readonly recent: Uint8Array
  readonly recentLength: number
}

export interface ConnectionCheckpoint {
  /** The latest packet, and the number of packets. */
  readonly lastFrame: number
  readonly lastNs: number
  readonly packets: number
  readonly clock: ClockReadings
  readonly handshake: Handshake
  readonly streams: readonly [StreamCheckpoint, StreamCheckpoint]
}
