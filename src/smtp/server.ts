// The server's bytes -> complete replies.
import type { ChunkView } from '../stream/chunk.ts'
import type { Ration } from '../stream/ration.ts'
import { LineReader } from './lines.ts'
import type { Malformed, Reply } from './records.ts'
import { codeOf, isReplyCode, ReplyReader } from './replies.ts'
import { printable } from './text.ts'

export interface ServerEvents {
  reply(reply: Reply): void
  /** A line that is none of a reply: what was counted so far is worth nothing. */
  stray(): void
  /** A line, or a reply as a whole, that breaks the grammar. */
  malformed(what: Malformed): void
  /** Bytes behind the point where reading was stopped. */
  unread(chunk: ChunkView, at: number): void
}

export class ServerReader {
  private readonly events: ServerEvents
  private readonly lines: LineReader
  private readonly replies: ReplyReader
  /** The stream is in the middle of a line whose beginning was not seen. */
  private midline: boolean
  /** Nothing more is read: what follows is ciphertext. */
  stopped = false

  constructor(events: ServerEvents, startSeen: boolean, ration: Ration) {
    this.events = events
    this.lines = new LineReader(ration)
    this.replies = new ReplyReader(ration)
    this.midline = !startSeen
  }

  /** Complete replies so far, the greeting included. */
  get count(): number {
    return this.replies.count
  }

  take(chunk: ChunkView): void {
    const end = chunk.offset + chunk.length
    let at = chunk.offset
    if (this.runsOn(chunk)) this.events.stray()
    while (at < end && !this.stopped) {
      at = this.lines.next(chunk, at)
      if (at < 0) return
      if (this.midline) this.midline = false
      else this.takeLine()
    }
    if (at < end) this.events.unread(chunk, at)
  }

  /** Goes on behind so many complete replies. */
  resume(count: number): void {
    this.replies.count = count
    this.midline = false
  }

  /** Bytes are missing. */
  skip(): void {
    this.lines.reset()
    this.replies.reset()
    this.midline = true
  }

  /** What was not SMTP is over: replies follow, from a known beginning. */
  startOver(): void {
    this.lines.reset()
    this.replies.reset()
    this.midline = false
    this.stopped = false
  }

  /** Gives up the text of all replies but the latest. */
  forget(): void {
    this.replies.forget()
  }

  release(): void {
    this.replies.release()
  }

  /** Whether a line looks like two: its first reply lacks the line end, and the rest came when more had been asked. */
  private runsOn({ bytes, offset, length, peerAcked }: ChunkView): boolean {
    const { pending, line } = this.lines
    return pending > 0 && peerAcked > line.seenAtStart && isReplyCode(codeOf(bytes, offset, offset + length))
  }

  private takeLine(): void {
    const { line } = this.lines
    const { strayLines } = this.replies
    const reply = this.replies.line(line)
    const { fault } = this.replies
    // Without one good reply before, it may not be a server of SMTP at all.
    if (fault !== null && this.replies.count > 0) {
      const text = printable(line.bytes, line.from, line.to)
      this.events.malformed({ fault, text, start: line.start, end: line.end, frame: line.lastFrame, reply })
    }
    if (this.replies.strayLines > strayLines) this.events.stray()
    if (reply !== null) this.events.reply(reply)
  }
}
