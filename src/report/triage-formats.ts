// A triage as text for a terminal (what to look at first, the table, what could not be seen), as JSON and as CSV.
import type { Analysis, FaultRecord, SequenceCount } from '../rules/analysis.ts'
import { lacksIn } from '../rules/command-sequences.ts'
import { OTHERS } from '../triage/triage.ts'
import type { By, Priority, QuietServer, RuleCount, TriageResult, TriageRow } from '../triage/triage-result.ts'
import { packetsRead } from './capture-words.ts'
import { captureNotes, limits, nothingFound, type Page } from './check-table.ts'
import { csvLine } from './csv.ts'
import { counted, decimal, type Style, shorten, shownSequence, sparkline, wrap } from './format-text.ts'
import { documentHead, indented, list } from './json.ts'
import { inSeconds as seconds, zoneOf } from './local-time.ts'
import { notAnsweredInWords } from './not-happened.ts'
import { type Column, stackedGrid } from './table-layout.ts'
import { accusedName, done, howOften, verdictCounts } from './verdict-line.ts'

interface SentenceOptions {
  readonly width: number
  readonly style: Style
  readonly all: boolean
}

/** Servers and clients, and rules of one, that are named. */
const LEADS = 5
const RULES = 3

const BULLET = '- '

function renderPriorities(
  { first: leads }: TriageResult,
  { faults, summary }: Judged,
  options: SentenceOptions,
): string {
  const { width, style, all } = options
  const shown = all ? leads : leads.slice(0, LEADS)
  const lines = shown.flatMap((lead) => item(sentence(lead, faults, style), width))
  const more = leads.length - shown.length
  if (more > 0)
    lines.push(...wrap(`and ${decimal(more)} more servers or clients (--all lists them)`, width).map(style.dim))
  if (leads.length === 0) lines.push(...wrap(noErrors(summary.inconclusive), width))
  return [style.bold('What to look at first'), ...lines].join('\n')
}

function item(text: string, width: number): string[] {
  const [first = '', ...more] = wrap(text, width - BULLET.length)
  return [BULLET + first, ...more.map((line) => ' '.repeat(BULLET.length) + line)]
}

/** What was given up or never answered. It is no violation, so it comes last. */
function renderNotAnswered({ quiet: servers }: TriageResult, { width, style, all }: SentenceOptions): string {
  const shown = all ? servers : servers.slice(0, LEADS)
  const lines = shown.flatMap((server) => {
    const { key, name } = server
    const who = style.bold(accusedName({ party: 'server', accused: key, name }))
    return item(`${who}: ${notAnsweredOf(server)}.`, width)
  })
  if (lines.length === 0) return ''
  const head = [style.bold('What did not happen'), '(not counted as a fault)'].join(' ')
  const more = servers.length - shown.length
  if (more === 0) return [head, ...lines].join('\n')
  const rest = `and ${counted(more, 'more server')} that did not answer something (--all lists them)`
  return [head, ...lines, ...wrap(rest, width).map(style.dim)].join('\n')
}

function notAnsweredOf({ lacking, answered, givenUp, sessions }: QuietServer): string {
  if (lacking.length > 0) return notAnsweredInWords(lacking, answered)
  // Sequences beyond the limit are counted together and have no name.
  const verbs = givenUp.map(({ verb, sessions: n }) => `${shownSequence(verb)} given up on in ${decimal(n)}`)
  return `${verbs.join(', ')} of ${counted(sessions, 'session')}`
}

function noErrors(inconclusive: number): string {
  const head = 'No error was proved or suspected for any server or client.'
  if (inconclusive === 0) return head
  return `${head} ${counted(inconclusive, 'session')} could not be judged in full; this is not counted as a fault.`
}

function sentence(lead: Priority, faults: readonly FaultRecord[], style: Style): string {
  const { party, key, name, certainty, affected, sessions, firstAt, lastAt } = lead
  const who = accusedName({ party, accused: key, name })
  const own = faults.filter(
    (fault) =>
      fault.party === party && fault.accused === key && fault.severity === 'error' && fault.certainty === certainty,
  )
  const what = own.length === 0 ? `broke ${rulesInWords(lead)}` : deedsInWords(own, affected)
  const colour = certainty === 'proved' ? style.red : style.yellow
  const [first, last] = [
    own.map((fault) => fault.firstAt).sort()[0],
    own
      .map((fault) => fault.lastAt)
      .sort()
      .at(-1),
  ]
  const times = { sessions: affected, of: sessions, firstAt: first ?? firstAt, lastAt: last ?? lastAt }
  return `${style.bold(who)} ${colour(what)}; ${howOften(times)}${sequencesInWords(lead)}.`
}

/** `lost pipelined commands in 41 sessions, sent an extra reply in 3`. */
function deedsInWords(faults: readonly FaultRecord[], affected: number): string {
  const named = faults.slice(0, RULES).map((fault) => {
    const where = fault.sessions === affected ? '' : ` in ${counted(fault.sessions, 'session')}`
    return `${done(fault)}${where}`
  })
  const more = faults.length - named.length
  return [...named, ...(more > 0 ? [counted(more, 'more fault')] : [])].join(', ')
}

function rulesInWords({ rules, affected }: Priority): string {
  const named = rules
    .slice(0, RULES)
    .map(({ rule, sessions }) => (sessions === affected ? rule : `${rule} (${decimal(sessions)})`))
  const more = rules.length - named.length
  return [...named, ...(more > 0 ? [counted(more, 'more rule')] : [])].join(', ')
}

function sequencesInWords({ fails, works }: Priority): string {
  const failed = fails.map(
    ({ shape, failed, well }) => `"${shownSequence(shape)}" (${decimal(failed)} of ${decimal(failed + well)})`,
  )
  const well = works.map((count: SequenceCount) => `"${shownSequence(count.shape)}" (${decimal(count.well)})`)
  return [
    ...(failed.length > 0 ? [`; failing command sequences: ${failed.join(', ')}`] : []),
    ...(failed.length > 0 && well.length > 0 ? [`; working: ${well.join(', ')}`] : []),
  ].join('')
}

const NAME_COLUMNS = 32
const SHAPE_COLUMNS = 32
/** Rules and shapes of one row, without `all`. */
const LISTED = 4
const NONE = '-'

interface CellOptions {
  readonly style: Style
  readonly all: boolean
}

function columnsOf(by: By, rows: readonly TriageRow[], options: CellOptions): Column[] {
  const { style } = options
  const texts = (title: string, rank: number, of: (row: TriageRow) => string): Column => ({
    title,
    cells: rows.map(of),
    rank,
  })
  const numbers = (
    title: string,
    rank: number,
    of: (row: TriageRow) => number,
    colour?: (text: string) => string,
  ): Column => ({
    title,
    cells: rows.map((row) => decimal(of(row))),
    right: true,
    // A column of zeros is the first to be left out.
    rank: rank > 0 && rows.every((row) => of(row) === 0) ? 20 : rank,
    ...(colour && { style: (cell: string) => (cell === '0' ? cell : colour(cell)) }),
  })
  const verdicts: Column = {
    ...texts('verdicts', 1, (row) => lines(verdictLines(row))),
    style: (line) => verdictColour(line, style),
  }
  const broken = texts('broken rules', 1, (row) => rulesOf(row, by, options))
  const seen = texts('first and last seen', 4, ({ firstAt, lastAt }) =>
    lines([...new Set([seconds(firstAt), seconds(lastAt)])]),
  )
  const fails = texts('failing sequences', 2, ({ shapes }) => shapesOf(shapes, 'failed', options))
  const lacks = texts('without a reply', 3, ({ shapes }) => lacksCell(shapes, options))
  const works = texts('working sequences', 5, ({ shapes }) => shapesOf(shapes, 'well', options))
  const time = texts('over time', 6, (row) => timeOf(row, by))
  switch (by) {
    case 'server':
    case 'client':
      return [
        texts(by, 0, (row) => endpointCell(row, by)),
        numbers('sessions', 0, ({ sessions }) => sessions),
        numbers('pipelined', 3, ({ pipelined }) => pipelined),
        verdicts,
        broken,
        ...[fails, lacks, works, seen, time],
      ]
    case 'rule':
      return [
        texts('rule', 0, ({ key }) => key),
        texts('by', 1, ({ rules }) => rules[0]?.party ?? NONE),
        numbers('sessions', 0, ({ sessions }) => sessions),
        numbers('proved', 0, (row) => certain(row, 'proved'), style.red),
        numbers('suspected', 1, (row) => certain(row, 'suspected'), style.yellow),
        numbers('servers', 2, ({ servers = 0 }) => servers),
        numbers('clients', 3, ({ clients = 0 }) => clients),
        ...[fails, seen, time],
      ]
    case 'hour':
      return [
        texts(`begun (${zoneOf(rows[0]?.key ?? 'Z')})`, 0, ({ key }) => seconds(key)),
        numbers('sessions', 0, ({ sessions }) => sessions),
        numbers('pipelined', 5, ({ pipelined }) => pipelined),
        verdicts,
        broken,
      ]
  }
}

/** `2 server at fault`, `1 client suspected`, `96 conforming`. */
function verdictLines(row: TriageRow): string[] {
  return verdictCounts(row).map(({ sessions, words }) => `${decimal(sessions)} ${words}`)
}

function verdictColour(line: string, style: Style): string {
  if (line.endsWith(' at fault')) return style.red(line)
  return line.endsWith(' conforming') ? style.green(line) : style.yellow(line)
}

const lines = (texts: readonly string[]) => texts.filter((text) => text !== '').join('\n')

function endpointCell({ key, name, software }: TriageRow, by: By): string {
  const guess = software.length === 0 ? [] : wrap(`probably ${software.join(' or ')}`, NAME_COLUMNS)
  const called = name === null ? '' : shorten(name, NAME_COLUMNS)
  return lines([key, called, ...(by === 'server' && key !== OTHERS ? guess : [])])
}

function certain({ rules }: TriageRow, certainty: RuleCount['certainty']): number {
  return rules.reduce((sum, count) => sum + (count.certainty === certainty ? count.sessions : 0), 0)
}

/** `input-lost 41`; what is not proved, and what is not about the one who has the row, says so. */
function rulesOf({ rules }: TriageRow, by: By, { all }: CellOptions): string {
  const told = all ? rules : rules.filter(({ severity }) => severity !== 'info')
  const lines = told.map(({ rule, party, certainty, sessions }) => {
    const whose = party === by ? '' : ` by ${party}`
    return `${rule} ${decimal(sessions)}${certainty === 'proved' ? '' : ' suspected'}${whose}`
  })
  return capped(lines, 'rules', all)
}

function shapesOf(shapes: readonly SequenceCount[], what: 'failed' | 'well', { all }: CellOptions): string {
  const told = shapes
    .filter(({ failed, well }) => (what === 'failed' ? failed > 0 : failed === 0 && well > 0))
    .sort((a, b) => b[what] - a[what])
  const lines = told.map((count) => `${shorten(shownSequence(count.shape), SHAPE_COLUMNS)} (${decimal(count[what])})`)
  return capped(lines, 'sequences', all)
}

/** Sequences that were given up or never answered. */
function lacksCell(shapes: readonly SequenceCount[], { all }: CellOptions): string {
  const told = shapes.filter((count) => lacksIn(count) > 0).sort((a, b) => lacksIn(b) - lacksIn(a))
  const lines = told.map(
    (count) => `${shorten(shownSequence(count.shape), SHAPE_COLUMNS)} (${decimal(lacksIn(count))})`,
  )
  return capped(lines, 'sequences', all)
}

function capped(lines: readonly string[], what: string, all: boolean): string {
  if (lines.length === 0) return NONE
  if (all || lines.length <= LISTED) return lines.join('\n')
  return [...lines.slice(0, LISTED - 1), `${decimal(lines.length - LISTED + 1)} more ${what}`].join('\n')
}

/** Of a rule, how many sessions; else, in which share of them something is proved. */
function timeOf({ bins }: TriageRow, by: By): string {
  if (bins === null || bins.sessions.length < 2) return NONE
  const { sessions, violation } = bins
  const most = Math.max(...sessions)
  return sparkline(
    sessions.map((n, i) => {
      if (n === 0) return null
      return by === 'rule' ? n / most : (violation[i] ?? 0) / n
    }),
    { none: '·', zero: '▁', marks: '▂▃▄▅▆▇█', round: Math.ceil },
  )
}

interface TriageOptions extends Page {
  /** Lists everything: no cap on rows, rules and shapes, and findings for information. */
  readonly all: boolean
}

/** Rows shown without `all`. Hours are all shown: a gap between them would be read as one of the traffic. */
const ROWS = 20

type Judged = Pick<Analysis, 'captures' | 'summary' | 'faults' | 'servers'>

export function renderTriage(triage: TriageResult, analysis: Judged, options: TriageOptions): string {
  const { summary } = analysis
  const parts =
    summary.sessions === 0
      ? [captureNotes(analysis, options), nothingFound(analysis, options)]
      : [
          captureNotes(analysis, options),
          renderPriorities(triage, analysis, options),
          renderNotAnswered(triage, options),
          table(triage, options),
          limits(analysis, options),
          lastSentence(analysis, options),
        ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function table(triage: TriageResult, options: TriageOptions): string {
  const { by, rows } = triage
  const { width, style, all } = options
  if (rows.length === 0) return 'No rule was broken.'
  const shown = all || by === 'hour' ? rows : rows.slice(0, ROWS)
  const text = stackedGrid(columnsOf(by, shown, options), width, style)
  const notes = [...remaining(by, rows.slice(shown.length)), ...legend(triage), ...others(by, rows)]
  return [text, ...notes.map((note) => wrap(note, width).map(style.dim).join('\n'))].join('\n\n')
}

function remaining(by: By, rest: readonly TriageRow[]): string[] {
  if (rest.length === 0) return []
  const clean = rest.some(({ accused }) => accused.proved + accused.suspected > 0) ? '' : ' without an error'
  return [`and ${counted(rest.length, `more ${by}`)}${clean} (--all lists them)`]
}

function legend({ by, timeline, hours }: TriageResult): string[] {
  if (by === 'hour') {
    return hours === 1 ? [] : [`Each row is ${counted(hours ?? 1, 'hour')}, because the captures cover a long time.`]
  }
  if (timeline === null || timeline.bins < 2) return []
  const each = `over time: one mark for each ${duration(timeline.seconds)} from ${seconds(timeline.from)} (${zoneOf(timeline.from)})`
  const height =
    by === 'rule'
      ? 'the number of sessions, · is none'
      : 'the share of sessions with a violation, · is a time without sessions'
  return [`${each}, by the start of the sessions; the height is ${height}.`]
}

function duration(s: number): string {
  return s === 1 ? 'second' : `${decimal(s)} seconds`
}

function others(by: By, rows: readonly TriageRow[]): string[] {
  if (!rows.some(({ key }) => key === OTHERS)) return []
  return [`others: all further ${by}s after the first ${decimal(rows.length - 1)}.`]
}

function lastSentence({ summary }: Judged, { width }: TriageOptions): string {
  const verdicts = (['violation', 'suspected', 'inconclusive', 'conforming'] as const)
    .filter((name) => summary[name] > 0)
    .map((name) => `${decimal(summary[name])} ${name}`)
  return wrap(`${counted(summary.sessions, 'session')}: ${verdicts.join(', ')}. ${packetsRead(summary)}`, width).join(
    '\n',
  )
}

export function* triageDocument(
  { by, hours, timeline, first, quiet, rows }: TriageResult,
  { captures, summary }: Pick<Analysis, 'captures' | 'summary'>,
  version: string,
): Iterable<string> {
  yield* documentHead('pipelint.triage/1', version, captures, summary)
  yield `"by": "${by}",\n  "hours": ${hours},\n  "timeline": ${indented(timeline, 2)},\n  `
  yield* list('first', first)
  yield ',\n  '
  yield* list('quiet', quiet)
  yield ',\n  '
  yield* list('rows', rows)
  yield '\n}\n'
}

const BETWEEN = '; '

type Cell = (row: TriageRow) => string | number | null

/** New columns go to the end: scripts count. */
const COLUMNS: readonly (readonly [string, Cell])[] = [
  ['key', ({ key }) => key],
  ['name', ({ name }) => name],
  ['software', ({ software }) => software.join(BETWEEN)],
  ['sessions', ({ sessions }) => sessions],
  ['pipelined', ({ pipelined }) => pipelined],
  ['violation', ({ violation }) => violation],
  ['suspected', ({ suspected }) => suspected],
  ['inconclusive', ({ inconclusive }) => inconclusive],
  ['conforming', ({ conforming }) => conforming],
  ['accusedProved', ({ accused }) => accused.proved],
  ['accusedSuspected', ({ accused }) => accused.suspected],
  [
    'rules',
    ({ rules }) => rules.map(({ rule, certainty, sessions }) => `${rule} ${certainty} ${sessions}`).join(BETWEEN),
  ],
  ['firstAt', ({ firstAt }) => firstAt],
  ['lastAt', ({ lastAt }) => lastAt],
  ['fails', ({ shapes }) => shapeCell(shapes, 'failed')],
  ['works', ({ shapes }) => shapeCell(shapes, 'well')],
  ['servers', ({ servers = null }) => servers],
  ['clients', ({ clients = null }) => clients],
  ['givenUp', ({ givenUp }) => givenUp.map(({ verb, sessions }) => `${verb} ${sessions}`).join(BETWEEN)],
  [
    'unanswered',
    ({ shapes }) =>
      shapes
        .flatMap(({ shape, unanswered }) => (unanswered === undefined ? [] : `${shape} ${unanswered}`))
        .join(BETWEEN),
  ],
]

export function* triageCsv({ rows }: TriageResult): Iterable<string> {
  yield csvLine(COLUMNS.map(([name]) => name))
  for (const row of rows) yield csvLine(COLUMNS.map(([, cell]) => cell(row)))
}

function shapeCell(shapes: readonly SequenceCount[], what: 'failed' | 'well'): string {
  return shapes
    .filter(({ failed, well }) => (what === 'failed' ? failed > 0 : failed === 0 && well > 0))
    .map((count) => `${count.shape} ${count[what]}`)
    .join(BETWEEN)
}
