// The incidents of `check` on a terminal: what one side did, the rules that it broke with it, and the evidence; then
// findings for information.
import type { LogQuote } from '../log/mail-log.ts'
import type { Analysis, FindingRecord } from '../rules/analysis.ts'
import { RULES } from '../rules/index.ts'
import { terminal } from './escape.ts'
import { counted, decimal, type Style, wrap } from './format-text.ts'
import {
  type Field,
  incidentFields,
  incidentsIn,
  incidentTitle,
  placeOf,
  type ShownIncident,
} from './incident-fields.ts'
import { quoteTitle } from './log-quotes.ts'
import { NOT_HAPPENED, renderNotHappened } from './not-happened.ts'
import { notProved } from './verdict-line.ts'

interface IncidentOptions {
  readonly width: number
  readonly style: Style
  readonly all: boolean
  /** Add why each finding is certain, and what would have excused it. */
  readonly explain: boolean
  /** The lines of mail logs that belong to a session. */
  readonly quotes?: (session: string) => readonly LogQuote[]
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

/** `repeats`: one of its kind is shown with all evidence. */
interface Listed extends ShownIncident {
  readonly repeats: boolean
}
/** Of those that repeat another one: where, what and which packets. */
const NAMED = new Set(['in', 'rule', 'rules', 'frames'])

export function renderIncidents(analysis: Analysis, options: IncidentOptions): string {
  const all = incidentsIn(analysis)
  const { listed, unlisted } = choose(all, options.all)
  const quoted = new Set<string>()
  const blocks = listed.map((shown) => {
    const { id } = shown.session
    // Once for a session with several incidents.
    const quotes = quoted.has(id) ? [] : (options.quotes?.(id) ?? [])
    quoted.add(id)
    return block(shown, quotes, options)
  })
  const { error, warning } = analysis.summary.findings
  const unkept = error + warning - analysis.findings.filter(({ severity }) => severity !== 'info').length
  if (unlisted.size > 0 || unkept > 0) blocks.push(more(unlisted, unkept, options))
  const shown = new Set(all.flatMap(({ findings }) => findings))
  const notHappened = renderNotHappened(analysis, shown, options)
  if (notHappened !== '') blocks.push(notHappened)
  blocks.push(...forInformation(analysis.findings, options))
  return blocks.join('\n\n')
}

/** Which incidents get a block, and how many of each kind do not. */
function choose(incidents: readonly ShownIncident[], all: boolean) {
  const listed: Listed[] = []
  const alike = new Map<string, number>()
  const unlisted = new Map<string, number>()
  for (const one of incidents) {
    const kind = kindOf(one)
    const before = alike.get(kind) ?? 0
    if (all || (before < LISTED_ALIKE && listed.length < LISTED)) {
      alike.set(kind, before + 1)
      listed.push({ ...one, repeats: !all && before > 0 })
    } else {
      unlisted.set(kind, (unlisted.get(kind) ?? 0) + 1)
    }
  }
  return { listed, unlisted }
}

/** `input-lost by server 203.0.113.25:25`, `pipelining-not-advertised by the client, at 203.0.113.25:25`. */
function kindOf({ incident: { rule, party, certainty }, session: { server } }: ShownIncident): string {
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
    ...(unkept === 0 ? [] : line(unkept, 'more findings like these, which were only counted')),
  ].join('\n')
}

function block(shown: Listed, quotes: readonly LogQuote[], { style, width, explain }: IncidentOptions): string {
  const { severity, certainty } = shown.incident
  const colour = severity === 'error' && certainty === 'proved' ? style.red : style.yellow
  const [place, ...fields] = incidentFields(shown, explain).filter(({ name }) => !shown.repeats || NAMED.has(name))
  const lines = [...(place === undefined ? [] : [place]), ...logField(quotes, shown), ...fields].flatMap(
    ({ name, texts }) =>
      texts.flatMap((text, i) => {
        const whole = name === 'filter' ? text.replace(COMPARISON, '\u00a0$1\u00a0') : text
        return hanging(i === 0 ? name : '', whole, width).map((line) => line.replaceAll('\u00a0', ' '))
      }),
  )
  return [
    ...wrap(`${colour(severity.toUpperCase())} ${style.bold(incidentTitle(shown))} (${certainty})`, width),
    ...lines,
  ].join('\n')
}

/** The first line of the mail log, and how to see the others. */
function logField([first, ...more]: readonly LogQuote[], { session: { id } }: ShownIncident): Field[] {
  if (first === undefined) return []
  const rest =
    more.length === 0 ? [] : [`${counted(more.length, 'more line')}: pipelint transcript --session ${id} --log`]
  return [{ name: 'mail log', texts: [`${quoteTitle(first)}: ${terminal(first.text)}`, ...rest] }]
}

/** Findings of severity info, one line each; without `all` the first few, of rules that are always listed. */
function forInformation(findings: readonly FindingRecord[], { style, width, all }: IncidentOptions): string[] {
  const told = findings.filter(
    ({ severity, rule }) => severity === 'info' && !NOT_HAPPENED.has(rule) && (all || LISTED_ALWAYS.has(rule)),
  )
  const listed = all ? told : told.slice(0, LISTED)
  const lines = listed.flatMap((finding) =>
    wrap(
      `${finding.rule} (${finding.party}) in ${placeOf(finding)}: ${notProved(finding)}${finding.message}`,
      width,
      '  ',
    ),
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
