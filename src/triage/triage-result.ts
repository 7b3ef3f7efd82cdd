// The result of a triage: rows of totals, and what to look at first. Captured text in it is printable ASCII.
import type { Certainty, Party, SequenceCount, Severity } from '../rules/analysis.ts'
import type { Software } from '../smtp/session/software.ts'

/** What the rows are about. Hours are UTC. */
export type By = 'server' | 'client' | 'rule' | 'hour'

/** Number of sessions in which a rule was broken, by the most severe finding in each: severity, then certainty. */
export interface RuleCount {
  readonly rule: string
  readonly party: Party
  readonly severity: Severity
  readonly certainty: Certainty
  readonly sessions: number
  /** When the first of these sessions began and the last one ended. */
  readonly firstAt: string
  readonly lastAt: string
}

/** Commands for whose replies clients gave up waiting. A late reply is no violation. */
export interface GivenUp {
  /** As in command sequences: message content is `.`. */
  readonly verb: string
  readonly sessions: number
  /** Number of groups with this verb that had all their replies. */
  readonly answered: number
}

export interface PartyCounts {
  readonly server: number
  readonly client: number
}

export interface TriageRow {
  /**
   * Address and port of a server, address of a client, identifier of a rule, or start of the hour. `others`: all
   * further ones.
   */
  readonly key: string
  /** The first name that the server or client gave; null when the row is not about one. */
  readonly name: string | null
  /** Software that the server resembles, by text that anyone can change. Empty: unknown. */
  readonly software: readonly Software[]
  readonly sessions: number
  readonly pipelined: number
  readonly violation: number
  readonly suspected: number
  readonly inconclusive: number
  readonly conforming: number
  /** Whose errors led to the verdicts: the number of such sessions by party. Both may be at fault in one session. */
  readonly parties: { readonly violation: PartyCounts; readonly suspected: PartyCounts }
  /**
   * Number of sessions with a proved error by the server or client of this row, and of those with only a suspected one.
   * When the row is about a rule or an hour, errors of any party count.
   */
  readonly accused: { readonly proved: number; readonly suspected: number }
  /** Sorted by severity, then by sessions. */
  readonly rules: readonly RuleCount[]
  /** Sorted by sessions. */
  readonly givenUp: readonly GivenUp[]
  readonly firstAt: string
  readonly lastAt: string
  /** Groups that failed only by suspected errors count as not judged. */
  readonly shapes: readonly SequenceCount[]
  /**
   * Sessions by start time, and those of them with a violation: one entry for each interval of `timeline`. Null when
   * the row itself is a time interval.
   */
  readonly bins: { readonly sessions: readonly number[]; readonly violation: readonly number[] } | null
  /**
   * Of a rule: the number of servers and clients in whose sessions it was broken, as far as they are counted
   * separately.
   */
  readonly servers?: number
  readonly clients?: number
}

/** A server or client with errors. */
export interface Priority {
  readonly party: 'server' | 'client'
  readonly key: string
  readonly name: string | null
  /** `suspected`: no error is proved. */
  readonly certainty: Certainty
  /** `affected`: number of sessions with such an error; `sessions`: number of all its sessions. */
  readonly affected: number
  readonly sessions: number
  /** Rules of severity error that it broke; only proved ones if there are any. */
  readonly rules: readonly RuleCount[]
  readonly firstAt: string
  readonly lastAt: string
  /**
   * For a server: command sequences that failed, and others with the same verbs that never did, most frequent first.
   */
  readonly fails: readonly SequenceCount[]
  readonly works: readonly SequenceCount[]
}

/** A server that did not answer, or in whose sessions clients stopped waiting, and what it answered. */
export interface QuietServer {
  readonly key: string
  readonly name: string | null
  readonly sessions: number
  readonly givenUp: readonly GivenUp[]
  /** Command sequences that clients gave up or that were never answered, and the most frequent others. */
  readonly lacking: readonly SequenceCount[]
  readonly answered: readonly SequenceCount[]
}

export interface TriageResult {
  readonly by: By
  /** Number of hours in a row; null when rows are not hours. */
  readonly hours: number | null
  /** The intervals of the bins in rows; null without a session. */
  readonly timeline: { readonly from: string; readonly seconds: number; readonly bins: number } | null
  /** What to look at first. */
  readonly first: readonly Priority[]
  /** Sorted by the number of such groups. */
  readonly quiet: readonly QuietServer[]
  /** Sorted by sessions with proved errors; hours in order. */
  readonly rows: readonly TriageRow[]
}
