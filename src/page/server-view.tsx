// One server: what it did, which command sequences work and which fail, its incidents and its sessions.
import { counted, decimal, shownSequence } from '../report/format-text.ts'
import { faultSentence } from '../report/verdict-line.ts'
import type { SequenceCount } from '../rules/analysis.ts'
import type { TriageRow } from '../triage/triage-result.ts'
import { matcher } from './filter.ts'
import { IncidentList } from './incidents-view.tsx'
import { Count, Filter, useShown } from './parts.tsx'
import { BrokenRules, Called } from './servers-view.tsx'
import { SessionTable } from './sessions-view.tsx'
import { Sparkline } from './sparkline.tsx'
import { VerdictsOfServer } from './verdict-bar.tsx'
import type { ViewProps } from './view-props.ts'

const INCIDENTS = 10
const SEQUENCES = 20

export function ServerView({ model, route }: ViewProps) {
  const { servers, incidents, sessions, judged } = model
  const row = servers.find((one) => one.row.key === route.id)?.row
  const matches = matcher(route.filter)
  const own = sessions.filter(({ record }) => record.server === route.id)
  const found = own.filter(({ text }) => matches(text))
  const { shown, more } = useShown(found)
  if (row === undefined) return <h1>No server {route.id} in these captures</h1>
  const theirs = incidents.filter(({ shown: one }) => one.session.server === route.id)
  const faults = judged.analysis.faults.filter(({ party, accused }) => party === 'server' && accused === route.id)
  return (
    <>
      <section aria-labelledby="server" class="answer">
        <h1 id="server">
          <span class="address">{row.key}</span> <Called row={row} />
        </h1>
        <ul>
          {faults.map((fault) => (
            <li
              key={`${fault.rule} ${fault.certainty}`}
              class={fault.severity === 'error' ? fault.certainty : fault.severity}
            >
              {faultSentence(fault)}
            </li>
          ))}
          {faults.length === 0 && <NoFault row={row} />}
        </ul>
        <VerdictsOfServer row={row} />
        <BrokenRules row={row} most={40} />
        <Sparkline bins={row.bins} timeline={judged.triage.timeline} isTold />
      </section>
      <Sequences shapes={row.shapes} />
      {theirs.length > 0 && (
        <section aria-labelledby="incidents">
          <h2 id="incidents">Incidents</h2>
          <IncidentList rows={theirs.slice(0, INCIDENTS)} />
          {theirs.length > INCIDENTS && (
            <p class="more">and {decimal(theirs.length - INCIDENTS)} more in its sessions</p>
          )}
        </section>
      )}
      <section aria-labelledby="sessions">
        <h2 id="sessions">Sessions</h2>
        <Filter route={route} shown={found.length} of={own.length} one="session" unlisted={row.sessions - own.length} />
        <SessionTable rows={shown} isOneServer />
        {more}
      </section>
    </>
  )
}

/** Silence is no proof of innocence. */
function NoFault({ row: { inconclusive, sessions } }: { readonly row: TriageRow }) {
  if (inconclusive === 0) return <li class="none">No fault of this server found.</li>
  return (
    <li class="info">
      No fault of this server found, but {decimal(inconclusive)} of {counted(sessions, 'session')} could not be judged
      in full.
    </li>
  )
}

function Sequences({ shapes }: { readonly shapes: readonly SequenceCount[] }) {
  if (shapes.length === 0) return null
  const lacksAny = shapes.some(({ givenUp = 0, unanswered = 0 }) => givenUp + unanswered > 0)
  const ordered = [...shapes].sort((a, b) => b.failed - a.failed || b.well - a.well).slice(0, SEQUENCES)
  return (
    <section aria-labelledby="sequences">
      <h2 id="sequences">Command sequences</h2>
      <table class="list narrow">
        <thead>
          <tr>
            <th scope="col">Sent together</th>
            <th scope="col" class="number">
              Failed
            </th>
            <th scope="col" class="number">
              Answered well
            </th>
            <th scope="col" class="number">
              Not judged
            </th>
            {lacksAny && (
              <>
                <th scope="col" class="number">
                  Given up
                </th>
                <th scope="col" class="number">
                  Never answered
                </th>
              </>
            )}
          </tr>
        </thead>
        <tbody>
          {ordered.map(({ shape, failed, well, unjudged, givenUp = 0, unanswered = 0 }) => (
            <tr key={shape}>
              <th scope="row">
                <code>{shownSequence(shape)}</code>
              </th>
              <Count of={failed} name="failed" kind="faulty" />
              <Count of={well} name="answered well" />
              <Count of={unjudged} name="not judged" />
              {lacksAny && <Count of={givenUp} name="given up" kind="told" />}
              {lacksAny && <Count of={unanswered} name="never answered" kind="told" />}
            </tr>
          ))}
        </tbody>
      </table>
      {shapes.length > SEQUENCES && <p class="more">and {counted(shapes.length - SEQUENCES, 'more sequence')}</p>}
    </section>
  )
}
