// Lays out columns of cells as a table for a terminal. Columns that do not fit are printed below each row.
import Table from 'cli-table3'
import { type Style, wrap } from './format-text.ts'

export interface Column {
  readonly title: string
  /** A cell may have several lines. */
  readonly cells: readonly string[]
  readonly right?: boolean
  /** The order in which columns get their place, 0 first; those of rank 0 always have one. */
  readonly rank: number
  /** How a cell is emphasised. */
  readonly style?: (cell: string) => string
}

const BETWEEN = 2
const INDENT = '  '

/** A table without a frame, which can be pasted into a mail or cut with awk. */
export function tableOf(columns: readonly Column[], width: number, style: Style): string {
  return lines(fitting(columns, width), style).join('\n')
}

/** The same, with the columns that do not fit printed below each row, and without those that say nothing. */
export function stackedGrid(all: readonly Column[], width: number, style: Style): string {
  const columns = all.filter(({ cells, rank }) => rank === 0 || cells.some((cell) => cell !== NOTHING))
  const shown = fitting(columns, width)
  if (shown.length === columns.length && !shown.some(({ cells }) => cells.some(isTall)))
    return tableOf(columns, width, style)
  const hidden = columns.filter((column) => !shown.includes(column))
  const [head = '', ...rest] = lines(shown, style)
  const blocks = [head]
  const rows = shown[0]?.cells.length ?? 0
  for (let row = 0; row < rows; row++) {
    const height = Math.max(...shown.map(({ cells }) => linesOf(cells[row]).length))
    const stacked = hidden.flatMap(({ title, cells }) => {
      const cell = linesOf(cells[row]).join(', ')
      return cell === '' || cell === NOTHING ? [] : hanging(`${title}: `, cell, width, style)
    })
    blocks.push([...rest.splice(0, height), ...stacked].join('\n'))
  }
  return blocks.join('\n\n')
}

const NOTHING = '-'
const ASCII = /^[\n -~]*$/
const linesOf = (cell = '') => cell.split('\n')
const widthOf = (cell: string) => linesOf(cell).reduce((widest, { length }) => Math.max(widest, length), 0)
const isTall = (cell: string) => cell.includes('\n')

/** A label and its text. Further lines are indented to the start of the text. */
function hanging(label: string, text: string, width: number, style: Style): string[] {
  const [first = '', ...more] = wrap(text, width, INDENT + ' '.repeat(label.length))
  return [INDENT + style.dim(label) + first.trimStart(), ...more]
}

/** The package's time grows with the square of the rows. */
const ROWS_EACH = 8

function lines(shown: readonly Column[], style: Style): string[] {
  const rows = shown[0]?.cells.length ?? 0
  // It knows how wide other characters are.
  const colWidths = shown.every(isAscii) ? shown.map(widthOfColumn) : []
  const each = colWidths.length > 0 ? ROWS_EACH : rows
  const tables: string[] = []
  for (let row = 0; row === 0 || row < rows; row += each) {
    const table = new Table({
      head: row === 0 ? shown.map(({ title }) => style.dim(title)) : [],
      chars: FRAMELESS,
      style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
      colAligns: shown.map(({ right }) => (right ? 'right' : 'left')),
      ...(colWidths.length > 0 && { colWidths }),
    })
    for (let at = row; at < Math.min(rows, row + each); at++) {
      table.push(shown.map(({ cells, style = (cell: string) => cell }) => linesOf(cells[at]).map(style).join('\n')))
    }
    tables.push(table.toString())
  }
  return tables.flatMap((table) => table.split('\n')).map((line) => line.trimEnd())
}

function isAscii({ title, cells }: Column): boolean {
  return ASCII.test(title) && cells.every((cell) => ASCII.test(cell))
}

function widthOfColumn({ title, cells }: Column): number {
  return cells.reduce((widest, cell) => Math.max(widest, widthOf(cell)), title.length)
}

/** The columns that fit into the width. Addresses are never cut. */
function fitting(columns: readonly Column[], width: number): Column[] {
  const wide = (column: Column) => widthOfColumn(column) + BETWEEN
  let room = width + BETWEEN
  const chosen = new Set<Column>()
  for (const column of [...columns].sort((a, b) => a.rank - b.rank)) {
    if (column.rank > 0 && wide(column) > room) continue
    chosen.add(column)
    room -= wide(column)
  }
  return columns.filter((column) => chosen.has(column))
}

const FRAMELESS = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '' },
  middle: ' '.repeat(BETWEEN),
}
