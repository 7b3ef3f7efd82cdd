// What `check` prints on a terminal: the table of verdicts, findings with their evidence, what could not be seen, one
// last sentence. Capped so that a large capture stays readable.

import { describeCaptureProblem } from '../errors.ts'
import type { Analysis, FindingRecord, ServerRecord, SessionRecord, Severity, VerdictName } from '../rules/analysis.ts'
import { RULES } from '../rules/index.ts'
import type { LimitCode } from '../smtp/records.ts'
import { terminal } from './escape.ts'
import { clauseName, colourOf, counted, decimal, LIMIT_WORDS, type Style, shorten, wrap } from './format-text.ts'
import { type Column, tableOf } from './table-layout.ts'

interface VerdictOptions {
  readonly width: number
  readonly style: Style
  readonly all: boolean
}

/** Up to this many sessions each gets a row; beyond it servers do. */
const SESSION_ROWS = 20
const SERVER_ROWS = 20
const NAME_COLUMNS = 40

function renderVerdicts(analysis: Analysis, options: VerdictOptions): string {
  const { sessions, summary, servers } = analysis
  const few = summary.sessions <= SESSION_ROWS && sessions.length === summary.sessions
  return few ? sessionRows(sessions, options) : serverRows(servers, options)
}

function sessionRows(sessions: readonly SessionRecord[], { width, style }: VerdictOptions): string {
  const texts = (of: (session: SessionRecord) => string) => sessions.map(of)
  const numbers = (title: 'commands' | 'replies' | 'unanswered', rank: number): Column => ({
    title,
    cells: sessions.map((session) => decimal(session[title])),
    right: true,
    rank,
  })
  return tableOf(
    [
      { title: 'session', cells: texts(({ id }) => id), rank: 0 },
      { title: 'client', cells: texts(({ client }) => client), rank: 1 },
      { title: 'server', cells: texts(({ server }) => server), rank: 0 },
      { title: 'name', cells: texts(({ serverName }) => shorten(serverName ?? '-', NAME_COLUMNS)), rank: 2 },
      numbers('commands', 4),
      numbers('replies', 5),
      numbers('unanswered', 3),
      {
        title: 'verdict',
        cells: texts(({ verdict }) => verdict),
        rank: 0,
        style: (cell) => colourOf(cell as VerdictName, style)(cell),
      },
    ],
    width,
    style,
  )
}

function serverRows(servers: readonly ServerRecord[], { width, style, all }: VerdictOptions): string {
  const ordered = [...servers].sort(
    (a, b) => b.violation - a.violation || b.suspected - a.suspected || b.sessions - a.sessions,
  )
  const shown = all || ordered.length <= SERVER_ROWS ? ordered : mostTelling(ordered)
  const numbers = (title: VerdictName | 'sessions', rank: number, colour?: (text: string) => string): Column => ({
    title,
    cells: shown.map((server) => decimal(server[title])),
    right: true,
    // What is nought everywhere gives way to everything else.
    rank: rank > 0 && shown.every((server) => server[title] === 0) ? 9 : rank,
    ...(colour && { style: (cell: string) => (cell === '0' ? cell : colour(cell)) }),
  })
  const table = tableOf(
    [
      { title: 'server', cells: shown.map(({ server }) => server), rank: 0 },
      { title: 'name', cells: shown.map(({ serverName }) => shorten(serverName ?? '-', NAME_COLUMNS)), rank: 5 },
      numbers('sessions', 0),
      numbers('violation', 0, style.red),
      numbers('suspected', 1, style.yellow),
      numbers('inconclusive', 2, style.yellow),
      numbers('conforming', 3, style.green),
      { title: 'worst finding', cells: shown.map(worstRule), rank: 4 },
    ],
    width,
    style,
  )
  const rest = ordered.slice(shown.length)
  if (rest.length === 0) return table
  const clean = rest.some(isAccused) ? '' : ' without violation'
  return `${table}\n${style.dim(`and ${counted(rest.length, 'more server')}${clean} (--all lists them)`)}`
}

const isAccused = ({ violation, suspected }: ServerRecord) => violation + suspected > 0

/** The first servers with violations; if no server has any, the first of all. */
function mostTelling(ordered: readonly ServerRecord[]): readonly ServerRecord[] {
  const accused = ordered.filter(isAccused)
  return (accused.length > 0 ? accused : ordered).slice(0, SERVER_ROWS)
}

const GRAVITY: readonly Severity[] = ['info', 'warning', 'error']
const gravityOf = new Map(RULES.map(({ id, severity }) => [id, GRAVITY.indexOf(severity)]))

/** The gravest rule that the server's sessions break, the most frequent of those: `input-lost 41`. */
function worstRule({ findings }: ServerRecord): string {
  const [worst] = Object.entries(findings).sort(
    ([a, n], [b, m]) => (gravityOf.get(b) ?? 0) - (gravityOf.get(a) ?? 0) || m - n,
  )
  return worst === undefined ? '-' : `${worst[0]} ${decimal(worst[1])}`
}

interface FindingOptions {
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

function renderFindings(analysis: Analysis, options: FindingOptions): string {
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
function more(unlisted: ReadonlyMap<string, number>, unkept: number, { style, width }: FindingOptions): string {
  const sum = (counts: readonly (readonly [string, number])[]) => counts.reduce((all, [, n]) => all + n, 0)
  const kinds = [...unlisted].sort((a, b) => b[1] - a[1])
  const rest = kinds.slice(KINDS)
  const widest = decimal(Math.max(kinds[0]?.[1] ?? 0, unkept)).length
  const line = (n: number, what: string) => wrap(`${decimal(n).padStart(widest)} ${what}`, width, '  ')
  return [
    style.dim(`and ${counted(sum(kinds) + unkept, 'more finding')} (--all lists them):`),
    ...kinds.slice(0, KINDS).flatMap(([kind, n]) => line(n, kind)),
    ...(rest.length === 0
      ? []
      : line(sum(rest), `of ${counted(rest.length, 'other rule or server', 'other rules or servers')}`)),
    ...(unkept === 0 ? [] : line(unkept, 'that were only counted, because 100 like each of them are kept')),
  ].join('\n')
}

function block(finding: FindingRecord, server: string | undefined, { style, width, explain }: FindingOptions): string {
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
function forInformation(findings: readonly FindingRecord[], { style, width, all }: FindingOptions): string[] {
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

export interface Page {
  /** Columns of the terminal. */
  readonly width: number
  readonly style: Style
  /** Whether only some sessions were asked for: then their absence has another likely reason. Default false. */
  readonly selective?: boolean
}

export interface TableOptions extends Page {
  /** Lists everything: no cap on servers and findings, and findings of severity info. */
  readonly all: boolean
  /** Add why each finding is certain, and what would have excused it. */
  readonly explain: boolean
}

export function renderTable(analysis: Analysis, options: TableOptions): string {
  const parts = [
    captureNotes(analysis, options),
    analysis.summary.sessions === 0 ? '' : renderVerdicts(analysis, options),
    renderFindings(analysis, options),
    limits(analysis, options),
    analysis.summary.sessions === 0 ? nothingFound(analysis, options) : lastSentence(analysis, options),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

/** Captures that were not read to their end, or that lack packets by their own account: not the whole truth follows. */
export function captureNotes({ captures }: Pick<Analysis, 'captures'>, { style, width }: Page): string {
  return captures
    .flatMap(({ path, error, packets, droppedByCapture }) => {
      if (error === null) {
        if (!droppedByCapture) return []
        const lost = `the capture reports ${counted(droppedByCapture, 'dropped packet')}`
        return wrap(`${terminal(path)}: ${lost}; gaps are never counted as faults.`, width)
      }
      const consequence =
        packets === 0 ? '' : `; ${counted(packets, 'packet')} could be read and ${packets === 1 ? 'is' : 'are'} judged`
      return wrap(`${terminal(path)}: ${terminal(describeCaptureProblem(error))}${consequence}.`, width)
    })
    .map(style.yellow)
    .join('\n')
}

export function limits({ summary }: Pick<Analysis, 'summary'>, { style, width }: Page): string {
  const lines = Object.entries(summary.limits).flatMap(([code, sessions]) =>
    wrap(`${code}: ${LIMIT_WORDS[code as LimitCode]} (${counted(sessions, 'session')})`, width, '  '),
  )
  return lines.length === 0 ? '' : [style.bold('What could not be seen'), ...lines].join('\n')
}

function lastSentence({ summary }: Analysis, { style, width, all }: TableOptions): string {
  const { findings, sessions, opaque } = summary
  const verdicts = (['violation', 'suspected', 'inconclusive', 'conforming'] as const)
    .filter((name) => summary[name] > 0)
    .map((name) => colourOf(name, style)(`${decimal(summary[name])} ${name}`))
  const info =
    findings.info === 0 ? '' : `, ${decimal(findings.info)} of severity info${all ? '' : ' (--all lists them)'}`
  return wrap(
    [
      `${counted(sessions, 'session')}: ${verdicts.join(', ')}.`,
      `${counted(findings.error, 'error')}, ${counted(findings.warning, 'warning')}${info}.`,
      ...(opaque > 0 ? [`${counted(opaque, 'session')} encrypted.`] : []),
      packetsRead(summary),
    ].join(' '),
    width,
  ).join('\n')
}

export function packetsRead({ packets }: Analysis['summary']): string {
  const undecodable = packets.undecodable === 0 ? '' : `, ${decimal(packets.undecodable)} not decodable`
  const { badChecksums } = packets
  const passed = badChecksums ? `, ${decimal(badChecksums)} dropped because of a wrong checksum` : ''
  return `${counted(packets.read, 'packet')} read${undecodable}${passed}.`
}

/** No session: what was read, and what to try. */
export function nothingFound(
  { captures, summary }: Pick<Analysis, 'captures' | 'summary'>,
  { width, selective = false }: Page,
): string {
  const links = [...new Set(captures.flatMap(({ linkTypes }) => linkTypes))]
  const read = `${packetsRead(summary)}${links.length === 0 ? '' : ` Link types: ${links.join(', ')}.`}`
  if (summary.packets.read === 0) return wrap(`No SMTP session found. ${read}`, width).join('\n')
  const hint = selective
    ? 'Try again without --port, --server, --client, --session, --since and --until.'
    : 'If SMTP uses another port than 24, 25, 465, 587 or 2525, name it with --port.'
  return wrap(`No SMTP session${selective ? ' matches the selection' : ' found'}. ${read} ${hint}`, width).join('\n')
}
