// Command sequences: the verbs of a group in the order in which the client sent them (RFC 2920 section 3.1). They are
// interned, so that counting a group costs one step per verb and no text.
import { SEQUENCE_VERBS_MAX, SEQUENCES_INTERNED_MAX } from '../../limits.ts'
import type { Verb } from '../parse/commands.ts'
import type { PendingCommand } from '../pending-command.ts'
import type { ReusableArray } from '../reusable-array.ts'

/** Words for units whose verb is no word of the standards. */
const WORDS: ReadonlyMap<string, string> = new Map<Verb, string>([
  ['CONTENT', '.'],
  ['OTHER', 'unknown'],
  ['EMPTY', 'empty-line'],
])

export function wordOf(verb: string): string {
  return WORDS.get(verb) ?? verb
}

/** Appended to a verb that occurs several times in a row. */
const REPEATED = '×n'
/** Ends the name of a sequence that was too long. */
const CUT = '...'

export class CommandSequence {
  private readonly table: SequenceTable
  private readonly before: CommandSequence | null
  private readonly verb: Verb | null
  private readonly repeated: boolean
  private readonly length: number
  private readonly next = new Map<Verb, CommandSequence>()
  private text: string | null = null

  constructor(table: SequenceTable, before: CommandSequence | null, verb: Verb | null, repeated: boolean) {
    this.table = table
    this.before = before
    this.verb = verb
    this.repeated = repeated
    this.length = before === null ? 0 : before.length + 1
    table.interned++
  }

  /** The sequence extended by one verb. Repetitions of a verb count as one. */
  followedBy(verb: Verb): CommandSequence {
    if (verb === this.verb && this.repeated) return this
    if (this.length > SEQUENCE_VERBS_MAX) return this
    let shape = this.next.get(verb)
    if (shape === undefined) {
      const repeats = verb === this.verb
      shape = new CommandSequence(this.table, repeats ? this.before : this, verb, repeats)
      this.next.set(verb, shape)
    }
    return shape
  }

  /** `MAIL RCPT×n DATA`, `. QUIT`: one word per verb, separated by spaces, printable. */
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

/** Counts the groups of a session that no rule needs to see. */
export interface UnremarkableSequences {
  /** The empty sequence. */
  readonly root: CommandSequence
  countGroup(units: ReusableArray<PendingCommand>): void
  /** Counts a group with this sequence, or several, as answered correctly. */
  countAnswered(shape: CommandSequence, times?: number): void
}

/** The interned sequences of one analysis. */
export class SequenceTable {
  interned = 0
  private empty = new CommandSequence(this, null, null, false)

  /** The empty sequence. A full table restarts, so code that counts by name may see the same name twice. */
  get root(): CommandSequence {
    if (this.interned > SEQUENCES_INTERNED_MAX) {
      this.interned = 0
      this.empty = new CommandSequence(this, null, null, false)
    }
    return this.empty
  }
}
