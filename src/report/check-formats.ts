// The formats of `check`: what each prints first, what for every session as it closes, and what when all is read.
import type { Analysis } from '../rules/analysis.ts'
import { RULES } from '../rules/index.ts'
import type { KeepSessions } from '../rules/retention.ts'
import type { SessionReport } from '../rules/session-report.ts'
import { renderTable, type TableOptions } from './check-table.ts'
import { CSV_HEADER, csvRows } from './csv.ts'
import { closingLines, jsonDocument, sessionLines } from './json.ts'
import { type Fails, junitDocument } from './junit.ts'
import { sarifDocument } from './sarif.ts'

export const FORMATS = ['table', 'json', 'ndjson', 'csv', 'junit', 'sarif'] as const
export type FormatName = (typeof FORMATS)[number]

interface Format {
  /** The records that `end` needs of the analysis. */
  readonly keepSessions: KeepSessions
  /** Whether proofs are printed. */
  readonly proofs: boolean
  readonly head: string
  /** Null where sessions say nothing as they close. */
  readonly session: ((report: SessionReport) => string) | null
  readonly end: (analysis: Analysis) => Iterable<string>
}

interface FormatOptions {
  readonly version: string
  readonly table: TableOptions
  readonly fails: Fails
}

export function formatOf(name: FormatName, { version, table, fails }: FormatOptions): Format {
  const atTheEnd = { head: '', session: null, proofs: false }
  switch (name) {
    case 'table':
      return {
        ...atTheEnd,
        keepSessions: table.all ? 'offending' : 'notable',
        end: (analysis) => [renderTable(analysis, table)],
      }
    case 'json':
      return { ...atTheEnd, keepSessions: 'all', proofs: true, end: (analysis) => jsonDocument(analysis, version) }
    case 'ndjson':
      return {
        keepSessions: 'none',
        proofs: true,
        head: '',
        session: sessionLines,
        end: (analysis) => closingLines(analysis, version),
      }
    case 'csv':
      return { keepSessions: 'none', proofs: false, head: CSV_HEADER, session: csvRows, end: () => [] }
    case 'junit':
      return { ...atTheEnd, keepSessions: 'all', end: (analysis) => junitDocument(analysis, fails) }
    case 'sarif':
      return { ...atTheEnd, keepSessions: 'offending', end: (analysis) => sarifDocument(analysis, RULES, version) }
  }
}
