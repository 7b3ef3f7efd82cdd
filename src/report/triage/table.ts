// A triage -> text for a terminal: what to look at first, the table, what could not be seen, one last sentence.
import type { Analysis } from '../../rules/analysis.ts'
import type { By, TriageResult, TriageRow } from '../../triage/records.ts'
import { OTHERS } from '../../triage/triage.ts'
import { stackedGrid } from '../grid.ts'
import { captureNotes, limits, nothingFound, type Page, packetsRead } from '../table.ts'
import { counted, decimal, wrap } from '../text.ts'
import { columnsOf } from './columns.ts'
import { renderLeads, seconds } from './sentences.ts'

export interface TriageOptions extends Page {
  /** Lists everything: no cap on rows, rules and shapes, and findings for information. */
  readonly all: boolean
}

/** Rows shown without `all`. Hours are all shown: a gap between them would be read as one of the traffic. */
const ROWS = 20

type Judged = Pick<Analysis, 'captures' | 'summary'>

export function renderTriage(triage: TriageResult, analysis: Judged, options: TriageOptions): string {
  const { summary } = analysis
  const parts =
    summary.sessions === 0
      ? [captureNotes(analysis, options), nothingFound(analysis, options)]
      : [
          captureNotes(analysis, options),
          renderLeads(triage.first, summary.inconclusive, options),
          table(triage, options),
          limits(analysis, options),
          lastSentence(analysis, options),
        ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function table(triage: TriageResult, options: TriageOptions): string {
  const { by, rows } = triage
  const { width, ink, all } = options
  if (rows.length === 0) return 'No rule was broken.'
  const shown = all || by === 'hour' ? rows : rows.slice(0, ROWS)
  const text = stackedGrid(columnsOf(by, shown, options), width, ink)
  const notes = [...remaining(by, rows.slice(shown.length)), ...legend(triage), ...others(by, rows)]
  return [text, ...notes.map((note) => wrap(note, width).map(ink.dim).join('\n'))].join('\n\n')
}

function remaining(by: By, rest: readonly TriageRow[]): string[] {
  if (rest.length === 0) return []
  const clean = rest.some(({ accused }) => accused.proved + accused.suspected > 0) ? '' : ' without an error'
  return [`and ${counted(rest.length, `more ${by}`)}${clean} (--all lists them)`]
}

function legend({ by, timeline, hours }: TriageResult): string[] {
  if (by === 'hour') {
    return hours === 1 ? [] : [`A row is ${counted(hours ?? 1, 'hour')}: the captures are too long for less.`]
  }
  if (timeline === null || timeline.bins < 2) return []
  const each = `over time: a mark for each ${duration(timeline.seconds)} from ${seconds(timeline.from)}, UTC`
  const height = by === 'rule' ? 'how many sessions' : 'the share of sessions with a violation'
  return [`${each}; its height is ${height}, by when they began; · is none.`]
}

function duration(s: number): string {
  return s === 1 ? 'second' : `${decimal(s)} seconds`
}

function others(by: By, rows: readonly TriageRow[]): string[] {
  if (!rows.some(({ key }) => key === OTHERS)) return []
  return [`others: beyond ${decimal(rows.length - 1)} ${by}s the rest is one row.`]
}

function lastSentence({ summary }: Judged, { width }: TriageOptions): string {
  const verdicts = (['violation', 'suspected', 'inconclusive', 'conforming'] as const)
    .filter((name) => summary[name] > 0)
    .map((name) => `${decimal(summary[name])} ${name}`)
  return wrap(`${counted(summary.sessions, 'session')}: ${verdicts.join(', ')}. ${packetsRead(summary)}`, width).join(
    '\n',
  )
}
