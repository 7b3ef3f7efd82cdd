// The fast lane: a session in which nothing is remarkable, followed by counting alone. What comes in: chunks. What goes
// out: the outline of the session; or, at the first chunk that is not ordinary, all that the long way needs to go on.
import { NO_TIME_NS } from '../capture/packet.ts'
import { ORDINARY_LINE_BYTES_MAX, SPARE_BUFFERS_MAX } from '../limits.ts'
import { hasAt, nextBreak } from '../network/strides.ts'
import type { ChunkView } from '../stream/chunk.ts'
import { Journal } from './journal.ts'
import { CONTENT, DATA, EHLO, HELO, ordinaryVerb, QUIT } from './ordinary.ts'
import { OrdinaryContent, REMARKABLE } from './ordinary-content.ts'
import { OrdinaryGroup, type ReplyView } from './ordinary-group.ts'
import { OrdinaryOutline } from './outline.ts'
import { type Phrase, phraseOf } from './phrases.ts'
import type { Heard } from './recall.ts'
import { codeOf, isListedForm, statusOf } from './replies.ts'
import type { PlainShapes } from './shape.ts'
import { type Past, Standing } from './standing.ts'

const LF = 0x0a
const CR = 0x0d
const HYPHEN = 0x2d

/** What the client may send next. */
const NOTHING = 0
const COMMANDS = 1
const BODY = 2

/** Lanes of sessions that are over, for those to come. */
const spare: FastLane[] = []

export class FastLane implements Past {
  /** As things stand, and as they stood when the open group began. */
  private readonly now = new Standing()
  readonly standing = new Standing()
  private readonly journal = new Journal()
  private readonly body = new OrdinaryContent()
  private readonly group = new OrdinaryGroup(this.now)
  private readonly reply: ReplyView = { code: 0, status: 0, addressed: false, lineCount: 0, start: 0, end: 0 }
  private next = NOTHING
  private greetingPhrase: Phrase | null = null
  private helloLine: Phrase | null = null
  greeting: Heard | null = null
  /** The first FIN. */
  private closedBy: 'client-fin' | 'server-fin' | null = null
  clientAcked = 0
  serverAcked = 0
  /** When content last came that the journal does not have. */
  lastNs = NO_TIME_NS

  /** `shapes`: counts its groups. */
  static take(shapes: PlainShapes | null): FastLane {
    const lane = spare.pop() ?? new FastLane()
    lane.group.reset(shapes)
    return lane
  }

  /** It serves another session from now on. */
  release(): void {
    if (spare.length >= SPARE_BUFFERS_MAX) return
    this.journal.clear()
    this.now.clear()
    this.standing.clear()
    this.body.clear()
    this.group.reset(null)
    this.next = NOTHING
    this.greetingPhrase = null
    this.helloLine = null
    this.greeting = null
    this.closedBy = null
    this.clientAcked = 0
    this.serverAcked = 0
    spare.push(this)
  }

  /** Takes a chunk of the client. False when there is anything remarkable about it: then it was not taken. */
  fromClient(chunk: ChunkView): boolean {
    switch (chunk.kind) {
      case 'bytes':
        // Below zero nobody knows what it acknowledged.
        if (this.closedBy !== null || chunk.peerAcked < 0) return false
        if (!(this.next === BODY ? this.takeContent(chunk) : this.takeCommands(chunk))) return false
        break
      case 'ack':
        // Nobody asks for it later than by its number, but that the client was seen at all.
        if (!this.isGreeted && !this.journal.add(false, chunk, 0)) return false
        break
      case 'fin':
        this.closedBy ??= 'client-fin'
        if (!this.journal.add(false, chunk, 0)) return false
        break
      default:
        return false
    }
    if (chunk.peerAcked > this.clientAcked) this.clientAcked = chunk.peerAcked
    return true
  }

  /** The same of the server. */
  fromServer(chunk: ChunkView): boolean {
    switch (chunk.kind) {
      case 'bytes':
        if (!this.takeReplies(chunk) || !this.journal.add(true, chunk, chunk.offset)) return false
        break
      case 'ack':
        // While content is under way there is no whole unit that it could acknowledge.
        if (!this.body.isOpen && !this.journal.add(true, chunk, 0)) return false
        break
      case 'fin':
        this.closedBy ??= 'server-fin'
        if (!this.journal.add(true, chunk, 0)) return false
        break
      default:
        return false
    }
    if (chunk.peerAcked > this.serverAcked) this.serverAcked = chunk.peerAcked
    return true
  }

  /** The session is over: its outline; null when the long way has to judge how it ended. */
  end(): OrdinaryOutline | null {
    const { now, group, greetingPhrase, closedBy } = this
    if (!now.quit || group.outstanding > 0 || closedBy === null || greetingPhrase === null) return null
    now.groups++
    group.count()
    return new OrdinaryOutline(now, greetingPhrase, closedBy)
  }

  /** Everything of the open group but its content, in its order. */
  tell(listener: Parameters<Journal['tell']>[0]): void {
    this.journal.tell(listener)
  }

  /** Whether a group has begun behind the greeting. */
  get isGreeted(): boolean {
    return this.standing.replies > 0
  }

  /** The latest reply in front of the open group. */
  get lastReply(): Heard {
    const { replyAt, replyTo, replyStart, replyFrame, replyNs, replySeen } = this.standing
    const bytes = this.journal.bytes.slice(replyAt, replyTo)
    return { bytes, position: replyStart, frame: replyFrame, timeNs: replyNs, peerAcked: replySeen }
  }

  /** The content that the open group begins with, as far as it came; null where it does not. */
  get content(): OrdinaryContent | null {
    return this.body.began ? this.body : null
  }

  /** The open group is over and was plain: it is counted and forgotten. */
  private beginGroup(): void {
    const { now, journal, group } = this
    if (group.answered > 0) {
      now.groups++
      group.count()
    }
    journal.begin(now.replyAt, now.replyTo)
    now.replyTo -= now.replyAt
    now.replyAt = 0
    this.standing.copy(now)
    this.body.clear()
    group.begin()
  }

  private takeCommands(chunk: ChunkView): boolean {
    // Half a line opens no group.
    if (this.next !== COMMANDS || chunk.bytes[chunk.offset + chunk.length - 1] !== LF) return false
    if (this.group.isOverFor(chunk.peerAcked)) this.beginGroup()
    // Before it was greeted, or while the client may not have seen that it was.
    else if (!this.isGreeted) return false
    return this.takeLines(chunk, chunk.offset)
  }

  private takeLines(chunk: ChunkView, from: number): boolean {
    const { now, group } = this
    const { bytes, offset, position, peerAcked, timeNs } = chunk
    const end = offset + chunk.length
    for (let at = from; at < end; ) {
      const cr = nextBreak(bytes, at, end)
      if (cr + 1 >= end || bytes[cr] !== CR || bytes[cr + 1] !== LF) return false
      if (this.next !== COMMANDS || now.quit || cr - at > ORDINARY_LINE_BYTES_MAX) return false
      const verb = ordinaryVerb(bytes, at, cr)
      if (verb === 0) return false
      if (verb === DATA) this.next = NOTHING
      if (verb === QUIT) now.quit = true
      if (verb === EHLO || verb === HELO) this.helloLine = phraseOf(bytes, at, cr + 2)
      at = cr + 2
      now.commands++
      if (!group.unit(verb, position + (at - offset), peerAcked, peerAcked, timeNs)) return false
    }
    return this.journal.add(false, chunk, from)
  }

  private takeContent(chunk: ChunkView): boolean {
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
    this.lastNs = chunk.timeNs
    return true
  }

  private takeReplies(chunk: ChunkView): boolean {
    const { bytes, offset, position } = chunk
    const end = offset + chunk.length
    const { reply } = this
    reply.lineCount = 0
    for (let at = offset; at < end; ) {
      if (reply.lineCount === 0) {
        reply.start = position + (at - offset)
        reply.addressed = false
      }
      const cr = nextBreak(bytes, at, end)
      if (cr + 1 >= end || bytes[cr] !== CR || bytes[cr + 1] !== LF || cr - at > ORDINARY_LINE_BYTES_MAX) return false
      const code = codeOf(bytes, at, cr)
      if (reply.lineCount++ === 0) {
        if (!isListedForm(code)) return false
        reply.code = code
        reply.status = statusOf(bytes, at + 4, cr)
      } else if (code !== reply.code) return false
      const more = cr - at > 3 && bytes[at + 3] === HYPHEN
      reply.addressed ||= hasAt(bytes, at, cr)
      at = cr + 2
      if (more) continue
      reply.end = position + (at - offset)
      if (!this.takeReply(chunk, offset + (reply.start - position), at)) return false
      reply.lineCount = 0
    }
    return reply.lineCount === 0
  }

  /** The reply that stands at `[from, to)` of the chunk. */
  private takeReply(chunk: ChunkView, from: number, to: number): boolean {
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
    now.replyAt = this.journal.end + (from - chunk.offset)
    now.replyTo = this.journal.end + (to - chunk.offset)
    now.replyStart = reply.start
    now.replyFrame = chunk.frame
    now.replyNs = chunk.timeNs
    now.replySeen = chunk.peerAcked
    return true
  }

  private greet(chunk: ChunkView, from: number, to: number): boolean {
    const { reply } = this
    if (this.now.replies > 0 || reply.code !== 220) return false
    const phrase = phraseOf(chunk.bytes, from, to)
    if (phrase.isStarred) return false
    this.greetingPhrase = phrase
    this.greeting = heardIn(chunk, phrase, reply.start)
    this.group.greeted(reply.end)
    this.next = COMMANDS
    return true
  }

  /** What EHLO or HELO drew; an offer that a box has overwritten is none for the lane. */
  private takeOffer(verb: number, chunk: ChunkView, from: number, to: number): boolean {
    const phrase = phraseOf(chunk.bytes, from, to)
    const line = this.helloLine
    if (line === null || phrase.offer.maskedFrame > 0) return false
    this.now.hello = {
      verb: verb === EHLO ? 'EHLO' : 'HELO',
      line,
      reply: heardIn(chunk, phrase, this.reply.start),
      pipelining: verb === EHLO && phrase.offer.pipelining === true,
      software: phrase.offer.software,
    }
    return true
  }
}

function heardIn({ frame, timeNs, peerAcked }: ChunkView, { bytes }: Phrase, position: number): Heard {
  return { bytes, position, frame, timeNs, peerAcked }
}
