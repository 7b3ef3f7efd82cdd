// The sessions, in the order of their first packets.
import { shorten } from '../report/format-text.ts'
import { verdictWords } from '../report/verdict-line.ts'
import { matcher } from './filter.ts'
import { NAME_COLUMNS } from './limits.ts'
import type { SessionRow } from './model.ts'
import { Count, Filter, RuleLink, ServerLink, SessionLink, useShown, Verdict } from './parts.tsx'
import type { ViewProps } from './view-props.ts'

export function SessionsView({ model, route }: ViewProps) {
  const { sessions, judged } = model
  const matches = matcher(route.filter)
  const rows = sessions.filter(({ text }) => matches(text))
  const { shown, more } = useShown(rows)
  const unlisted = judged.unlisted.sessions
  return (
    <section aria-labelledby="sessions">
      <h1 id="sessions">Sessions</h1>
      <Filter route={route} shown={rows.length} of={sessions.length} one="session" unlisted={unlisted} />
      <SessionTable rows={shown} />
      {more}
    </section>
  )
}

interface TableProps {
  readonly rows: readonly SessionRow[]
  readonly isOneServer?: boolean
}

export function SessionTable({ rows, isOneServer = false }: TableProps) {
  return (
    <table class="list">
      <thead>
        <tr>
          <th scope="col">Session</th>
          <th scope="col">Verdict</th>
          <th scope="col">Rules</th>
          <th scope="col">Client</th>
          {!isOneServer && <th scope="col">Server</th>}
          <th scope="col" class="wide">
            Began (UTC)
          </th>
          <th scope="col" class="number">
            Commands
          </th>
          <th scope="col" class="number">
            Replies
          </th>
          <th scope="col" class="number">
            Unanswered
          </th>
        </tr>
      </thead>
      <tbody class="rows">
        {rows.map(({ record, rules }) => (
          <tr key={record.id}>
            <th scope="row">
              <SessionLink id={record.id} isRow />
            </th>
            <td>
              <Verdict verdict={record.verdict} words={verdictWords(record)} />
            </td>
            <td>
              <ul class="tags">
                {rules.map((id) => (
                  <li key={id}>
                    <RuleLink id={id} />
                  </li>
                ))}
              </ul>
            </td>
            <td data-head="client">
              <span class="address">{record.client}</span>
              {record.clientName !== null && <small>{shorten(record.clientName, NAME_COLUMNS)}</small>}
            </td>
            {!isOneServer && (
              <td data-head="server">
                <ServerLink server={record.server} />
                {record.serverName !== null && <small>{shorten(record.serverName, NAME_COLUMNS)}</small>}
              </td>
            )}
            <td class="wide time" data-head="began">
              {record.startedAt.slice(0, 19).replace('T', ' ')}
            </td>
            <Count of={record.commands} name="commands" />
            <Count of={record.replies} name="replies" />
            <Count of={record.unanswered} name="unanswered" kind="told" />
          </tr>
        ))}
      </tbody>
    </table>
  )
}
