// Connections that are over and judged -> what tells a straggler from a new connection between the same end points.
// Numbers by row of the connection table: thousands of them are remembered at the price of none.
import { CLOCK_SLACK_NS, OVER_FRAMES, OVER_NS } from '../limits.ts'
import type { SegmentView } from '../network/segment.ts'
import { ACK, RST, SYN } from '../network/tcp.ts'
import type { Side } from './chunk.ts'
import type { Connection } from './connection.ts'
import { distance } from './sequence.ts'

/** Farther than this from the old stream, a sequence number belongs to another one. */
const FAR = 1 << 24

const INITIAL_ROWS = 1 << 11

/** How many numbers `write` writes. */
export const DEPARTED_WIDTH = 9

export class Departed {
  // By row.
  private lastNs = new Float64Array(INITIAL_ROWS)
  private lastFrame = new Float64Array(INITIAL_ROWS)
  private sessions = new Uint8Array(INITIAL_ROWS)
  /** When a row was taken, so that an entry of the queue can tell that its row serves another connection by now. */
  private entries = new Float64Array(INITIAL_ROWS)
  // By row and side.
  private known = new Uint8Array(INITIAL_ROWS * 2)
  private next = new Float64Array(INITIAL_ROWS * 2)
  private nextSeq = new Int32Array(INITIAL_ROWS * 2)
  /** Rows in the order of ending; a ring, its size a power of two. */
  private queue = new Int32Array(INITIAL_ROWS)
  private from = 0
  private to = 0

  /** Remembers what is in the row from now on. */
  add(row: number, lastNs: number, lastFrame: number, isSession: boolean): void {
    while (row >= this.lastNs.length) this.grow()
    this.lastNs[row] = lastNs
    this.lastFrame[row] = lastFrame
    this.sessions[row] = isSession ? 1 : 0
    if (this.to - this.from === this.queue.length) this.growQueue()
    this.entries[row] = this.to
    this.queue[this.to++ & (this.queue.length - 1)] = row
  }

  /** And of a side of it: whether its stream was known, and up to where it came. */
  keep(row: number, side: Side, known: boolean, next: number, nextSeq: number): void {
    const at = row * 2 + side
    this.known[at] = known ? 1 : 0
    this.next[at] = next
    this.nextSeq[at] = nextSeq
  }

  /** The same of a connection that was followed. */
  addConnection({ row, lastNs, lastFrame, counted, halves }: Connection): void {
    this.add(row, lastNs, lastFrame, counted)
    for (const side of [0, 1] as const)
      this.keep(row, side, halves[side].known, halves[side].next, halves[side].nextSeq)
  }

  /** A straggler. True when it belongs to a session. */
  touch(row: number, now: number, frame: number): boolean {
    this.lastNs[row] = now
    this.lastFrame[row] = frame
    return this.sessions[row] === 1
  }

  /** Whether what comes now is too late to be a straggler. */
  isOver(row: number, now: number, frame: number): boolean {
    return now - (this.lastNs[row] as number) >= OVER_NS || frame - (this.lastFrame[row] as number) >= OVER_FRAMES
  }

  /** The row is given up before its time. */
  remove(row: number): void {
    this.entries[row] = -1
  }

  /** The next row that need not be remembered any longer, whatever the clock of its packets; -1 when there is none. */
  expired(now: number, frame: number): number {
    while (this.from < this.to) {
      const row = this.queue[this.from & (this.queue.length - 1)] as number
      const current = this.entries[row] === this.from
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
      if (this.entries[row] === at) yield row
    }
  }

  /** What is remembered of a row, as numbers. */
  write(row: number, into: Float64Array, at: number): void {
    into[at] = this.lastNs[row] as number
    into[at + 1] = this.lastFrame[row] as number
    into[at + 2] = this.sessions[row] as number
    for (const side of [0, 1] as const) {
      into[at + 3 + side] = this.known[row * 2 + side] as number
      into[at + 5 + side] = this.next[row * 2 + side] as number
      into[at + 7 + side] = this.nextSeq[row * 2 + side] as number
    }
  }

  /** Remembers in a row what `write` wrote. */
  read(row: number, from: Float64Array, at: number): void {
    this.add(row, from[at] as number, from[at + 1] as number, from[at + 2] === 1)
    for (const side of [0, 1] as const) {
      const known = from[at + 3 + side] === 1
      this.keep(row, side, known, from[at + 5 + side] as number, from[at + 7 + side] as number)
    }
  }

  /** Whether the segment opens another connection between the end points of the row. */
  startsAnew(row: number, segment: SegmentView, side: Side): boolean {
    const { flags, seq } = segment
    if ((flags & SYN) !== 0 && (flags & ACK) === 0) return this.opensAnew(row, seq, side)
    const at = row * 2 + side
    const known = this.known[at] === 1
    const away = distance(this.nextSeq[at] as number, seq)
    if (!known || (flags & RST) !== 0 || segment.wireLength === 0) return false
    // Its SYN was not captured: only a sequence number far from the old stream tells.
    return Math.abs(away) > FAR
  }

  /** The same, of a SYN with this sequence number. */
  opensAnew(row: number, seq: number, side: Side): boolean {
    const at = row * 2 + side
    const next = this.next[at] as number
    return this.known[at] !== 1 || next > 0 || next + distance(this.nextSeq[at] as number, seq) !== -1
  }

  private growQueue(): void {
    const { queue } = this
    this.queue = new Int32Array(queue.length * 2)
    for (let at = this.from; at < this.to; at++) {
      this.queue[at & (this.queue.length - 1)] = queue[at & (queue.length - 1)] as number
    }
  }

  private grow(): void {
    this.lastNs = larger(this.lastNs, new Float64Array(this.lastNs.length * 2))
    this.lastFrame = larger(this.lastFrame, new Float64Array(this.lastFrame.length * 2))
    this.sessions = larger(this.sessions, new Uint8Array(this.sessions.length * 2))
    this.entries = larger(this.entries, new Float64Array(this.entries.length * 2))
    this.known = larger(this.known, new Uint8Array(this.known.length * 2))
    this.next = larger(this.next, new Float64Array(this.next.length * 2))
    this.nextSeq = larger(this.nextSeq, new Int32Array(this.nextSeq.length * 2))
  }
}

function larger<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from)
  return into
}
