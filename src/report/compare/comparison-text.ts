// A comparison as text for a terminal: what differs, and both dialogues in two columns, the client side on the left.
import type { Comparison, Pair, Seen } from '../../compare/comparison.ts'
import type { Difference } from '../../compare/difference.ts'
import type { Line, SideBySide } from '../../compare/side-by-side.ts'
import { counted, decimal, type Style, wrap } from '../format-text.ts'
import { excerptOf, worstFirst } from './comparison-excerpt.ts'
import {
  AMBIGUOUS,
  alike,
  BOX_WORDS,
  BY_WORDS,
  clockWords,
  framesOf,
  notComparedWords,
  ONLY_BEFORE,
  ONLY_BEHIND,
  PLACE_WORDS,
  reasonWords,
  totalWords,
} from './comparison-words.ts'

interface Options {
  readonly width: number
  readonly style: Style
  /** Lists every session, also those whose outcome is `same`. */
  readonly all: boolean
}

/** Sessions listed without `all`, of each kind. */
const LISTED = 20

export function renderComparison(comparison: Comparison, options: Options): string {
  const { pairs, onlyBefore, onlyBehind, ambiguous } = comparison
  // With --all in the order of the sessions, otherwise the worst first.
  const worst = options.all ? { shown: pairs, more: 0 } : worstFirst(pairs, LISTED)
  const blocks: string[] = []
  for (const pair of worst.shown) blocks.push(block(pair, options))
  if (worst.more > 0) blocks.push(options.style.dim(`and ${counted(worst.more, 'more session')} (--all lists them)`))
  blocks.push(
    ...alone(ONLY_BEFORE, onlyBefore, options),
    ...alone(ONLY_BEHIND, onlyBehind, options),
    ...alone(AMBIGUOUS, ambiguous, options),
    lastSentence(comparison, options),
  )
  return `${blocks.join('\n\n')}\n`
}

function block(
  { before, behind, by, box, outcome, differences, reasons, notes, rows }: Pair,
  options: Options,
): string {
  const { style, width } = options
  const colour = outcome === 'same' ? style.green : outcome === 'different' ? style.red : style.yellow
  const named = ({ session, client, server }: Seen) => `${style.bold(session)} ${client} -> ${server}`
  const head = `${named(before)} | ${behind.map(named).join(', ')}: ${colour(outcome.replace('-', ' '))}`
  return [
    ...wrap(head, width),
    ...wrap(style.dim(`${BOX_WORDS[box]}; paired by ${BY_WORDS[by]}`), width, '  '),
    ...alike(differences).flatMap(([difference, times]) => differenceLines(difference, times, options)),
    ...reasonWords(reasons).flatMap((words) => wrap(`cannot tell: ${words}`, width, '  ')),
    ...notes.flatMap((words) => wrap(`certain: ${words}`, width, '  ')),
    ...sideBySideLines(rows, options),
  ].join('\n')
}

function differenceLines(
  { kind, place, message, before, behind }: Difference,
  times: number,
  { style, width }: Options,
): string[] {
  const where = `client side: ${framesOf(before)}; server side: ${framesOf(behind)}`
  const often = times === 1 ? '' : ` (${decimal(times)} times; the first is shown)`
  return [
    ...wrap(`${style.bold(PLACE_WORDS[place])}, ${kind}: ${message}${often}`, width, '  '),
    ...(before === null && behind === null ? [] : wrap(style.dim(where), width, '    ')),
  ]
}

function alone(what: string, sessions: Iterable<Seen>, { width, style, all }: Options): string[] {
  const lines: string[] = []
  let count = 0
  for (const { session, client, server, startedAt } of sessions) {
    if (all || count < LISTED) lines.push(...wrap(`${session} ${client} -> ${server} at ${startedAt}`, width, '  '))
    count++
  }
  if (count === 0) return []
  if (!all && count > LISTED) lines.push(style.dim(`  and ${decimal(count - LISTED)} more (--all lists them)`))
  return [[...wrap(`${counted(count, 'session')}: ${what}`, width), ...lines].join('\n')]
}

function lastSentence({ summary }: Comparison, { width }: Options): string {
  const { pairs, cannotTell, differences } = summary
  if (pairs === 0) return wrap('No session was found on both sides, so nothing was compared.', width).join('\n')
  const places = (['before', 'in', 'behind'] as const)
    .filter((place) => differences[place] > 0)
    .map((place) => `${decimal(differences[place])} ${PLACE_WORDS[place]}`)
  return wrap(
    [
      totalWords(summary),
      places.length > 0
        ? `Differences: ${places.join(', ')}.`
        : `No difference ${cannotTell > 0 ? 'is certain' : 'was found'}.`,
      ...clockWords(summary),
      ...notComparedWords(summary),
    ].join(' '),
    width,
  ).join('\n')
}

interface ColumnOptions {
  readonly width: number
  readonly style: Style
  /** Prints long dialogues in full. */
  readonly all: boolean
}

const INDENT = '  '
const BETWEEN = ' | '
const LEAST_COLUMN = 24

function sideBySideLines(rows: readonly SideBySide[], { width, style, all }: ColumnOptions): string[] {
  if (rows.length === 0) return []
  const column = Math.max(LEAST_COLUMN, Math.floor((width - INDENT.length - BETWEEN.length) / 2))
  const line = (left: string, right: string) => `${INDENT}${left.padEnd(column)}${BETWEEN}${right}`.trimEnd()
  const lines = [line('client side (frame)', 'server side (frame)'), line('-'.repeat(column), '-'.repeat(column))].map(
    style.dim,
  )
  const leftOut = (n: number) =>
    n === 0 ? [] : [style.dim(`${INDENT}${counted(n, 'line')} left out (--all prints them)`)]
  const { runs, after } = all ? { runs: [{ skipped: 0, rows }], after: 0 } : excerptOf(rows, (row) => !isSame(row))
  for (const run of runs) {
    lines.push(...leftOut(run.skipped))
    for (const row of run.rows) {
      const [left, right] = [cell(row.by, row.before, column), cell(row.by, row.behind, column)]
      for (let i = 0; i < Math.max(left.length, right.length); i++) {
        const text = line(left[i] ?? '', right[i] ?? '')
        lines.push(isSame(row) ? text : style.yellow(text))
      }
    }
  }
  return [...lines, ...leftOut(after)]
}

function isSame({ before, behind }: SideBySide): boolean {
  return before !== null && behind !== null && before.text === behind.text
}

/** The line, wrapped to the column: the first piece with `C>` or `S>`, the last with the frame number. */
function cell(by: SideBySide['by'], line: Line | null, column: number): string[] {
  if (line === null) return []
  const who = by === 'client' ? 'C> ' : 'S> '
  const room = column - who.length
  const words = line.kind === 'close' ? `[${line.text}]` : line.text
  const lines = words.split('\n').map((text) => text.match(new RegExp(`.{1,${room}}`, 'g')) ?? [''])
  const last = lines[lines.length - 1] as string[]
  const frame = `(${line.frame})`
  const end = `${last[last.length - 1]} ${frame}`
  if (end.length <= room) last[last.length - 1] = end
  else last.push(frame)
  return lines.flatMap((pieces) => pieces.map((piece, i) => (i === 0 ? who : ' '.repeat(who.length)) + piece))
}
