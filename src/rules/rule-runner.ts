// Runs the rules on one session: on each group when it settles, and on the session when it ends. The result is the
// report of the session: its record, its findings, its verdict.
import type { TimeBase } from '../capture/packet.ts'
import { decisions } from '../decisions.ts'
import type { OrdinarySum } from '../fast-path/ordinary-sums.ts'
import { FINDINGS_ALIKE_MAX } from '../limits.ts'
import type { SequenceTable } from '../smtp/pairing/command-sequence.ts'
import type { CurrentFingerprint } from '../smtp/parse/fingerprint.ts'
import type { Group } from '../smtp/records.ts'
import type { SessionState } from '../smtp/session/session.ts'
import type { SessionSummary } from '../smtp/session/session-summary.ts'
import type { SmtpConnection, SmtpConnectionEvents } from '../smtp/session/smtp-connection.ts'
import type { LimitRecord, Party, VerdictName } from './analysis.ts'
import type { Checks } from './checks.ts'
import { SessionSequences } from './command-sequences.ts'
import { hidesErrors, limitRecords, mayHideReplies } from './prerequisites.ts'
import { proofOf, Wire } from './proof.ts'
import type { Rule, Violation } from './rule.ts'
import type { Profile } from './server-defaults.ts'
import { NO_FINDINGS, type PendingFinding, pendingFinding, SessionFindings } from './session-findings.ts'
import {
  type GroupObserver,
  JudgedSession,
  type OddLine,
  type SessionReport,
  type SessionSource,
  type TlsReport,
} from './session-report.ts'
import { count } from './wording.ts'

/** Which dialogues are kept for the report: none, all, or those of these sessions. */
export type DialogueChoice = boolean | Pick<ReadonlySet<string>, 'has'>

/** The settings that all sessions of an analysis share. */
export interface RunContext {
  readonly rules: readonly Rule[]
  /** Of those of them that are run; limits are recorded for all. */
  readonly checks: Checks
  /** Some rule may find something in unremarkable groups, so no group and no session may be skipped. */
  readonly readsAll: boolean
  base: TimeBase
  /** The server whose habits are added as evidence to findings about clients. */
  readonly profile: Profile
  /** Whose groups are kept for the report. */
  readonly dialogues: DialogueChoice
  /** Add proofs to proved findings. */
  readonly proofs: boolean
  /** Compute digests of message contents. */
  readonly digests: boolean
  /** The fingerprint of the session that ends; null when none are computed. */
  readonly fingerprints: CurrentFingerprint | null
  /** The table in which command sequences are counted; null when they are not. */
  readonly shapes: SequenceTable | null
  /** Receives the groups of some sessions, which need not be kept for it. */
  readonly observer: GroupObserver | null
  /** Counts ordinary sessions, where their number is enough; null where every report is wanted. */
  readonly counts: OrdinaryCounts | null
  readonly onInternalError: (error: unknown, frame: number) => void
  readonly onVerdict: (report: SessionReport) => void
}

/** Counts ordinary sessions of which no report is wanted. */
export interface OrdinaryCounts {
  /** Whether no report of an ordinary session is wanted any more. */
  readonly isEnough: boolean
  addOrdinary(sums: readonly OrdinarySum[]): void
}

const NOTHING: readonly Violation[] = []
const NO_LINES: readonly OddLine[] = []

export function isChosen(dialogues: DialogueChoice, session: string): boolean {
  return typeof dialogues === 'boolean' ? dialogues : dialogues.has(session)
}

export class RuleRunner implements SmtpConnectionEvents {
  private readonly context: RunContext
  private pendingFindings: PendingFinding[] = []
  /** Findings per rule, including those beyond the limit; null until the first. */
  private alike: Map<Rule, number> | null = null
  private readonly groups: Group[] = []
  readonly shapes: SessionSequences | null
  private readonly keepsDialogue: boolean

  /** `session`: the identifier of the session that is judged. */
  constructor(context: RunContext, session: string) {
    this.context = context
    this.keepsDialogue = isChosen(context.dialogues, session)
    this.shapes = context.shapes === null ? null : new SessionSequences(context.shapes)
  }

  get wantsGroups(): boolean {
    return this.keepsDialogue || this.context.readsAll || this.context.observer !== null
  }

  get wantsDigests(): boolean {
    return this.context.digests
  }

  group(smtpConnection: SmtpConnection, group: Group, session: SessionState): void {
    const { observer } = this.context
    if (this.keepsDialogue) this.groups.push(group)
    this.shapes?.group(group)
    if (observer !== null) {
      const id = `s${smtpConnection.connection.firstFrame}`
      if (observer.sessions.has(id)) observer.group(id, group)
    }
    for (const rule of this.context.checks.forGroup(group)) this.collect(smtpConnection, session, rule, group)
  }

  end(smtpConnection: SmtpConnection, session: SessionState): void {
    this.dropExcused(session)
    for (const rule of this.context.checks.forEnd(session)) this.collect(smtpConnection, session, rule, null)
    if (!session.limits.some(({ code, hides }) => hides === 'all' && mayHideReplies(code)))
      for (const command of session.withoutReply) this.shapes?.lacksReply(command, 'unanswered')
    if (decisions.rules !== null) this.logDecisions(smtpConnection, session)
    this.context.onVerdict(this.report(smtpConnection, session))
  }

  /**
   * Runs a rule's check on a group, or on the session as a whole when `group` is null. An exception is a bug in the
   * check: the rule becomes inconclusive, and the other rules still run.
   */
  private collect(smtpConnection: SmtpConnection, session: SessionState, rule: Rule, group: Group | null): void {
    try {
      if (rule.applies(session) !== true) return
      const violations = group === null ? rule.checkEnd?.(session) : rule.checkGroup?.(group, session)
      for (const violation of violations ?? NOTHING) {
        if (violation.unless === undefined) this.shapes?.violated(rule, violation, group)
        if (this.hasRoom(rule)) {
          const proof = this.context.proofs ? this.proof(smtpConnection, session, violation, group) : null
          this.pendingFindings.push(pendingFinding(rule, group, violation, proof))
        } else session.limit('resource-cap', smtpConnection.connection.lastFrame)
      }
    } catch (error) {
      session.limit('internal-error', smtpConnection.connection.lastFrame)
      this.context.onInternalError(error, smtpConnection.connection.lastFrame)
    }
  }

  /** Drops the findings that are excused by how the session ended. */
  private dropExcused(session: SessionState): void {
    if (this.pendingFindings.every(({ unless }) => unless === null)) return
    this.pendingFindings = this.pendingFindings.filter(({ unless }) => unless?.(session) !== true)
    for (const pending of this.pendingFindings)
      if (pending.unless !== null) this.shapes?.violated(pending.by, pending, null)
  }

  /** Prints the result of each rule, and why it found nothing (PIPELINT_DEBUG=rules). */
  private logDecisions({ connection: { firstFrame, lastFrame } }: SmtpConnection, session: SessionState): void {
    const limits = limitRecords(session, this.context.rules)
    for (const rule of this.context.rules) {
      const applies = rule.applies(session)
      const hidden = limits.filter(({ rules }) => rules.includes(rule.id)).map(({ code }) => code)
      const found = this.alike?.get(rule) ?? 0
      const result = applies === true ? count(found, 'finding') : `not applicable: ${applies}`
      const lacks = hidden.length > 0 ? `; inconclusive because of ${hidden.join(', ')}` : ''
      decisions.rules?.(firstFrame, lastFrame, `${rule.id}: ${result}${lacks}`)
    }
  }

  private proof(smtpConnection: SmtpConnection, session: SessionState, violation: Violation, group: Group | null) {
    if (violation.certainty !== 'proved') return null
    return proofOf(violation, group, session.lastGroup, new Wire(smtpConnection, session))
  }

  /** Counts a finding of the rule; false when the session already has as many as are kept. */
  private hasRoom(rule: Rule): boolean {
    this.alike ??= new Map()
    const alike = (this.alike.get(rule) ?? 0) + 1
    this.alike.set(rule, alike)
    return alike <= FINDINGS_ALIKE_MAX
  }

  private report(smtpConnection: SmtpConnection, session: SessionState): SessionReport {
    const { connection } = smtpConnection
    const { context, pendingFindings, groups } = this
    const { rules } = context
    const limits = limitRecords(session, rules)
    const found: PendingFinding[] = []
    for (const pending of pendingFindings) {
      const doubtful = isDoubtful(pending.party, session)
      if (doubtful && pending.party === 'server') this.shapes?.doubt()
      found.push(doubtful ? asSuspected(pending) : pending)
    }
    const findings = found.length === 0 ? NO_FINDINGS : new SessionFindings(found, connection, context)
    const verdict = verdictOf(found, limits, rules)
    const { greeting, close } = this.wantsGroups ? session : { greeting: null, close: null }
    const malformed = this.wantsGroups ? session.malformed.map(({ reply: _reply, ...line }) => line) : NO_LINES
    const judgement = { verdict, findings, limits, groups, greeting, malformed, close }
    return new JudgedSession(this.sourceOf(smtpConnection, session), judgement)
  }

  private sourceOf(smtpConnection: SmtpConnection, summary: SessionSummary): SessionSource {
    const { connection, client } = smtpConnection
    const { base, fingerprints } = this.context
    const fingerprint = fingerprints?.value ?? null
    return { connection, client, summary, base, fingerprint, tls: tlsOf(smtpConnection), shapes: this.shapes }
  }
}

function tlsOf({ tls, client }: SmtpConnection): TlsReport | null {
  if (tls === null) return null
  const { flights, halves, clientRandoms } = tls
  const by = (side: number) => (side === client ? 'client' : 'server')
  return {
    flights: flights.list.map(({ side, ...flight }) => ({ by: by(side), ...flight })),
    moreFlights: flights.more,
    alerted: ([0, 1] as const).filter((side) => halves[side].alerted).map(by),
    clientRandoms,
  }
}

/**
 * Whether a third party may have caused what the rule found. Two versions of the same bytes: a third party may have
 * sent one of them in a side's name. A device that overwrites what the server says may also lose it, delay it, or
 * close.
 */
function isDoubtful(party: Party, { isOverwritten, limits }: SessionState): boolean {
  return limits.some(({ code }) => code === 'overlap-conflict') || (isOverwritten && party === 'server')
}

/** The finding with certainty `suspected`. Severity `info` accuses no party and is left as it is. */
function asSuspected(pending: PendingFinding): PendingFinding {
  return pending.severity === 'info' ? pending : { ...pending, certainty: 'suspected', proof: null }
}

/** The verdict of the session, as docs/json.md defines it. */
function verdictOf(
  findings: readonly PendingFinding[],
  limits: readonly LimitRecord[],
  rules: readonly Rule[],
): VerdictName {
  let isSuspected = false
  for (const { severity, certainty } of findings) {
    if (severity !== 'error') continue
    if (certainty === 'proved') return 'violation'
    isSuspected = true
  }
  if (isSuspected) return 'suspected'
  if (limits.length === 0) return 'conforming'
  return limits.some((limit) => hidesErrors(limit, rules)) ? 'inconclusive' : 'conforming'
}
