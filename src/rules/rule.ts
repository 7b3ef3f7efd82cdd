// A rule: its clauses, texts, examples and check in one value. A check is pure: it reads readonly records and yields
// violations, without clock, log or state.
import type { Command, Group, Reply } from '../smtp/records.ts'
import type { Session } from '../smtp/session/session.ts'
import type { Certainty, Clause, Party, Severity } from './analysis.ts'
import type { Grounds } from './grounds.ts'
import type { GroupTrait, SessionTrait } from './traits.ts'

/** A clause with the standard's text, quoted literally. */
export interface QuotedClause extends Clause {
  readonly text: string
}

/**
 * What a rule must be able to see. A limit that takes one of these away makes the rule inconclusive for that session.
 */
export type Need =
  | 'client-bytes' // every byte of the client
  | 'content' // every byte of message content
  | 'server-bytes' // every byte of the server
  | 'pairing' // which reply answers which unit
  | 'greeting' // the start of the session
  | 'offer' // the reply to EHLO or LHLO
  | 'end' // how the connection ended
  | 'time' // how long something took

/** One violation, as a check yields it. `RuleRunner` adds the rule's own texts. */
export interface Violation {
  readonly commands?: readonly Command[]
  readonly replies?: readonly Reply[]
  /** Frames other than those of the commands and replies: acknowledgements, the close. */
  readonly frames?: readonly number[]
  readonly certainty: Certainty
  /** When lower than the rule's severity; never higher. */
  readonly severity?: Severity
  readonly expected: string
  readonly actual: string
  /** The rule's headline with the facts of this violation. */
  readonly headline?: string
  readonly message: string
  readonly evidence: readonly string[]
  /** What proves it; by default the commands and replies named above and the dialogue before them. */
  readonly grounds?: Grounds
  /** Called at the end of the session; true drops the violation, because the end excuses it. */
  readonly unless?: (session: Session) => boolean
}

export interface Rule {
  /** Never changes; also the name of the rule's file. */
  readonly id: string
  readonly clauses: readonly QuotedClause[]
  readonly party: Party
  /** The highest severity of its findings. */
  readonly severity: Severity
  readonly title: string
  /**
   * What the party did, as the rest of a sentence that begins with its name. The form of the verb is also its participle,
   * so that `may have` can stand before it.
   */
  readonly headline: string
  readonly why: string
  readonly fix: string
  /** Shown by `pipelint rules <id>` and on the rule's page: what proves a violation, and what excuses it. */
  readonly proof: string
  readonly excuses: string
  /** Transcripts that violate and that keep the rule. They run as its first tests. */
  readonly violates: string
  readonly conforms: string
  readonly needs: readonly Need[]
  /**
   * The rule finds something only in remarkable traffic: never in a group that `smtp/pairing/unremarkable.ts` skips,
   * nor in a session that the fast path counts without parsing it fully. If any rule lacks this, every group of
   * every session is built and checked, which takes several times as long.
   */
  readonly onlyRemarkable?: true
  /**
   * Traits without which `checkGroup` and `checkEnd` find nothing: the rule is only asked about groups, and about ends of
   * sessions, that have one of them. Without the list it is asked about all.
   */
  readonly groupTraits?: readonly GroupTrait[]
  readonly endTraits?: readonly SessionTrait[]
  /** Lower-case words of the rule's messages that are not in the redaction allow-list. Redaction masks all others. */
  readonly words?: readonly string[]
  /** A finding of severity info that is listed even where only errors and warnings are: it explains other anomalies. */
  readonly isListed?: true
  /** True, or why the rule does not apply to this session. */
  readonly applies: (session: Session) => true | string
  /** Runs when a group has settled, with the state of the session at that time. */
  readonly checkGroup?: (group: Group, session: Session) => Iterable<Violation>
  /** Runs once, at the end of the connection or of the capture. */
  readonly checkEnd?: (session: Session) => Iterable<Violation>
}

/** Declares a rule, and removes the indentation of its examples, when they are asked for: most runs show none. */
export function defineRule(rule: Rule): Rule {
  const { violates, conforms } = rule
  return {
    ...rule,
    get violates() {
      return dedent(violates)
    },
    get conforms() {
      return dedent(conforms)
    },
  }
}

function dedent(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const indent = Math.min(...lines.map((line) => line.length - line.trimStart().length))
  return lines.map((line) => line.slice(indent)).join('\n')
}
