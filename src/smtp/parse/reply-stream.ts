// The server's bytes -> complete replies.
import type { ChunkView } from '../../tcp/chunk.ts'
import type { MemoryQuota } from '../../tcp/memory-quota.ts'
import type { Malformed, Reply } from '../records.ts'
import { LineReader } from './lines.ts'
import { codeOf, isReplyCode, ReplyParser } from './reply-parser.ts'
import { printable } from './text.ts'

interface ServerEvents {
  reply(reply: Reply): void
  /** A line that is none of a reply: what was counted so far is worth nothing. */
  stray(): void
  /** A line, or a reply as a whole, that breaks the grammar. */
  malformed(what: Malformed): void
  /** Bytes behind the point where reading was stopped. */
  unread(chunk: ChunkView, at: number): void
}

/** A place within a line: how many octets of it stand in front, and the chunk that begins there. */
interface Seam {
  readonly before: number
  readonly position: number
  readonly frame: number
  readonly timeNs: number
  readonly peerAcked: number
}

export class ReplyStream {
  private readonly events: ServerEvents
  private readonly lines: LineReader
  private readonly replies: ReplyParser
  /** The stream is in the middle of a line whose beginning was not seen. */
  private midline: boolean
  /** Where the line that is being read went on after the client was heard; null where it did not. */
  private seam: Seam | null = null
  /** Nothing more is read: what follows is ciphertext. */
  stopped = false

  constructor(events: ServerEvents, startSeen: boolean, quota: MemoryQuota) {
    this.events = events
    this.lines = new LineReader(quota)
    this.replies = new ReplyParser(quota)
    this.midline = !startSeen
  }

  /** Complete replies so far, the greeting included. */
  get count(): number {
    return this.replies.count
  }

  take(chunk: ChunkView): void {
    const end = chunk.offset + chunk.length
    let at = chunk.offset
    this.noteSeam(chunk)
    while (at < end && !this.stopped) {
      at = this.lines.next(chunk, at)
      if (at < 0) return
      if (this.midline) this.midline = false
      else {
        this.cutAtSeam()
        this.takeLine()
      }
      this.seam = null
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
    this.seam = null
    this.lines.reset()
    this.replies.reset()
    this.midline = true
  }

  /** What was not SMTP is over: replies follow, from a known beginning. */
  startOver(): void {
    this.seam = null
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

  /** The line of a reply that has begun and has no end yet; null where there is none. */
  get unfinished(): Malformed | null {
    const line = this.midline || this.stopped ? null : this.lines.unfinished
    if (line === null || this.replies.count === 0 || !isReplyCode(codeOf(line.bytes, line.from, line.to))) return null
    const text = printable(line.bytes, line.from, line.to)
    return {
      fault: 'no-line-end',
      text,
      start: line.start,
      end: line.end,
      firstFrame: line.firstFrame,
      frame: line.lastFrame,
      timeNs: line.endNs,
      reply: null,
      certain: true,
    }
  }

  /** A line that has begun goes on, and the client was heard in between. */
  private noteSeam({ position, frame, timeNs, peerAcked }: ChunkView): void {
    const { pending, line } = this.lines
    if (pending > 0 && this.seam === null && peerAcked > line.seenAtStart)
      this.seam = { before: pending, position, frame, timeNs, peerAcked }
  }

  /** The line is two, where a reply begins behind the seam: the first has no end. It is told, and the second is read. */
  private cutAtSeam(): void {
    const { seam } = this
    const { line } = this.lines
    const at = line.from + (seam?.before ?? 0)
    if (seam === null || !isReplyCode(codeOf(line.bytes, at, line.to))) return
    if (isReplyCode(codeOf(line.bytes, line.from, at)) && this.replies.count > 0) {
      const text = printable(line.bytes, line.from, at)
      const { position: end, frame, timeNs } = seam
      this.events.malformed({
        fault: 'no-line-end',
        text,
        start: line.start,
        end,
        firstFrame: line.firstFrame,
        frame,
        timeNs,
        reply: null,
        certain: true,
      })
    }
    this.events.stray()
    this.replies.reset()
    line.from = at
    line.start = seam.position
    line.firstFrame = seam.frame
    line.startNs = seam.timeNs
    line.seenAtStart = seam.peerAcked
  }

  private takeLine(): void {
    const { line } = this.lines
    const { strayLines } = this.replies
    const reply = this.replies.line(line)
    const { fault } = this.replies
    // Without one good reply before, it may not be a server of SMTP at all.
    if (fault !== null && this.replies.count > 0) {
      const text = printable(line.bytes, line.from, line.to)
      this.events.malformed({
        fault,
        text,
        start: line.start,
        end: line.end,
        firstFrame: line.firstFrame,
        frame: line.lastFrame,
        timeNs: line.endNs,
        reply,
        certain: true,
      })
    }
    if (this.replies.strayLines > strayLines) this.events.stray()
    if (reply !== null) this.events.reply(reply)
  }
}
