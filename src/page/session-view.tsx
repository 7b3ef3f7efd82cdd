// One session: its dialogue beside its sequence diagram, and what is said about it. The captures are read again for it.
import { useEffect, useState } from 'preact/hooks'
import { fileFilters, frameLists } from '../report/file-frames.ts'
import { clauseName, counted, LIMIT_WORDS, shorten } from '../report/format-text.ts'
import { incidentsIn, incidentTitle } from '../report/incident-fields.ts'
import { sentencesOf } from '../report/not-happened.ts'
import { verdictWords } from '../report/verdict-line.ts'
import type { FindingRecord, SessionRecord } from '../rules/analysis.ts'
import type { WorkerClient } from './client.ts'
import type { SessionShown } from './messages.ts'
import type { Model } from './model.ts'
import { DisplayFilter, Html, Mark, RuleLink, ServerLink, Verdict } from './parts.tsx'
import { linkTo } from './route.ts'

interface Props {
  readonly model: Model
  readonly id: string
  readonly client: WorkerClient
}

/** `reading` before it is there, null when there is no such session. */
type Read = 'reading' | SessionShown | null

export function SessionView({ model, id, client }: Props) {
  const [read, setRead] = useState<Read>('reading')
  const [problem, setProblem] = useState('')
  useEffect(() => {
    let isCurrent = true
    const running = client.run({ kind: 'session', session: id })
    running.result.then(
      (result) => isCurrent && setRead(result),
      (error: Error) => isCurrent && setProblem(error.message),
    )
    return () => {
      isCurrent = false
      running.stop()
    }
  }, [client, id])
  const listed = model.sessions.find(({ record }) => record.id === id)
  const record = listed?.record ?? (read !== 'reading' ? read?.record : undefined)
  const findings = listed?.findings ?? (read !== 'reading' && read !== null ? read.findings : [])
  if (read === null) return <h1>No session {id} in these captures</h1>
  return (
    <article class="session">
      <Head model={model} id={id} record={record} />
      {record !== undefined && <Facts record={record} findings={findings} />}
      {problem !== '' && (
        <p class="notice fault" role="alert">
          {problem}
        </p>
      )}
      <div class="body">
        {read === 'reading' ? (
          problem === '' && <p role="status">Reading the packets of {id}</p>
        ) : (
          <div class="two">
            <Html class="dialogue-side" text={read.dialogue} />
            <Html class="diagram-side" text={read.diagram} />
          </div>
        )}
        <div class="said">
          <Findings findings={findings} />
          {record !== undefined && <Limits record={record} />}
        </div>
      </div>
    </article>
  )
}

function Head({
  model,
  id,
  record,
}: {
  readonly model: Model
  readonly id: string
  readonly record: SessionRecord | undefined
}) {
  const at = model.sessions.findIndex((one) => one.record.id === id)
  const told = (by: 1 | -1) => {
    for (let i = at + by; at >= 0 && i >= 0 && i < model.sessions.length; i += by) {
      const one = model.sessions[i]
      if (one !== undefined && (one.findings.length > 0 || one.record.verdict !== 'conforming')) return one.record.id
    }
    return null
  }
  const [before, next] = [told(-1), told(1)]
  return (
    <div class="head">
      <h1>
        Session {id} {record !== undefined && <Verdict verdict={record.verdict} words={verdictWords(record)} />}
      </h1>
      <p class="around">
        {before !== null && (
          <a rel="prev" href={linkTo({ view: 'session', id: before })}>
            ← {before}
          </a>
        )}
        {next !== null && (
          <a rel="next" href={linkTo({ view: 'session', id: next })}>
            {next} →
          </a>
        )}
      </p>
    </div>
  )
}

const FACT_COLUMNS = 64
const ENCRYPTION = { none: 'not encrypted', opaque: 'encrypted, not decrypted', decrypted: 'decrypted' } as const

function Facts({ record, findings }: { readonly record: SessionRecord; readonly findings: readonly FindingRecord[] }) {
  const { client, clientName, server, serverName, startedAt, protocol, pipelining, encryption } = record
  const incidents = incidentsIn({ sessions: [record], findings })
  const offered = pipelining.advertised === null ? 'not seen' : pipelining.advertised ? 'offered' : 'not offered'
  return (
    <>
      <p class="facts">
        <span class="address">{client}</span>
        {clientName !== null && ` (${shorten(clientName, FACT_COLUMNS)})`} → <ServerLink server={server} />
        {serverName !== null && ` (${shorten(serverName, FACT_COLUMNS)})`}
      </p>
      <p class="facts">
        {startedAt.slice(0, 19).replace('T', ' ')} UTC · {protocol} · pipelining {offered},{' '}
        {pipelining.used ? 'used' : 'not used'} · {ENCRYPTION[encryption]} · {counted(record.commands, 'command')},{' '}
        {counted(record.replies, 'reply', 'replies')}, {counted(record.messages, 'message')}
      </p>
      <ul class="plain">
        {incidents.map((shown) => (
          <li key={shown.incident.id}>
            <Mark severity={shown.incident.severity} certainty={shown.incident.certainty} /> {incidentTitle(shown)}
          </li>
        ))}
        {sentencesOf(record, findings, new Set(incidents.flatMap((shown) => shown.findings))).map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </>
  )
}

function Findings({ findings }: { readonly findings: readonly FindingRecord[] }) {
  if (findings.length === 0) return null
  const [first] = findings
  return (
    <section aria-labelledby="findings">
      <h2 id="findings">Findings</h2>
      <div class="cards">
        {findings.map((finding) => (
          <Finding key={finding.id} finding={finding} />
        ))}
      </div>
      {first !== undefined && (
        <>
          <h3>In Wireshark</h3>
          {fileFilters(first).map((filter) => (
            <p key={filter.file}>
              <DisplayFilter filter={filter} />
            </p>
          ))}
        </>
      )}
    </section>
  )
}

function Finding({ finding }: { readonly finding: FindingRecord }) {
  const { rule, severity, certainty, clauses, expected, actual, evidence } = finding
  const rows: readonly (readonly [string, string])[] = [
    ['Clause', clauses.map(clauseName).join('; ')],
    ['Expected', expected],
    ['Happened', actual],
    [certainty === 'proved' ? 'Proof' : 'Grounds', evidence.join('; ')],
    ['Frames', frameLists(finding).join('; ')],
  ]
  return (
    <section class={`card ${severity === 'error' ? certainty : severity}`}>
      <h3>
        <Mark severity={severity} certainty={certainty} /> <RuleLink id={rule} />
      </h3>
      <dl class="fields">
        {rows
          .filter(([, text]) => text !== '')
          .map(([name, text]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{text}</dd>
            </div>
          ))}
      </dl>
    </section>
  )
}

function Limits({ record }: { readonly record: SessionRecord }) {
  const told = record.limits.filter(({ rules }) => rules.length > 0)
  if (told.length === 0) return null
  return (
    <section aria-labelledby="limits">
      <h2 id="limits">What could not be seen</h2>
      <ul class="plain">
        {told.map(({ code, rules, reason, frame }) => (
          <li key={`${code} ${frame}`}>
            <code>{code}</code>: {LIMIT_WORDS[code]}
            {reason !== undefined && `: ${reason}`}
            {frame !== null && ` (frame ${frame})`}; {counted(rules.length, 'rule')} not fully judged
          </li>
        ))}
      </ul>
    </section>
  )
}
