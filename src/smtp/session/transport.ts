// What TCP tells of a session besides its bytes: who acknowledged what, whose window closed, who ended it, and when.
import type { ChunkView } from '../../tcp/chunk.ts'
import type { PacketTime } from '../../tcp/clock-errors.ts'
import type { Past } from '../ordinary/group-start.ts'
import type { SessionState } from './session.ts'
import { WindowDeadlock } from './window-deadlock.ts'

export class Transport {
  private readonly session: SessionState
  private readonly windows: WindowDeadlock
  private readonly acked = { client: 0, server: 0 }
  private readonly seen = { client: 0, server: 0 }
  /** When the last bytes of either side came, and in which packet; 0 where that is not known. */
  private lastNs = 0
  private lastFrame = 0
  /** The same, when the connection was closed. */
  private lastAtClose: PacketTime = { frame: 0, timeNs: 0 }

  constructor(session: SessionState) {
    this.session = session
    this.windows = new WindowDeadlock(session.clock)
  }

  /** Goes on from where an ordinary session stands: both sides were seen. */
  resume({ clientAcked, serverAcked, lastNs }: Past): void {
    this.seen.client = 1
    this.seen.server = 1
    this.acked.client = clientAcked
    this.acked.server = serverAcked
    this.lastNs = lastNs
  }

  /** Every chunk of a side, before its bytes are read. */
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
        session.lacks(by, chunk)
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
        session.ends(by, chunk, this.acked[by])
        break
      case 'no-fin':
      case 'no-rst':
        session.goesOn(by, chunk.kind === 'no-fin' ? 'fin' : 'rst')
        break
      case 'ack':
        break
    }
  }

  /** Whether the client has all that the server sent up to `position`, and took more before it closed in this frame. */
  clientTakes(position: number, frame: number): boolean {
    return this.acked.client >= position && !this.windows.isClosedUntil(frame)
  }

  /**
   * Whether the client may have sent more before it knew that the server had closed: nothing shows that it had read
   * everything, or it stands in the midst of a line, and its own end was not captured.
   */
  private clientMayGoOn(inLine: boolean): boolean {
    const { session, acked } = this
    return !session.clientEnded && (inLine || acked.client < session.finOf('server'))
  }

  /** Whether the client took nothing for a while behind this frame. */
  wasClosedSince(frame: number): boolean {
    return this.windows.wasClosedSince(frame)
  }

  /** The end of the connection or of the capture. `inLine`: the client's last line has no end. */
  end(endNs: number, inLine: boolean): void {
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
    if (seen.server === 0) session.limit('one-way-client', 0)
    if (seen.client === 0) session.limit('one-way-server', 0)
  }
}
