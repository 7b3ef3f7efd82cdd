// What a triage is: rows of sums, and what to look at first. Wire text in it is printable ASCII.
import type { Certainty, Party, SequenceCount, Severity } from '../rules/analysis.ts'
import type { Software } from '../smtp/session/software.ts'

/** What has a row of its own. Hours are those of UTC. */
export type By = 'server' | 'client' | 'rule' | 'hour'

/** Sessions in which one rule was broken, by what is gravest in each: severity, then certainty. */
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

/** Commands whose reply clients gave up waiting for. A late reply is no violation. */
export interface GivenUp {
  /** As shapes call it: message content is `.`. */
  readonly verb: string
  readonly sessions: number
  /** Groups with this verb that had all their replies. */
  readonly answered: number
}

export interface TriageRow {
  /**
   * Address and port of a server, address of a client, identifier of a rule, or when the hour began; `others`: the
   * rest.
   */
  readonly key: string
  /** How the server or client called itself first; null where the row is not about one. */
  readonly name: string | null
  /** Programs that the server sounds like, by text that anybody can change. None: not known. */
  readonly software: readonly Software[]
  readonly sessions: number
  readonly pipelined: number
  readonly violation: number
  readonly suspected: number
  readonly inconclusive: number
  readonly conforming: number
  /**
   * Of these sessions: how many in which an error is proved against the server or client of this row, and how many in
   * which one is only suspected; of any party where the row is about a rule or an hour.
   */
  readonly accused: { readonly proved: number; readonly suspected: number }
  /** In the order of gravity, then of sessions. */
  readonly rules: readonly RuleCount[]
  /** In most sessions first. */
  readonly givenUp: readonly GivenUp[]
  readonly firstAt: string
  readonly lastAt: string
  /** What failed by errors that are only suspected counts as not judged. */
  readonly shapes: readonly SequenceCount[]
  /**
   * Sessions by when they began, and those of them with a violation: one for each interval of `timeline`. Null where the
   * row itself is an interval.
   */
  readonly bins: { readonly sessions: readonly number[]; readonly violation: readonly number[] } | null
  /** Of a rule: the number of servers and clients in whose sessions it was broken, as far as they are counted separately. */
  readonly servers?: number
  readonly clients?: number
}

/** One server or client against which errors were found. */
export interface Priority {
  readonly party: 'server' | 'client'
  readonly key: string
  readonly name: string | null
  /** `suspected`: nothing is proved. */
  readonly certainty: Certainty
  /** Sessions with such an error, of all its sessions. */
  readonly affected: number
  readonly sessions: number
  /** Rules of severity error that it broke; where some are proved, only these. */
  readonly rules: readonly RuleCount[]
  readonly firstAt: string
  readonly lastAt: string
  /**
   * Of a server: shapes of groups that failed, and others with the same verbs that never did, the most frequent first.
   */
  readonly fails: readonly SequenceCount[]
  readonly works: readonly SequenceCount[]
}

/** A server in whose sessions clients gave up waiting, and what it answered meanwhile. */
export interface QuietServer {
  readonly key: string
  readonly name: string | null
  readonly sessions: number
  readonly givenUp: readonly GivenUp[]
}

export interface TriageResult {
  readonly by: By
  /** Hours that one row sums up; null where rows are not hours. */
  readonly hours: number | null
  /** What the bins of rows mean; null without a session. */
  readonly timeline: { readonly from: string; readonly seconds: number; readonly bins: number } | null
  /** What to look at first. */
  readonly first: readonly Priority[]
  /** Servers in whose sessions clients gave up waiting, those with most of such sessions first. */
  readonly quiet: readonly QuietServer[]
  /** Most sessions with proved errors first; hours in their order. */
  readonly rows: readonly TriageRow[]
}
