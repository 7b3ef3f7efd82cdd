// The answer first: whose fault, what, how often. Then the servers, the first incidents, what did not happen, and what could
// not be seen.
import { useState } from 'preact/hooks'
import { captureSentences, limitSentences, packetsAndLinks, packetsRead } from '../report/capture-words.ts'
import { terminal } from '../report/escape.ts'
import { counted, decimal } from '../report/format-text.ts'
import { captureAgain, KEYS, lacksKeys } from '../report/next-steps.ts'
import { sentencesOf } from '../report/not-happened.ts'
import { answerOf } from '../report/verdict-line.ts'
import type { Analysis, FaultRecord } from '../rules/analysis.ts'
import { IncidentList } from './incidents-view.tsx'
import { ROWS_DRAWN_MAX } from './limits.ts'
import type { Model } from './model.ts'
import { bytesInWords, Copyable, SessionLink } from './parts.tsx'
import { linkTo } from './route.ts'
import { ServerTable } from './servers-view.tsx'
import { VerdictsOfAll } from './verdict-bar.tsx'

/** Rows of the lists, which have views of their own. */
const SERVERS = 12
const INCIDENTS = 5
const NOT_HAPPENED = 10

export function Overview({ model }: { readonly model: Model }) {
  const { judged, servers, incidents } = model
  const { analysis } = judged
  if (analysis.summary.sessions === 0) return <NothingFound model={model} />
  return (
    <>
      <Answer analysis={analysis} />
      <Notes model={model} />
      <section aria-labelledby="servers">
        <Heading id="servers" title="Servers" count={servers.length} shown={SERVERS} view="servers" />
        <ServerTable rows={servers.slice(0, SERVERS)} timeline={judged.triage.timeline} />
      </section>
      {incidents.length > 0 && (
        <section aria-labelledby="incidents">
          <Heading id="incidents" title="Incidents" count={incidents.length} shown={INCIDENTS} view="incidents" />
          <IncidentList rows={incidents.slice(0, INCIDENTS)} />
        </section>
      )}
      <NotHappened model={model} />
      <Unseen model={model} />
      <ReadWhat model={model} />
    </>
  )
}

interface HeadingProps {
  readonly id: string
  readonly title: string
  readonly count: number
  readonly shown: number
  readonly view: 'servers' | 'incidents'
}

function Heading({ id, title, count, shown, view }: HeadingProps) {
  return (
    <h2 id={id}>
      {title}{' '}
      {count > shown && (
        <a class="to-all" href={linkTo({ view })}>
          all {decimal(count)}
        </a>
      )}
    </h2>
  )
}

/** No fault is good news only where everything could be judged. */
function toneOf(fault: FaultRecord | null, { inconclusive }: Analysis['summary']): string {
  if (fault === null) return inconclusive > 0 ? 'info' : 'none'
  return fault.severity === 'error' ? fault.certainty : fault.severity
}

function Answer({ analysis }: { readonly analysis: Analysis }) {
  const [isAll, setAll] = useState(false)
  const { sentences, untold } = answerOf(analysis, isAll)
  return (
    <section class="answer" aria-labelledby="answer">
      <h1 id="answer" class="unseen">
        The answer
      </h1>
      <ul>
        {sentences.slice(0, ROWS_DRAWN_MAX).map(({ text, fault }) => (
          <li key={text} class={toneOf(fault, analysis.summary)}>
            <Sentence text={text} fault={fault} />
          </li>
        ))}
      </ul>
      {untold > 0 && (
        <p class="more">
          <button type="button" onClick={() => setAll(true)}>
            Show {counted(untold, 'more fault')}
          </button>
        </p>
      )}
      <VerdictsOfAll counts={analysis.summary} />
    </section>
  )
}

/** The accused server is a link, and so are the sessions of a client. */
function Sentence({ text, fault }: { readonly text: string; readonly fault: FaultRecord | null }) {
  const { accused = '', party = 'server' } = fault ?? {}
  const address = accused.replace(/:25$/, '').replace(/^\[(.*)\]$/, '$1')
  const at = address === '' ? -1 : text.indexOf(address)
  if (at < 0) return <>{text}</>
  const href =
    party === 'server' ? linkTo({ view: 'server', id: accused }) : linkTo({ view: 'sessions', filter: accused })
  return (
    <>
      {text.slice(0, at)}
      <a href={href}>{address}</a>
      {text.slice(at + address.length)}
    </>
  )
}

/** What the reader must know before anything else: not the whole truth follows. */
function Notes({ model }: { readonly model: Model }) {
  const { analysis, notes, wasStopped, keyLogs } = model.judged
  const told = [
    ...(wasStopped ? ['You stopped the reading: only what was read is judged.'] : []),
    ...captureSentences(analysis).filter((sentence) => !(wasStopped && sentence.includes('interrupted'))),
    ...notes,
    ...keyLogs.map(({ name, secrets }) => `${terminal(name)}: ${counted(secrets, 'TLS secret')} read.`),
  ]
  if (told.length === 0) return null
  return (
    <ul class="notice">
      {told.map((text) => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  )
}

function NotHappened({ model }: { readonly model: Model }) {
  const explained = new Set(model.incidents.flatMap(({ shown }) => shown.findings))
  const told = model.sessions.flatMap(({ record, findings }) =>
    sentencesOf(record, findings, explained).map((text) => ({ id: record.id, server: record.server, text })),
  )
  const [isAll, setAll] = useState(false)
  if (told.length === 0) return null
  const shown = told.slice(0, isAll ? ROWS_DRAWN_MAX : NOT_HAPPENED)
  const more = Math.min(told.length, ROWS_DRAWN_MAX) - shown.length
  const untold = Math.max(told.length, model.judged.analysis.summary.withoutReply) - shown.length - more
  return (
    <section aria-labelledby="not-happened">
      <h2 id="not-happened">What did not happen</h2>
      <ul class="plain">
        {shown.map(({ id, server, text }) => (
          <li key={`${id} ${text}`}>
            <SessionLink id={id} /> at {server}: {text}
          </li>
        ))}
      </ul>
      {more > 0 && (
        <p class="more">
          <button type="button" onClick={() => setAll(true)}>
            Show {decimal(more)} more
          </button>
        </p>
      )}
      {more === 0 && untold > 0 && <p class="more">and {decimal(untold)} more, in the list of sessions</p>}
    </section>
  )
}

function Unseen({ model }: { readonly model: Model }) {
  const { analysis, wasStopped } = model.judged
  const told = limitSentences(analysis)
  // What the user left unread needs no other capture.
  const again = wasStopped ? null : captureAgain(analysis)
  if (told.length === 0) return null
  return (
    <section aria-labelledby="unseen">
      <h2 id="unseen">What could not be seen</h2>
      <ul class="plain">
        {told.map((text) => (
          <li key={text}>
            <a href={linkTo({ view: 'sessions', filter: text.slice(0, text.indexOf(':')) })}>{text}</a>
          </li>
        ))}
      </ul>
      {lacksKeys(analysis) && <p class="more">{KEYS}: drop a file in the format of SSLKEYLOGFILE on this page.</p>}
      {again !== null && (
        <p class="more">
          {again.advice} <Copyable text={again.command} />
        </p>
      )}
    </section>
  )
}

function ReadWhat({ model }: { readonly model: Model }) {
  const { analysis, milliseconds } = model.judged
  const { captures, summary } = analysis
  return (
    <section aria-labelledby="read" class="read">
      <h2 id="read">What was read</h2>
      <ul class="plain">
        {captures.map(({ path, format, compression, bytes, packets, firstPacketAt, lastPacketAt }) => (
          <li key={path}>
            <strong>{terminal(path)}</strong> {format ?? 'no capture'}
            {compression === 'none' ? '' : ` in ${compression}`}, {bytesInWords(bytes)}, {counted(packets, 'packet')}
            {firstPacketAt !== null && `, ${timeOf(firstPacketAt)} to ${timeOf(lastPacketAt ?? firstPacketAt)} UTC`}
          </li>
        ))}
      </ul>
      <p class="more">
        {packetsRead(summary)} {(milliseconds / 1000).toFixed(1)} s.
      </p>
    </section>
  )
}

const timeOf = (iso: string) => iso.slice(0, 19).replace('T', ' ')

function NothingFound({ model }: { readonly model: Model }) {
  const { analysis } = model.judged
  return (
    <>
      <section class="answer">
        <h1>{analysis.captures.length === 0 ? 'No capture is open' : 'No SMTP session found'}</h1>
        <p>
          {analysis.captures.length === 0 ? 'Open the capture that the keys belong to.' : packetsAndLinks(analysis)}{' '}
          {analysis.summary.packets.read > 0 &&
            'SMTP is recognised at ports 24, 25, 465, 587 and 2525; the command line has --port for others.'}
        </p>
      </section>
      <Notes model={model} />
      <ReadWhat model={model} />
    </>
  )
}
