// The fast lane: a session in which nothing is remarkable so far, and what the long way needs to go on from where that ends.
// What comes in: chunks. What goes out: the outline of the session; or, at the first chunk that is not ordinary, where the
// session stood when its open group began, and all of that group.
import { NO_TIME_NS } from '../../capture/packet.ts'
import { SPARE_BUFFERS_MAX } from '../../limits.ts'
import type { ChunkView } from '../../tcp/chunk.ts'
import type { PlainShapes } from '../pairing/command-sequence.ts'
import type { OrdinaryContent } from './content.ts'
import { type Past, Standing } from './group-start.ts'
import type { Heard } from './reparse.ts'
import { Journal } from './replay-buffer.ts'
import { OrdinarySession } from './session.ts'
import type { Phrase } from './text-cache.ts'

/** Lanes of sessions that are over, for those to come. */
const spare: FastLane[] = []

export class FastLane extends OrdinarySession implements Past {
  /** As things stood when the open group began. */
  readonly standing = new Standing()
  private readonly journal = new Journal()
  clientAcked = 0
  /** As far as the server had acknowledged when the open group began: the journal tells the rest. */
  serverAcked = 0
  private acknowledged = 0
  /** When content last came that the journal does not have. */
  lastNs = NO_TIME_NS

  /** `shapes`: counts its groups. */
  static take(shapes: PlainShapes | null): FastLane {
    const lane = spare.pop() ?? new FastLane()
    lane.begin(shapes)
    return lane
  }

  /** It serves another session from now on. */
  release(): void {
    if (spare.length >= SPARE_BUFFERS_MAX) return
    this.begin(null)
    spare.push(this)
  }

  override begin(shapes: PlainShapes | null): void {
    super.begin(shapes)
    this.standing.clear()
    this.journal.clear()
    this.clientAcked = 0
    this.serverAcked = 0
    this.acknowledged = 0
  }

  override fromClient(chunk: ChunkView): boolean {
    if (!super.fromClient(chunk)) return false
    // Lines were kept on the way. Of what acknowledges nobody asks for later than that the client was seen at all.
    const isKept = chunk.kind === 'fin' || (chunk.kind === 'ack' && !this.isGreeted)
    if (isKept && !this.journal.add(false, chunk, 0)) return false
    if (chunk.peerAcked > this.clientAcked) this.clientAcked = chunk.peerAcked
    return true
  }

  override fromServer(chunk: ChunkView): boolean {
    if (!super.fromServer(chunk)) return false
    // While content is under way there is no whole unit that could be acknowledged.
    const isKept = chunk.kind !== 'ack' || !this.body.isOpen
    if (isKept && !this.journal.add(true, chunk, chunk.kind === 'bytes' ? chunk.offset : 0)) return false
    if (chunk.peerAcked > this.acknowledged) this.acknowledged = chunk.peerAcked
    return true
  }

  /** Everything of the open group but its content, in its order. */
  tell(listener: Parameters<Journal['tell']>[0]): void {
    this.journal.tell(listener)
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

  protected override beginGroup(): void {
    super.beginGroup()
    const { now, journal } = this
    this.serverAcked = this.acknowledged
    journal.begin(now.replyAt, now.replyTo)
    now.replyTo -= now.replyAt
    now.replyAt = 0
    this.standing.copy(now)
  }

  protected override takeLines(chunk: ChunkView, from: number): boolean {
    return super.takeLines(chunk, from) && this.journal.add(false, chunk, from)
  }

  protected override takeContent(chunk: ChunkView): boolean {
    if (!super.takeContent(chunk)) return false
    this.lastNs = chunk.timeNs
    return true
  }

  protected override takeReply(chunk: ChunkView, from: number, to: number): boolean {
    if (!super.takeReply(chunk, from, to)) return false
    const { now } = this
    now.replyAt = this.journal.end + (from - chunk.offset)
    now.replyTo = this.journal.end + (to - chunk.offset)
    now.replyStart = this.reply.start
    now.replyFrame = chunk.frame
    now.replyNs = chunk.timeNs
    now.replySeen = chunk.peerAcked
    return true
  }

  protected override hears({ frame, timeNs, peerAcked }: ChunkView, { bytes }: Phrase): Heard {
    return { bytes, position: this.reply.start, frame, timeNs, peerAcked }
  }
}
