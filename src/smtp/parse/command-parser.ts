// The client's bytes -> units. What bytes behind DATA, AUTH or STARTTLS are depends on the reply to it: until that is
// known they are held, bounded, and nothing is assumed.
import { UNDECIDED_BYTES_MAX } from '../../limits.ts'
import type { ChunkView } from '../../tcp/chunk.ts'
import type { MemoryQuota } from '../../tcp/memory-quota.ts'
import type { OrdinaryContent } from '../ordinary/content.ts'
import type { GroupStart } from '../ordinary/group-start.ts'
import { isItsOwn } from '../pairing/reply-evidence.ts'
import { PendingCommand } from '../pending-command.ts'
import type { Reply } from '../records.ts'
import type { Limit } from '../session/session.ts'
import { BodyReader } from './body.ts'
import { saysBinary, type Verb, verbOf } from './commands.ts'
import { howItLooks, isBinary, isPlausible, readsLikeCommand } from './continuation.ts'
import { beginsTls, isOtherProtocol } from './detect-protocol.ts'
import { bareIn, LineReader, type LineView } from './lines.ts'
import { TextArena } from './text.ts'
import { UndecidedBuffer } from './undecided-buffer.ts'

/** What the next bytes are. `lost`: unknown, until a line reads like a command. */
type Reading = 'command' | 'content' | 'octets' | 'auth' | 'undecided' | 'opaque' | 'lost'

/** Verbs whose reply decides what the next bytes are. */
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
  /** Bytes that were held, and turn out not to be SMTP. */
  unread(chunk: ChunkView, at: number): void
  /** The first line is another protocol's. */
  foreign(frame: number): void
  /** A TLS record stands where a command was expected. */
  tls(frame: number): void
  /** Held bytes outgrew their bound. */
  overflow(frame: number): void
}

export class CommandParser {
  private readonly events: ClientEvents
  private readonly lines: LineReader
  private readonly arena: TextArena
  private readonly body: BodyReader
  private readonly held: UndecidedBuffer
  /** Held bytes are being read: what cannot be read of them goes back. */
  private rereading = false
  private reading: Reading = 'command'
  private quitSent = false
  /** AUTH was refused, or something else was challenged: lines without a known verb may be responses all the same. */
  private mayRespond = false
  /** The content that comes was sent before the server asked for it, and reads like commands. */
  private likeCommands = false
  /** The unit behind which commands were to follow, while nothing has come behind it. */
  private decided: PendingCommand | null = null
  /** The unit whose reply decides. */
  waiting: PendingCommand | null = null
  /** Command lines so far. */
  count = 0
  /** Replies that content earns, asked when it begins. */
  contentOwes: () => number = () => 1
  /** False from a loss of bytes until the dialogue is understood again: a line may be one of a message. */
  trusted = true

  constructor(events: ClientEvents, quota: MemoryQuota, digests: boolean) {
    this.events = events
    this.lines = new LineReader(quota)
    this.arena = new TextArena(quota)
    this.body = new BodyReader(quota, digests)
    this.held = new UndecidedBuffer(quota)
  }

  get state(): Reading {
    return this.reading
  }

  /** Gives up the text of all units in front of `unit`; of all when null. */
  forget(unit: PendingCommand | null): void {
    this.arena.release(unit?.kind === 'command' ? unit.place : this.arena.end)
  }

  /** No more comes. */
  end(): void {
    this.body.end()
  }

  release(): void {
    this.arena.close()
  }

  /** A command follows, and the dialogue is understood so far. */
  private get expectsCommand(): boolean {
    return this.reading === 'command' && this.trusted && this.count > 0
  }

  /** Bytes of the content that is being read are missing: its end may be among them. */
  get contentHasGap(): boolean {
    return this.body.hasGap
  }

  /** Whether bytes wait for a decision. */
  get holds(): boolean {
    return this.held.bytes > 0
  }

  /** Goes on from where an ordinary session stands, in the midst of its content or at the beginning of a group. */
  resume({ commands, content: expected, quit }: GroupStart, content: OrdinaryContent | null): void {
    this.count = commands
    this.quitSent = quit
    if (!expected) return
    this.reading = 'content'
    this.body.expectContent()
    if (content === null) return
    const unit = this.body.resume(content, commands)
    unit.owed = this.contentOwes()
    this.events.unit(unit)
    if (content.complete) this.reading = 'command'
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

  /** Bytes are missing. What they hide: a chunk is octets of which nothing is judged. */
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

  /** The dialogue is not understood: lines are ignored until one reads like a command. */
  becomeLost(): void {
    this.trusted = false
    this.lines.reset()
    this.reading = 'lost'
    this.waiting = null
    this.body.drop()
    this.held.drop()
  }

  /** The reply to `waiting` said what follows. Held bytes are read on as that. */
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
   * A reply came whose code only one verb draws. Where it is that of the unit which counting gave another reply, as long as
   * nothing has come behind it, that unit, once more to be decided; else null.
   */
  reconsider(code: number): PendingCommand | null {
    const { decided } = this
    if (decided === null || !isItsOwn(decided.verb, code)) return null
    this.doubtDecision()
    return this.waiting
  }

  /** Whether what follows is a command is open again, as long as nothing has come: another reply has, or may have. */
  doubtDecision(): void {
    const { decided, reading, lines } = this
    if (decided === null || reading !== 'command' || lines.pending > 0) return
    this.reading = 'undecided'
    this.waiting = decided
  }

  /** Reads what was held, until something in it has to be decided again. */
  private readHeld(): void {
    if (this.rereading) return
    this.rereading = true
    while (this.reading !== 'undecided') {
      const chunk = this.held.shift()
      if (chunk === undefined) break
      this.take(chunk)
    }
    this.rereading = false
  }

  /** A reply came in the midst of content. True when it shows that the server took a false end for the end. */
  answeredInContent(reply: Reply): boolean {
    if (this.reading !== 'content' || reply.code < 200 || reply.code >= 300) return false
    const behind = this.body.endAtFalseEnd(reply.seenAtStart)
    if (behind === null) return false
    this.reading = 'command'
    for (const chunk of behind) this.take(chunk)
    return true
  }

  /** The server asked for a secret, whatever it took for AUTH. */
  challenged(): void {
    this.mayRespond = true
  }

  /** What was not SMTP is over: commands follow, from a known beginning. */
  startOver(): void {
    this.reading = 'command'
    this.waiting = null
    this.trusted = true
  }

  /** Whether enough is held to tell by its look what it is: a whole line, or an octet that is in no text. */
  get canGuess(): boolean {
    return this.holds && (this.held.hasLine || isBinary(this.held.firstOctet ?? 0))
  }

  /** The unit of a line that never ended, as far as it came; null where there is none. */
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
    unit.hidden = this.mayRespond && verb === 'OTHER'
    return unit
  }

  /** How held bytes look, when no reply will ever decide. */
  guess(): ReturnType<typeof howItLooks> {
    return !this.holds || this.waiting === null ? 'command' : howItLooks(this.held.firstLine(), this.waiting)
  }

  private takeLine(chunk: ChunkView, at: number): number {
    if (this.expectsCommand && this.lines.pending === 0 && beginsTls(chunk.bytes, at, chunk.offset + chunk.length)) {
      this.reading = 'opaque'
      this.events.tls(chunk.frame)
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

  private readCommand(line: LineView): void {
    const { bytes, from, to } = line
    if (this.count === 0 && this.trusted && isOtherProtocol(bytes, from, to)) {
      this.reading = 'opaque'
      this.events.foreign(line.firstFrame)
      return
    }
    const verb = verbOf(bytes, from, to)
    // Nothing is expected behind QUIT: an empty line there is a habit, not a command.
    if (verb === 'EMPTY' && this.quitSent) return
    if (verb === 'QUIT') this.quitSent = true
    const unit = new PendingCommand('command', verb, ++this.count, this.arena, line)
    unit.trusted = this.trusted
    // A line that may be something else, of a message or of ciphertext, shows nothing about line ends.
    if (this.trusted && verb !== 'OTHER' && verb !== 'EMPTY') unit.bare = bareIn(line)
    unit.hidden = this.mayRespond && verb === 'OTHER'
    if (verb !== 'OTHER') this.mayRespond = false
    unit.optional = verb === 'EMPTY' || (unit.hidden && !unit.trusted)
    if (verb === 'MAIL') unit.binary = saysBinary(bytes, from, to)
    if (verb === 'BDAT') {
      // Nobody knows how much a line says that the grammar of RFC 3030 does not allow.
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
    // What comes when its client knows that the chunk was refused may be the rest of it, or the next command.
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

  /** Whether what is held behind a refused chunk may be a command: it looks like one so far, and is less than the chunk lacks. */
  private mayBeCommand({ position, length }: ChunkView): boolean {
    if (position + length - (this.waiting?.end ?? 0) >= this.body.expected) return false
    return this.canGuess ? isPlausible(this.held.firstLine()) : true
  }

  /** The server said something when it had seen so much of the client: to a command that is held behind a refused chunk, or not. */
  answersHeld(seen: number): boolean {
    const { waiting, held } = this
    return waiting?.verb === 'BDAT' && held.hasLine && seen > waiting.end + held.firstLine().length
  }

  private hold(chunk: ChunkView, at: number): void {
    if (this.rereading) {
      this.held.putBack(chunk, at)
      return
    }
    this.held.add(chunk, at)
    if (this.waiting?.verb === 'BDAT' && !this.mayBeCommand(chunk)) this.decide('octets')
    if (this.held.bytes <= UNDECIDED_BYTES_MAX) return
    this.events.overflow(chunk.frame)
    this.becomeLost()
  }
}

/** Whether the chunk that the octets may belong to was refused, and its client knew that when it sent them. */
function isRefusedBy(unit: PendingCommand | null, { peerAcked }: ChunkView): boolean {
  const refusal = unit?.verb === 'BDAT' ? unit.replies[0] : undefined
  return refusal !== undefined && refusal.code >= 400 && peerAcked >= refusal.at.end
}
