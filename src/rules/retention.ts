// Keeps the session records and findings that `keepSessions` selects. Sessions that are not kept have been counted
// before.
import { NOTABLE_ALIKE_MAX, NOTABLE_SESSIONS } from '../limits.ts'
import type { FindingRecord, SessionRecord } from './analysis.ts'
import type { FindingFacts } from './incidents.ts'
import { factsOf, type SessionReport } from './session-report.ts'

/**
 * - `all`: all sessions and findings.
 * - `offending`: sessions with findings.
 * - `notable`: sessions with findings, and of the others the first few and the first that lack a reply. Of sessions that have only findings whose rule, severity
 *   and certainty a hundred kept sessions have, no findings are kept, for output that shows no more.
 * - `none`: nothing.
 */
export type KeepSessions = 'all' | 'notable' | 'offending' | 'none'

/** Decides which reports are kept, and which of their findings. */
export class SessionFilter {
  private readonly keeps: KeepSessions
  private sessions = 0
  /** Sessions that lack a reply. */
  private lacking = 0
  private readonly alike = new Map<string, number>()

  constructor(keeps: KeepSessions) {
    this.keeps = keeps
  }

  /** Whether no session without findings and with all replies is kept any more. */
  get isEnough(): boolean {
    return this.keeps !== 'all' && (this.keeps !== 'notable' || this.sessions >= NOTABLE_SESSIONS)
  }

  /** The findings of the report that are kept; null when the session is not kept. */
  sift(report: SessionReport): readonly FindingRecord[] | null {
    const { keeps } = this
    if (keeps === 'none') return null
    const found = factsOf(report)
    const keepsFindings = found.length > 0 && (keeps !== 'notable' || this.areNotable(found))
    const few = keeps === 'notable' && (this.sessions < NOTABLE_SESSIONS || this.isNotableFor(report))
    if (keeps !== 'all' && !few && !keepsFindings) return null
    this.sessions++
    if (!keepsFindings) return NONE
    return keeps === 'notable' ? report.findings.slice(0, NOTABLE_ALIKE_MAX) : report.findings
  }

  /** Whether the session lacks a reply, and is one of the first such. */
  private isNotableFor({ unanswered }: SessionReport): boolean {
    return unanswered > 0 && this.lacking++ < NOTABLE_ALIKE_MAX
  }

  /** All findings of the session or none: those of one incident stay together. */
  private areNotable(findings: readonly FindingFacts[]): boolean {
    let isNotable = false
    for (const kind of new Set(findings.map(({ rule, severity, certainty }) => `${rule} ${severity} ${certainty}`))) {
      const before = this.alike.get(kind) ?? 0
      if (before >= NOTABLE_ALIKE_MAX) continue
      this.alike.set(kind, before + 1)
      isNotable = true
    }
    return isNotable
  }
}

const NONE: readonly FindingRecord[] = []

export class Retention {
  private readonly filter: SessionFilter
  private readonly sessions: SessionRecord[] = []
  private readonly findings: FindingRecord[] = []

  constructor(keeps: KeepSessions) {
    this.filter = new SessionFilter(keeps)
  }

  get isEnough(): boolean {
    return this.filter.isEnough
  }

  /** Returns whether the session was kept. */
  add(report: SessionReport): boolean {
    const findings = this.filter.sift(report)
    if (findings === null) return false
    this.sessions.push(report.record)
    for (const finding of findings) this.findings.push(finding)
    return true
  }

  /** The kept records, ordered by session number. */
  records(): { readonly sessions: readonly SessionRecord[]; readonly findings: readonly FindingRecord[] } {
    const number = (id: string) => Number(id.slice(1))
    this.sessions.sort((a, b) => number(a.id) - number(b.id))
    this.findings.sort((a, b) => number(a.session) - number(b.session))
    return { sessions: this.sessions, findings: this.findings }
  }
}
