// What is said about an incident, name by name: for a terminal (`check-incidents.ts`) and for the page.
import type { Analysis, FindingRecord, IncidentRecord, SessionRecord } from '../rules/analysis.ts'
import { gravityOf, incidentsOf } from '../rules/incidents.ts'
import { RULES } from '../rules/index.ts'
import { filterLines, frameLists } from './file-frames.ts'
import { clauseName } from './format-text.ts'
import { withFindings } from './texts-in-order.ts'
import { done, notProved } from './verdict-line.ts'

/** An incident with its session and its findings, the one that explains the others first. */
export interface ShownIncident {
  readonly incident: IncidentRecord
  readonly session: SessionRecord
  readonly findings: readonly FindingRecord[]
}

/** A name and what stands behind it: one text a line. */
export interface Field {
  readonly name: string
  readonly texts: readonly string[]
}

/** The gravest first. */
export function incidentsIn({ sessions, findings }: Pick<Analysis, 'sessions' | 'findings'>): ShownIncident[] {
  const shown: ShownIncident[] = []
  for (const [session, own] of withFindings(sessions, findings)) {
    const byId = new Map(own.map((finding) => [finding.id, finding]))
    for (const incident of incidentsOf(own))
      shown.push({ incident, session, findings: incident.symptoms.flatMap(({ finding }) => byId.get(finding) ?? []) })
  }
  return shown.sort((a, b) => gravityOf(a.incident) - gravityOf(b.incident))
}

/** `server lost 2 of 4 pipelined commands`. */
export function incidentTitle({ incident }: ShownIncident): string {
  return `${incident.party} ${done(incident)}`
}

/** `explain`: with why each finding is certain, and what would have excused it. */
export function incidentFields({ incident, session, findings }: ShownIncident, explain: boolean): Field[] {
  const { group } = incident
  const [main] = findings
  const proving = findings.filter((finding) => finding.severity !== 'info')
  const where = `${placeOf({ session: session.id, group })}, ${session.client} -> ${session.server}`
  const field = (name: string, ...texts: readonly string[]): Field => ({ name, texts: [...new Set(texts)] })
  const fields = [
    field('in', where),
    field(findings.length === 1 ? 'rule' : 'rules', ...findings.map((finding) => ruleOf(finding, incident))),
    field('clause', ...clausesOf(proving)),
    ...(main === undefined ? [] : [field('expected', main.expected), field('actual', main.actual)]),
    field('evidence', ...proving.flatMap(({ evidence }) => evidence)),
    ...(explain
      ? proving
          .flatMap(({ rule }) => explanation(rule, proving.length > 1))
          .map(([name, text]) => ({ name, texts: [text] }))
      : []),
    field('frames', ...frameLists(incident)),
    field('filter', ...(main === undefined ? [] : filterLines(main))),
  ]
  return fields.filter(({ texts }) => texts.length > 0)
}

/** `s17, command group 2`. */
export function placeOf({ session, group }: Pick<FindingRecord, 'session' | 'group'>): string {
  return group === null ? session : `${session}, command group ${group}`
}

/** `input-lost (s1.2): 2 commands ...`; what differs from the incident is said. */
function ruleOf({ id, rule, party, certainty, message }: FindingRecord, incident: IncidentRecord): string {
  const differs = [
    ...(party === incident.party ? [] : [party]),
    ...(certainty === incident.certainty ? [] : [certainty]),
  ]
  return `${rule} (${[id, ...differs].join(', ')}): ${notProved({ certainty })}${message}`
}

/** The first clause of each rule, with the rule if there are several. */
function clausesOf(findings: readonly FindingRecord[]): string[] {
  const isOne = new Set(findings.map(({ rule }) => rule)).size === 1
  return findings.flatMap(({ rule, clauses: [first] }) =>
    first === undefined ? [] : [`${clauseName(first)}${isOne ? '' : ` (${rule})`}`],
  )
}

function explanation(id: string, isOneOfMany: boolean): [string, string][] {
  const rule = RULES.find((one) => one.id === id)
  if (rule === undefined) return []
  return [
    ...(isOneOfMany ? ([['', `${id}:`]] as [string, string][]) : []),
    ['proof', rule.proof],
    ['excluded', rule.excuses],
    ['why', rule.why],
    ['fix', rule.fix],
  ]
}
