// Reads what comes between the 220 to STARTTLS and the first TLS record. If both sides keep RFC 3207 section 4, that is
// nothing. Client text there is plaintext, which an attacker could have inserted; server text answers it. When the
// client sends EHLO again, the server answers it and no TLS record follows, then the capture was made at a device that
// decrypts TLS.
import { TLS_HELD_BYTES_MAX } from '../../limits.ts'
import { type ChunkView, copyFrom } from '../../tcp/chunk.ts'
import type { Clock } from '../../tcp/clock-errors.ts'
import { PendingCommand, sentBeforeReceipt } from '../pending-command.ts'
import type { Command, Reply } from '../records.ts'
import { type GivingUp, givingUp, hadReceived } from '../session/waiting.ts'
import { GREETS, verbOf } from './commands.ts'
import { LineReader } from './lines.ts'
import { ReplyParser } from './reply-parser.ts'
import { TextArena } from './text.ts'

/** First octets of TLS records. */
const HANDSHAKE = 0x16
const ALERT = 0x15

export type Speaker = 'client' | 'server'

/** Receives events at the point where TLS begins. */
export interface Underlay {
  /** STARTTLS was accepted. */
  tlsBegins(start: TlsStart, frame: number): void
  /** Octets of a chunk from index `at` on turned out not to be SMTP. */
  unread(by: Speaker, chunk: ChunkView, at: number): void
}

export class TlsStart {
  /** The first plaintext line that the client sent after STARTTLS; null when it started TLS. */
  plaintext: Command | null = null
  /** It was sent before the client had received the reply to STARTTLS. */
  blind = false
  /** Whether it is what a client sends that has given up waiting for that reply. */
  gaveUp: GivingUp = 'no'
  /** The server's first reply to it: in plaintext after the 220, or as the first reply inside TLS. */
  answer: Reply | null = null
  /** The answer came inside TLS. */
  inside = false
  /** The stream position of each side at which TLS begins. */
  readonly ends: Readonly<Record<Speaker, number>>
  /** The chunks of both sides, in order, while they may turn out to be a dialogue; null when they cannot. */
  private kept: { by: Speaker; chunk: ChunkView }[] | null = []
  private keptBytes = 0
  /** Bytes of a side are missing. */
  private lost = false
  private readonly clientLines = new LineReader()
  private readonly serverLines = new LineReader()
  private readonly replies = new ReplyParser()
  private readonly clock: Clock
  private readonly starttls: PendingCommand
  /** The 220 to STARTTLS. */
  readonly reply: Reply

  /** `starttls`: the unit; `reply`: the 220 to it. */
  constructor(starttls: PendingCommand, reply: Reply, clock: Clock) {
    this.clock = clock
    this.starttls = starttls
    this.reply = reply
    // Reply numbers continue.
    this.replies.count = reply.index
    this.ends = { client: starttls.end, server: reply.at.end }
  }

  /** Continues at `at`, an index of `chunk.bytes`. Returns the index where TLS begins, or -1. */
  take(by: Speaker, chunk: ChunkView, at: number): number {
    const lines = by === 'client' ? this.clientLines : this.serverLines
    const end = chunk.offset + chunk.length
    this.keep(by, chunk, at)
    for (let next = at; next >= 0 && next < end; ) {
      const first = chunk.bytes[next]
      if (lines.pending === 0 && (first === HANDSHAKE || first === ALERT)) {
        this.kept = null
        return next
      }
      next = lines.next(chunk, next)
      if (next >= 0 && by === 'client') this.clientLine()
      if (next >= 0 && by === 'server') this.serverLine()
    }
    return -1
  }

  /**
   * Whether the reply, the server's first inside TLS, can only answer the plaintext before it: the server had received
   * nothing inside TLS yet.
   */
  isAnsweredBy(reply: Reply): boolean {
    const nothingInside = reply.seenAtStart >= 0 && reply.seenAtStart <= this.ends.client
    // These codes answer no command: a new greeting, or the announcement of a close.
    if (this.plaintext === null || !nothingInside || reply.code === 220 || reply.code === 421) return false
    this.inside ||= this.answer === null
    this.answer ??= reply
    // Reads the text now, before its buffer is reused.
    this.answer.lines
    return true
  }

  /**
   * Bytes of a side are missing. Unless TLS had begun before, they may include what would show that the capture was
   * made at a decrypting device. Then only plaintext sent before the 220 still counts.
   */
  lose(): void {
    if (this.kept !== null && !this.blind) {
      this.plaintext = null
      this.answer = null
    }
    this.kept = null
    this.lost = true
  }

  /** The client sent EHLO again, and it is unknown whether the capture was made behind TLS. */
  get mayBeDecrypted(): boolean {
    const { plaintext, answer, kept, blind } = this
    return kept !== null && !blind && answer === null && plaintext !== null && GREETS.has(plaintext.verb)
  }

  /** The chunks of both sides, if they form a dialogue that was decrypted before it was captured. Returned once. */
  dialogue(): readonly { by: Speaker; chunk: ChunkView }[] | null {
    const { plaintext, answer, kept, blind } = this
    if (kept === null || blind || plaintext === null || answer === null) return null
    const greeted = GREETS.has(plaintext.verb) && answer.code === 250
    this.kept = null
    if (!greeted) return null
    this.plaintext = null
    this.answer = null
    return kept
  }

  private clientLine(): void {
    if (this.plaintext !== null || this.lost) return
    const { line } = this.clientLines
    const arena = new TextArena()
    const unit = new PendingCommand(
      'command',
      verbOf(line.bytes, line.from, line.to),
      this.starttls.index + 1,
      arena,
      line,
    )
    this.plaintext = unit.freeze()
    arena.close()
    if (!hadReceived(unit, this.reply)) this.gaveUp = givingUp(unit, this.starttls, this.clock)
    this.blind = sentBeforeReceipt(line, this.reply)
  }

  private serverLine(): void {
    if (this.answer !== null || this.lost) return
    const reply = this.replies.line(this.serverLines.line)
    if (reply === null) return
    // Reads the text now, before its buffer is reused.
    reply.lines
    this.answer = reply
    this.replies.release()
  }

  private keep(by: Speaker, chunk: ChunkView, at: number): void {
    this.keptBytes += chunk.offset + chunk.length - at
    if (this.keptBytes > TLS_HELD_BYTES_MAX) this.kept = null
    this.kept?.push({ by, chunk: copyFrom(chunk, at) })
  }
}
