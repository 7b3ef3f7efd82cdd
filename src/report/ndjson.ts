// Sessions as they close, then the captures and the sums -> one JSON object per line, each with its `type`. Its shape is
// described by `ndjson.schema.json`.
import type { Analysis } from '../rules/analysis.ts'
import type { SessionReport } from '../rules/observe.ts'
import { SCHEMA, withMessage } from './document.ts'
import { json } from './inert.ts'

/** A session's line, and one for each of its findings. */
export function sessionLines({ record, findings }: SessionReport): string {
  let lines = line('session', record)
  for (const finding of findings) lines += line('finding', finding)
  return lines
}

/** What is known only at the end. */
export function* closingLines({ captures, summary }: Analysis, version: string): Iterable<string> {
  // Paths are the only strings here that did not come through smtp/, which leaves printable ASCII.
  for (const capture of captures) yield json(line('capture', withMessage(capture)))
  yield line('summary', { schema: SCHEMA, tool: { name: 'pipelint', version }, ...summary })
}

/** No copy is made to put the type in front: this runs once per session. */
function line(type: 'session' | 'finding' | 'capture' | 'summary', members: object): string {
  return `{"type":"${type}",${JSON.stringify(members).slice(1)}\n`
}
