// What a rule is: the law, the words, the examples and the check, in one value. A check is pure: readonly records in,
// findings out; no clock, no log, no state.
import type { Command, Group, Reply } from '../smtp/records.ts'
import type { Session } from '../smtp/session/session.ts'
import type { Certainty, Clause, Party, Severity } from './analysis.ts'
import type { Grounds } from './grounds.ts'

/** A clause with the words of the standard, quoted as they stand. */
export interface QuotedClause extends Clause {
  readonly text: string
}

/** What a rule must be able to see. A limit that takes one of these away makes the rule inconclusive. */
export type Need =
  | 'client-bytes' // every byte of the client
  | 'content' // every byte of message content
  | 'server-bytes' // every byte of the server
  | 'pairing' // which reply answers which unit
  | 'greeting' // the start of the session
  | 'offer' // the reply to EHLO or LHLO
  | 'end' // how the connection ended
  | 'time' // how long something took

/** What a check yields: the facts of one violation. The judge adds the rule's own words. */
export interface Violation {
  readonly commands?: readonly Command[]
  readonly replies?: readonly Reply[]
  /** Frames beyond those of the commands and replies: acknowledgements, the close. */
  readonly frames?: readonly number[]
  readonly certainty: Certainty
  /** Lower than the rule's, never higher. */
  readonly severity?: Severity
  readonly expected: string
  readonly actual: string
  readonly message: string
  readonly evidence: readonly string[]
  /** What it rests on; without it, on the commands and replies named and what was said before them. */
  readonly grounds?: Grounds
}

export interface Rule {
  /** Fixed, and the name of its file. */
  readonly id: string
  readonly clauses: readonly QuotedClause[]
  readonly party: Party
  /** The highest that a finding of it can carry. */
  readonly severity: Severity
  readonly title: string
  readonly why: string
  readonly fix: string
  /** What proves it, and what excuses it: for `pipelint rules <id>` and its page. */
  readonly proof: string
  readonly excuses: string
  /** Transcripts that break and that keep it; they run as its first tests. */
  readonly violates: string
  readonly conforms: string
  readonly needs: readonly Need[]
  /**
   * It finds something only in what is remarkable: never in a group that `smtp/pairing/unremarkable.ts` passes over, nor
   * in a session that `smtp/ordinary/` counts without reading it word by word. Without this the rule is shown every group
   * of every session, and reading takes several times as long.
   */
  readonly onlyRemarkable?: true
  /** Words of its sentences that redaction would not know for ours, in lower case: it keeps no others. */
  readonly words?: readonly string[]
  /** Of severity info, and listed all the same where only errors and warnings are: it explains what else is strange. */
  readonly isListed?: true
  /** True, or why the rule has nothing to say about this session. */
  readonly applies: (session: Session) => true | string
  /** Runs when a group is settled, with the session as it stood then. */
  readonly checkGroup?: (group: Group, session: Session) => Iterable<Violation>
  /** Runs once, when the connection or the capture has ended. */
  readonly checkEnd?: (session: Session) => Iterable<Violation>
}

/** Declares a rule; the examples lose the indentation of the source. */
export function defineRule(rule: Rule): Rule {
  return {
    ...rule,
    violates: dedent(rule.violates),
    conforms: dedent(rule.conforms),
  }
}

function dedent(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const indent = Math.min(...lines.map((line) => line.length - line.trimStart().length))
  return lines.map((line) => line.slice(indent)).join('\n')
}
