// How long the path to each side and back takes, as the handshake shows it from where it was captured. What one side did
// after it heard the other is later in the capture by the part of the path that lies between.
import type { SegmentView } from '../decode/segment.ts'
import { ACK, RST, SYN } from '../decode/tcp-header.ts'
import type { Side } from './chunk.ts'
import { advance } from './sequence.ts'

export class RoundTrip {
  /** From the capture point to the side that opened the connection, and to the other, and back; 0 where that is not known. */
  private toOpenerNs = 0
  private toPeerNs = 0
  private synNs = Number.NaN
  private synAckNs = Number.NaN
  /** What acknowledges the SYN-ACK and nothing more. */
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

  /** The next packet of the connection. Side 0 opened it. */
  take({ flags, seq, ack, wireLength, packet }: SegmentView, side: Side): void {
    if (this.isKnown || (flags & RST) !== 0) return
    if (side === 0 && (flags & SYN) !== 0) {
      this.clear()
      this.synNs = packet.timeNs
    } else if ((flags & SYN) !== 0 && !Number.isNaN(this.synNs)) {
      // Sent again, it says nothing about the way to its sender.
      if (Number.isNaN(this.synAckNs)) this.toPeerNs = Math.max(0, packet.timeNs - this.synNs)
      this.synAckNs = packet.timeNs
      this.expected = advance(seq, 1 + wireLength)
    } else if (side === 0 && !Number.isNaN(this.synAckNs)) {
      // An acknowledgement of more was waited for, whoever knows how long.
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
