// Connections of which segments are held back, in the order of the first of these -> those that have waited for too long
// by the clock of all. One that says nothing more would else wait until the end of the capture.
import { CLOCK_SLACK_NS } from '../limits.ts'
import type { Connection } from './connection.ts'
import { type Linked, LinkedList } from './linked-list.ts'

class Wait implements Linked<Wait> {
  readonly connection: Connection
  /** Those of the first segment that is held back. */
  readonly frame: number
  readonly timeNs: number
  line: LinkedList<Wait> | null = null
  older: Wait | null = null
  newer: Wait | null = null

  constructor(connection: Connection, frame: number, timeNs: number) {
    this.connection = connection
    this.frame = frame
    this.timeNs = timeNs
  }

  /** Whether that segment still waits. */
  get isOpen(): boolean {
    return this.connection.held[0]?.frame === this.frame
  }
}

export class HoldTimers {
  private readonly line = new LinkedList<Wait>()

  /** Something of the connection is held back, since now or before. */
  add(connection: Connection): void {
    const { frame = 0, timeNs = 0 } = connection.held[0] ?? {}
    if (connection.waitsSince === frame) return
    connection.waitsSince = frame
    this.line.add(new Wait(connection, frame, timeNs), (other) => other.frame <= frame)
  }

  /** No connection that waits was closed by an earlier packet; infinite where none waits. */
  get firstFrame(): number {
    return this.first()?.frame ?? Number.POSITIVE_INFINITY
  }

  /** Takes out the next that has waited for too long, whatever the clock of its packets; null when there is none. */
  due(nowNs: number, nowFrame: number): Connection | null {
    const first = this.first()
    if (first === null) return null
    const { holdNs, holdFrames } = first.connection
    if (nowNs - first.timeNs <= holdNs + CLOCK_SLACK_NS && nowFrame - first.frame <= holdFrames) return null
    this.leave(first)
    return first.connection
  }

  private first(): Wait | null {
    for (let first = this.line.first; first !== null; first = this.line.first) {
      if (first.isOpen) return first
      this.leave(first)
    }
    return null
  }

  private leave(wait: Wait): void {
    this.line.remove(wait)
    if (wait.connection.waitsSince === wait.frame) wait.connection.waitsSince = 0
  }
}
