// The JSON document of a comparison, and the names of all formats of `compare`.
import type { Comparison } from '../../compare/comparison.ts'
import type { CaptureRecord } from '../../rules/analysis.ts'
import { json } from '../escape.ts'
import { withMessage } from '../json.ts'

export interface ComparedCaptures {
  readonly before: readonly CaptureRecord[]
  readonly behind: readonly CaptureRecord[]
}

/** The document in pieces: for a million sessions it is longer than the longest possible string. */
export function* comparisonDocument(
  comparison: Comparison,
  captures: ComparedCaptures,
  version: string,
): Iterable<string> {
  const { summary, pairs, onlyBefore, onlyBehind, ambiguous } = comparison
  const head = {
    schema: 'pipelint.comparison/2',
    tool: { name: 'pipelint', version },
    captures: { before: captures.before.map(withMessage), behind: captures.behind.map(withMessage) },
    summary,
  }
  yield json(JSON.stringify(head, null, 2)).slice(0, -'\n}'.length)
  yield* list('pairs', pairs, ({ rows: _, ...pair }) => pair)
  yield* list('onlyBefore', onlyBefore)
  yield* list('onlyBehind', onlyBehind)
  yield* list('ambiguous', ambiguous)
  yield '\n}\n'
}

/** A list as JSON.stringify would indent it. */
function* list<T>(name: string, items: Iterable<T>, shown: (item: T) => unknown = (item) => item): Iterable<string> {
  yield `,\n  "${name}": [`
  let isFirst = true
  for (const item of items) {
    const text = json(JSON.stringify(shown(item), null, 2)).replaceAll('\n', '\n    ')
    yield `${isFirst ? '' : ','}\n    ${text}`
    isFirst = false
  }
  yield isFirst ? ']' : '\n  ]'
}

export const COMPARISON_FORMATS = ['text', 'json', 'html'] as const
export type ComparisonFormat = (typeof COMPARISON_FORMATS)[number]
