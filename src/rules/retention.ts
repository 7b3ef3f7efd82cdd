// Session reports as they are told -> the records that an analysis keeps of them. What is not kept was counted.
import { NOTABLE_ALIKE_MAX, NOTABLE_SESSIONS } from '../limits.ts'
import type { FindingRecord, SessionRecord } from './analysis.ts'
import type { SessionReport } from './session-report.ts'

/**
 * `all` sessions and findings. `offending`: sessions with findings. `notable`: these and the first few sessions, and of
 * findings that are alike in rule, severity and certainty the first hundred, for a reader who sees fewer. `none`.
 */
export type KeepSessions = 'all' | 'notable' | 'offending' | 'none'

/** Which reports are kept, and which of their findings. */
export class SessionFilter {
  private readonly keeps: KeepSessions
  private sessions = 0
  private readonly alike = new Map<string, number>()

  constructor(keeps: KeepSessions) {
    this.keeps = keeps
  }

  /** The findings that are kept of a report; null where nothing is. */
  sift(report: SessionReport): readonly FindingRecord[] | null {
    const { keeps } = this
    if (keeps === 'none') return null
    const findings = keeps === 'notable' ? report.findings.filter((one) => this.isNotable(one)) : report.findings
    const few = keeps === 'notable' && this.sessions < NOTABLE_SESSIONS
    if (keeps !== 'all' && !few && findings.length === 0) return null
    this.sessions++
    return findings
  }

  private isNotable({ rule, severity, certainty }: FindingRecord): boolean {
    const kind = `${rule} ${severity} ${certainty}`
    const before = this.alike.get(kind) ?? 0
    this.alike.set(kind, before + 1)
    return before < NOTABLE_ALIKE_MAX
  }
}

export class Retention {
  private readonly filter: SessionFilter
  private readonly sessions: SessionRecord[] = []
  private readonly findings: FindingRecord[] = []

  constructor(keeps: KeepSessions) {
    this.filter = new SessionFilter(keeps)
  }

  /** Whether anything of it is kept. */
  add(report: SessionReport): boolean {
    const findings = this.filter.sift(report)
    if (findings === null) return false
    this.sessions.push(report.record)
    for (const finding of findings) this.findings.push(finding)
    return true
  }

  /** What was kept, by the number of the session. */
  records(): { readonly sessions: readonly SessionRecord[]; readonly findings: readonly FindingRecord[] } {
    const number = (id: string) => Number(id.slice(1))
    this.sessions.sort((a, b) => number(a.id) - number(b.id))
    this.findings.sort((a, b) => number(a.session) - number(b.session))
    return { sessions: this.sessions, findings: this.findings }
  }
}
