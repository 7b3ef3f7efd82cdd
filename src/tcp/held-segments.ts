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
  /** Frame and time of the connection's first held segment. */
  readonly frame: number
  readonly timeNs: number
  list: LinkedList<HoldTimer> | null = null
  older: HoldTimer | null = null
  newer: HoldTimer | null = null

  constructor(connection: Connection, frame: number, timeNs: number) {
    this.connection = connection
    this.frame = frame
    this.timeNs = timeNs
  }

  /** Whether that segment is still held. */
  get isOpen(): boolean {
    return this.connection.held[0]?.frame === this.frame
  }
}

export class HoldTimers {
  private readonly timers = new LinkedList<HoldTimer>()

  /** Registers a connection that has held segments. */
  add(connection: Connection): void {
    const { frame = 0, timeNs = 0 } = connection.held[0] ?? {}
    if (connection.timerFrame === frame) return
    connection.timerFrame = frame
    this.timers.add(new HoldTimer(connection, frame, timeNs), (other) => other.frame <= frame)
  }

  /** No registered connection was closed by a packet before this frame; infinite when none is registered. */
  get firstFrame(): number {
    return this.first()?.frame ?? Number.POSITIVE_INFINITY
  }

  /**
   * Removes and returns the next connection whose segments were held for too long, with tolerance for clock
   * differences; null when there is none.
   */
  due(nowNs: number, nowFrame: number): Connection | null {
    const first = this.first()
    if (first === null) return null
    const { holdNs, holdFrames } = first.connection
    if (nowNs - first.timeNs <= holdNs + CLOCK_SLACK_NS && nowFrame - first.frame <= holdFrames) return null
    this.leave(first)
    return first.connection
  }

  private first(): HoldTimer | null {
    for (let first = this.timers.first; first !== null; first = this.timers.first) {
      if (first.isOpen) return first
      this.leave(first)
    }
    return null
  }

  private leave(timer: HoldTimer): void {
    this.timers.remove(timer)
    if (timer.connection.timerFrame === timer.frame) timer.connection.timerFrame = 0
  }
}
