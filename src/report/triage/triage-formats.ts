// A triage as JSON (`triage.schema.json`) and as CSV (RFC 4180), one line for each row with the same members; lists
// become one cell.
import type { Analysis, SequenceCount } from '../../rules/analysis.ts'
import type { TriageResult, TriageRow } from '../../triage/triage-result.ts'
import { csvLine } from '../csv.ts'
import { json } from '../escape.ts'
import { indented, list, withMessage } from '../json.ts'

export function* triageDocument(
  { by, hours, timeline, first, quiet, rows }: TriageResult,
  { captures, summary }: Pick<Analysis, 'captures' | 'summary'>,
  version: string,
): Iterable<string> {
  yield `{\n  "schema": "pipelint.triage/1",\n  "tool": ${indented({ name: 'pipelint', version }, 2)},\n  `
  // Paths are the only strings here that did not come through smtp/, which leaves printable ASCII.
  for (const piece of list('captures', captures.map(withMessage))) yield json(piece)
  yield `,\n  "summary": ${indented(summary, 2)},\n  `
  yield `"by": "${by}",\n  "hours": ${hours},\n  "timeline": ${indented(timeline, 2)},\n  `
  yield* list('first', first)
  yield ',\n  '
  yield* list('quiet', quiet)
  yield ',\n  '
  yield* list('rows', rows)
  yield '\n}\n'
}

const BETWEEN = '; '

type Cell = (row: TriageRow) => string | number | null

/** New columns go to the end: scripts count. */
const COLUMNS: readonly (readonly [string, Cell])[] = [
  ['key', ({ key }) => key],
  ['name', ({ name }) => name],
  ['software', ({ software }) => software.join(BETWEEN)],
  ['sessions', ({ sessions }) => sessions],
  ['pipelined', ({ pipelined }) => pipelined],
  ['violation', ({ violation }) => violation],
  ['suspected', ({ suspected }) => suspected],
  ['inconclusive', ({ inconclusive }) => inconclusive],
  ['conforming', ({ conforming }) => conforming],
  ['accusedProved', ({ accused }) => accused.proved],
  ['accusedSuspected', ({ accused }) => accused.suspected],
  [
    'rules',
    ({ rules }) => rules.map(({ rule, certainty, sessions }) => `${rule} ${certainty} ${sessions}`).join(BETWEEN),
  ],
  ['firstAt', ({ firstAt }) => firstAt],
  ['lastAt', ({ lastAt }) => lastAt],
  ['fails', ({ shapes }) => shapesOf(shapes, 'failed')],
  ['works', ({ shapes }) => shapesOf(shapes, 'well')],
  ['servers', ({ servers = null }) => servers],
  ['clients', ({ clients = null }) => clients],
  ['givenUp', ({ givenUp }) => givenUp.map(({ verb, sessions }) => `${verb} ${sessions}`).join(BETWEEN)],
]

export function* triageCsv({ rows }: TriageResult): Iterable<string> {
  yield csvLine(COLUMNS.map(([name]) => name))
  for (const row of rows) yield csvLine(COLUMNS.map(([, cell]) => cell(row)))
}

function shapesOf(shapes: readonly SequenceCount[], what: 'failed' | 'well'): string {
  return shapes
    .filter(({ failed, well }) => (what === 'failed' ? failed > 0 : failed === 0 && well > 0))
    .map((count) => `${count.shape} ${count[what]}`)
    .join(BETWEEN)
}
