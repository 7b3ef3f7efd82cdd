// Rows of a triage -> the columns of its table, by what has a row.
import type { ShapeCount, VerdictName } from '../../rules/analysis.ts'
import type { By, RuleCount, TriageRow } from '../../triage/records.ts'
import { OTHERS } from '../../triage/triage.ts'
import type { Column } from '../grid.ts'
import { decimal, type Ink, shorten } from '../text.ts'
import { colourOf } from '../verdicts.ts'
import { seconds } from './sentences.ts'
import { spark } from './spark.ts'

const NAME_COLUMNS = 32
const SHAPE_COLUMNS = 32
/** Rules and shapes of one row, without `all`. */
const LISTED = 4
const NONE = '-'

const VERDICTS: readonly VerdictName[] = ['violation', 'suspected', 'inconclusive', 'conforming']

interface Options {
  readonly ink: Ink
  readonly all: boolean
}

export function columnsOf(by: By, rows: readonly TriageRow[], options: Options): Column[] {
  const { ink } = options
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
    // What is nought everywhere gives way to everything else.
    rank: rank > 0 && rows.every((row) => of(row) === 0) ? 20 : rank,
    ...(colour && { ink: (cell: string) => (cell === '0' ? cell : colour(cell)) }),
  })
  const verdicts: Column = {
    ...texts('verdicts', 1, (row) =>
      lines(VERDICTS.map((verdict) => (row[verdict] > 0 ? `${decimal(row[verdict])} ${verdict}` : ''))),
    ),
    ink: (line) => colourOf((line.split(' ')[1] ?? '') as VerdictName, ink)(line),
  }
  const broken = texts('broken rules', 1, (row) => rulesOf(row, by, options))
  const seen = texts('first and last seen', 4, ({ firstAt, lastAt }) =>
    lines([...new Set([seconds(firstAt), seconds(lastAt)])]),
  )
  const fails = texts('fails as', 2, ({ shapes }) => shapesOf(shapes, 'failed', options))
  const works = texts('works as', 5, ({ shapes }) => shapesOf(shapes, 'well', options))
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
        ...[fails, works, seen, time],
      ]
    case 'rule':
      return [
        texts('rule', 0, ({ key }) => key),
        texts('by', 1, ({ rules }) => rules[0]?.party ?? NONE),
        numbers('sessions', 0, ({ sessions }) => sessions),
        numbers('proved', 0, (row) => certain(row, 'proved'), ink.red),
        numbers('suspected', 1, (row) => certain(row, 'suspected'), ink.yellow),
        numbers('servers', 2, ({ servers = 0 }) => servers),
        numbers('clients', 3, ({ clients = 0 }) => clients),
        ...[fails, seen, time],
      ]
    case 'hour':
      return [
        texts('begun (UTC)', 0, ({ key }) => seconds(key)),
        numbers('sessions', 0, ({ sessions }) => sessions),
        numbers('pipelined', 5, ({ pipelined }) => pipelined),
        verdicts,
        broken,
      ]
  }
}

const lines = (texts: readonly string[]) => texts.filter((text) => text !== '').join('\n')

function endpointCell({ key, name, software }: TriageRow, by: By): string {
  const guess = software.length === 0 ? 'software unknown' : `sounds like ${software.join(' or ')}`
  const called = name === null ? '' : shorten(name, NAME_COLUMNS)
  return lines([key, called, by === 'server' && key !== OTHERS ? guess : ''])
}

function certain({ rules }: TriageRow, certainty: RuleCount['certainty']): number {
  return rules.reduce((sum, count) => sum + (count.certainty === certainty ? count.sessions : 0), 0)
}

/** `input-lost 41`; what is not proved, and what is not about the one who has the row, says so. */
function rulesOf({ rules }: TriageRow, by: By, { all }: Options): string {
  const told = all ? rules : rules.filter(({ severity }) => severity !== 'info')
  const lines = told.map(({ rule, party, certainty, sessions }) => {
    const whose = party === by ? '' : ` by ${party}`
    return `${rule} ${decimal(sessions)}${certainty === 'proved' ? '' : ' suspected'}${whose}`
  })
  return capped(lines, 'rules', all)
}

function shapesOf(shapes: readonly ShapeCount[], what: 'failed' | 'well', { all }: Options): string {
  const told = shapes
    .filter(({ failed, well }) => (what === 'failed' ? failed > 0 : failed === 0 && well > 0))
    .sort((a, b) => b[what] - a[what])
  const lines = told.map((count) => `${shorten(count.shape, SHAPE_COLUMNS)} (${decimal(count[what])})`)
  return capped(lines, 'shapes', all)
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
  return spark(
    sessions.map((n, i) => {
      if (n === 0) return null
      return by === 'rule' ? n / most : (violation[i] ?? 0) / n
    }),
  )
}
