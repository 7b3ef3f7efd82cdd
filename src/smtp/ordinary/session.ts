// A session in which nothing is remarkable, followed by counting alone. What comes in: chunks. What goes out: whether
// each of them is ordinary, and the summary of the session when it is over.

import { nextBreak } from '../../decode/word-scan.ts'
import { ORDINARY_LINE_BYTES_MAX } from '../../limits.ts'
import type { ChunkView } from '../../tcp/chunk.ts'
import type { UnremarkableSequences } from '../pairing/command-sequence.ts'
import { saysBinary } from '../parse/commands.ts'
import { codeOf, isGrammaticalCode, statusOf } from '../parse/reply-parser.ts'
import { OrdinarySummary } from '../session/session-summary.ts'
import { OrdinaryContent, REMARKABLE } from './content.ts'
import { emptyReply, OrdinaryGroup, type ReplyView } from './group.ts'
import { GroupStart } from './group-start.ts'
import type { RawReply } from './reparse.ts'
import { type CachedText, cachedText } from './text-cache.ts'
import { CONTENT, DATA, EHLO, HELO, MAIL, ordinaryVerb, QUIT } from './verbs-and-codes.ts'

const NO_BYTES = new Uint8Array(0)
const LF = 0x0a
const CR = 0x0d
const HYPHEN = 0x2d

/** What the client may send next. */
const NOTHING = 0
const COMMANDS = 1
const BODY = 2

export class OrdinarySession {
  /** As things stand. */
  protected readonly now = new GroupStart()
  protected readonly body = new OrdinaryContent()
  protected readonly reply: ReplyView = emptyReply()
  private readonly group = new OrdinaryGroup(this.now)
  private next = NOTHING
  private cachedGreeting: CachedText | null = null
  private helloLine: CachedText | null = null
  /** The greeting, if it may have to be replayed. */
  greeting: RawReply | null = null
  /** Whether a group has begun behind the greeting. */
  isGreeted = false
  /** The first FIN, and which sides have sent one. */
  private closedBy: 'client-fin' | 'server-fin' | null = null
  private readonly finished = { client: false, server: false }

  /** Another session. `shapes`: counts its groups. */
  begin(shapes: UnremarkableSequences | null): void {
    this.now.clear()
    this.body.clear()
    this.group.reset(shapes)
    this.next = NOTHING
    this.cachedGreeting = null
    this.helloLine = null
    this.greeting = null
    this.reply.bytes = NO_BYTES
    this.isGreeted = false
    this.closedBy = null
    this.finished.client = false
    this.finished.server = false
  }

  /** Takes a chunk of the client. False when there is anything remarkable about it: then it was not taken. */
  fromClient(chunk: ChunkView): boolean {
    switch (chunk.kind) {
      case 'bytes':
        // Below zero: not known what it acknowledged.
        if (this.closedBy !== null || chunk.peerAcked < 0) return false
        return this.next === BODY ? this.takeContent(chunk) : this.takeCommands(chunk)
      case 'fin':
        if (chunk.implied) return false
        this.closedBy ??= 'client-fin'
        this.finished.client = true
        return true
      case 'ack':
        return true
      default:
        return false
    }
  }

  /** The same of the server. */
  fromServer(chunk: ChunkView): boolean {
    switch (chunk.kind) {
      case 'bytes':
        return this.takeReplies(chunk)
      case 'fin':
        if (chunk.implied) return false
        this.closedBy ??= 'server-fin'
        this.finished.server = true
        return true
      case 'ack':
        return true
      default:
        return false
    }
  }

  /** The session is over: its summary; null when the long way has to judge how it ended. */
  end(): OrdinarySummary | null {
    const { now, group, cachedGreeting, closedBy, finished } = this
    // Where a side has not closed, the engine judges whether it could have gone on.
    const isOver = finished.client && finished.server && closedBy !== null
    if (!now.quit || group.outstanding > 0 || !isOver || cachedGreeting === null) return null
    now.groups++
    group.count()
    return new OrdinarySummary(now, cachedGreeting, closedBy)
  }

  /** The open group is over and was plain: it is counted and forgotten. */
  protected beginGroup(): void {
    const { now, group } = this
    if (group.answered > 0) {
      now.groups++
      group.count()
    }
    this.isGreeted = true
    this.body.clear()
    group.begin()
  }

  /** Command lines from an index of the chunk on. */
  protected takeLines(chunk: ChunkView, from: number): boolean {
    const { now, group } = this
    const { bytes, offset, position, peerAcked, timeNs } = chunk
    const end = offset + chunk.length
    for (let at = from; at < end; ) {
      const cr = nextBreak(bytes, at, end)
      if (cr + 1 >= end || bytes[cr] !== CR || bytes[cr + 1] !== LF) return false
      if (this.next !== COMMANDS || now.quit || cr - at > ORDINARY_LINE_BYTES_MAX) return false
      const verb = ordinaryVerb(bytes, at, cr)
      if (verb === 0) return false
      if (verb === MAIL && saysBinary(bytes, at, cr)) return false
      if (verb === DATA) this.next = NOTHING
      if (verb === QUIT) now.quit = true
      if (verb === EHLO || verb === HELO) this.helloLine = cachedText(bytes, at, cr + 2)
      at = cr + 2
      now.commands++
      if (!group.unit(verb, position + (at - offset), peerAcked, peerAcked, timeNs)) return false
    }
    return true
  }

  /** The reply that stands at `[from, to)` of the chunk. */
  protected takeReply(chunk: ChunkView, from: number, to: number): boolean {
    const { now, group, reply } = this
    const { next } = group
    if (next === 0 ? !this.greet(chunk, from, to) : !group.reply(reply, chunk)) return false
    if ((next === EHLO || next === HELO) && !this.takeOffer(next, chunk, from, to)) return false
    if (next === DATA) {
      this.next = BODY
      now.content = true
      this.body.expect()
    }
    now.replies++
    return true
  }

  /** What is kept of a reply that may have to be replayed; null if nothing is. */
  protected hears(_chunk: ChunkView, _cached: CachedText): RawReply | null {
    return null
  }

  private takeCommands(chunk: ChunkView): boolean {
    // Half a line opens no group.
    if (this.next !== COMMANDS || chunk.bytes[chunk.offset + chunk.length - 1] !== LF) return false
    if (this.group.isOverFor(chunk.peerAcked)) this.beginGroup()
    // Before it was greeted, or while the client may not have seen that it was.
    else if (!this.isGreeted) return false
    return this.takeLines(chunk, chunk.offset)
  }

  protected takeContent(chunk: ChunkView): boolean {
    const { body, group, now } = this
    if (!body.isOpen) {
      if (!group.isOverFor(chunk.peerAcked)) return false
      this.beginGroup()
    }
    const next = body.take(chunk)
    if (next === REMARKABLE) return false
    const end = chunk.offset + chunk.length
    if (next >= 0) {
      const seenAtStart = body.began ? body.seenAtStart : chunk.peerAcked
      this.next = COMMANDS
      now.content = false
      const unitEnd = chunk.position + (next - chunk.offset)
      if (!group.unit(CONTENT, unitEnd, seenAtStart, chunk.peerAcked, chunk.timeNs)) return false
      if (next < end && !this.takeLines(chunk, next)) {
        body.back()
        return false
      }
    }
    body.advance(chunk, next < 0 ? end : next, next >= 0)
    return true
  }

  private takeReplies(chunk: ChunkView): boolean {
    const { bytes, offset, position } = chunk
    const end = offset + chunk.length
    const { reply } = this
    reply.bytes = bytes
    reply.lineCount = 0
    for (let at = offset; at < end; ) {
      if (reply.lineCount === 0) reply.from = at
      const cr = nextBreak(bytes, at, end)
      if (cr + 1 >= end || bytes[cr] !== CR || bytes[cr + 1] !== LF || cr - at > ORDINARY_LINE_BYTES_MAX) return false
      const code = codeOf(bytes, at, cr)
      if (reply.lineCount++ === 0) {
        if (!isGrammaticalCode(code)) return false
        reply.code = code
        reply.status = statusOf(bytes, at + 4, cr)
      } else if (code !== reply.code) return false
      const more = cr - at > 3 && bytes[at + 3] === HYPHEN
      at = cr + 2
      if (more) continue
      reply.to = at
      reply.start = position + (reply.from - offset)
      reply.end = position + (at - offset)
      if (!this.takeReply(chunk, reply.from, at)) return false
      reply.lineCount = 0
    }
    return reply.lineCount === 0
  }

  /** The server greets with what stands at `[from, to)` of the chunk. */
  private greet(chunk: ChunkView, from: number, to: number): boolean {
    const { reply } = this
    if (this.now.replies > 0 || reply.code !== 220) return false
    const cached = cachedText(chunk.bytes, from, to)
    if (cached.isStarred) return false
    this.cachedGreeting = cached
    this.greeting = this.hears(chunk, cached)
    this.group.greeted(reply.end)
    this.next = COMMANDS
    return true
  }

  /** The reply to EHLO or HELO; one that a box has overwritten is not ordinary. */
  private takeOffer(verb: number, chunk: ChunkView, from: number, to: number): boolean {
    const cached = cachedText(chunk.bytes, from, to)
    const line = this.helloLine
    if (line === null || cached.offer.maskedFrame > 0) return false
    const pipelining = verb === EHLO && cached.offer.pipelining === true
    const heard = this.hears(chunk, cached)
    this.now.hello = { verb: verb === EHLO ? 'EHLO' : 'HELO', line, heard, pipelining, software: cached.offer.software }
    return true
  }
}
