// Analysis -> the JSON document of `--format json`. Its shape is described by `schema.json`.
import { describeCaptureProblem } from '../problems.ts'
import type { Analysis } from '../rules/analysis.ts'

export const SCHEMA = 'pipelint.report/1'

/** The document as text, two spaces of indentation, with a line end behind it. */
export function jsonDocument(analysis: Analysis, version: string): string {
  const { captures, summary, servers, sessions, findings } = analysis
  const document = {
    schema: SCHEMA,
    tool: { name: 'pipelint', version },
    captures: captures.map(({ error, ...capture }) => ({
      ...capture,
      error: error === null ? null : { ...error, message: describeCaptureProblem(error) },
    })),
    summary,
    servers,
    sessions,
    findings,
  }
  return `${JSON.stringify(document, null, 2)}\n`
}
