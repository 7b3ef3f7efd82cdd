// The fast path: a session in which nothing is remarkable so far, and what the long way needs to go on from where that
// ends. What comes in: chunks. What goes out: the summary of the session; or, at the first chunk that is not ordinary,
// where the session stood when its open group began, and all of that group.
import { NO_TIME_NS } from '../../capture/packet.ts'
import { SPARE_BUFFERS_MAX } from '../../limits.ts'
import type { ChunkView } from '../../tcp/chunk.ts'
import type { UnremarkableSequences } from '../pairing/command-sequence.ts'
import type { OrdinaryContent } from './content.ts'
import { GroupStart, type Past } from './group-start.ts'
import type { RawReply } from './reparse.ts'
import { ReplayBuffer } from './replay-buffer.ts'
import { OrdinarySession } from './session.ts'
import type { CachedText } from './text-cache.ts'

/** Lanes of sessions that are over, for those to come. */
const spare: OrdinarySessionReader[] = []

export class OrdinarySessionReader extends OrdinarySession implements Past {
  /** As things stood when the open group began. */
  readonly groupStart = new GroupStart()
  private readonly replay = new ReplayBuffer()
  clientAcked = 0
  /** As far as the server had acknowledged when the open group began: the rest is in the replay buffer. */
  serverAcked = 0
  private acknowledged = 0
  /** When content last came that the replay buffer does not have. */
  lastNs = NO_TIME_NS
  readonly lastFrame = 0

  /** `shapes`: counts its groups. */
  static take(shapes: UnremarkableSequences | null): OrdinarySessionReader {
    const ordinary = spare.pop() ?? new OrdinarySessionReader()
    ordinary.begin(shapes)
    return ordinary
  }

  /** It serves another session from now on. */
  release(): void {
    if (spare.length >= SPARE_BUFFERS_MAX) return
    this.begin(null)
    spare.push(this)
  }

  override begin(shapes: UnremarkableSequences | null): void {
    super.begin(shapes)
    this.groupStart.clear()
    this.replay.clear()
    this.clientAcked = 0
    this.serverAcked = 0
    this.acknowledged = 0
  }

  override fromClient(chunk: ChunkView): boolean {
    if (!super.fromClient(chunk)) return false
    // Lines are kept already. Of bare acknowledgements only those before the first client data are needed later.
    const isKept = chunk.kind === 'fin' || (chunk.kind === 'ack' && !this.isGreeted)
    if (isKept && !this.replay.add(false, chunk, 0)) return false
    if (chunk.peerAcked > this.clientAcked) this.clientAcked = chunk.peerAcked
    return true
  }

  override fromServer(chunk: ChunkView): boolean {
    if (!super.fromServer(chunk)) return false
    // While content is under way there is no whole unit that could be acknowledged.
    const isKept = chunk.kind !== 'ack' || !this.body.isOpen
    if (isKept && !this.replay.add(true, chunk, chunk.kind === 'bytes' ? chunk.offset : 0)) return false
    if (chunk.peerAcked > this.acknowledged) this.acknowledged = chunk.peerAcked
    return true
  }

  /** Everything of the open group but its content, in its order. */
  tell(listener: Parameters<ReplayBuffer['tell']>[0]): void {
    this.replay.tell(listener)
  }

  /** The latest reply in front of the open group. */
  get lastReply(): RawReply {
    const { replyAt, replyTo, replyStart, replyFrame, replyNs, replySeen } = this.groupStart
    const bytes = this.replay.bytes.slice(replyAt, replyTo)
    return { bytes, position: replyStart, frame: replyFrame, timeNs: replyNs, peerAcked: replySeen }
  }

  /** They were counted as they came. */
  countGroups(): void {}

  /** The content that the open group begins with, as far as it came; null where it does not. */
  get content(): OrdinaryContent | null {
    return this.body.began ? this.body : null
  }

  protected override beginGroup(): void {
    super.beginGroup()
    const { now, replay } = this
    this.serverAcked = this.acknowledged
    replay.begin(now.replyAt, now.replyTo)
    now.replyTo -= now.replyAt
    now.replyAt = 0
    this.groupStart.copy(now)
  }

  protected override takeLines(chunk: ChunkView, from: number): boolean {
    return super.takeLines(chunk, from) && this.replay.add(false, chunk, from)
  }

  protected override takeContent(chunk: ChunkView): boolean {
    if (!super.takeContent(chunk)) return false
    this.lastNs = chunk.timeNs
    return true
  }

  protected override takeReply(chunk: ChunkView, from: number, to: number): boolean {
    if (!super.takeReply(chunk, from, to)) return false
    const { now } = this
    now.replyAt = this.replay.end + (from - chunk.offset)
    now.replyTo = this.replay.end + (to - chunk.offset)
    now.replyStart = this.reply.start
    now.replyFrame = chunk.frame
    now.replyNs = chunk.timeNs
    now.replySeen = chunk.peerAcked
    return true
  }

  protected override hears({ frame, timeNs, peerAcked }: ChunkView, { bytes }: CachedText): RawReply {
    return { bytes, position: this.reply.start, frame, timeNs, peerAcked }
  }
}
