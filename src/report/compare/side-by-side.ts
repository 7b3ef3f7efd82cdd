// Both dialogues of a pair -> two columns for a terminal: the client side on the left, the server side on the right, each
// line with its frame; what one side lacks is left blank there.
import type { Line, SideBySide } from '../../compare/side-by-side.ts'
import { counted, type Style } from '../text.ts'
import { excerptOf } from './excerpt.ts'

interface Options {
  readonly width: number
  readonly style: Style
  /** Long dialogues, too, are printed whole. */
  readonly all: boolean
}

const INDENT = '  '
const BETWEEN = ' | '
const LEAST_COLUMN = 24

export function sideBySideLines(rows: readonly SideBySide[], { width, style, all }: Options): string[] {
  if (rows.length === 0) return []
  const column = Math.max(LEAST_COLUMN, Math.floor((width - INDENT.length - BETWEEN.length) / 2))
  const line = (left: string, right: string) => `${INDENT}${left.padEnd(column)}${BETWEEN}${right}`.trimEnd()
  const lines = [line('client side', 'server side'), line('-'.repeat(column), '-'.repeat(column))].map(style.dim)
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

/** The line in pieces that fit into a column, the first with who said it, the last with its frame. */
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
