// Parses the server's bytes into complete replies.
import type { ChunkView } from '../../tcp/chunk.ts'
import type { MemoryQuota } from '../../tcp/memory-quota.ts'
import type { Malformed, Reply } from '../records.ts'
import { LineReader } from './lines.ts'
import { codeOf, isReplyCode, ReplyParser } from './reply-parser.ts'
import type { SentCredentials } from './sent-credentials.ts'
import { printable } from './text.ts'

interface ServerEvents {
  reply(reply: Reply): void
  /** A line that belongs to no reply: replies counted so far cannot be relied on. */
  stray(): void
  /** A line, or a whole reply, that violates the grammar. */
  malformed(what: Malformed): void
  /** Bytes after the point where parsing was stopped. */
  unread(chunk: ChunkView, at: number): void
}

/** A position inside a line: the number of its octets before it, and the chunk that starts there. */
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
  private readonly credentials: SentCredentials
  /** Parsing starts inside a line whose beginning was not captured. */
  private midline: boolean
  /**
   * The position in the current line at which it continued after input from the client had been acknowledged; null
   * otherwise.
   */
  private seam: Seam | null = null
  /** Parsing has stopped: what follows is ciphertext. */
  stopped = false

  /** `credentials`: those that the client has sent so far. */
  constructor(events: ServerEvents, startSeen: boolean, quota: MemoryQuota, credentials: SentCredentials) {
    this.events = events
    this.lines = new LineReader(quota)
    this.replies = new ReplyParser(quota, credentials)
    this.credentials = credentials
    this.midline = !startSeen
  }

  /** Number of complete replies so far, including the greeting. */
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

  /** Continues after `count` complete replies that were parsed elsewhere. */
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

  /** The bytes that are not SMTP have ended: replies follow, from a known position. */
  startOver(): void {
    this.seam = null
    this.lines.reset()
    this.replies.reset()
    this.midline = false
    this.stopped = false
  }

  /** Releases the text of all replies except the latest. */
  forget(): void {
    this.replies.forget()
  }

  release(): void {
    this.replies.release()
  }

  /** The unterminated line of a reply; null when there is none. */
  get unfinished(): Malformed | null {
    const line = this.midline || this.stopped ? null : this.lines.unfinished
    if (line === null || this.replies.count === 0 || !isReplyCode(codeOf(line.bytes, line.from, line.to))) return null
    const text = this.credentials.masked(printable(line.bytes, line.from, line.to))
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

  /** Notes the position if a started line continues after the server acknowledged more client input. */
  private noteSeam({ position, frame, timeNs, peerAcked }: ChunkView): void {
    const { pending, line } = this.lines
    if (pending > 0 && this.seam === null && peerAcked > line.seenAtStart)
      this.seam = { before: pending, position, frame, timeNs, peerAcked }
  }

  /**
   * If a reply code follows the seam, the line is two: the first, without a line end, is reported, the second is
   * parsed.
   */
  private cutAtSeam(): void {
    const { seam } = this
    const { line } = this.lines
    const at = line.from + (seam?.before ?? 0)
    if (seam === null || !isReplyCode(codeOf(line.bytes, at, line.to))) return
    if (isReplyCode(codeOf(line.bytes, line.from, at)) && this.replies.count > 0) {
      const text = this.credentials.masked(printable(line.bytes, line.from, at))
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
    // Before the first valid reply it may be no SMTP server at all.
    if (fault !== null && this.replies.count > 0) {
      const text = this.credentials.masked(printable(line.bytes, line.from, line.to))
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
