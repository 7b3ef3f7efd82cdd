// A unit (command line, message content or AUTH response) while it is sent and answered. `freeze` makes a `Command` of
// it when its group settles.
import { SHOWN_LINE_CHARACTERS_MAX } from '../limits.ts'
import type { Verb } from './parse/commands.ts'
import type { ContentHasher } from './parse/content-digest.ts'
import type { LineView } from './parse/lines.ts'
import { withoutSecret } from './parse/secret.ts'
import type { TextArena } from './parse/text.ts'
import type { BareNewline, Command, FalseEnd, Reply, Span } from './records.ts'

const NO_REPLIES: readonly Reply[] = []
export const MAY_HOLD_SECRET: ReadonlySet<Verb> = new Set<Verb>(['AUTH', 'X-EXPS', 'OTHER'])

export class PendingCommand {
  readonly kind: Command['kind']
  readonly verb: Verb
  readonly index: number
  private readonly arena: TextArena | null
  /** Where its text is kept in the arena. */
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
  /** False when bytes before it are missing, so that it may be a line of a message, and when its line never ended. */
  trusted = true
  /** Number of replies that the server owes for it. */
  owed = 1
  /** It may be a credential. Its text is not shown. */
  hidden = false
  /** BDAT: octets that were announced and never sent. */
  missing = 0
  /** A MAIL with BODY=BINARYMIME. */
  binary = false
  bare: BareNewline | null = null
  /** A line that ends in a bare LF. */
  endsInLf = false
  /** How many lines more than one a server may read it as. */
  extraLines = 0
  falseEnd: FalseEnd | null = null
  /** Content that was sent before the 354 and reads like commands. */
  likeCommands = false
  /** Computes the digest of its content; null when digests are not requested or bytes are missing. */
  hasher: ContentHasher | null = null
  /**
   * The server may send no reply: an empty line, which servers treat differently, or, after missing bytes, a line that
   * may belong to an AUTH exchange.
   */
  optional = false
  /** The replies assigned to it by counting so far. */
  replies: readonly Reply[] = NO_REPLIES

  /** `arena` keeps the text of a command line; null for units whose text is not shown. */
  constructor(kind: Command['kind'], verb: Verb, index: number, arena: TextArena | null, at: LineView) {
    this.kind = kind
    this.verb = verb
    this.index = index
    this.arena = arena
    // Of a very long line only the first characters and the length are kept.
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
    // Nearly every unit has one reply: an array of exactly that length is the smallest.
    this.replies = this.replies.length === 0 ? [reply] : [...this.replies, reply]
  }

  /** Replaces `former`, which must be one of its replies, by `reply`. */
  exchange(former: Reply, reply: Reply): void {
    this.replies = [...this.replies.filter((given) => given !== former), reply]
  }

  get answered(): boolean {
    return this.replies.length >= this.owed
  }

  /** The line, with credentials blanked. */
  get text(): string {
    const { arena, place, length } = this
    if (arena === null) return ''
    if (this.hidden) return '[hidden]'
    const text = arena.text(place, length)
    return MAY_HOLD_SECRET.has(this.verb) ? withoutSecret(text) : text
  }

  /** The text after the verb. */
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
      endsInLf: this.endsInLf,
      extraLines: this.extraLines,
      falseEnd: this.falseEnd,
      likeCommands: this.likeCommands,
      optional: this.optional,
      digest: this.hasher?.digest ?? null,
    }
  }
}

/** Whether the server sent the reply before it had received the whole unit. */
export function sentBefore(reply: Reply, unit: PendingCommand): boolean {
  return reply.seenAtStart >= 0 && reply.seenAtStart < unit.end
}

/** Whether the client sent the unit before it had received the whole reply, by its acknowledgement number. */
export function sentBeforeReceipt({ seenAtStart }: Pick<PendingCommand, 'seenAtStart'>, reply: Reply): boolean {
  return seenAtStart >= 0 && seenAtStart < reply.at.end
}

/**
 * Whether the server had received part of the unit when it sent the reply. For content the 354 suffices, even before
 * the first octet. A reply to part of a unit answers that unit, too early.
 */
function hasBegun(unit: Pick<PendingCommand, 'verb' | 'start'>, reply: Reply): boolean {
  return reply.seenAtStart < 0 || reply.seenAtStart > unit.start - (unit.verb === 'CONTENT' ? 1 : 0)
}

/** Whether the reply cannot answer the unit because no part of it had arrived. A 421 may come at any time. */
export function isTooEarly(reply: Reply, unit: Pick<PendingCommand, 'verb' | 'start'>): boolean {
  // Only DATA causes a 354, so a 354 that comes first answers the DATA that follows.
  return reply.code !== 421 && !(unit.verb === 'DATA' && reply.code === 354) && !hasBegun(unit, reply)
}

/** The text after the verb of a command line. `text` is escaped: a tab is `\x09`. */
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
