// Units and replies of an ordinary session, counted off against each other as they come. What goes out: whether a reply
// leaves its group one that `unremarkable.ts` would call plain; where that is not certain, the answer is no.

import { hasAt } from '../../decode/word-scan.ts'
import { ORDINARY_UNITS_MAX, WITHHELD_SILENCE_NS } from '../../limits.ts'
import type { ChunkView } from '../../tcp/chunk.ts'
import type { CommandSequence, UnremarkableSequences } from '../pairing/command-sequence.ts'
import type { Verb } from '../parse/commands.ts'
import { CommandQueue } from './command-queue.ts'
import type { GroupStart } from './group-start.ts'
import {
  CONTENT,
  DATA,
  EHLO,
  HELO,
  isOrdinaryCode,
  MAIL,
  mayBeFollowed,
  ORDINARY_VERBS,
  RCPT,
  RSET,
} from './verbs-and-codes.ts'

/** Enhanced status codes that name MAIL and RCPT. */
const OF_MAIL = 2_001_000
const OF_RCPT = 2_001_005

/** What a reply shows besides its segment. Reused. */
export interface ReplyView {
  code: number
  status: number
  lineCount: number
  /** `[start, end)` in the stream. */
  start: number
  end: number
  /** Its text, `[from, to)`. */
  bytes: Uint8Array
  from: number
  to: number
}

export function emptyReply(): ReplyView {
  return { code: 0, status: 0, lineCount: 0, start: 0, end: 0, bytes: new Uint8Array(0), from: 0, to: 0 }
}

export class OrdinaryGroup {
  private readonly now: GroupStart
  private readonly pending = new CommandQueue()
  /** Units that are answered. */
  answered = 0
  /** `seenAtEnd` of the unit that arrived last, and the end of the reply that came last, in any group. */
  private latestSeen = -1
  private replyEnd = 0
  // The unit that was answered last, and its reply:
  private verb = 0
  private replyFrame = 0
  private replySeen = 0
  private replyLength = 0
  private code = 0
  private status = 0
  private speaksOfAnother = false
  /** Where the shapes of groups are counted, and that of the open one. */
  private shapes: UnremarkableSequences | null = null
  private shape: CommandSequence | null = null

  constructor(now: GroupStart) {
    this.now = now
  }

  /** Another session. */
  reset(shapes: UnremarkableSequences | null): void {
    this.shapes = shapes
    this.begin()
    this.latestSeen = -1
    this.replyEnd = 0
  }

  /** Another group. */
  begin(): void {
    this.pending.clear()
    this.answered = 0
    this.shape = this.shapes === null ? null : this.shapes.root
  }

  /** The group is over. */
  count(): void {
    if (this.shape !== null) this.shapes?.countAnswered(this.shape)
  }

  get outstanding(): number {
    return this.pending.length
  }

  /**
   * Whether a unit that acknowledges so much opens another group: everything is answered, and its client has seen it.
   */
  isOverFor(seen: number): boolean {
    return this.pending.length === 0 && seen >= this.replyEnd && seen !== this.latestSeen
  }

  /** The greeting was complete there. */
  greeted(end: number): void {
    this.replyEnd = end
  }

  /** A unit. False when the group grows too long. */
  unit(verb: number, end: number, seenAtStart: number, seenAtEnd: number, timeNs: number): boolean {
    this.pending.push(verb, end, seenAtStart, timeNs)
    this.latestSeen = seenAtEnd
    if (this.shape !== null) this.shape = this.shape.followedBy(ORDINARY_VERBS[verb] as Verb)
    return this.answered + this.pending.length <= ORDINARY_UNITS_MAX
  }

  /** The verb that the next reply answers; 0 when none is outstanding. */
  get next(): number {
    return this.pending.length === 0 ? 0 : this.pending.verb
  }

  /** Takes the reply to the first unit without one. False when there is anything remarkable about the two. */
  reply(reply: ReplyView, chunk: ChunkView): boolean {
    const { pending } = this
    const { verb } = pending
    if (!isOrdinaryCode(verb, reply.code) || (reply.lineCount > 1 && verb !== EHLO && verb !== HELO)) return false
    if (chunk.peerAcked < pending.end || chunk.timeNs - pending.timeNs >= WITHHELD_SILENCE_NS) return false
    const speaks = speaksOfAnother(verb, reply)
    if (this.answered > 0 && (speaks || this.speaksOfAnother || !this.followsLawfully(reply, chunk))) return false
    if (!this.follow(verb, reply.code)) return false
    this.answered++
    this.verb = verb
    this.replyFrame = chunk.frame
    this.replySeen = chunk.peerAcked
    this.replyEnd = reply.end
    this.replyLength = reply.end - reply.start
    this.code = reply.code
    this.status = reply.status
    this.speaksOfAnother = speaks
    pending.shift()
    return true
  }

  /** Whether the unit may stand behind the one in front: if it was sent blind, all that `isUnremarkable` asks for. */
  private followsLawfully(reply: ReplyView, chunk: ChunkView): boolean {
    const { pending, now } = this
    if (pending.seenAtStart >= this.replyEnd) return true
    if (now.hello?.pipelining !== true || !mayBeFollowed(this.verb)) return false
    // Answered separately, or with the same text: reported once per session.
    if (this.replyFrame !== chunk.frame && this.replySeen >= pending.end) return false
    const alike = this.code === reply.code && this.replyLength === reply.end - reply.start
    if (alike && this.status === 0 && reply.status === 0 && this.verb !== pending.verb) return false
    now.used = true
    return true
  }

  /** The mail transaction, as `Transaction` follows it. */
  private follow(verb: number, code: number): boolean {
    const { now } = this
    switch (verb) {
      case MAIL:
        if (now.open || now.hello === null) return false
        if (code < 300) now.open = true
        if (code < 300) now.recipients = 0
        return true
      case RCPT:
        if (code < 300) now.recipients++
        return true
      case DATA:
        return now.recipients > 0
      case CONTENT:
        now.messages++
        break
      case EHLO:
      case HELO:
      case RSET:
        break
      default:
        return true
    }
    now.open = false
    now.recipients = 0
    return true
  }
}

/** As the function of the same name in `unremarkable.ts`. */
function speaksOfAnother(verb: number, { status, bytes, from, to }: ReplyView): boolean {
  if (verb !== MAIL && verb !== RCPT) return status === OF_MAIL || status === OF_RCPT
  return status === (verb === MAIL ? OF_RCPT : OF_MAIL) || hasAt(bytes, from, to)
}
