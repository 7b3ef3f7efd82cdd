// The incidents, the gravest first: what one side did, and unfolded the rules, the clause, the evidence and the packets.
import { fileFilters, filterLine } from '../report/file-frames.ts'
import { incidentFields, incidentTitle, type ShownIncident } from '../report/incident-fields.ts'
import { matcher } from './filter.ts'
import type { IncidentRow } from './model.ts'
import { DisplayFilter, Filter, Mark, RuleLink, SessionLink, useShown } from './parts.tsx'
import type { ViewProps } from './view-props.ts'

export function IncidentsView({ model, route }: ViewProps) {
  const { incidents, judged } = model
  const matches = matcher(route.filter)
  const rows = incidents.filter(({ text }) => matches(text))
  const { shown, more } = useShown(rows)
  return (
    <section aria-labelledby="incidents">
      <h1 id="incidents">Incidents</h1>
      <Filter
        route={route}
        shown={rows.length}
        of={incidents.length}
        one="incident"
        unlisted={judged.unlisted.findings}
        unlistedOne="finding"
      />
      {incidents.length === 0 && judged.unlisted.findings === 0 && <p>No rule was broken in what could be judged.</p>}
      <IncidentList rows={shown} />
      {more}
    </section>
  )
}

export function IncidentList({ rows }: { readonly rows: readonly IncidentRow[] }) {
  return (
    <ol class="incidents">
      {rows.map(({ shown }) => (
        <li key={shown.incident.id}>
          <Incident shown={shown} />
        </li>
      ))}
    </ol>
  )
}

function Incident({ shown }: { readonly shown: ShownIncident }) {
  const { incident, session } = shown
  return (
    <>
      <details>
        <summary>
          <Mark severity={incident.severity} certainty={incident.certainty} />
          <strong>{incidentTitle(shown)}</strong>
        </summary>
        <Fields shown={shown} />
      </details>
      <p class="where">
        <SessionLink id={session.id} /> at {session.server}
        {incident.at !== null && <time dateTime={incident.at}> {incident.at.slice(11, 19)} UTC</time>}
      </p>
    </>
  )
}

/** The same names and texts as on a terminal; what explains a rule is on its page. */
function Fields({ shown }: { readonly shown: ShownIncident }) {
  return (
    <dl class="fields">
      {incidentFields(shown, false).map(({ name, texts }, i) => (
        <div key={i}>
          <dt>{name}</dt>
          {texts.map((text) => (
            <dd key={text}>
              <FieldText name={name} text={text} shown={shown} />
            </dd>
          ))}
        </div>
      ))}
    </dl>
  )
}

function FieldText({
  name,
  text,
  shown,
}: {
  readonly name: string
  readonly text: string
  readonly shown: ShownIncident
}) {
  if (name === 'filter') {
    const filter = shown.findings
      .slice(0, 1)
      .flatMap(fileFilters)
      .find((one) => filterLine(one) === text)
    if (filter !== undefined) return <DisplayFilter filter={filter} />
  }
  if (name === 'in') {
    const { id } = shown.session
    return (
      <>
        <SessionLink id={id} />
        {text.slice(id.length)}
      </>
    )
  }
  if (name === 'rule' || name === 'rules') {
    const [id = ''] = /^[a-z0-9-]+/.exec(text) ?? []
    return (
      <>
        <RuleLink id={id} />
        {text.slice(id.length)}
      </>
    )
  }
  return <>{text}</>
}
