// The schema of the JSON document of `check` -> those of the documents of `triage` and `compare`: captures and sums are
// the same in all three.
import { SOFTWARE } from '../../src/smtp/session/software.ts'
import type { DocumentSchema } from './ndjson-schema.ts'

type Schema = Readonly<Record<string, unknown>>

const object = (properties: Schema, optional: readonly string[] = []): Schema => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  properties,
})
const list = (items: Schema): Schema => ({ type: 'array', items })
const text: Schema = { type: 'string', pattern: '^[\\x20-\\x7e×]*$' }
const name: Schema = { type: ['string', 'null'], pattern: '^[\\x20-\\x7e]*$' }
const count: Schema = { type: 'integer', minimum: 0 }
const moment: Schema = { type: 'string', pattern: '^\\d{4,6}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z$' }
const ref = (definition: string): Schema => ({ $ref: `#/$defs/${definition}` })
const certainty: Schema = { enum: ['proved', 'suspected'] }

function document(what: string, version: number, command: string, $defs: Schema, properties: Schema) {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:pipelint:${what}:${version}`,
    title: `pipelint ${what}`,
    description: `The document that pipelint ${command} --format json prints.`,
    ...object({ schema: { const: `pipelint.${what}/${version}` }, ...properties }),
    $defs,
  }
}

export function toTriageSchema({ $defs: { captureProblem }, properties }: DocumentSchema) {
  const { tool, captures, summary } = properties
  const verdicts = { violation: count, suspected: count, inconclusive: count, conforming: count }
  const definitions = {
    captureProblem,
    shape: object(
      {
        shape: text,
        ...{ well: count, failed: count, unjudged: count, givenUp: count, unanswered: count },
        rules: { type: 'object', additionalProperties: count },
      },
      ['givenUp', 'unanswered'],
    ),
    rule: object({
      rule: text,
      party: { enum: ['server', 'client', 'path'] },
      severity: { enum: ['error', 'warning', 'info'] },
      certainty,
      sessions: count,
      ...{ firstAt: moment, lastAt: moment },
    }),
    givenUp: object({ verb: text, ...{ sessions: count, answered: count } }),
    parties: object({ server: count, client: count }),
    bins: object({ sessions: list(count), violation: list(count) }),
  }
  const lead = object({
    party: { enum: ['server', 'client'] },
    ...{ key: text, name, certainty, affected: count, sessions: count },
    rules: list(ref('rule')),
    ...{ firstAt: moment, lastAt: moment },
    ...{ fails: list(ref('shape')), works: list(ref('shape')) },
  })
  const row = object(
    {
      ...{ key: text, name, software: list({ enum: [...SOFTWARE] }) },
      ...{ sessions: count, pipelined: count, ...verdicts },
      parties: object({ violation: ref('parties'), suspected: ref('parties') }),
      accused: object({ proved: count, suspected: count }),
      rules: list(ref('rule')),
      givenUp: list(ref('givenUp')),
      ...{ firstAt: moment, lastAt: moment },
      shapes: list(ref('shape')),
      bins: { anyOf: [ref('bins'), { type: 'null' }] },
      ...{ servers: count, clients: count },
    },
    ['servers', 'clients'],
  )
  return document('triage', 1, 'triage', definitions, {
    ...{ tool, captures, summary },
    by: { enum: ['server', 'client', 'rule', 'hour'] },
    hours: { type: ['integer', 'null'], minimum: 1 },
    timeline: { anyOf: [object({ from: moment, seconds: count, bins: count }), { type: 'null' }] },
    first: list(lead),
    quiet: list(
      object({
        ...{ key: text, name, sessions: count, givenUp: list(ref('givenUp')) },
        ...{ lacking: list(ref('shape')), answered: list(ref('shape')) },
      }),
    ),
    rows: list(row),
  })
}

export function toComparisonSchema({ $defs: { captureProblem }, properties }: DocumentSchema) {
  const { tool, captures } = properties
  const places = ['before', 'in', 'behind']
  const boxes = ['path', 'tcp-relay', 'line-proxy', 'store-and-forward', 'tls-terminator', 'unknown']
  const sighting: Schema = {
    // A reply of several lines has line feeds.
    ...object({
      text: { type: 'string', pattern: '^[\\n\\x20-\\x7e]*$' },
      session: text,
      frames: { ...list(count), maxItems: 2 },
    }),
  }
  const definitions = {
    captureProblem,
    seen: object({ ...{ session: text, client: text, server: text }, startedAt: moment }),
    sighting: { anyOf: [sighting, { type: 'null' }] },
  }
  const difference = object({
    kind: {
      enum: ['lost', 'made', 'changed', 'reordered', 'split', 'merged', 'sessions', 'delayed', 'unanswered', 'closed'],
    },
    what: { enum: ['command', 'reply', 'connection'] },
    place: { enum: places },
    message: text,
    ...{ before: ref('sighting'), behind: ref('sighting') },
  })
  const pair = object({
    ...{ before: ref('seen'), behind: list(ref('seen')) },
    by: { enum: ['connection', 'translated', 'timestamps', 'addresses', 'named', 'content', 'time'] },
    box: { enum: boxes },
    outcome: { enum: ['same', 'different', 'cannot-tell'] },
    differences: list(difference),
    omitted: count,
    notes: list(text),
    reasons: list(object({ side: { enum: ['before', 'behind', 'both'] }, code: text })),
  })
  const sums = ['pairs', 'same', 'different', 'cannotTell', 'onlyBefore', 'onlyBehind', 'ambiguous', 'notCompared']
  const counts = (names: readonly string[]) => Object.fromEntries(names.map((each) => [each, count]))
  return document('comparison', 2, 'compare', definitions, {
    tool,
    captures: object({ before: captures, behind: captures }),
    summary: object({
      ...counts(sums),
      clock: object({
        aheadMs: { type: 'integer' },
        basis: { enum: ['equal', 'measured', 'clock-or-delay', 'guessed'] },
      }),
      boxes: { ...object(counts(boxes)), required: [] },
      differences: object(counts(places)),
    }),
    pairs: list(pair),
    ...{ onlyBefore: list(ref('seen')), onlyBehind: list(ref('seen')), ambiguous: list(ref('seen')) },
  })
}
