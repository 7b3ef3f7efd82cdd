// A unit while it is still being sent and answered; frozen into a Command when its group is settled.
import { SHOWN_LINE_CHARACTERS_MAX } from '../limits.ts'
import type { Verb } from './parse/commands.ts'
import type { ContentHasher } from './parse/content-digest.ts'
import type { LineView } from './parse/lines.ts'
import { withoutSecret } from './parse/secret.ts'
import type { TextArena } from './parse/text.ts'
import type { BareNewline, Command, FalseEnd, Reply, Span } from './records.ts'

const NO_REPLIES: readonly Reply[] = []
const MAY_HOLD_SECRET: ReadonlySet<Verb> = new Set<Verb>(['AUTH', 'X-EXPS', 'OTHER'])

export class PendingCommand {
  readonly kind: Command['kind']
  readonly verb: Verb
  readonly index: number
  private readonly arena: TextArena | null
  /** Where its text is kept, and its octets. */
  readonly place: number
  private readonly length: number
  start: number
  end: number
  firstFrame: number
  lastFrame: number
  sentNs: number
  timeNs: number
  seenAtStart: number
  seenAtEnd: number
  /** The frame in which the server's TCP first acknowledged all of it; 0 before. */
  ackedFrame = 0
  /** False while octets of it are still to come: a chunk, or content before its final dot. */
  complete = true
  /** False where bytes in front of it are missing, so that it may have been a line of a message, and where its line never ended. */
  trusted = true
  /** Replies it earns. */
  owed = 1
  /** It may be a credential. */
  hidden = false
  /** Octets of a chunk that were announced and never came. */
  missing = 0
  /** MAIL of a binary message. */
  binary = false
  bare: BareNewline | null = null
  falseEnd: FalseEnd | null = null
  /** Content that was sent before the server asked for it, and reads like commands. */
  likeCommands = false
  /** Reads along what identifies its content; null where nobody asks, or bytes of it are missing. */
  hasher: ContentHasher | null = null
  /** It may have no reply: an empty line, for servers differ; behind bytes that are missing, a line that may be AUTH's. */
  optional = false
  /** Replies given to it so far by counting. */
  replies: readonly Reply[] = NO_REPLIES

  /** `arena` keeps the text of a command line; null where there is none to show. */
  constructor(kind: Command['kind'], verb: Verb, index: number, arena: TextArena | null, at: LineView) {
    this.kind = kind
    this.verb = verb
    this.index = index
    this.arena = arena
    // Of a line that is longer than anybody reads, only its length is kept besides.
    const to = Math.min(at.to, at.from + SHOWN_LINE_CHARACTERS_MAX)
    this.place = arena === null ? 0 : arena.keep(at.bytes, at.from, to)
    this.length = at.to - at.from
    this.start = at.start
    this.end = at.end
    this.firstFrame = at.firstFrame
    this.lastFrame = at.lastFrame
    this.sentNs = at.startNs
    this.timeNs = at.endNs
    this.seenAtStart = at.seenAtStart
    this.seenAtEnd = at.seenAtEnd
  }

  answer(reply: Reply): void {
    // Nearly every unit has one reply: a list of exactly that length is the smallest.
    this.replies = this.replies.length === 0 ? [reply] : [...this.replies, reply]
  }

  /** Gives it `reply` instead of `former`, which is one of its replies. */
  exchange(former: Reply, reply: Reply): void {
    this.replies = [...this.replies.filter((given) => given !== former), reply]
  }

  get answered(): boolean {
    return this.replies.length >= this.owed
  }

  /** The line. A credential in it never leaves here. */
  get text(): string {
    const { arena, place, length } = this
    if (arena === null) return ''
    if (this.hidden) return '[hidden]'
    const text = arena.text(place, length)
    return MAY_HOLD_SECRET.has(this.verb) ? withoutSecret(text) : text
  }

  /** What follows the verb. */
  get argument(): string {
    return argumentIn(this.text)
  }

  freeze(): Command {
    const at: Span = {
      start: this.start,
      end: this.end,
      firstFrame: this.firstFrame,
      lastFrame: this.lastFrame,
      timeNs: this.timeNs,
    }
    return {
      kind: this.kind,
      index: this.index,
      verb: this.verb,
      text: this.text,
      argument: this.argument,
      hidden: this.hidden,
      at,
      seenAtStart: this.seenAtStart,
      seenAtEnd: this.seenAtEnd,
      acked: this.ackedFrame === 0 ? null : this.ackedFrame,
      sentNs: this.sentNs,
      complete: this.complete,
      missing: this.missing,
      bare: this.bare,
      falseEnd: this.falseEnd,
      likeCommands: this.likeCommands,
      optional: this.optional,
      digest: this.hasher?.digest ?? null,
    }
  }
}

/** Whether the server sent the reply before it had the unit (`ack(rs) < ce`). */
export function sentBefore(reply: Reply, unit: PendingCommand): boolean {
  return reply.seenAtStart >= 0 && reply.seenAtStart < unit.end
}

/**
 * Whether the server had some of the unit when it sent the reply: an octet of a line or of a chunk's line. Content is under
 * way from the 354 on, before its first octet. A reply to a part of a unit answers it, too early.
 */
function hasBegun(unit: Pick<PendingCommand, 'verb' | 'start'>, reply: Reply): boolean {
  return reply.seenAtStart < 0 || reply.seenAtStart > unit.start - (unit.verb === 'CONTENT' ? 1 : 0)
}

/** Whether the reply cannot be the unit's, because it was sent before any of it came; 421 may come at any time. */
export function isTooEarly(reply: Reply, unit: Pick<PendingCommand, 'verb' | 'start'>): boolean {
  // Nothing but DATA draws 354: a server that sends it ahead means the DATA that it expects.
  return reply.code !== 421 && !(unit.verb === 'DATA' && reply.code === 354) && !hasBegun(unit, reply)
}

/** What follows the verb of a command line, as it is shown: a tab is `\x09` there. */
export function argumentIn(text: string): string {
  let at = behindBlanks(text, 0)
  while (at < text.length && text[at] !== ' ' && !text.startsWith(TAB, at)) at++
  return text.slice(behindBlanks(text, at))
}

const TAB = '\\x09'

function behindBlanks(text: string, from: number): number {
  let at = from
  for (;;) {
    if (text[at] === ' ') at++
    else if (text.startsWith(TAB, at)) at += TAB.length
    else return at
  }
}
