// The rules: those that were broken here first, then all others in the order of their standards.
import { matcher } from './filter.ts'
import { Count, Filter } from './parts.tsx'
import { linkTo } from './route.ts'
import type { ViewProps } from './view-props.ts'

export function RulesView({ model, route }: ViewProps) {
  const matches = matcher(route.filter)
  const rows = model.rules.filter(({ text }) => matches(text))
  return (
    <section aria-labelledby="rules">
      <h1 id="rules">Rules</h1>
      <Filter route={route} shown={rows.length} of={model.rules.length} one="rule" />
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Rule</th>
            <th scope="col">What happened</th>
            <th scope="col">Side</th>
            <th scope="col">Severity</th>
            <th scope="col">Standard</th>
            <th scope="col" class="number">
              Sessions, proved
            </th>
            <th scope="col" class="number">
              Suspected only
            </th>
          </tr>
        </thead>
        <tbody class="rows">
          {rows.map(({ rule, proved, suspected }) => (
            <tr key={rule.id}>
              <th scope="row">
                <a class="row rule" href={linkTo({ view: 'rule', id: rule.id })}>
                  {rule.id}
                </a>
              </th>
              <td>{rule.title}</td>
              <td data-head="side">{rule.party}</td>
              <td data-head="severity">{rule.severity}</td>
              <td data-head="standard">
                RFC {rule.clauses[0]?.rfc} section {rule.clauses[0]?.section}
              </td>
              <Count of={proved} name="sessions, proved" kind={rule.severity === 'error' ? 'faulty' : 'told'} />
              <Count of={suspected} name="suspected only" kind="doubted" />
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
