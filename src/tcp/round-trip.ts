// Measures the round-trip time from the capture point to each side in the handshake. When one side reacts to the other,
// the capture shows it later by the round trip to that side.
import type { SegmentView } from '../decode/segment.ts'
import { ACK, RST, SYN } from '../decode/tcp-header.ts'
import type { Side } from './chunk.ts'
import { advance } from './sequence.ts'

/** The state of a handshake; the fields are those of `RoundTrip`. */
export interface Handshake {
  readonly toOpenerNs: number
  readonly toPeerNs: number
  readonly synNs: number
  readonly synAckNs: number
  readonly expected: number
  readonly isKnown: boolean
}

export class RoundTrip {
  /**
   * Round-trip time from the capture point to the side that opened the connection, and to the other side; 0 when
   * unknown.
   */
  private toOpenerNs = 0
  private toPeerNs = 0
  private synNs = Number.NaN
  private synAckNs = Number.NaN
  /** The acknowledgement number that acknowledges the SYN-ACK and nothing more. */
  private expected = 0
  private isKnown = false

  clear(): void {
    this.toOpenerNs = 0
    this.toPeerNs = 0
    this.synNs = Number.NaN
    this.synAckNs = Number.NaN
    this.expected = 0
    this.isKnown = false
  }

  resume({ toOpenerNs, toPeerNs, synNs, synAckNs, expected, isKnown }: Handshake): void {
    this.toOpenerNs = toOpenerNs
    this.toPeerNs = toPeerNs
    this.synNs = synNs
    this.synAckNs = synAckNs
    this.expected = expected
    this.isKnown = isKnown
  }

  /** Processes the next packet of the connection. Side 0 opened it. */
  take({ flags, seq, ack, wireLength, packet }: SegmentView, side: Side): void {
    if (this.isKnown || (flags & RST) !== 0) return
    if (side === 0 && (flags & SYN) !== 0) {
      this.clear()
      this.synNs = packet.timeNs
    } else if ((flags & SYN) !== 0 && !Number.isNaN(this.synNs)) {
      // A retransmitted SYN-ACK does not measure the path to its sender.
      if (Number.isNaN(this.synAckNs)) this.toPeerNs = Math.max(0, packet.timeNs - this.synNs)
      this.synAckNs = packet.timeNs
      this.expected = advance(seq, 1 + wireLength)
    } else if (side === 0 && !Number.isNaN(this.synAckNs)) {
      // If more than the SYN-ACK is acknowledged, the client waited for further data for an unknown time.
      if ((flags & ACK) !== 0 && (ack | 0) === this.expected)
        this.toOpenerNs = Math.max(0, packet.timeNs - this.synAckNs)
      this.isKnown = true
    }
  }

  /** From the capture point to the side and back. */
  to(side: Side): number {
    return side === 0 ? this.toOpenerNs : this.toPeerNs
  }

  get wholeNs(): number {
    return this.toOpenerNs + this.toPeerNs
  }
}
