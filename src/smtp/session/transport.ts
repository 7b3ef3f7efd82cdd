// What TCP shows about a session apart from its bytes: acknowledgements, closed windows, which side closed and when.
import type { ChunkView } from '../../tcp/chunk.ts'
import type { PacketTime } from '../../tcp/clock-errors.ts'
import type { Past } from './past.ts'
import type { SessionState } from './session.ts'
import { WindowDeadlock } from './waiting.ts'

export interface Captured {
  readonly client: boolean
  readonly server: boolean
}

export class Transport {
  private readonly session: SessionState
  private readonly windows: WindowDeadlock
  private readonly acked = { client: 0, server: 0 }
  private readonly seen = { client: 0, server: 0 }
  /** Time and frame of the last bytes of either side; the frame is 0 when unknown. */
  private lastNs = 0
  private lastFrame = 0
  /** The same at the time of the close. */
  private lastAtClose: PacketTime = { frame: 0, timeNs: 0 }

  constructor(session: SessionState) {
    this.session = session
    this.windows = new WindowDeadlock(session.clock)
  }

  /** Continues a session that was read elsewhere so far, in which both sides were seen. */
  resume({ clientAcked, serverAcked, lastFrame, lastNs }: Past): void {
    this.seen.client = 1
    this.seen.server = 1
    this.acked.client = clientAcked
    this.acked.server = serverAcked
    this.lastFrame = lastFrame
    this.lastNs = lastNs
  }

  /** Processes any chunk of a side, before its bytes are parsed. */
  chunk(by: 'client' | 'server', chunk: ChunkView): void {
    const { session, windows } = this
    this.seen[by]++
    this.acked[by] = Math.max(this.acked[by], chunk.peerAcked)
    switch (chunk.kind) {
      case 'bytes':
        this.lastNs = chunk.timeNs
        this.lastFrame = chunk.frame
        break
      case 'gap':
        session.noteMissing(by, chunk)
        break
      case 'conflict':
        session.limit('overlap-conflict', chunk.frame)
        break
      case 'overflow':
        session.limit('resource-cap', chunk.frame)
        break
      case 'window':
        windows.take(by, chunk)
        break
      case 'fin':
      case 'rst':
        if (session.close === null) this.lastAtClose = { frame: this.lastFrame, timeNs: this.lastNs }
        session.addClose(by, chunk, this.acked[by], windows.isClosed(by === 'client' ? 'server' : 'client'))
        break
      case 'no-fin':
      case 'no-rst':
        session.removeClose(by, chunk.kind === 'no-fin' ? 'fin' : 'rst')
        break
      case 'ack':
        break
    }
  }

  /**
   * Whether the client had received everything up to `position`, and its window was open until it closed in this frame.
   */
  clientTakes(position: number, frame: number): boolean {
    return this.acked.client >= position && !this.windows.isClosedUntil(frame)
  }

  /**
   * Whether the client may have sent more before it knew that the server had closed: nothing shows that it had read
   * everything, or its last line is incomplete, and its own end was not captured.
   */
  private clientMayGoOn(inLine: boolean): boolean {
    const { session, acked } = this
    return !session.clientEnded && (inLine || acked.client < session.finOf('server'))
  }

  /** Whether the client's window was closed at some time after this frame. */
  wasClosedSince(frame: number): boolean {
    return this.windows.wasClosedSince(frame)
  }

  /**
   * The end of the connection or of the capture. `inLine`: the client's last line is incomplete. `captured`: whether any
   * segment of the side was.
   */
  end(endNs: number, inLine: boolean, captured: Captured): void {
    const { session, seen, windows } = this
    session.clientAcked = this.acked.server
    if (!session.ended || (seen.client > 0 && this.clientMayGoOn(inLine))) session.limit('capture-end', 0)
    const { clock, close } = session
    if (close !== null) {
      session.idleBeforeCloseNs = clock.longest(this.lastAtClose, close)
      if (close.by === 'client') session.clockMatters ||= clock.isDoubtful(this.lastAtClose.frame, close.frame)
    }
    windows.end(endNs)
    session.deadlock = windows.deadlock
    // While the session is open, a side whose segments were captured has only said nothing yet.
    const isOpen = close === null
    if (seen.server === 0 && !(isOpen && captured.server)) session.limit('one-way-client', 0)
    if (seen.client === 0 && !(isOpen && captured.client)) session.limit('one-way-server', 0)
  }
}
