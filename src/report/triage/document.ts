// A triage -> its JSON document, piece by piece. `triage.schema.json` describes it.
import type { Analysis } from '../../rules/analysis.ts'
import type { TriageResult } from '../../triage/records.ts'
import { indented, list, withMessage } from '../document.ts'
import { json } from '../inert.ts'

export function* triageDocument(
  { by, hours, timeline, first, rows }: TriageResult,
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
  yield* list('rows', rows)
  yield '\n}\n'
}
