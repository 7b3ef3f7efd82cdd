// The client's bytes -> units. What bytes behind DATA, AUTH or STARTTLS are depends on the reply to it: until that is
// known they are held, bounded, and nothing is assumed.
import { UNDECIDED_BYTES_MAX } from '../limits.ts'
import type { ChunkView } from '../stream/chunk.ts'
import { type Verb, verbOf } from './commands.ts'
import { ContentScanner } from './content.ts'
import { howItLooks, readsLikeCommand } from './decide.ts'
import { emptyLine, LineReader, type LineView } from './lines.ts'
import { isProxyHeader } from './recognise.ts'
import { TextArena } from './text.ts'
import { Unit } from './unit.ts'

/** What the next bytes are. `lost`: unknown, until a line reads like a command. */
export type Reading = 'command' | 'content' | 'octets' | 'auth' | 'undecided' | 'opaque' | 'lost'

/** Verbs whose reply decides what the next bytes are. */
const DECIDED_BY_REPLY: ReadonlySet<Verb> = new Set<Verb>([
  'DATA',
  'AUTH',
  'X-EXPS',
  'STARTTLS',
  'X-ANONYMOUSTLS',
  'XEXCH50',
])

export interface ClientEvents {
  unit(unit: Unit): void
  /** Held bytes outgrew their bound. */
  overflow(frame: number): void
}

export class ClientReader {
  private readonly events: ClientEvents
  private readonly lines = new LineReader()
  private readonly arena = new TextArena()
  private readonly content = new ContentScanner()
  /** Where content began, in the form of a line. */
  private readonly begun = emptyLine()
  private reading: Reading = 'command'
  private held: ChunkView[] = []
  private heldBytes = 0
  private octets = 0
  private quitSent = false
  /** The unit whose octets are being read: content or a chunk. */
  private current: Unit | null = null
  /** The unit whose reply decides. */
  waiting: Unit | null = null
  /** Command lines so far. */
  count = 0
  /** The first line was a PROXY header. */
  proxied = false
  /** Bytes of the content that is being read are missing: its end may be among them. */
  contentHasGap = false
  /** Replies that content earns, asked when it begins. */
  contentOwes: () => number = () => 1
  /** False from a loss of bytes until the dialogue is understood again: a line may be one of a message. */
  trusted = true
  /** Octets of plaintext that came behind STARTTLS before its reply. */
  heldAtTls = 0

  constructor(events: ClientEvents) {
    this.events = events
  }

  get state(): Reading {
    return this.reading
  }

  /** Gives up the text of all units in front of `unit`; of all when null. */
  forget(unit: Unit | null): void {
    this.arena.release(unit?.kind === 'command' ? unit.place : this.arena.end)
  }

  release(): void {
    this.arena.close()
  }

  /** Whether bytes wait for a decision. */
  get holds(): boolean {
    return this.heldBytes > 0
  }

  take(chunk: ChunkView): void {
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
          at = this.takeOctets(chunk, at, end)
          break
        case 'undecided':
          this.hold(chunk, at)
          return
        case 'opaque':
          return
      }
    }
  }

  /** Bytes are missing. True when that does no harm: they were inside content or a chunk. */
  skip(chunk: ChunkView): boolean {
    switch (this.reading) {
      case 'octets': {
        const inside = chunk.length <= this.octets
        this.octets -= Math.min(chunk.length, this.octets)
        if (this.octets === 0) this.finish(chunk.position + chunk.length, chunk)
        if (!inside) this.becomeLost()
        return inside
      }
      case 'content':
        this.content.lose()
        this.contentHasGap = true
        return true
      case 'opaque':
        return true
      default:
        this.becomeLost()
        return false
    }
  }

  /** The dialogue is not understood: lines are ignored until one reads like a command. */
  becomeLost(): void {
    this.trusted = false
    this.lines.reset()
    this.reading = 'lost'
    this.waiting = null
    this.current = null
    this.held = []
    this.heldBytes = 0
    this.contentHasGap = false
  }

  /** The reply to `waiting` said what follows. Held bytes are read on as that. */
  decide(reading: 'command' | 'content' | 'octets' | 'auth' | 'opaque'): void {
    const { waiting, held } = this
    if (this.reading !== 'undecided') return
    if (reading === 'opaque') this.heldAtTls = this.heldBytes
    this.reading = reading
    this.waiting = null
    if (reading === 'content') this.content.begin()
    if (reading === 'octets') this.octets = Number(/\d+/.exec(waiting?.argument ?? '')?.[0] ?? 0)
    this.held = []
    this.heldBytes = 0
    for (const chunk of held) this.take(chunk)
  }

  /** How held bytes look, when no reply will ever decide. */
  guess(): 'command' | 'content' | 'auth' {
    const [first] = this.held
    return first === undefined || this.waiting === null ? 'command' : howItLooks(first, this.waiting)
  }

  private takeLine(chunk: ChunkView, at: number): number {
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
    if (this.count === 0 && !this.proxied && isProxyHeader(bytes, from, to)) {
      this.proxied = true
      return
    }
    const verb = verbOf(bytes, from, to)
    // Nothing is expected behind QUIT: an empty line there is a habit, not a command.
    if (verb === 'EMPTY' && this.quitSent) return
    if (verb === 'QUIT') this.quitSent = true
    const unit = new Unit('command', verb, ++this.count, this.arena, line)
    unit.trusted = this.trusted
    if (verb === 'EMPTY') unit.optional = true
    if (verb === 'BDAT') {
      const size = /^BDAT +(\d{1,15})\b/i.exec(unit.text)?.[1]
      this.octets = Number(size ?? 0)
      if (this.octets > 0) {
        unit.complete = false
        this.current = unit
        this.reading = 'octets'
      }
    } else if (DECIDED_BY_REPLY.has(verb)) {
      this.waiting = unit
      this.reading = 'undecided'
    }
    this.events.unit(unit)
  }

  private readAuthLine(line: LineView): void {
    const unit = new Unit('auth-response', 'AUTH-RESPONSE', this.count, null, line)
    this.waiting = unit
    this.reading = 'undecided'
    this.events.unit(unit)
  }

  private takeContent(chunk: ChunkView, at: number): number {
    const unit = this.current ?? this.beginContent(chunk, at, 'content')
    const next = this.content.scan(chunk, at)
    const end = next < 0 ? chunk.offset + chunk.length : next
    unit.end = chunk.position + (end - chunk.offset)
    unit.lastFrame = chunk.frame
    unit.timeNs = chunk.timeNs
    unit.seenAtEnd = chunk.peerAcked
    if (next >= 0) {
      unit.complete = true
      this.current = null
      this.contentHasGap = false
      this.reading = 'command'
    }
    return next
  }

  private takeOctets(chunk: ChunkView, at: number, end: number): number {
    const unit = this.current ?? this.beginContent(chunk, at, 'octets')
    const count = Math.min(this.octets, end - at)
    this.octets -= count
    unit.end = chunk.position + (at + count - chunk.offset)
    unit.lastFrame = chunk.frame
    unit.timeNs = chunk.timeNs
    unit.seenAtEnd = chunk.peerAcked
    if (this.octets === 0) this.finish(unit.end, chunk)
    return at + count
  }

  private finish(end: number, chunk: ChunkView): void {
    const unit = this.current
    this.current = null
    this.reading = 'command'
    if (unit === null) return
    unit.end = end
    unit.lastFrame = chunk.frame
    unit.complete = true
  }

  private beginContent(chunk: ChunkView, at: number, reading: 'content' | 'octets'): Unit {
    const { begun } = this
    begun.start = chunk.position + (at - chunk.offset)
    begun.end = begun.start
    begun.firstFrame = chunk.frame
    begun.lastFrame = chunk.frame
    begun.startNs = chunk.timeNs
    begun.endNs = chunk.timeNs
    begun.seenAtStart = chunk.peerAcked
    begun.seenAtEnd = chunk.peerAcked
    const unit = new Unit('content', 'CONTENT', this.count, null, begun)
    unit.complete = false
    unit.owed = reading === 'content' ? this.contentOwes() : 1
    this.current = unit
    this.events.unit(unit)
    return unit
  }

  private hold(chunk: ChunkView, at: number): void {
    const end = chunk.offset + chunk.length
    this.heldBytes += end - at
    if (this.heldBytes > UNDECIDED_BYTES_MAX) {
      this.events.overflow(chunk.frame)
      this.becomeLost()
      return
    }
    const bytes = chunk.bytes.slice(at, end)
    this.held.push({
      ...chunk,
      bytes,
      offset: 0,
      length: bytes.length,
      position: chunk.position + (at - chunk.offset),
    })
  }
}
