// What comes between the 220 to STARTTLS and the first TLS record: nothing, if both sides keep RFC 3207 section 4. Text
// of the client is plaintext that anybody could have put there; text of the server answers it.
import type { ChunkView } from '../stream/chunk.ts'
import { verbOf } from './commands.ts'
import { LineReader } from './lines.ts'
import type { Command, Reply } from './records.ts'
import { ReplyReader } from './replies.ts'
import { TextArena } from './text.ts'
import { Unit } from './unit.ts'

/** The first octets of TLS records: handshake, alert. */
const HANDSHAKE = 0x16
const ALERT = 0x15

export class TlsStart {
  /** The first line of plaintext that the client sent behind STARTTLS; null when it began TLS. */
  plaintext: Command | null = null
  /** It was sent before the reply to STARTTLS was there. */
  blind = false
  /** The first reply that the server sent in plaintext behind its 220. */
  answer: Reply | null = null
  private clientDone = false
  private serverDone = false
  private readonly clientLines = new LineReader()
  private readonly serverLines = new LineReader()
  private readonly replies = new ReplyReader()
  private readonly index: number
  private readonly reply: Reply

  /** `index`: of STARTTLS among the command lines; `reply`: the 220 to it. */
  constructor(index: number, reply: Reply) {
    this.index = index
    this.reply = reply
  }

  /** Bytes of the client behind STARTTLS. */
  client(chunk: ChunkView, at: number): void {
    if (this.clientDone) return
    const first = chunk.bytes[at]
    if (this.clientLines.pending === 0 && (first === HANDSHAKE || first === ALERT)) {
      this.clientDone = true
      return
    }
    if (this.clientLines.next(chunk, at) < 0) return
    const { line } = this.clientLines
    const arena = new TextArena()
    const unit = new Unit('command', verbOf(line.bytes, line.from, line.to), this.index + 1, arena, line)
    this.plaintext = unit.freeze()
    arena.close()
    this.blind = line.seenAtStart >= 0 && line.seenAtStart < this.reply.at.end
    this.clientDone = true
  }

  /** Bytes of the server behind its 220. */
  server(chunk: ChunkView, at: number): void {
    const end = chunk.offset + chunk.length
    for (let next = at; next >= 0 && next < end && !this.serverDone; ) {
      const first = chunk.bytes[next]
      if (this.serverLines.pending === 0 && (first === HANDSHAKE || first === ALERT)) {
        this.serverDone = true
        return
      }
      next = this.serverLines.next(chunk, next)
      if (next < 0) return
      const reply = this.replies.line(this.serverLines.line)
      if (reply === null) continue
      // Read now: the text of the wire is not kept.
      reply.lines
      this.answer = reply
      this.serverDone = true
      this.replies.release()
    }
  }
}
