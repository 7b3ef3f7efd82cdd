// The incidents of `check` on a terminal: what one side did, the rules that it broke with it, and the evidence; then
// findings for information.
import type { Analysis, Clause, FindingRecord, IncidentRecord, SessionRecord } from '../rules/analysis.ts'
import { gravityOf, incidentsOf } from '../rules/incidents.ts'
import { RULES } from '../rules/index.ts'
import { filterLines, frameLists } from './file-frames.ts'
import { clauseName, counted, decimal, type Style, wrap } from './format-text.ts'
import { NOT_HAPPENED, renderNotHappened } from './not-happened.ts'
import { withFindings } from './texts-in-order.ts'
import { done } from './verdict-line.ts'

interface IncidentOptions {
  readonly width: number
  readonly style: Style
  readonly all: boolean
  /** Add why each finding is certain, and what would have excused it. */
  readonly explain: boolean
}

/** Incidents listed without `all`, in total and of one rule by one party. */
const LISTED = 15
const LISTED_ALIKE = 3
/** Rules of severity info that are listed without `all`. */
const LISTED_ALWAYS: ReadonlySet<string> = new Set(RULES.filter(({ isListed }) => isListed).map(({ id }) => id))
/** Kinds named below the list. */
const KINDS = 10
/** A display filter is broken between its comparisons, never inside one. */
const COMPARISON = / ([=<>!]=) /g

/** An incident with its session and its findings, the one that explains the others first. */
interface Shown {
  readonly incident: IncidentRecord
  readonly session: SessionRecord
  readonly findings: readonly FindingRecord[]
}

export function renderIncidents(analysis: Analysis, options: IncidentOptions): string {
  const all = incidentsIn(analysis)
  const { listed, unlisted } = choose(all, options.all)
  const blocks = listed.map((shown) => block(shown, options))
  const { error, warning } = analysis.summary.findings
  const unkept = error + warning - analysis.findings.filter(({ severity }) => severity !== 'info').length
  if (unlisted.size > 0 || unkept > 0) blocks.push(more(unlisted, unkept, options))
  const shown = new Set(all.flatMap(({ findings }) => findings))
  const notHappened = renderNotHappened(analysis, shown, options)
  if (notHappened !== '') blocks.push(notHappened)
  blocks.push(...forInformation(analysis.findings, options))
  return blocks.join('\n\n')
}

function incidentsIn({ sessions, findings }: Analysis): Shown[] {
  const shown: Shown[] = []
  for (const [session, own] of withFindings(sessions, findings)) {
    const byId = new Map(own.map((finding) => [finding.id, finding]))
    for (const incident of incidentsOf(own))
      shown.push({ incident, session, findings: incident.symptoms.flatMap(({ finding }) => byId.get(finding) ?? []) })
  }
  return shown.sort((a, b) => gravityOf(a.incident) - gravityOf(b.incident))
}

/** Which incidents get a block, and how many of each kind do not. */
function choose(incidents: readonly Shown[], all: boolean) {
  const listed: Shown[] = []
  const alike = new Map<string, number>()
  const unlisted = new Map<string, number>()
  for (const one of incidents) {
    const kind = kindOf(one)
    const before = alike.get(kind) ?? 0
    if (all || (before < LISTED_ALIKE && listed.length < LISTED)) {
      alike.set(kind, before + 1)
      listed.push(one)
    } else {
      unlisted.set(kind, (unlisted.get(kind) ?? 0) + 1)
    }
  }
  return { listed, unlisted }
}

/** `input-lost by server 203.0.113.25:25`, `pipelining-not-advertised by the client, at 203.0.113.25:25`. */
function kindOf({ incident: { rule, party, certainty }, session: { server } }: Shown): string {
  const suspected = certainty === 'proved' ? '' : ', suspected'
  return party === 'server' ? `${rule} by server ${server}${suspected}` : `${rule} by a client of ${server}${suspected}`
}

/** `and 41 more …`, with what they are. `unkept`: findings like others, of which only the number is known. */
function more(unlisted: ReadonlyMap<string, number>, unkept: number, { style, width }: IncidentOptions): string {
  const sum = (counts: readonly (readonly [string, number])[]) => counts.reduce((all, [, n]) => all + n, 0)
  const kinds = [...unlisted].sort((a, b) => b[1] - a[1])
  const rest = kinds.slice(KINDS)
  const widest = decimal(Math.max(kinds[0]?.[1] ?? 0, unkept)).length
  const line = (n: number, what: string) => wrap(`${decimal(n).padStart(widest)} ${what}`, width, '  ')
  const head =
    kinds.length === 0
      ? 'and more (--all lists them):'
      : `and ${counted(sum(kinds), 'more incident')} (--all lists them):`
  return [
    style.dim(head),
    ...kinds.slice(0, KINDS).flatMap(([kind, n]) => line(n, kind)),
    ...(rest.length === 0
      ? []
      : line(sum(rest), `of ${counted(rest.length, 'other rule or server', 'other rules or servers')}`)),
    ...(unkept === 0
      ? []
      : line(unkept, 'further findings that were only counted, because 100 sessions like theirs are kept')),
  ].join('\n')
}

function block({ incident, session, findings }: Shown, { style, width, explain }: IncidentOptions): string {
  const { severity, party, certainty, group } = incident
  const colour = severity === 'error' && certainty === 'proved' ? style.red : style.yellow
  const field = (name: string, text: string) => hanging(name, text, width)
  const fields = (name: string, texts: Iterable<string>) =>
    [...new Set(texts)].flatMap((text, i) => field(i === 0 ? name : '', text))
  const [main] = findings
  const proving = findings.filter((finding) => finding.severity !== 'info')
  const where = `${group === null ? session.id : `${session.id} group ${group}`}, ${session.client} -> ${session.server}`
  return [
    ...wrap(`${colour(severity.toUpperCase())} ${style.bold(`${party} ${done(incident)}`)} (${certainty})`, width),
    ...field('in', where),
    ...fields(
      findings.length === 1 ? 'rule' : 'rules',
      findings.map((finding) => ruleOf(finding, incident)),
    ),
    ...field('clause', [...new Set(clausesOf(proving).map(clauseName))].join('; ')),
    ...(main === undefined ? [] : [...field('expected', main.expected), ...field('actual', main.actual)]),
    ...fields(
      'evidence',
      proving.flatMap(({ evidence }) => evidence),
    ),
    ...(explain
      ? proving
          .flatMap(({ rule }) => explanation(rule, proving.length > 1))
          .flatMap(([name, text]) => field(name, text))
      : []),
    ...fields('frames', frameLists(incident)),
    ...fields(
      'filter',
      (main === undefined ? [] : filterLines(main)).map((filter) => filter.replace(COMPARISON, '\u00a0$1\u00a0')),
    ).map((line) => line.replaceAll('\u00a0', ' ')),
  ].join('\n')
}

/** `input-lost: 2 commands ...`; what differs from the incident is said. */
function ruleOf({ rule, party, certainty, message }: FindingRecord, incident: IncidentRecord): string {
  const differs = [
    ...(party === incident.party ? [] : [party]),
    ...(certainty === incident.certainty ? [] : [certainty]),
  ]
  return `${rule}${differs.length === 0 ? '' : ` (${differs.join(', ')})`}: ${message}`
}

/** The first clause of each rule. */
function clausesOf(findings: readonly FindingRecord[]): Clause[] {
  return findings.flatMap(({ clauses }) => clauses.slice(0, 1))
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

/** `s17 group 2`. */
function placeOf({ session, group }: FindingRecord): string {
  return group === null ? session : `${session} group ${group}`
}

/** Findings of severity info, one line each; without `all` the first few, of rules that are always listed. */
function forInformation(findings: readonly FindingRecord[], { style, width, all }: IncidentOptions): string[] {
  const told = findings.filter(
    ({ severity, rule }) => severity === 'info' && !NOT_HAPPENED.has(rule) && (all || LISTED_ALWAYS.has(rule)),
  )
  const listed = all ? told : told.slice(0, LISTED)
  const lines = listed.flatMap((finding) =>
    wrap(`${finding.rule} (${finding.party}) in ${placeOf(finding)}: ${finding.message}`, width, '  '),
  )
  if (listed.length < told.length) lines.push(`  and ${decimal(told.length - listed.length)} more`)
  return lines.length === 0 ? [] : [[style.bold('For information'), ...lines].join('\n')]
}

/** A name and its text, the text's later lines below the first. */
function hanging(name: string, text: string, width: number): string[] {
  const indent = ' '.repeat(12)
  const [first = '', ...rest] = wrap(text, width, indent)
  return [`  ${name.padEnd(10)}${first.slice(12)}`, ...rest]
}
