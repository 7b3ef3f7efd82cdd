// Stores the records and findings of sessions as they close, and returns them by session number.
import type { FindingRecord, SessionRecord } from '../rules/analysis.ts'
import { type KeepSessions, SessionFilter } from '../rules/retention.ts'
import type { SessionReport } from '../rules/session-report.ts'
import { Spill } from './spill.ts'

export class SpilledSessions {
  private readonly filter: SessionFilter
  private readonly records = new Spill()
  private readonly findingLists = new Spill()

  constructor(keeps: KeepSessions) {
    this.filter = new SessionFilter(keeps)
  }

  add(report: SessionReport): void {
    const findings = this.filter.sift(report)
    if (findings === null) return
    this.records.add(report.firstFrame, JSON.stringify(report.record))
    if (findings.length > 0) this.findingLists.add(report.firstFrame, JSON.stringify(findings))
  }

  *sessions(): Generator<SessionRecord> {
    for (const text of this.records.inOrder()) yield JSON.parse(text) as SessionRecord
  }

  *findings(): Generator<FindingRecord> {
    for (const text of this.findingLists.inOrder()) yield* JSON.parse(text) as FindingRecord[]
  }

  close(): void {
    this.records.close()
    this.findingLists.close()
  }
}
