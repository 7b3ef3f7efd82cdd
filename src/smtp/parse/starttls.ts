// What comes between the 220 to STARTTLS and the first TLS record: nothing, if both sides keep RFC 3207 section 4. Text
// of the client is plaintext that anybody could have put there; text of the server answers it. Where the client greets
// anew, the server answers that, and no record follows, the capture was made by a device that decrypts in place.
import { TLS_HELD_BYTES_MAX } from '../../limits.ts'
import { type ChunkView, copyFrom } from '../../tcp/chunk.ts'
import type { Clock } from '../../tcp/clock-errors.ts'
import { PendingCommand } from '../pending-command.ts'
import type { Command, Reply } from '../records.ts'
import { type GivingUp, givingUp, hasHeard } from '../session/waiting.ts'
import { GREETS, verbOf } from './commands.ts'
import { LineReader } from './lines.ts'
import { ReplyParser } from './reply-parser.ts'
import { TextArena } from './text.ts'

/** The first octets of TLS records: handshake, alert. */
const HANDSHAKE = 0x16
const ALERT = 0x15

export type Speaker = 'client' | 'server'

/** What lies below the dialogue where TLS begins in its midst. */
export interface Underlay {
  /** STARTTLS was accepted. */
  tlsBegins(start: TlsStart, frame: number): void
  /** Octets of a chunk, from the index `at` on, that turn out not to be SMTP. */
  unread(by: Speaker, chunk: ChunkView, at: number): void
}

export class TlsStart {
  /** The first line of plaintext that the client sent behind STARTTLS; null when it began TLS. */
  plaintext: Command | null = null
  /** It was sent before the reply to STARTTLS was there. */
  blind = false
  /** Whether it is what a client sends that waits no more for that reply. */
  left: GivingUp = 'no'
  /** The first reply that the server gave to it: in plaintext behind its 220, or as its first words inside TLS. */
  answer: Reply | null = null
  /** The answer came inside TLS. */
  inside = false
  /** Where TLS begins in the stream of each side. */
  readonly ends: Readonly<Record<Speaker, number>>
  /** The octets of both sides, in their order, while they may turn out to be a dialogue; null when they cannot. */
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
    // They are counted on.
    this.replies.count = reply.index
    this.ends = { client: starttls.end, server: reply.at.end }
  }

  /** Reads on at `at`, an index of `chunk.bytes`. The index where TLS begins, or -1. */
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
   * Whether the reply, the server's first words inside TLS, can only answer plaintext in front of it: the server has had
   * nothing from inside yet.
   */
  isAnsweredBy(reply: Reply): boolean {
    const nothingInside = reply.seenAtStart >= 0 && reply.seenAtStart <= this.ends.client
    // These two codes answer nothing: a server that greets anew, or that goes.
    if (this.plaintext === null || !nothingInside || reply.code === 220 || reply.code === 421) return false
    this.inside ||= this.answer === null
    this.answer ??= reply
    // Read now: the text of the wire is not kept.
    this.answer.lines
    return true
  }

  /**
   * Bytes of a side are missing. Unless TLS had begun by then, they may have been what would show a device that decrypts
   * in place: what stands is only plaintext that did not wait for the 220.
   */
  lose(): void {
    if (this.kept !== null && !this.blind) {
      this.plaintext = null
      this.answer = null
    }
    this.kept = null
    this.lost = true
  }

  /** The client greeted anew, and nothing shows yet whether TLS was taken off before the capture. */
  get mayBeDecrypted(): boolean {
    const { plaintext, answer, kept, blind } = this
    return kept !== null && !blind && answer === null && plaintext !== null && GREETS.has(plaintext.verb)
  }

  /** What both sides said, if it is a dialogue that was decrypted before it was captured. Given out once. */
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
    if (!hasHeard(unit, this.reply)) this.left = givingUp(unit, this.starttls, this.clock)
    this.blind = line.seenAtStart >= 0 && line.seenAtStart < this.reply.at.end
  }

  private serverLine(): void {
    if (this.answer !== null || this.lost) return
    const reply = this.replies.line(this.serverLines.line)
    if (reply === null) return
    // Read now: the text of the wire is not kept.
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
