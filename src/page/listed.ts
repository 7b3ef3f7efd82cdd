// The sessions that the page lists, and their findings, within bounds; the others are counted.
import type { FindingRecord, SessionRecord } from '../rules/analysis.ts'
import type { SessionReport } from '../rules/session-report.ts'
import { LISTED_MAX } from './limits.ts'

type Kind = keyof typeof LISTED_MAX

/** Many sessions of one kind leave room for those of another. */
function kindOf({ findings, unanswered, verdict }: SessionReport): Kind {
  if (verdict === 'violation' || verdict === 'suspected') return 'accused'
  return findings.length > 0 || unanswered > 0 || verdict !== 'conforming' ? 'notable' : 'others'
}

export class Listed {
  readonly sessions: SessionRecord[] = []
  readonly findings: FindingRecord[] = []
  private readonly counts = {
    accused: { sessions: 0, findings: 0 },
    notable: { sessions: 0, findings: 0 },
    others: { sessions: 0, findings: 0 },
  }
  unlistedSessions = 0
  unlistedFindings = 0

  add(report: SessionReport): void {
    const kind = kindOf(report)
    const { findings } = report
    const [count, max] = [this.counts[kind], LISTED_MAX[kind]]
    if (count.sessions >= max.sessions || count.findings + findings.length > max.findings) {
      this.unlistedSessions++
      this.unlistedFindings += findings.length
      return
    }
    count.sessions++
    count.findings += findings.length
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
