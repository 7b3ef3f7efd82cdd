// The JSON document of `--format json` (`schema.json`), and one JSON object a line for `ndjson` (`ndjson.schema.json`).
// Written in parts: a million sessions are more than one string can hold.
import { type CaptureProblem, describeCaptureProblem } from '../errors.ts'
import type { Analysis, CaptureRecord, FindingRecord, IncidentRecord, PrintedAnalysis } from '../rules/analysis.ts'
import { incidentsOf } from '../rules/incidents.ts'
import type { SessionReport } from '../rules/session-report.ts'
import { json } from './escape.ts'

export const SCHEMA = 'pipelint.report/1'

/** Members of a list that make one piece. */
const PIECE = 64

/** The document in pieces, two spaces of indentation, with a line end behind it. */
export function* jsonDocument(analysis: PrintedAnalysis, version: string): Iterable<string> {
  const { captures, summary, faults, servers, sessions, findings } = analysis
  yield* documentHead(SCHEMA, version, captures, summary)
  yield* list('faults', faults)
  yield ',\n  '
  yield* list('servers', servers)
  yield ',\n  '
  yield* list('sessions', sessions)
  yield ',\n  '
  yield* list('incidents', incidentsIn(findings))
  yield ',\n  '
  yield* list('findings', findings)
  yield '\n}\n'
}

/** `findings`: in the order of sessions. */
function* incidentsIn(findings: Iterable<FindingRecord>): Iterable<IncidentRecord> {
  let own: FindingRecord[] = []
  for (const finding of findings) {
    if (own[0] !== undefined && own[0].session !== finding.session) {
      yield* incidentsOf(own)
      own = []
    }
    own.push(finding)
  }
  yield* incidentsOf(own)
}

/** How the documents of `check` and `triage` begin. */
export function* documentHead(
  schema: string,
  version: string,
  captures: readonly CaptureRecord[],
  summary: object,
): Iterable<string> {
  yield `{\n  "schema": ${JSON.stringify(schema)},\n  "tool": ${indented({ name: 'pipelint', version }, 2)},\n  `
  // Paths are the only strings here that did not come through smtp/, which leaves printable ASCII.
  for (const piece of list('captures', captures.map(withMessage))) yield json(piece)
  yield `,\n  "summary": ${indented(summary, 2)},\n  `
}

/** A capture with the messages of its problems. */
export function withMessage({ error, problems, ...capture }: CaptureRecord) {
  const told = (problem: CaptureProblem) => ({ ...problem, message: describeCaptureProblem(problem) })
  return { ...capture, error: error === null ? null : told(error), problems: problems.map(told) }
}

/** A member of a document that is a list, piece by piece. */
export function* list(name: string, members: Iterable<unknown>): Iterable<string> {
  let piece: unknown[] = []
  let start = `"${name}": [\n    `
  let isEmpty = true
  for (const member of members) {
    piece.push(member)
    isEmpty = false
    if (piece.length < PIECE) continue
    yield start + listed(piece)
    start = ',\n    '
    piece = []
  }
  if (piece.length > 0) yield start + listed(piece)
  yield isEmpty ? `"${name}": []` : '\n  ]'
}

/** Members as they stand in a list of a document: within two brackets they are indented as there. */
function listed(members: readonly unknown[]): string {
  return JSON.stringify([members], null, 2).slice('[\n  [\n    '.length, -'\n  ]\n]'.length)
}

/** As JSON, to stand `columns` deep. Line ends within it are never those of a string: JSON escapes them. */
export function indented(value: unknown, columns: number): string {
  return JSON.stringify(value, null, 2).replaceAll('\n', `\n${' '.repeat(columns)}`)
}

/** A session's line, and one for each of its findings and incidents. */
export function sessionLines({ record, findings }: SessionReport): string {
  let lines = line('session', record)
  if (findings.length === 0) return lines
  for (const finding of findings) lines += line('finding', finding)
  for (const incident of incidentsOf(findings)) lines += line('incident', incident)
  return lines
}

/** What is known only at the end. */
export function* closingLines({ captures, summary, faults }: Analysis, version: string): Iterable<string> {
  // Paths are the only strings here that did not come through smtp/, which leaves printable ASCII.
  for (const capture of captures) yield json(line('capture', withMessage(capture)))
  for (const fault of faults) yield line('fault', fault)
  yield line('summary', { schema: SCHEMA, tool: { name: 'pipelint', version }, ...summary })
}

/** No copy is made to put the type in front: this runs once per session. */
function line(type: 'session' | 'finding' | 'incident' | 'capture' | 'fault' | 'summary', members: object): string {
  return `{"type":"${type}",${JSON.stringify(members).slice(1)}\n`
}
