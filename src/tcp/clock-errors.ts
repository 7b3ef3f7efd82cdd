// When the packets of a connection came -> how far the time between two of them can be believed. A clock that is set, or that
// stands still while both sides speak in turn, tells no intervals; one that ticks coarsely tells them to within a tick. A clock
// that is set forward cannot be told from silence.

import type { SegmentView } from '../decode/segment.ts'
import { ACK, FIN, SYN } from '../decode/tcp-header.ts'
import { CLOCK_COARSE_NS, CLOCK_DOUBTS_MAX, CLOCK_FINE_NS, CLOCK_STEP_NS } from '../limits.ts'
import type { Side } from './chunk.ts'
import { advance } from './sequence.ts'

/** Turns that the sides take within one reading of the clock: what one of them answered had crossed the path and back. */
const TURNS = 2

/** A packet and its time. */
export interface PacketTime {
  readonly frame: number
  readonly timeNs: number
}

/** Packets between which the clock was set, or during which it stood. */
interface Doubt {
  readonly from: number
  to: number
  /** The packet that first showed it. */
  readonly shownBy: number
}

export class Clock {
  /** Where it was set back, in the order of capture. */
  private back: Doubt[] | null = null
  /** Where it stood. */
  private still: Doubt[] | null = null
  /** The least time by which it advanced from one packet to the next. */
  private tickNs = Number.POSITIVE_INFINITY
  /** The run of packets of one time: the first of them, and who spoke last in it, up to which number. */
  private runFrom = 0
  private runNs = Number.NaN
  private turns = 0
  private speaker: Side = 0
  private spokenTo = 0

  clear(): void {
    this.back = null
    this.still = null
    this.tickNs = Number.POSITIVE_INFINITY
    this.runFrom = 0
    this.runNs = Number.NaN
    this.turns = 0
    this.speaker = 0
    this.spokenTo = 0
  }

  /** The next packet of the connection; `lastNs` is the time of the one before. */
  take(segment: SegmentView, side: Side, lastFrame: number, lastNs: number): void {
    const passedNs = segment.packet.timeNs - lastNs
    if (passedNs > 0) {
      if (passedNs < this.tickNs) this.tickNs = passedNs
    } else if (passedNs < -CLOCK_STEP_NS) {
      this.back = noted(this.back, lastFrame, segment.packet.frame)
    } else this.stay(segment, side, lastFrame)
  }

  /** Whether anything was ever noted: a superset of what counts in the end. */
  get isNoted(): boolean {
    return this.back !== null || this.still !== null
  }

  /** The packet that first showed that its times cannot be believed; 0 where they can. */
  get frame(): number {
    const back = this.back?.[0]?.shownBy ?? 0
    const still = this.grainNs > 0 || this.isStuck ? (this.still?.[0]?.shownBy ?? 0) : 0
    return back === 0 || still === 0 ? back + still : Math.min(back, still)
  }

  /** Whether the time from one packet to another cannot be believed. */
  isDoubtful(from: number, to: number): boolean {
    return this.doubtNs(from, to) > 0
  }

  /** The longest that it can have been from one moment to another. Infinite where nobody knows. */
  longest(from: PacketTime, to: PacketTime): number {
    return to.timeNs - from.timeNs + this.doubtNs(from.frame, to.frame)
  }

  /** The least that it can have been. */
  shortest(from: PacketTime, to: PacketTime): number {
    return Math.max(0, to.timeNs - from.timeNs - this.doubtNs(from.frame, to.frame))
  }

  /** By how much a coarse clock may be wrong about any interval. */
  private get grainNs(): number {
    return this.still !== null && this.tickNs > CLOCK_COARSE_NS ? this.tickNs : 0
  }

  /** A fine clock that stood. */
  private get isStuck(): boolean {
    return this.still !== null && this.tickNs < CLOCK_FINE_NS
  }

  private doubtNs(from: number, to: number): number {
    if (!this.isNoted || from === to) return 0
    const isBetween = (doubt: Doubt) => doubt.from < Math.max(from, to) && doubt.to > Math.min(from, to)
    // Set back more than once: these are several clocks, and what goes on by one of them may be another's.
    if (this.back !== null && (this.back.length > 1 || this.back.some(isBetween))) return Number.POSITIVE_INFINITY
    if (this.isStuck && this.still?.some(isBetween)) return Number.POSITIVE_INFINITY
    return this.grainNs
  }

  /** A packet of the same time as the one before, or nearly. */
  private stay({ flags, seq, ack, wireLength, packet }: SegmentView, side: Side, lastFrame: number): void {
    if (this.runNs !== packet.timeNs) {
      this.runNs = packet.timeNs
      this.runFrom = lastFrame
      this.turns = 0
      this.speaker = side
      this.spokenTo = Number.NaN
    }
    const count = wireLength + ((flags & (SYN | FIN)) === 0 ? 0 : 1)
    if (count === 0) return
    if (side !== this.speaker) {
      const answers = (flags & ACK) !== 0 && (ack | 0) === this.spokenTo
      this.turns = answers ? this.turns + 1 : 0
      this.speaker = side
    }
    this.spokenTo = advance(seq, count)
    if (this.turns < TURNS) return
    const last = this.still?.[this.still.length - 1]
    if (last?.from === this.runFrom) last.to = packet.frame
    else this.still = noted(this.still, this.runFrom, packet.frame)
  }
}

/** Where there are too many to be kept, the last of them lasts until the end. */
function noted(doubts: Doubt[] | null, from: number, to: number): Doubt[] {
  if (doubts === null) return [{ from, to, shownBy: to }]
  if (doubts.length < CLOCK_DOUBTS_MAX) doubts.push({ from, to, shownBy: to })
  else (doubts[doubts.length - 1] as Doubt).to = to
  return doubts
}
