// Connections that are over and judged -> what tells a straggler from a new connection between the same end points.
// Numbers by row of the connection table, side by side: thousands of them are remembered at the price of none.
//
//   row   time of the last packet | its frame | place in the queue, -1 where the row was given up | flags: a session 1, the
//         stream of side 0 known 2, of side 1 4 | of each side: octets | of each side: the sequence number behind them

import type { SegmentView } from '../decode/segment.ts'
import { ACK, RST, SYN } from '../decode/tcp-header.ts'
import { CLOCK_SLACK_NS, OVER_FRAMES, OVER_NS, STREAM_REACH } from '../limits.ts'
import type { Side } from './chunk.ts'
import type { Connection } from './connection.ts'
import { distance } from './sequence.ts'

const INITIAL_ROWS = 1 << 11

const WIDTH = 8
const LAST_FRAME = 1
const ENTRY = 2
const FLAGS = 3
const NEXT = 4
const NEXT_SEQ = 6

const SESSION = 1
const KNOWN = 2

/** How many numbers `write` writes. */
export const CLOSED_FLOW_WIDTH = WIDTH

export class ClosedFlows {
  private numbers = new Float64Array(INITIAL_ROWS * WIDTH)
  /** Rows in the order of ending; a ring, its size a power of two. */
  private queue = new Int32Array(INITIAL_ROWS)
  private from = 0
  private to = 0

  /** Remembers what is in the row from now on. */
  add(row: number, lastNs: number, lastFrame: number, isSession: boolean): void {
    const at = row * WIDTH
    while (at >= this.numbers.length) this.grow()
    this.numbers[at] = lastNs
    this.numbers[at + LAST_FRAME] = lastFrame
    this.numbers[at + FLAGS] = isSession ? SESSION : 0
    this.enqueue(row)
  }

  /** And of a side of it: how far its stream had come. */
  keep(row: number, side: Side, next: number, nextSeq: number): void {
    const at = row * WIDTH
    this.numbers[at + FLAGS] = (this.numbers[at + FLAGS] as number) | (KNOWN << side)
    this.numbers[at + NEXT + side] = next
    this.numbers[at + NEXT_SEQ + side] = nextSeq
  }

  /** The same of a connection that was followed. */
  addConnection({ row, lastNs, lastFrame, counted, halves }: Connection): void {
    this.add(row, lastNs, lastFrame, counted)
    for (const side of [0, 1] as const) {
      const { known, next, nextSeq } = halves[side]
      if (known) this.keep(row, side, next, nextSeq)
    }
  }

  /** A straggler. True when it belongs to a session. */
  touch(row: number, now: number, frame: number): boolean {
    const at = row * WIDTH
    this.numbers[at] = now
    this.numbers[at + LAST_FRAME] = frame
    return ((this.numbers[at + FLAGS] as number) & SESSION) !== 0
  }

  /** Whether what comes now is too late to be a straggler. */
  isOver(row: number, now: number, frame: number): boolean {
    const at = row * WIDTH
    return (
      now - (this.numbers[at] as number) >= OVER_NS || frame - (this.numbers[at + LAST_FRAME] as number) >= OVER_FRAMES
    )
  }

  /** The row is given up before its time. */
  remove(row: number): void {
    this.numbers[row * WIDTH + ENTRY] = -1
  }

  /** The next row that need not be remembered any longer, whatever the clock of its packets; -1 when there is none. */
  expired(now: number, frame: number): number {
    while (this.from < this.to) {
      const row = this.queue[this.from & (this.queue.length - 1)] as number
      const current = this.numbers[row * WIDTH + ENTRY] === this.from
      if (current && !this.isOver(row, now - CLOCK_SLACK_NS, frame)) return -1
      this.from++
      if (current) return row
    }
    return -1
  }

  /** The rows that are remembered, in the order of ending. */
  *rows(): Generator<number> {
    for (let at = this.from; at < this.to; at++) {
      const row = this.queue[at & (this.queue.length - 1)] as number
      if (this.numbers[row * WIDTH + ENTRY] === at) yield row
    }
  }

  /** What is remembered of a row, as numbers. */
  write(row: number, into: Float64Array, at: number): void {
    for (let i = 0; i < WIDTH; i++) into[at + i] = this.numbers[row * WIDTH + i] as number
  }

  /** Remembers in a row what `write` wrote. */
  read(row: number, from: Float64Array, at: number): void {
    while (row * WIDTH >= this.numbers.length) this.grow()
    for (let i = 0; i < WIDTH; i++) this.numbers[row * WIDTH + i] = from[at + i] as number
    this.enqueue(row)
  }

  /** Whether the segment opens another connection between the end points of the row. */
  startsAnew(row: number, segment: SegmentView, side: Side): boolean {
    const { flags, seq } = segment
    if ((flags & SYN) !== 0 && (flags & ACK) === 0) return this.opensAnew(row, seq, side)
    if (!this.isKnown(row, side) || (flags & RST) !== 0 || segment.wireLength === 0) return false
    // Its SYN was not captured: only a sequence number far from the old stream tells.
    return Math.abs(this.away(row, seq, side)) > STREAM_REACH
  }

  /** The same, of a SYN with this sequence number. */
  opensAnew(row: number, seq: number, side: Side): boolean {
    const next = this.numbers[row * WIDTH + NEXT + side] as number
    return !this.isKnown(row, side) || next > 0 || next + this.away(row, seq, side) !== -1
  }

  private isKnown(row: number, side: Side): boolean {
    return ((this.numbers[row * WIDTH + FLAGS] as number) & (KNOWN << side)) !== 0
  }

  /** How far a sequence number lies behind the old stream. */
  private away(row: number, seq: number, side: Side): number {
    return distance(this.numbers[row * WIDTH + NEXT_SEQ + side] as number, seq)
  }

  private enqueue(row: number): void {
    if (this.to - this.from === this.queue.length) this.growQueue()
    // So that an entry of the queue can tell that its row serves another connection by now.
    this.numbers[row * WIDTH + ENTRY] = this.to
    this.queue[this.to++ & (this.queue.length - 1)] = row
  }

  private growQueue(): void {
    const { queue } = this
    this.queue = new Int32Array(queue.length * 2)
    for (let at = this.from; at < this.to; at++) {
      this.queue[at & (this.queue.length - 1)] = queue[at & (queue.length - 1)] as number
    }
  }

  private grow(): void {
    const { numbers } = this
    this.numbers = new Float64Array(numbers.length * 2)
    this.numbers.set(numbers)
  }
}
