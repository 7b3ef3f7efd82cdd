// The verbs of a group, in the order in which the client sent them -> its shape. Shapes are interned: counting a group
// costs a walk over its verbs and no text. RFC 2920 section 3.1 speaks of groups; their shapes tell them apart.
import { SEQUENCE_VERBS_MAX, SEQUENCES_INTERNED_MAX } from '../../limits.ts'
import type { Verb } from '../parse/commands.ts'
import type { PendingCommand } from '../pending-command.ts'
import type { ReusableArray } from '../reusable-array.ts'

/** What a verb is called in the name of a shape; those of the standards by themselves. */
const WORDS: ReadonlyMap<string, string> = new Map<Verb, string>([
  ['CONTENT', '.'],
  ['OTHER', 'unknown'],
  ['EMPTY', 'empty-line'],
])

export function wordOf(verb: string): string {
  return WORDS.get(verb) ?? verb
}

/** Behind a verb that stands more than once in a row. */
const REPEATED = '×n'
/** Behind a shape that is longer than shapes are told. */
const CUT = '...'

export class CommandSequence {
  private readonly book: SequenceTable
  private readonly before: CommandSequence | null
  private readonly verb: Verb | null
  private readonly repeated: boolean
  private readonly length: number
  private readonly next = new Map<Verb, CommandSequence>()
  private text: string | null = null

  constructor(book: SequenceTable, before: CommandSequence | null, verb: Verb | null, repeated: boolean) {
    this.book = book
    this.before = before
    this.verb = verb
    this.repeated = repeated
    this.length = before === null ? 0 : before.length + 1
    book.interned++
  }

  /** The shape with one more verb behind it. A verb that repeats itself is one, however often it does. */
  followedBy(verb: Verb): CommandSequence {
    if (verb === this.verb && this.repeated) return this
    if (this.length > SEQUENCE_VERBS_MAX) return this
    let shape = this.next.get(verb)
    if (shape === undefined) {
      const repeats = verb === this.verb
      shape = new CommandSequence(this.book, repeats ? this.before : this, verb, repeats)
      this.next.set(verb, shape)
    }
    return shape
  }

  /** `MAIL RCPT×n DATA`, `. QUIT`: one word a verb, printable, blanks between. */
  get name(): string {
    this.text ??= `${this.before === null ? '' : this.before.prefix}${this.word}`
    return this.text
  }

  private get prefix(): string {
    return this.verb === null ? '' : `${this.name} `
  }

  private get word(): string {
    if (this.verb === null) return ''
    if (this.length > SEQUENCE_VERBS_MAX) return CUT
    return `${WORDS.get(this.verb) ?? this.verb}${this.repeated ? REPEATED : ''}`
  }
}

/** Counts the groups of a session in which no rule can find anything. */
export interface UnremarkableSequences {
  /** Where every shape begins. */
  readonly root: CommandSequence
  plain(units: ReusableArray<PendingCommand>): void
  /** A group of this shape went well. */
  well(shape: CommandSequence): void
}

/** The shapes that one analysis has met. */
export class SequenceTable {
  interned = 0
  private empty = new CommandSequence(this, null, null, false)

  /** Where every shape begins. What is counted by name may meet the same name twice: a full book starts afresh. */
  get root(): CommandSequence {
    if (this.interned > SEQUENCES_INTERNED_MAX) {
      this.interned = 0
      this.empty = new CommandSequence(this, null, null, false)
    }
    return this.empty
  }
}
