// What stands between the records of an analysis and those who print them.
import type { Analysis, FaultRecord, FindingRecord, SessionRecord } from '../rules/analysis.ts'
import type { SessionReport } from '../rules/session-report.ts'

export interface Redactor {
  analysis(analysis: Analysis): Analysis
  session(session: SessionReport): SessionReport
  record(session: SessionRecord): SessionRecord
  finding(finding: FindingRecord): FindingRecord
  fault(fault: FaultRecord): FaultRecord
  captureName(path: string): string
}

/** Shows everything as it is. */
export const UNREDACTED: Redactor = {
  analysis: (analysis) => analysis,
  session: (session) => session,
  record: (session) => session,
  finding: (finding) => finding,
  fault: (fault) => fault,
  captureName: (path) => path,
}
