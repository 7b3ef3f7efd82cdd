// Segments that are held because they acknowledge bytes not seen yet: when one may be passed on, and the timers that
// end the waiting of connections of which no further packet comes.
import type { SegmentView } from '../decode/segment.ts'
import { ACK, RST } from '../decode/tcp-header.ts'
import { CLOCK_SLACK_NS, HOLD_FRAMES, HOLD_NS, HOLD_SEGMENTS_MAX } from '../limits.ts'
import type { Side } from './chunk.ts'
import type { Connection } from './connection.ts'
import type { HalfStream } from './half-stream.ts'
import { type Linked, LinkedList } from './linked-list.ts'
import type { SegmentInfo } from './segment-info.ts'

/** Whether everything that the segment acknowledges has been passed on. */
export function isDue(connection: Connection, piece: SegmentInfo): boolean {
  const peer = connection.halves[1 - piece.side] as HalfStream
  return piece.peerAcked <= (peer.finDone ? peer.fin + 1 : peer.next)
}

/** Whether the segment acknowledges peer bytes that have not been seen. It may be the only evidence of them. */
export function isAhead({ halves }: Connection, side: Side, { flags, ack }: SegmentView): boolean {
  const peer = halves[1 - side] as HalfStream
  if ((flags & (ACK | RST)) !== ACK || !peer.known) return false
  return peer.positionOf(ack) > (peer.finDone ? peer.fin + 1 : peer.next)
}

export function isOverdue(connection: Connection, nowNs: number, nowFrame: number): boolean {
  const { held, halves } = connection
  const [first] = held
  if (first === undefined) return false
  const missing = halves[1 - first.side] as HalfStream
  if (missing.segments === 0 || held.length > HOLD_SEGMENTS_MAX) return true
  return nowNs - first.timeNs > HOLD_NS || nowFrame - first.frame > HOLD_FRAMES
}

class HoldTimer implements Linked<HoldTimer> {
  readonly connection: Connection
  /** Whether the beginnings of its streams were known: the others wait longer. */
  readonly isPlaced: boolean
  /** Frame and time of the connection's first held segment. */
  readonly frame: number
  readonly timeNs: number
  list: LinkedList<HoldTimer> | null = null
  older: HoldTimer | null = null
  newer: HoldTimer | null = null

  constructor(connection: Connection, frame: number, timeNs: number) {
    this.connection = connection
    this.isPlaced = connection.placed
    this.frame = frame
    this.timeNs = timeNs
  }

  /** Whether that segment is still held, for as long as then. */
  get isOpen(): boolean {
    const { held, placed } = this.connection
    return held[0]?.frame === this.frame && placed === this.isPlaced
  }
}

/** Those that wait equally long, in order: none waits behind another one that has longer to wait. */
class Timers extends LinkedList<HoldTimer> {
  firstOpen(): HoldTimer | null {
    for (let { first } = this; first !== null; first = this.first) {
      if (first.isOpen) return first
      this.leave(first)
    }
    return null
  }

  /** Removes and returns the next connection that has waited too long. */
  due(nowNs: number, nowFrame: number): Connection | null {
    const first = this.firstOpen()
    if (first === null) return null
    const { holdNs, holdFrames } = first.connection
    if (nowNs - first.timeNs <= holdNs + CLOCK_SLACK_NS && nowFrame - first.frame <= holdFrames) return null
    this.leave(first)
    return first.connection
  }

  get dueNs(): number {
    const first = this.firstOpen()
    return first === null ? Number.POSITIVE_INFINITY : first.timeNs + first.connection.holdNs + CLOCK_SLACK_NS
  }

  get dueFrame(): number {
    const first = this.firstOpen()
    return first === null ? Number.POSITIVE_INFINITY : first.frame + first.connection.holdFrames
  }

  private leave(timer: HoldTimer): void {
    this.remove(timer)
    const { connection, frame, isPlaced } = timer
    if (connection.timerFrame === frame && connection.placed === isPlaced) connection.timerFrame = 0
  }
}

export class HoldTimers {
  private readonly placed = new Timers()
  private readonly early = new Timers()

  /** Registers a connection that has held segments. */
  add(connection: Connection): void {
    const { frame = 0, timeNs = 0 } = connection.held[0] ?? {}
    if (connection.timerFrame === frame) return
    connection.timerFrame = frame
    const timers = connection.placed ? this.placed : this.early
    timers.add(new HoldTimer(connection, frame, timeNs), (other) => other.frame <= frame)
  }

  /** From this time on `due` may return a connection; infinite when none is registered. */
  get dueNs(): number {
    return Math.min(this.placed.dueNs, this.early.dueNs)
  }

  /** The same of the packet. */
  get dueFrame(): number {
    return Math.min(this.placed.dueFrame, this.early.dueFrame)
  }

  /** No registered connection was closed by a packet before this frame; infinite when none is registered. */
  get firstFrame(): number {
    const [placed, early] = [this.placed.firstOpen(), this.early.firstOpen()]
    return Math.min(placed?.frame ?? Number.POSITIVE_INFINITY, early?.frame ?? Number.POSITIVE_INFINITY)
  }

  /**
   * Removes and returns the next connection whose segments were held for too long, with tolerance for clock
   * differences; null when there is none.
   */
  due(nowNs: number, nowFrame: number): Connection | null {
    return this.placed.due(nowNs, nowFrame) ?? this.early.due(nowNs, nowFrame)
  }
}
