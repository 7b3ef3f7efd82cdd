// The servers, the worst first: verdicts, broken rules, command sequences that fail, and when.
import { decimal, shorten, shownSequence } from '../report/format-text.ts'
import type { TriageResult, TriageRow } from '../triage/triage-result.ts'
import { matcher } from './filter.ts'
import { NAME_COLUMNS } from './limits.ts'
import type { ServerRow } from './model.ts'
import { Filter, RuleLink, ServerLink, useShown } from './parts.tsx'
import { Sparkline } from './sparkline.tsx'
import { VerdictsOfServer } from './verdict-bar.tsx'
import type { ViewProps } from './view-props.ts'

export function ServersView({ model, route }: ViewProps) {
  const { servers, judged } = model
  const matches = matcher(route.filter)
  const rows = servers.filter(({ text }) => matches(text))
  const { shown, more } = useShown(rows)
  return (
    <section aria-labelledby="servers">
      <h1 id="servers">Servers</h1>
      <Filter route={route} shown={rows.length} of={servers.length} one="server" />
      <ServerTable rows={shown} timeline={judged.triage.timeline} />
      {more}
    </section>
  )
}

interface TableProps {
  readonly rows: readonly ServerRow[]
  readonly timeline: TriageResult['timeline']
}

export function ServerTable({ rows, timeline }: TableProps) {
  return (
    <table class="list">
      <thead>
        <tr>
          <th scope="col">Server</th>
          <th scope="col" class="number">
            Sessions
          </th>
          <th scope="col">Verdicts</th>
          <th scope="col">Broken rules</th>
          <th scope="col" class="wide">
            Failing sequences
          </th>
          <th scope="col" class="wide">
            Over time
          </th>
        </tr>
      </thead>
      <tbody class="rows">
        {rows.map(({ row }) => (
          <tr key={row.key}>
            <th scope="row">
              <ServerLink server={row.key} isRow />
              <Called row={row} />
            </th>
            <td class="number" data-head="sessions">
              {decimal(row.sessions)}
            </td>
            <td>
              <VerdictsOfServer row={row} />
            </td>
            <td>
              <BrokenRules row={row} most={4} />
            </td>
            <td class="wide" data-head="failing">
              <Failing row={row} />
            </td>
            <td class="wide">
              <Sparkline bins={row.bins} timeline={timeline} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

export function Called({ row }: { readonly row: TriageRow }) {
  const { name, software } = row
  const told = [
    shorten(name ?? '', NAME_COLUMNS),
    software.length === 0 ? '' : `probably ${software.join(' or ')}`,
  ].filter((text) => text !== '')
  return told.length === 0 ? null : <small>{told.join('; ')}</small>
}

export function BrokenRules({ row, most }: { readonly row: TriageRow; readonly most: number }) {
  const told = row.rules.filter(({ severity }) => severity !== 'info')
  return (
    <ul class="tags">
      {told.slice(0, most).map(({ rule, party, certainty, severity, sessions }) => (
        <li key={`${rule} ${party}`} class={severity === 'error' ? certainty : severity}>
          <RuleLink id={rule} /> {decimal(sessions)}
          {certainty === 'suspected' && ' suspected'}
          {party !== 'server' && ` by ${party}`}
        </li>
      ))}
      {told.length > most && <li>and {decimal(told.length - most)} more</li>}
    </ul>
  )
}

const SEQUENCES = 3

function Failing({ row }: { readonly row: TriageRow }) {
  const failing = row.shapes.filter(({ failed }) => failed > 0).sort((a, b) => b.failed - a.failed)
  return (
    <ul class="sequences">
      {failing.slice(0, SEQUENCES).map(({ shape, failed, well }) => (
        <li key={shape}>
          <code>{shownSequence(shape)}</code> {decimal(failed)} of {decimal(failed + well)}
        </li>
      ))}
    </ul>
  )
}
