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

/** One line for every command that prints: `const redactor = await redactorFor(options.redact === true)`. */
export async function redactorFor(redact: boolean): Promise<Redactor> {
  return redact ? new (await import('./redaction.ts')).Redaction() : UNREDACTED
}
