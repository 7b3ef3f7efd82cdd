// Sessions and servers -> the table of verdicts. The columns that fit are shown, the most telling ones first.
import type { Analysis, ServerRecord, SessionRecord, Severity, VerdictName } from '../rules/analysis.ts'
import { RULES } from '../rules/index.ts'
import { type Column, tableOf } from './table-layout.ts'
import { counted, decimal, type Style, shorten } from './text.ts'

interface Options {
  readonly width: number
  readonly style: Style
  readonly all: boolean
}

/** Up to this many sessions each gets a row; beyond it servers do. */
const SESSION_ROWS = 20
const SERVER_ROWS = 20
const NAME_COLUMNS = 40

export function renderVerdicts(analysis: Analysis, options: Options): string {
  const { sessions, summary, servers } = analysis
  const few = summary.sessions <= SESSION_ROWS && sessions.length === summary.sessions
  return few ? sessionRows(sessions, options) : serverRows(servers, options)
}

export function colourOf(verdict: VerdictName, style: Style): (text: string) => string {
  if (verdict === 'violation') return style.red
  if (verdict === 'conforming') return style.green
  return style.yellow
}

function sessionRows(sessions: readonly SessionRecord[], { width, style }: Options): string {
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

function serverRows(servers: readonly ServerRecord[], { width, style, all }: Options): string {
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

/** The first of those with violations; where there is none, the first of all. */
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
