// What the views show, computed once from what was judged.

import { incidentsIn, incidentTitle, type ShownIncident } from '../report/incident-fields.ts'
import { withFindings } from '../report/texts-in-order.ts'
import { verdictWords } from '../report/verdict-line.ts'
import type { FindingRecord, SessionRecord } from '../rules/analysis.ts'
import { RULES } from '../rules/index.ts'
import type { Rule } from '../rules/rule.ts'
import type { TriageRow } from '../triage/triage-result.ts'
import type { Judged } from './messages.ts'

/** With the text in which a filter looks. */
interface Searchable {
  readonly text: string
}

export interface SessionRow extends Searchable {
  readonly record: SessionRecord
  readonly findings: readonly FindingRecord[]
  /** The rules that it breaks, without those for information. */
  readonly rules: readonly string[]
}

export interface IncidentRow extends Searchable {
  readonly shown: ShownIncident
}

export interface ServerRow extends Searchable {
  readonly row: TriageRow
}

export interface RuleRow extends Searchable {
  readonly rule: Rule
  /** Number of sessions in which it was broken, listed or not. */
  readonly proved: number
  readonly suspected: number
}

export interface Model {
  readonly judged: Judged
  readonly sessions: readonly SessionRow[]
  readonly incidents: readonly IncidentRow[]
  readonly servers: readonly ServerRow[]
  readonly rules: readonly RuleRow[]
}

export function modelOf(judged: Judged): Model {
  const { analysis, triage } = judged
  const sessions = [...withFindings(analysis.sessions, analysis.findings)].map(([record, findings]): SessionRow => {
    const rules = [...new Set(findings.flatMap(({ rule, severity }) => (severity === 'info' ? [] : [rule])))]
    const { id, client, server, clientName, serverName, encryption, limits } = record
    const words = [id, client, server, clientName, serverName, verdictWords(record), record.verdict, encryption]
    const told = findings.flatMap(({ rule, certainty }) => [rule, certainty])
    return { record, findings, rules, text: [...words, ...told, ...limits.map(({ code }) => code)].join(' ') }
  })
  const incidents = incidentsIn(analysis).map((shown): IncidentRow => {
    const { incident, session, findings } = shown
    const { severity, certainty } = incident
    const names = [session.id, session.client, session.server, session.clientName, session.serverName]
    const told = findings.flatMap(({ rule, message }) => [rule, message])
    return { shown, text: [severity, certainty, incidentTitle(shown), ...names, ...told].join(' ') }
  })
  const servers = triage.rows.map((row): ServerRow => {
    const rules = row.rules.flatMap(({ rule, certainty, party }) => [rule, certainty, party])
    return { row, text: [row.key, row.name, ...row.software, ...rules].join(' ') }
  })
  return { judged, sessions, incidents, servers, rules: rulesIn(triage.rows) }
}

function rulesIn(servers: readonly TriageRow[]): readonly RuleRow[] {
  const counts = new Map<string, { proved: number; suspected: number }>()
  for (const { rule, certainty, sessions } of servers.flatMap(({ rules }) => rules)) {
    const count = counts.get(rule) ?? { proved: 0, suspected: 0 }
    count[certainty] += sessions
    counts.set(rule, count)
  }
  const rows = RULES.map((rule): RuleRow => {
    const { id, title, party, severity, clauses } = rule
    const rfcs = clauses.map(({ rfc }) => `RFC ${rfc}`)
    return {
      rule,
      ...(counts.get(id) ?? { proved: 0, suspected: 0 }),
      text: [id, title, party, severity, ...rfcs].join(' '),
    }
  })
  const found = ({ proved, suspected }: RuleRow) => (proved + suspected > 0 ? 0 : 1)
  return rows.sort((a, b) => found(a) - found(b))
}
