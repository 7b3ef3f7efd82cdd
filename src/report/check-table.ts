// What `check` prints on a terminal: the answer, the table of verdicts, incidents with their evidence, what could not be
// seen, one last sentence. Capped so that a large capture stays readable.

import type { LogQuote } from '../log/mail-log.ts'
import type { Analysis, ServerRecord, SessionRecord, Severity, VerdictName } from '../rules/analysis.ts'
import { RULES } from '../rules/index.ts'
import { captureSentences, limitSentences, packetsAndLinks, packetsRead } from './capture-words.ts'
import { renderIncidents } from './check-incidents.ts'
import { colourOf, counted, decimal, type Style, shorten, wrap } from './format-text.ts'
import { nextSteps } from './next-steps.ts'
import { type Column, tableOf } from './table-layout.ts'
import { renderAnswer, verdictWords } from './verdict-line.ts'

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
  const verdictOf = new Map(sessions.map((session) => [verdictWords(session), session.verdict]))
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
        cells: texts(verdictWords),
        rank: 0,
        style: (cell) => colourOf(verdictOf.get(cell) ?? 'conforming', style)(cell),
      },
    ],
    width,
    style,
  )
}

/** A column of numbers in the table of servers. */
type Counted = Exclude<VerdictName, 'violation'> | 'sessions' | 'serverAtFault' | 'clientAtFault'
const TITLES: Readonly<Partial<Record<Counted, string>>> = {
  serverAtFault: 'server at fault',
  clientAtFault: 'client at fault',
}

function serverRows(servers: readonly ServerRecord[], { width, style, all }: VerdictOptions): string {
  const ordered = [...servers].sort(
    (a, b) =>
      b.serverAtFault - a.serverAtFault ||
      b.violation - a.violation ||
      b.suspected - a.suspected ||
      b.sessions - a.sessions,
  )
  const shown = all || ordered.length <= SERVER_ROWS ? ordered : mostTelling(ordered)
  const numbers = (name: Counted, rank: number, colour?: (text: string) => string): Column => ({
    title: TITLES[name] ?? name,
    cells: shown.map((server) => decimal(server[name])),
    right: true,
    // What is nought everywhere gives way to everything else.
    rank: rank > 0 && shown.every((server) => server[name] === 0) ? 9 : rank,
    ...(colour && { style: (cell: string) => (cell === '0' ? cell : colour(cell)) }),
  })
  const table = tableOf(
    [
      { title: 'server', cells: shown.map(({ server }) => server), rank: 0 },
      { title: 'name', cells: shown.map(({ serverName }) => shorten(serverName ?? '-', NAME_COLUMNS)), rank: 5 },
      numbers('sessions', 0),
      numbers('serverAtFault', 0, style.red),
      numbers('clientAtFault', 1, style.red),
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
const partyOf = new Map(RULES.map(({ id, party }) => [id, party]))

/** The gravest rule that the server's sessions break, the most frequent of those: `input-lost 41 (server)`. */
function worstRule({ findings }: ServerRecord): string {
  const [worst] = Object.entries(findings).sort(
    ([a, n], [b, m]) => (gravityOf.get(b) ?? 0) - (gravityOf.get(a) ?? 0) || m - n,
  )
  return worst === undefined ? '-' : `${worst[0]} ${decimal(worst[1])} (${partyOf.get(worst[0]) ?? ''})`
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
  /** The lines of mail logs that belong to a session. */
  readonly quotes?: (session: string) => readonly LogQuote[]
}

export function renderTable(analysis: Analysis, options: TableOptions): string {
  const isEmpty = analysis.summary.sessions === 0
  const parts = [
    isEmpty ? '' : renderAnswer(analysis, options),
    captureNotes(analysis, options),
    isEmpty ? '' : renderVerdicts(analysis, options),
    renderIncidents(analysis, options),
    limits(analysis, options),
    isEmpty ? nothingFound(analysis, options) : lastSentence(analysis, options),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

/** Captures that were not read to their end, or that lack packets by their own account: not the whole truth follows. */
export function captureNotes(analysis: Pick<Analysis, 'captures'>, { style, width }: Page): string {
  return captureSentences(analysis)
    .flatMap((sentence) => wrap(sentence, width))
    .map(style.yellow)
    .join('\n')
}

export function limits(
  analysis: Pick<Analysis, 'summary'> & Partial<Pick<Analysis, 'servers'>>,
  { style, width }: Page,
): string {
  const lines = limitSentences(analysis).flatMap((sentence) => wrap(sentence, width, '  '))
  if (lines.length === 0) return ''
  return [style.bold('What could not be seen'), ...lines, ...nextSteps(analysis, width)].join('\n')
}

function lastSentence({ summary }: Analysis, { style, width, all }: TableOptions): string {
  const { findings, proved, sessions, opaque } = summary
  const verdicts = (['violation', 'suspected', 'inconclusive', 'conforming'] as const)
    .filter((name) => summary[name] > 0)
    .map((name) => colourOf(name, style)(`${decimal(summary[name])} ${name}`))
  const kind = (severity: 'error' | 'warning') => {
    const suspected = findings[severity] - proved[severity]
    return `${counted(findings[severity], severity)}${suspected === 0 ? '' : ` (${decimal(suspected)} suspected)`}`
  }
  const info =
    findings.info === 0 ? '' : `, ${decimal(findings.info)} of severity info${all ? '' : ' (--all lists them)'}`
  return wrap(
    [
      `${counted(sessions, 'session')}: ${verdicts.join(', ')}.`,
      `Findings: ${kind('error')}, ${kind('warning')}${info}.`,
      ...(opaque > 0 ? [`${counted(opaque, 'session')} encrypted.`] : []),
      packetsRead(summary),
    ].join(' '),
    width,
  ).join('\n')
}

/** No session: what was read, and what to try. */
export function nothingFound(
  { captures, summary }: Pick<Analysis, 'captures' | 'summary'>,
  { width, selective = false }: Page,
): string {
  const read = packetsAndLinks({ captures, summary })
  if (summary.packets.read === 0) return wrap(`No SMTP session found. ${read}`, width).join('\n')
  const hint = selective
    ? 'Try again without --port, --server, --client, --session, --since and --until.'
    : 'If SMTP uses another port than 24, 25, 465, 587 or 2525, name it with --port.'
  return wrap(`No SMTP session${selective ? ' matches the selection' : ' found'}. ${read} ${hint}`, width).join('\n')
}
