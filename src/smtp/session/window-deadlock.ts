// Detects deadlocks from receive windows: both sides wait for the other to read (RFC 2920 section 3.1).
import { DEADLOCK_NS } from '../../limits.ts'
import type { ChunkView } from '../../tcp/chunk.ts'
import type { Clock, PacketTime } from '../../tcp/clock-errors.ts'

/** Both windows closed at once. The frames are those that closed them. */
export interface Deadlock {
  readonly clientFrame: number
  readonly serverFrame: number
  readonly lastedNs: number
}

interface Closed {
  readonly frame: number
  readonly timeNs: number
}

export class WindowDeadlock {
  private readonly clock: Clock
  private client: Closed | null = null
  private server: Closed | null = null
  /** The last frame in which the client's window opened. */
  private openedIn = 0
  /** The first deadlock that lasted long enough. */
  deadlock: Deadlock | null = null

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** The window of a side closed (`length` 0) or opened. */
  take(by: 'client' | 'server', { length, frame, timeNs }: ChunkView): void {
    if (length > 0) this.look({ frame, timeNs })
    if (length > 0 && by === 'client') this.openedIn = frame
    this[by] = length > 0 ? null : (this[by] ?? { frame, timeNs })
  }

  /** Whether the client's window is closed, or was until the segment in this frame. */
  isClosedUntil(frame: number): boolean {
    return this.client !== null || this.openedIn === frame
  }

  /** Whether the client's window was closed at some time after this frame, so that the server could not send. */
  wasClosedSince(frame: number): boolean {
    return this.client !== null || this.openedIn > frame
  }

  /** The end of the connection or of the capture. */
  end(timeNs: number): void {
    this.look({ frame: Number.POSITIVE_INFINITY, timeNs })
  }

  private look(now: PacketTime): void {
    const { client, server } = this
    if (client === null || server === null) return
    const lastedNs = Math.min(this.clock.shortest(client, now), this.clock.shortest(server, now))
    if (lastedNs >= DEADLOCK_NS) this.deadlock ??= { clientFrame: client.frame, serverFrame: server.frame, lastedNs }
  }
}
