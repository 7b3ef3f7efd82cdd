// The formats of `check`: what each prints first, what for every session as it closes, and what when all is read.
import type { Analysis, PrintedAnalysis } from '../rules/analysis.ts'
import { RULES } from '../rules/index.ts'
import type { KeepSessions } from '../rules/retention.ts'
import type { SessionReport } from '../rules/session-report.ts'
import { renderTable, type TableOptions } from './check-table.ts'
import { csvHeader, csvRows } from './csv.ts'
import { githubCommands } from './github.ts'
import { closingLines, jsonDocument, sessionLines } from './json.ts'
import { type Fails, junitDocument } from './junit.ts'
import { sarifDocument } from './sarif.ts'
import type { TextsInOrder } from './texts-in-order.ts'

export const FORMATS = ['table', 'json', 'ndjson', 'csv', 'junit', 'sarif', 'github'] as const
export type FormatName = (typeof FORMATS)[number]
/** Formats whose readers would take a run that judged nothing for a run without faults. */
export const CI_FORMATS: readonly FormatName[] = ['junit', 'sarif', 'github']

interface Format {
  /** The records that `end` needs of the analysis: lists in memory, for what is short. */
  readonly keepSessions: KeepSessions
  /** The records that `end` reads one after the other, however many; null where it reads none. */
  readonly lists: 'all' | 'offending' | null
  /** Whether proofs are printed. */
  readonly proofs: boolean
  readonly head: string
  /** Null where sessions say nothing as they close. */
  readonly session: ((report: SessionReport) => string) | null
  readonly end: (analysis: Analysis, lists: SessionLists) => Iterable<string>
}

type SessionLists = Pick<PrintedAnalysis, 'sessions' | 'findings'>

interface FormatOptions {
  readonly version: string
  readonly table: TableOptions
  readonly fails: Fails
  /** Faults that a baseline lists. */
  readonly isKnown: Fails
  /** Where texts wait for the end. */
  readonly waiting: () => TextsInOrder
}

export function formatOf(name: FormatName, { version, table, fails, isKnown, waiting }: FormatOptions): Format {
  const atTheEnd = { head: '', session: null, proofs: false, keepSessions: 'none', lists: null } as const
  switch (name) {
    case 'table':
      return {
        ...atTheEnd,
        keepSessions: table.all ? 'offending' : 'notable',
        end: (analysis) => [renderTable(analysis, table)],
      }
    case 'json':
      return {
        ...{ ...atTheEnd, lists: 'all', proofs: true },
        end: (analysis, lists) => jsonDocument({ ...analysis, ...lists }, version),
      }
    case 'ndjson':
      return {
        ...{ ...atTheEnd, proofs: true },
        session: sessionLines,
        end: (analysis) => closingLines(analysis, version),
      }
    case 'csv':
      return { ...atTheEnd, head: csvHeader(), session: csvRows, end: () => [] }
    case 'junit':
      return {
        ...{ ...atTheEnd, lists: 'all' },
        end: (analysis, lists) => junitDocument({ ...analysis, ...lists }, fails, waiting()),
      }
    case 'sarif':
      return {
        ...{ ...atTheEnd, lists: 'offending' },
        end: (analysis, lists) => sarifDocument({ ...analysis, ...lists }, RULES, version),
      }
    case 'github':
      return {
        ...{ ...atTheEnd, lists: 'offending' },
        end: (analysis, lists) => githubCommands({ ...analysis, ...lists }, { fails, isKnown, all: table.all }),
      }
  }
}
