// Detects unreliable timestamps in a connection, and bounds the time between two packets accordingly. Intervals are
// unknown when the clock was set back, or stood still while the sides took turns. A coarse clock gives them to within
// one tick. A clock that was set forward looks like silence and cannot be detected.

import type { SegmentView } from '../decode/segment.ts'
import { ACK, FIN, SYN } from '../decode/tcp-header.ts'
import { CLOCK_COARSE_NS, CLOCK_DOUBTS_MAX, CLOCK_FINE_NS, CLOCK_STEP_NS } from '../limits.ts'
import type { Side } from './chunk.ts'
import { advance } from './sequence.ts'

/** Turns of the sides at one clock reading that show that it stood still: each answer had crossed the path and back. */
const TURNS = 2

export interface PacketTime {
  readonly frame: number
  readonly timeNs: number
}

/** A range of packets during which the clock was set back or stood still. */
interface UnreliableRange {
  readonly from: number
  to: number
  /** The packet that first showed it. */
  readonly shownBy: number
}

/** The state of a clock of which no error was noted; the fields are those of `Clock`. */
export interface ClockReadings {
  readonly tickNs: number
  readonly runFrom: number
  readonly runNs: number
  readonly turns: number
  readonly speaker: Side
  readonly spokenTo: number
}

export class Clock {
  /** Where the clock was set back, in order of capture. */
  private back: UnreliableRange[] | null = null
  /** Where it stood still. */
  private still: UnreliableRange[] | null = null
  /** The least advance of the clock from one packet to the next. */
  private tickNs = Number.POSITIVE_INFINITY
  /**
   * The current run of packets with the same time: the frame before it, its time, the number of turns, the side that
   * sent last, and the sequence number after that side's data.
   */
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

  resume({ tickNs, runFrom, runNs, turns, speaker, spokenTo }: ClockReadings): void {
    this.tickNs = tickNs
    this.runFrom = runFrom
    this.runNs = runNs
    this.turns = turns
    this.speaker = speaker
    this.spokenTo = spokenTo
  }

  /** Processes the next packet of the connection. `lastNs`: time of the packet before. */
  take(segment: SegmentView, side: Side, lastFrame: number, lastNs: number): void {
    const passedNs = segment.packet.timeNs - lastNs
    if (passedNs > 0) {
      if (passedNs < this.tickNs) this.tickNs = passedNs
    } else if (passedNs < -CLOCK_STEP_NS) {
      this.back = withRange(this.back, lastFrame, segment.packet.frame)
    } else this.stay(segment, side, lastFrame)
  }

  /** Whether any error was noted. Later packets may show that it does not count. */
  get isNoted(): boolean {
    return this.back !== null || this.still !== null
  }

  /** The packet that first showed that the times are unreliable; 0 when they are reliable. */
  get frame(): number {
    const back = this.back?.[0]?.shownBy ?? 0
    const still = this.grainNs > 0 || this.isStuck ? (this.still?.[0]?.shownBy ?? 0) : 0
    return back === 0 || still === 0 ? back + still : Math.min(back, still)
  }

  /** Whether the time between two packets is unreliable. */
  isDoubtful(from: number, to: number): boolean {
    return this.doubtNs(from, to) > 0
  }

  /** The longest possible time from one packet to another; infinite when unknown. */
  longest(from: PacketTime, to: PacketTime): number {
    return to.timeNs - from.timeNs + this.doubtNs(from.frame, to.frame)
  }

  /** The shortest possible time. */
  shortest(from: PacketTime, to: PacketTime): number {
    return Math.max(0, to.timeNs - from.timeNs - this.doubtNs(from.frame, to.frame))
  }

  /** By how much a coarse clock may be wrong about any interval. */
  private get grainNs(): number {
    return this.still !== null && this.tickNs > CLOCK_COARSE_NS ? this.tickNs : 0
  }

  /** Whether a fine-grained clock stood still. */
  private get isStuck(): boolean {
    return this.still !== null && this.tickNs < CLOCK_FINE_NS
  }

  private doubtNs(from: number, to: number): number {
    if (!this.isNoted || from === to) return 0
    const isBetween = (doubt: UnreliableRange) => doubt.from < Math.max(from, to) && doubt.to > Math.min(from, to)
    // Set back more than once: packets were stamped by several clocks, so any two of them may differ.
    if (this.back !== null && (this.back.length > 1 || this.back.some(isBetween))) return Number.POSITIVE_INFINITY
    if (this.isStuck && this.still?.some(isBetween)) return Number.POSITIVE_INFINITY
    return this.grainNs
  }

  /** Processes a packet with (nearly) the same time as the one before. */
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
    else this.still = withRange(this.still, this.runFrom, packet.frame)
  }
}

/** Adds a range. When there are too many, the last one is extended to the end. */
function withRange(doubts: UnreliableRange[] | null, from: number, to: number): UnreliableRange[] {
  if (doubts === null) return [{ from, to, shownBy: to }]
  if (doubts.length < CLOCK_DOUBTS_MAX) doubts.push({ from, to, shownBy: to })
  else (doubts[doubts.length - 1] as UnreliableRange).to = to
  return doubts
}
