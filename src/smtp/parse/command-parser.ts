// Parses the client's bytes into units. The meaning of bytes after DATA, AUTH or STARTTLS depends on the reply. Until
// it arrives they are buffered, up to a limit.
import { UNDECIDED_BYTES_MAX } from '../../limits.ts'
import type { ChunkView } from '../../tcp/chunk.ts'
import type { MemoryQuota } from '../../tcp/memory-quota.ts'
import { isItsOwn } from '../pairing/reply-evidence.ts'
import { MAY_HOLD_SECRET, PendingCommand } from '../pending-command.ts'
import type { Reply } from '../records.ts'
import type { Past } from '../session/past.ts'
import type { Limit } from '../session/session.ts'
import { BodyReader } from './body.ts'
import { saysBinary, type Verb, verbOf } from './commands.ts'
import { guessByLook, isBinary, isControl, isPlausible, readsLikeCommand } from './continuation.ts'
import { beginsTls, isOtherProtocol } from './detect-protocol.ts'
import { bareIn, extraLinesIn, LineReader, type LineView } from './lines.ts'
import type { SentCredentials } from './sent-credentials.ts'
import { printable, TextArena } from './text.ts'
import { UndecidedBuffer } from './undecided-buffer.ts'

/** What the next bytes are. `undecided`: the reply will tell. `lost`: unknown until a line looks like a command. */
type Reading = 'command' | 'content' | 'octets' | 'auth' | 'undecided' | 'opaque' | 'lost'

/** Verbs whose reply determines what the next bytes are. */
const DECIDED_BY_REPLY: ReadonlySet<Verb> = new Set<Verb>([
  'DATA',
  'AUTH',
  'X-EXPS',
  'STARTTLS',
  'X-ANONYMOUSTLS',
  'XEXCH50',
  'TURN',
  'ATRN',
])

const AUTHENTICATES: ReadonlySet<Verb> = new Set<Verb>(['AUTH', 'X-EXPS', 'AUTH-RESPONSE'])

export interface ClientEvents {
  unit(unit: PendingCommand): void
  /** Buffered bytes turned out not to be SMTP. */
  unread(chunk: ChunkView, at: number): void
  /** The first line belongs to another protocol. */
  foreign(frame: number): void
  /** A TLS record was found where a command was expected. */
  tls(frame: number): void
  /** The buffered bytes exceeded their limit. */
  overflow(frame: number): void
}

export class CommandParser {
  private readonly events: ClientEvents
  private readonly lines: LineReader
  private readonly arena: TextArena
  private readonly body: BodyReader
  private readonly undecided: UndecidedBuffer
  private readonly credentials: SentCredentials
  /** Buffered bytes are being parsed: the unparsed rest goes back into the buffer. */
  private rereading = false
  private reading: Reading = 'command'
  private quitSent = false
  /**
   * AUTH was refused, or the server sent a challenge to something else: lines with unknown verbs may still be AUTH
   * responses.
   */
  private mayRespond = false
  /** The content that follows was sent before the 354 and looks like commands. */
  private likeCommands = false
  /** The unit whose reply said that commands follow; null once something has been received after it. */
  private decided: PendingCommand | null = null
  /** The unit whose reply determines what the next bytes are. */
  waiting: PendingCommand | null = null
  /** Number of command lines so far. */
  count = 0
  /** Number of replies owed for content; called when content begins. */
  contentOwes: () => number = () => 1
  /** False from a gap until a line is recognised again: before that, a line may belong to a message. */
  trusted = true

  /** `credentials` receives those that the client sends. */
  constructor(events: ClientEvents, quota: MemoryQuota, digests: boolean, credentials: SentCredentials) {
    this.events = events
    this.lines = new LineReader(quota)
    this.arena = new TextArena(quota)
    this.body = new BodyReader(quota, digests)
    this.undecided = new UndecidedBuffer(quota)
    this.credentials = credentials
  }

  get state(): Reading {
    return this.reading
  }

  /** Releases the text of all units before `unit`; of all units when null. */
  forget(unit: PendingCommand | null): void {
    this.arena.release(unit?.kind === 'command' ? unit.place : this.arena.end)
  }

  /** End of input. */
  end(): void {
    this.body.end()
  }

  release(): void {
    this.arena.close()
  }

  /** A command is expected, and no bytes are missing. */
  private get expectsCommand(): boolean {
    return this.reading === 'command' && this.trusted && this.count > 0
  }

  /** The first octet is expected, and it is captured. */
  private get isFirst(): boolean {
    return this.reading === 'command' && this.trusted && this.count === 0 && this.lines.pending === 0
  }

  /** Bytes of the current content are missing, possibly including its end. */
  get contentHasGap(): boolean {
    return this.body.hasGap
  }

  /** Whether bytes are buffered. */
  get holds(): boolean {
    return this.undecided.bytes > 0
  }

  /** Continues a session that was read elsewhere so far. */
  resume({ commands, expectsContent, content }: Past): void {
    this.count = commands
    if (!expectsContent) return
    this.reading = 'content'
    this.body.expectContent()
    if (content === null) return
    const unit = this.body.resume(content, commands)
    unit.owed = this.contentOwes()
    this.events.unit(unit)
  }

  take(chunk: ChunkView): void {
    this.decided = null
    const end = chunk.offset + chunk.length
    for (let at = chunk.offset; at >= 0 && at < end; ) {
      switch (this.reading) {
        case 'command':
        case 'auth':
        case 'lost':
          at = this.takeLine(chunk, at)
          break
        case 'content':
          at = this.takeContent(chunk, at)
          break
        case 'octets':
          at = this.takeOctets(chunk, at)
          break
        case 'undecided':
          this.hold(chunk, at)
          return
        case 'opaque':
          this.events.unread(chunk, at)
          return
      }
    }
  }

  /**
   * Bytes are missing. Returns what rules cannot see because of that; nothing inside a chunk, whose octets no rule
   * examines.
   */
  skip(chunk: ChunkView): Limit['hides'] {
    switch (this.reading) {
      case 'octets': {
        if (chunk.measured && this.body.current === null) this.beginOctets(chunk, chunk.offset)
        const inside = chunk.measured && this.body.skipOctets(chunk)
        if (this.body.current === null) this.reading = 'command'
        if (!inside) this.becomeLost()
        return inside ? 'nothing' : 'all'
      }
      case 'content':
        this.body.skipContent()
        return 'content'
      case 'opaque':
        return 'nothing'
      default:
        this.becomeLost()
        return 'all'
    }
  }

  /** Synchronisation is lost: ignores lines until one looks like a command. */
  becomeLost(): void {
    this.trusted = false
    this.lines.reset()
    this.reading = 'lost'
    this.waiting = null
    this.body.drop()
    this.undecided.drop()
  }

  /** The reply to `waiting` determined what follows. Parses the buffered bytes accordingly. */
  decide(reading: 'command' | 'content' | 'octets' | 'auth' | 'opaque'): void {
    const { waiting } = this
    if (this.reading !== 'undecided') return
    this.reading = reading
    this.mayRespond = reading === 'command' && waiting !== null && AUTHENTICATES.has(waiting.verb)
    if (reading === 'content') {
      this.likeCommands = this.canGuess && this.guess() === 'command'
      this.body.expectContent()
    }
    this.decided = reading === 'command' ? waiting : null
    this.waiting = null
    if (waiting?.verb === 'BDAT' && reading === 'command') this.body.abandonChunk()
    else if (waiting?.verb === 'XEXCH50' && reading === 'octets')
      this.body.expectOctets(Number(/\d+/.exec(waiting?.argument ?? '')?.[0] ?? 0), null)
    this.readHeld()
  }

  /**
   * A reply came whose code only one verb causes. When that verb is the one of the latest decided unit, to which
   * counting had assigned another reply, and no bytes have followed, reopens the decision. Returns that unit, or null.
   */
  reconsider(code: number): PendingCommand | null {
    const { decided } = this
    if (decided === null || !isItsOwn(decided.verb, code)) return null
    this.doubtDecision()
    return this.waiting
  }

  /** Reopens the decision that a command follows, as long as no bytes have: another reply came, or may come. */
  doubtDecision(): void {
    const { decided, reading, lines } = this
    if (decided === null || reading !== 'command' || lines.pending > 0) return
    this.reading = 'undecided'
    this.waiting = decided
  }

  /** Parses buffered bytes up to the next point where the server's reply must decide. */
  private readHeld(): void {
    if (this.rereading) return
    this.rereading = true
    while (this.reading !== 'undecided') {
      const chunk = this.undecided.shift()
      if (chunk === undefined) break
      this.take(chunk)
    }
    this.rereading = false
  }

  /** A reply came inside content. Returns whether it shows that the server accepted a false end of content. */
  answeredInContent(reply: Reply): boolean {
    if (this.reading !== 'content' || reply.code < 200 || reply.code >= 300) return false
    const behind = this.body.endAtFalseEnd(reply.seenAtStart)
    if (behind === null) return false
    this.reading = 'command'
    for (const chunk of behind) this.take(chunk)
    return true
  }

  /** The server asked for credentials after a command that is not AUTH. */
  challenged(): void {
    this.mayRespond = true
  }

  /** The bytes that are not SMTP have ended: commands follow, from a known position. */
  startOver(): void {
    this.reading = 'command'
    this.waiting = null
    this.trusted = true
  }

  /** Whether enough is buffered to guess what it is: a whole line, or an octet that does not occur in text. */
  get canGuess(): boolean {
    return this.holds && (this.undecided.hasLine || isBinary(this.undecided.firstOctet ?? 0))
  }

  /** The unit of an unterminated line, as far as it was received; null when there is none. */
  unfinished(): PendingCommand | null {
    const { reading } = this
    const line = reading === 'command' || reading === 'auth' ? this.lines.unfinished : null
    if (line === null) return null
    const verb = reading === 'auth' ? 'AUTH-RESPONSE' : verbOf(line.bytes, line.from, line.to)
    const isCommand = reading === 'command'
    const unit = new PendingCommand(
      isCommand ? 'command' : 'auth-response',
      verb,
      this.count + 1,
      isCommand ? this.arena : null,
      line,
    )
    unit.complete = false
    unit.trusted = false
    if (this.trusted && isCommand && verb !== 'OTHER' && line.bareCrs > 0) unit.bare = bareIn(line)
    // A CR at its end is the first half of its line end, or all of it for a server that accepts a bare CR.
    const endsInCr = line.end - line.start > line.to - line.from
    unit.extraLines = extraLinesIn(line) + (endsInCr ? 1 : 0)
    unit.hidden = this.mayRespond && verb === 'OTHER'
    return unit
  }

  /** What the buffered bytes look like. Used when no reply will decide. */
  guess(): ReturnType<typeof guessByLook> {
    return !this.holds || this.waiting === null ? 'command' : guessByLook(this.undecided.firstLine(), this.waiting)
  }

  private takeLine(chunk: ChunkView, at: number): number {
    if (this.expectsCommand && this.lines.pending === 0 && beginsTls(chunk.bytes, at, chunk.offset + chunk.length)) {
      this.reading = 'opaque'
      this.events.tls(chunk.frame)
      return at
    }
    if (this.isFirst && isControl(chunk.bytes[at] as number)) {
      this.becomeForeign(chunk.frame)
      return at
    }
    const next = this.lines.next(chunk, at)
    if (next < 0) return -1
    const { line } = this.lines
    if (this.reading === 'auth') {
      this.readAuthLine(line)
    } else if (this.reading !== 'lost') {
      this.readCommand(line)
    } else if (readsLikeCommand(line)) {
      this.reading = 'command'
      this.readCommand(line)
    }
    return next
  }

  private becomeForeign(frame: number): void {
    this.reading = 'opaque'
    this.events.foreign(frame)
  }

  private readCommand(line: LineView): void {
    const { bytes, from, to } = line
    const verb = verbOf(bytes, from, to)
    const isBinary = verb === 'OTHER' && line.controls > 0
    if (this.count === 0 && this.trusted && (isBinary || isOtherProtocol(bytes, from, to))) {
      this.becomeForeign(line.firstFrame)
      return
    }
    // Many clients send an empty line after QUIT; it is no command.
    if (verb === 'EMPTY' && this.quitSent) return
    if (verb === 'QUIT') this.quitSent = true
    const unit = new PendingCommand('command', verb, ++this.count, this.arena, line)
    unit.trusted = this.trusted
    // A line with an unknown verb may belong to a message or to ciphertext, so its line end proves nothing.
    if (this.trusted && verb !== 'OTHER' && verb !== 'EMPTY') unit.bare = bareIn(line)
    unit.endsInLf = !line.crlf
    unit.extraLines = extraLinesIn(line)
    unit.hidden = this.mayRespond && verb === 'OTHER'
    if (unit.hidden) this.credentials.add(printable(bytes, from, to))
    else if (MAY_HOLD_SECRET.has(verb)) this.credentials.addOf(printable(bytes, from, to))
    if (verb !== 'OTHER') this.mayRespond = false
    unit.optional = verb === 'EMPTY' || (unit.hidden && !unit.trusted)
    if (verb === 'MAIL') unit.binary = saysBinary(bytes, from, to)
    if (verb === 'BDAT') {
      // The chunk size in a line that violates the grammar of RFC 3030 is unknown.
      const size = Number(/^BDAT +(\d{1,15})(?: +LAST)? *$/i.exec(unit.text)?.[1] ?? 0)
      if (size > 0) {
        this.body.expectOctets(size, unit)
        this.reading = 'octets'
      }
    } else if (DECIDED_BY_REPLY.has(verb)) {
      this.waiting = unit
      this.reading = 'undecided'
    }
    this.events.unit(unit)
  }

  private readAuthLine(line: LineView): void {
    this.credentials.add(printable(line.bytes, line.from, line.to))
    const unit = new PendingCommand('auth-response', 'AUTH-RESPONSE', this.count, null, line)
    unit.trusted = this.trusted
    this.waiting = unit
    this.reading = 'undecided'
    this.events.unit(unit)
  }

  private takeContent(chunk: ChunkView, at: number): number {
    const { body } = this
    if (body.current === null) this.beginContent(chunk, at)
    const next = body.takeContent(chunk, at)
    if (next >= 0) this.reading = 'command'
    return next
  }

  private takeOctets(chunk: ChunkView, at: number): number {
    const { body } = this
    // The client had received the refusal of the chunk: what it sends now may be the rest of the chunk or the next
    // command.
    if (!this.rereading && isRefusedBy(body.current, chunk) && at === chunk.offset) {
      this.waiting = body.current
      this.reading = 'undecided'
      return at
    }
    if (body.current === null) this.beginOctets(chunk, at)
    const next = body.takeOctets(chunk, at)
    if (body.current === null) this.reading = 'command'
    return next
  }

  private beginOctets(chunk: ChunkView, at: number): void {
    this.events.unit(this.body.begin('XEXCH50', chunk, at, this.count))
  }

  private beginContent(chunk: ChunkView, at: number): void {
    const unit = this.body.begin('CONTENT', chunk, at, this.count)
    unit.likeCommands = this.likeCommands
    this.events.unit(unit)
    unit.owed = this.contentOwes()
  }

  /**
   * Whether the bytes buffered behind a refused chunk may be a command: they look like one so far, and are fewer than
   * the chunk lacks.
   */
  private mayBeCommand({ position, length }: ChunkView): boolean {
    if (position + length - (this.waiting?.end ?? 0) >= this.body.expected) return false
    return this.canGuess ? isPlausible(this.undecided.firstLine()) : true
  }

  /**
   * Whether a reply that acknowledged `seen` octets of the client answers the command buffered behind a refused chunk.
   */
  answersHeld(seen: number): boolean {
    const { waiting, undecided } = this
    return waiting?.verb === 'BDAT' && undecided.hasLine && seen > waiting.end + undecided.firstLine().length
  }

  private hold(chunk: ChunkView, at: number): void {
    if (this.rereading) {
      this.undecided.putBack(chunk, at)
      return
    }
    this.undecided.add(chunk, at)
    if (this.waiting?.verb === 'BDAT' && !this.mayBeCommand(chunk)) this.decide('octets')
    if (this.undecided.bytes <= UNDECIDED_BYTES_MAX) return
    this.events.overflow(chunk.frame)
    this.becomeLost()
  }
}

/** Whether the chunk was refused and the client had received the refusal when it sent these octets. */
function isRefusedBy(unit: PendingCommand | null, { peerAcked }: ChunkView): boolean {
  const refusal = unit?.verb === 'BDAT' ? unit.replies[0] : undefined
  return refusal !== undefined && refusal.code >= 400 && peerAcked >= refusal.at.end
}
