// Findings -> blocks of text, the gravest first, capped so that a large capture stays readable.
import type { Analysis, FindingRecord } from '../rules/analysis.ts'
import { RULES } from '../rules/index.ts'
import { clauseName, counted, decimal, type Style, wrap } from './text.ts'

interface Options {
  readonly width: number
  readonly style: Style
  readonly all: boolean
  /** Add why each finding is certain, and what would have excused it. */
  readonly explain: boolean
}

/** Findings listed without `all`, in total and of one rule at one server. */
const LISTED = 20
const LISTED_ALIKE = 3
/** Rules of severity info that are listed without `all`. */
const LISTED_ALWAYS: ReadonlySet<string> = new Set(RULES.filter(({ isListed }) => isListed).map(({ id }) => id))
/** Kinds named below the list. */
const KINDS = 10
/** A display filter is broken between its comparisons, never inside one. */
const COMPARISON = / ([=<>!]=) /g

export function renderFindings(analysis: Analysis, options: Options): string {
  const serverOf = new Map(analysis.sessions.map(({ id, server }) => [id, server]))
  const { listed, unlisted } = choose(analysis.findings, serverOf, options.all)
  const many = analysis.servers.length > 1
  const blocks = listed.map((finding) => block(finding, many ? serverOf.get(finding.session) : undefined, options))
  const { error, warning } = analysis.summary.findings
  const kept = analysis.findings.filter(({ severity }) => severity !== 'info').length
  const unkept = error + warning - kept
  if (unlisted.size > 0 || unkept > 0) blocks.push(more(unlisted, unkept, options))
  blocks.push(...forInformation(analysis.findings, options))
  return blocks.join('\n\n')
}

/** Which findings get a block, and how many of each kind do not. */
function choose(findings: readonly FindingRecord[], serverOf: ReadonlyMap<string, string>, all: boolean) {
  const ordered = findings.filter(({ severity }) => severity !== 'info').sort((a, b) => rank(a) - rank(b))
  const listed: FindingRecord[] = []
  const alike = new Map<string, number>()
  const unlisted = new Map<string, number>()
  for (const finding of ordered) {
    const kind = `${finding.rule} at ${serverOf.get(finding.session) ?? finding.session}`
    const before = alike.get(kind) ?? 0
    if (all || (before < LISTED_ALIKE && listed.length < LISTED)) {
      alike.set(kind, before + 1)
      listed.push(finding)
    } else {
      unlisted.set(kind, (unlisted.get(kind) ?? 0) + 1)
    }
  }
  return { listed, unlisted }
}

function rank({ severity, certainty }: FindingRecord): number {
  return (severity === 'error' ? 0 : 2) + (certainty === 'proved' ? 0 : 1)
}

/** `and 41 more …`, with what they are. `unkept`: findings like others, of which only the number is known. */
function more(unlisted: ReadonlyMap<string, number>, unkept: number, { style, width }: Options): string {
  const sum = (counts: readonly (readonly [string, number])[]) => counts.reduce((all, [, n]) => all + n, 0)
  const kinds = [...unlisted].sort((a, b) => b[1] - a[1])
  const rest = kinds.slice(KINDS)
  const widest = decimal(Math.max(kinds[0]?.[1] ?? 0, unkept)).length
  const line = (n: number, what: string) => wrap(`${decimal(n).padStart(widest)} ${what}`, width, '  ')
  return [
    style.dim(`and ${counted(sum(kinds) + unkept, 'more finding')} (--all lists them):`),
    ...kinds.slice(0, KINDS).flatMap(([kind, n]) => line(n, kind)),
    ...(rest.length === 0 ? [] : line(sum(rest), `of ${counted(rest.length, 'other kind')}`)),
    ...(unkept === 0 ? [] : line(unkept, 'that were only counted, each like a hundred before it')),
  ].join('\n')
}

function block(finding: FindingRecord, server: string | undefined, { style, width, explain }: Options): string {
  const { severity, certainty, rule, party } = finding
  const colour = severity === 'error' ? style.red : style.yellow
  const [clause] = finding.clauses
  const at = server === undefined ? '' : `, ${server}`
  const field = (name: string, text: string) => hanging(name, text, width)
  return [
    ...wrap(
      `${colour(severity.toUpperCase())} ${style.bold(rule)} (${party}, ${certainty}) in ${placeOf(finding)}${at}`,
      width,
    ),
    ...wrap(finding.message, width, '  '),
    ...(clause === undefined ? [] : field('clause', clauseName(clause))),
    ...field('expected', finding.expected),
    ...field('actual', finding.actual),
    ...finding.evidence.flatMap((sentence, i) => field(i === 0 ? 'evidence' : '', sentence)),
    ...(explain ? explanation(rule).flatMap(([name, text]) => field(name, text)) : []),
    ...field('frames', finding.frames.join(', ')),
    ...field('filter', finding.displayFilter.replace(COMPARISON, '\u00a0$1\u00a0')).map((line) =>
      line.replaceAll('\u00a0', ' '),
    ),
  ].join('\n')
}

function explanation(id: string): [string, string][] {
  const rule = RULES.find((one) => one.id === id)
  if (rule === undefined) return []
  return [
    ['proof', rule.proof],
    ['excuses', `none of these held: ${rule.excuses}`],
    ['why', rule.why],
    ['fix', rule.fix],
  ]
}

/** `s17 group 2`. */
function placeOf({ session, group }: FindingRecord): string {
  return group === null ? session : `${session} group ${group}`
}

/** What is worth knowing and nobody's fault: a line each, without `all` the first few of the rules that are listed always. */
function forInformation(findings: readonly FindingRecord[], { style, width, all }: Options): string[] {
  const told = findings.filter(({ severity, rule }) => severity === 'info' && (all || LISTED_ALWAYS.has(rule)))
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
