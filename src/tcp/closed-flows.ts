// Remembers connections that are over, to distinguish late segments from a new connection between the same endpoints.
// All values are in one array of numbers, indexed by the row of the connection table, which is cheap for thousands of
// connections.
//
//   row   time of the last packet | its frame | position in the queue, -1 when the row was removed | flags: session 1, stream
//         of side 0 known 2, of side 1 known 4 | for each side: octets | for each side: the sequence number after them

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
const KNOWN_BOTH = KNOWN | (KNOWN << 1)

/** Number of values that `write` writes. */
export const CLOSED_FLOW_WIDTH = WIDTH

/** Writes what `read` reads, of a connection both of whose streams are known. */
export function writeClosed(
  into: Float64Array,
  at: number,
  lastNs: number,
  lastFrame: number,
  isSession: boolean,
  next: readonly [number, number],
  nextSeq: readonly [number, number],
): void {
  into[at] = lastNs
  into[at + LAST_FRAME] = lastFrame
  into[at + FLAGS] = KNOWN_BOTH | (isSession ? SESSION : 0)
  into[at + NEXT] = next[0]
  into[at + NEXT + 1] = next[1]
  into[at + NEXT_SEQ] = nextSeq[0]
  into[at + NEXT_SEQ + 1] = nextSeq[1]
}

export class ClosedFlows {
  private numbers = new Float64Array(INITIAL_ROWS * WIDTH)
  /** Rows in order of ending: a ring buffer whose size is a power of two. */
  private queue = new Int32Array(INITIAL_ROWS)
  private from = 0
  private to = 0

  /** Remembers a connection that ended in this row. */
  add(row: number, lastNs: number, lastFrame: number, isSession: boolean): void {
    const at = row * WIDTH
    while (at >= this.numbers.length) this.grow()
    this.numbers[at] = lastNs
    this.numbers[at + LAST_FRAME] = lastFrame
    this.numbers[at + FLAGS] = isSession ? SESSION : 0
    this.enqueue(row)
  }

  /** Remembers how far the stream of a side had come. */
  keep(row: number, side: Side, next: number, nextSeq: number): void {
    const at = row * WIDTH
    this.numbers[at + FLAGS] = (this.numbers[at + FLAGS] as number) | (KNOWN << side)
    this.numbers[at + NEXT + side] = next
    this.numbers[at + NEXT_SEQ + side] = nextSeq
  }

  /** Remembers a connection that was fully processed. */
  addConnection({ row, lastNs, lastFrame, counted, halves }: Connection): void {
    this.add(row, lastNs, lastFrame, counted)
    for (const side of [0, 1] as const) {
      const { known, next, nextSeq } = halves[side]
      if (known) this.keep(row, side, next, nextSeq)
    }
  }

  /** Notes a late segment. Returns whether it belongs to a session. */
  touch(row: number, now: number, frame: number): boolean {
    const at = row * WIDTH
    this.numbers[at] = now
    this.numbers[at + LAST_FRAME] = frame
    return ((this.numbers[at + FLAGS] as number) & SESSION) !== 0
  }

  /** Whether a segment that comes now is too late to belong to the connection. */
  isOver(row: number, now: number, frame: number): boolean {
    const at = row * WIDTH
    return (
      now - (this.numbers[at] as number) >= OVER_NS || frame - (this.numbers[at + LAST_FRAME] as number) >= OVER_FRAMES
    )
  }

  /** From this time on `expired` may return a row; infinite when none is remembered. */
  get dueNs(): number {
    const row = this.oldest
    return row < 0 ? Number.POSITIVE_INFINITY : (this.numbers[row * WIDTH] as number) + OVER_NS + CLOCK_SLACK_NS
  }

  /** The same of the packet. */
  get dueFrame(): number {
    const row = this.oldest
    return row < 0 ? Number.POSITIVE_INFINITY : (this.numbers[row * WIDTH + LAST_FRAME] as number) + OVER_FRAMES
  }

  /** The row that was remembered first; -1 when there is none. */
  private get oldest(): number {
    for (; this.from < this.to; this.from++) {
      const row = this.queue[this.from & (this.queue.length - 1)] as number
      if (this.numbers[row * WIDTH + ENTRY] === this.from) return row
    }
    return -1
  }

  /** Forgets the row before its time. */
  remove(row: number): void {
    this.numbers[row * WIDTH + ENTRY] = -1
  }

  /** The next row that may be forgotten, with tolerance for clock differences; -1 when there is none. */
  expired(now: number, frame: number): number {
    const row = this.oldest
    if (row < 0 || !this.isOver(row, now - CLOCK_SLACK_NS, frame)) return -1
    this.from++
    return row
  }

  /** The remembered rows in order of ending. */
  *rows(): Generator<number> {
    for (let at = this.from; at < this.to; at++) {
      const row = this.queue[at & (this.queue.length - 1)] as number
      if (this.numbers[row * WIDTH + ENTRY] === at) yield row
    }
  }

  /** Writes the values of a row. */
  write(row: number, into: Float64Array, at: number): void {
    for (let i = 0; i < WIDTH; i++) into[at + i] = this.numbers[row * WIDTH + i] as number
  }

  /** Remembers values that `write` wrote, in another row. */
  read(row: number, from: Float64Array, at: number): void {
    while (row * WIDTH >= this.numbers.length) this.grow()
    for (let i = 0; i < WIDTH; i++) this.numbers[row * WIDTH + i] = from[at + i] as number
    this.enqueue(row)
  }

  /** Whether the segment belongs to a new connection between the same endpoints. */
  startsAnew(row: number, segment: SegmentView, side: Side): boolean {
    const { flags, seq } = segment
    if ((flags & SYN) !== 0 && (flags & ACK) === 0) return this.opensAnew(row, seq, side)
    if (!this.isKnown(row, side) || (flags & RST) !== 0) return false
    // A SYN-ACK that the old connection did not begin with: the SYN of another one was not captured.
    if ((flags & SYN) !== 0)
      return (this.numbers[row * WIDTH + NEXT + side] as number) + this.away(row, seq, side) !== -1
    if (segment.wireLength === 0) return false
    // Without a SYN only a sequence number far from the old stream shows a new connection.
    return Math.abs(this.away(row, seq, side)) > STREAM_REACH
  }

  /** The same for a SYN with this sequence number. */
  opensAnew(row: number, seq: number, side: Side): boolean {
    const next = this.numbers[row * WIDTH + NEXT + side] as number
    return !this.isKnown(row, side) || next > 0 || next + this.away(row, seq, side) !== -1
  }

  private isKnown(row: number, side: Side): boolean {
    return ((this.numbers[row * WIDTH + FLAGS] as number) & (KNOWN << side)) !== 0
  }

  /** Distance of a sequence number from the end of the old stream. */
  private away(row: number, seq: number, side: Side): number {
    return distance(this.numbers[row * WIDTH + NEXT_SEQ + side] as number, seq)
  }

  private enqueue(row: number): void {
    if (this.to - this.from === this.queue.length) this.growQueue()
    // Lets `expired` detect queue entries whose row has been reused.
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
