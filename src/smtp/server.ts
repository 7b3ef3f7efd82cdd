// The server's bytes -> complete replies.
import type { ChunkView } from '../stream/chunk.ts'
import { LineReader } from './lines.ts'
import type { Reply } from './records.ts'
import { ReplyReader } from './replies.ts'

export interface ServerEvents {
  reply(reply: Reply): void
  /** A line that is none of a reply: what was counted so far is worth nothing. */
  stray(): void
}

export class ServerReader {
  private readonly events: ServerEvents
  private readonly lines = new LineReader()
  private readonly replies = new ReplyReader()
  /** The stream is in the middle of a line whose beginning was not seen. */
  private midline: boolean
  /** Nothing more is read: what follows is ciphertext. */
  stopped = false

  constructor(events: ServerEvents, startSeen: boolean) {
    this.events = events
    this.midline = !startSeen
  }

  /** Complete replies so far, the greeting included. */
  get count(): number {
    return this.replies.count
  }

  take(chunk: ChunkView): void {
    const end = chunk.offset + chunk.length
    for (let at = chunk.offset; at < end && !this.stopped; ) {
      at = this.lines.next(chunk, at)
      if (at < 0) return
      if (this.midline) this.midline = false
      else this.takeLine()
    }
  }

  /** Bytes are missing. */
  skip(): void {
    this.lines.reset()
    this.replies.reset()
    this.midline = true
  }

  /** Gives up the text of all replies but the latest. */
  forget(): void {
    this.replies.forget()
  }

  release(): void {
    this.replies.release()
  }

  private takeLine(): void {
    const { strayLines } = this.replies
    const reply = this.replies.line(this.lines.line)
    if (this.replies.strayLines > strayLines) this.events.stray()
    if (reply !== null) this.events.reply(reply)
  }
}
