// The schema of the JSON document -> that of a line of `--format ndjson`: the same members, and a `type`.

interface ObjectSchema {
  readonly required: readonly string[]
  readonly properties: Readonly<Record<string, unknown>>
}

export interface DocumentSchema extends ObjectSchema {
  readonly $defs: Readonly<Record<string, unknown>>
  readonly properties: {
    readonly schema: unknown
    readonly tool: unknown
    readonly summary: ObjectSchema
    readonly captures: { readonly items: ObjectSchema }
    readonly sessions: { readonly items: ObjectSchema }
    readonly incidents: { readonly items: ObjectSchema }
    readonly findings: { readonly items: ObjectSchema }
    readonly faults: { readonly items: ObjectSchema }
  }
}

export function toLineSchema({ $defs, properties }: DocumentSchema) {
  const { schema, tool, summary, captures, faults, sessions, incidents, findings } = properties
  const last = {
    ...summary,
    required: ['schema', 'tool', ...summary.required],
    properties: { schema, tool, ...summary.properties },
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:pipelint:line:1',
    title: 'pipelint line',
    description: 'A line of what pipelint check --format ndjson prints.',
    $defs,
    oneOf: [
      typed('session', sessions.items),
      typed('finding', findings.items),
      typed('incident', incidents.items),
      typed('capture', captures.items),
      typed('fault', faults.items),
      typed('summary', last),
    ],
  }
}

function typed(type: string, members: ObjectSchema) {
  return {
    ...members,
    required: ['type', ...members.required],
    properties: { type: { const: type }, ...members.properties },
  }
}
