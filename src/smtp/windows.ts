// Receive windows that closed and opened -> a deadlock: both sides wait for the other to read (RFC 2920 section 3.1).
import { DEADLOCK_NS } from '../limits.ts'
import type { ChunkView } from '../stream/chunk.ts'

/** Both windows closed at once. Frames are those that closed them. */
export interface Deadlock {
  readonly clientFrame: number
  readonly serverFrame: number
  readonly lastedNs: number
}

interface Closed {
  readonly frame: number
  readonly timeNs: number
}

export class Windows {
  private client: Closed | null = null
  private server: Closed | null = null
  /** The first deadlock that lasted. */
  deadlock: Deadlock | null = null

  /** The window of a side closed (`length` 0) or opened. */
  take(by: 'client' | 'server', { length, frame, timeNs }: ChunkView): void {
    if (length > 0) this.look(timeNs)
    this[by] = length > 0 ? null : (this[by] ?? { frame, timeNs })
  }

  /** The end of the connection or of the capture. */
  end(timeNs: number): void {
    this.look(timeNs)
  }

  private look(timeNs: number): void {
    const { client, server } = this
    if (client === null || server === null) return
    const lastedNs = timeNs - Math.max(client.timeNs, server.timeNs)
    if (lastedNs >= DEADLOCK_NS) this.deadlock ??= { clientFrame: client.frame, serverFrame: server.frame, lastedNs }
  }
}
