// Sessions as they close -> CSV (RFC 4180): a header, and a row for each finding. The columns are the members of the
// JSON document by the same names; a list becomes one cell.
import type { Clause, FindingRecord, SessionRecord } from '../rules/analysis.ts'
import type { SessionReport } from '../rules/session-report.ts'
import { csv } from './escape.ts'
import { frameLists } from './file-frames.ts'
import { clauseName } from './format-text.ts'

const LINE_END = '\r\n'
const BETWEEN = '; '

type Cell = (finding: FindingRecord, session: SessionRecord) => string | number | null

/** New columns go to the end: scripts count. */
const COLUMNS: readonly (readonly [string, Cell])[] = [
  ['id', ({ id }) => id],
  ['session', ({ session }) => session],
  ['rule', ({ rule }) => rule],
  ['severity', ({ severity }) => severity],
  ['certainty', ({ certainty }) => certainty],
  ['party', ({ party }) => party],
  ['server', (_, { server }) => server],
  ['serverName', (_, { serverName }) => serverName],
  ['client', (_, { client }) => client],
  ['clientName', (_, { clientName }) => clientName],
  ['startedAt', (_, { startedAt }) => startedAt],
  ['endedAt', (_, { endedAt }) => endedAt],
  ['group', ({ group }) => group],
  ['message', ({ message }) => message],
  ['expected', ({ expected }) => expected],
  ['actual', ({ actual }) => actual],
  ['evidence', ({ evidence }) => evidence.join(BETWEEN)],
  ['commands', ({ commands }) => commands.map(({ text, verb }) => text || verb).join(BETWEEN)],
  ['replies', ({ replies }) => replies.map(({ text }) => text.replaceAll('\n', ' ')).join(BETWEEN)],
  ['frames', ({ frames }) => frames.join(' ')],
  ['clauses', ({ clauses }) => clauses.map((clause: Clause) => clauseName(clause)).join(BETWEEN)],
  ['displayFilter', ({ displayFilter }) => displayFilter],
  ['captures', (finding) => (finding.places === undefined ? null : frameLists(finding).join(BETWEEN))],
]

export function csvHeader(): string {
  return csvLine(COLUMNS.map(([name]) => name))
}

export function csvRows({ findings, record }: SessionReport): string {
  return findings.map((finding) => csvLine(COLUMNS.map(([, cell]) => cell(finding, record)))).join('')
}

/** One line, its end included. */
export function csvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map((cell) => csv(String(cell ?? ''))).join(',')}${LINE_END}`
}
