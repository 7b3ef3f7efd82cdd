// The sessions that the page lists, and their findings, within bounds; the others are counted.
import type { FindingRecord, SessionRecord } from '../rules/analysis.ts'
import type { SessionReport } from '../rules/session-report.ts'
import { LISTED_FINDINGS_MAX, LISTED_NOTABLE_MAX, LISTED_OTHERS_MAX } from './limits.ts'

/** Keeps what can be listed: sessions that have something to tell before those that have not. */
export class Listed {
  readonly sessions: SessionRecord[] = []
  readonly findings: FindingRecord[] = []
  private notable = 0
  private others = 0
  unlistedSessions = 0
  unlistedFindings = 0

  add(report: SessionReport): void {
    const { findings, unanswered, verdict } = report
    const isNotable = findings.length > 0 || unanswered > 0 || verdict !== 'conforming'
    const isListed = isNotable ? this.notable < LISTED_NOTABLE_MAX : this.others < LISTED_OTHERS_MAX
    const hasRoom = this.findings.length + findings.length <= LISTED_FINDINGS_MAX
    if (!isListed || !hasRoom) {
      this.unlistedSessions++
      this.unlistedFindings += findings.length
      return
    }
    if (isNotable) this.notable++
    else this.others++
    this.sessions.push(report.record)
    this.findings.push(...findings)
  }

  inOrder() {
    const number = (id: string) => Number(id.slice(1))
    return {
      sessions: this.sessions.sort((a, b) => number(a.id) - number(b.id)),
      findings: this.findings.sort((a, b) => number(a.session) - number(b.session)),
    }
  }
}
