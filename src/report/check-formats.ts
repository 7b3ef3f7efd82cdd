// The formats of `check`: what each prints first, what for every session as it closes, and what when all is read.
import type { Analysis, PrintedAnalysis } from '../rules/analysis.ts'
import type { KeepSessions } from '../rules/retention.ts'
import type { SessionReport } from '../rules/session-report.ts'
import { renderTable, type TableOptions } from './check-table.ts'
import type { FormatName } from './format-names.ts'
import type { Fails } from './junit.ts'
import type { TextsInOrder } from './texts-in-order.ts'

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

/** Loads the format that is asked for, and no other. */
export async function formatOf(
  name: FormatName,
  { version, table, fails, isKnown, waiting }: FormatOptions,
): Promise<Format> {
  const atTheEnd = { head: '', session: null, proofs: false, keepSessions: 'none', lists: null } as const
  switch (name) {
    case 'table':
      return {
        ...atTheEnd,
        keepSessions: table.all ? 'offending' : 'notable',
        end: (analysis) => [renderTable(analysis, table)],
      }
    case 'json': {
      const { jsonDocument } = await import('./json.ts')
      return {
        ...{ ...atTheEnd, lists: 'all', proofs: true },
        end: (analysis, lists) => jsonDocument({ ...analysis, ...lists }, version),
      }
    }
    case 'ndjson': {
      const { closingLines, sessionLines } = await import('./json.ts')
      return {
        ...{ ...atTheEnd, proofs: true },
        session: sessionLines,
        end: (analysis) => closingLines(analysis, version),
      }
    }
    case 'csv': {
      const { csvHeader, csvRows } = await import('./csv.ts')
      return { ...atTheEnd, head: csvHeader(), session: csvRows, end: () => [] }
    }
    case 'junit': {
      const { junitDocument } = await import('./junit.ts')
      return {
        ...{ ...atTheEnd, lists: 'all' },
        end: (analysis, lists) => junitDocument({ ...analysis, ...lists }, fails, waiting()),
      }
    }
    case 'sarif': {
      const [{ sarifDocument }, { RULES }] = await Promise.all([import('./sarif.ts'), import('../rules/index.ts')])
      return {
        ...{ ...atTheEnd, lists: 'offending' },
        end: (analysis, lists) => sarifDocument({ ...analysis, ...lists }, RULES, version),
      }
    }
    case 'github': {
      const { githubCommands } = await import('./github.ts')
      return {
        ...{ ...atTheEnd, lists: 'offending' },
        end: (analysis, lists) => githubCommands({ ...analysis, ...lists }, { fails, isKnown, all: table.all }),
      }
    }
  }
}
