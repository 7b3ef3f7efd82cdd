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

function lines(shown: readonly Column[], style: Style): string[] {
  return (shown.every(isAscii) ? linesOfAscii(shown, style) : linesOfAny(shown, style)).map((line) => line.trimEnd())
}

/** As the package does it, which takes longer for one screen than a small capture takes to judge. */
function linesOfAscii(shown: readonly Column[], style: Style): string[] {
  const widths = shown.map(widthOfColumn)
  const rowOf = (cells: readonly (readonly string[])[], emphasised: (cell: string, column: Column) => string) => {
    const height = Math.max(...cells.map(({ length }) => length))
    return Array.from({ length: height }, (_, i) => {
      const placed = shown.map((column, at) => {
        const cell = cells[at]?.[i]
        const room = ' '.repeat((widths[at] ?? 0) - (cell ?? '').length)
        const text = cell === undefined ? '' : emphasised(cell, column)
        return column.right === true ? room + text : text + room
      })
      return placed.join(' '.repeat(BETWEEN))
    })
  }
  const rows = Array.from({ length: shown[0]?.cells.length ?? 0 }, (_, row) => {
    const cells = shown.map(({ cells }) => linesOf(cells[row]))
    return rowOf(cells, (cell, column) => column.style?.(cell) ?? cell)
  })
  const titles = shown.map(({ title }) => [title])
  return [...rowOf(titles, (title) => style.dim(title)), ...rows.flat()]
}

/** The package knows how wide other characters are. */
function linesOfAny(shown: readonly Column[], style: Style): string[] {
  const table = new Table({
    head: shown.map(({ title }) => style.dim(title)),
    chars: FRAMELESS,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: shown.map(({ right }) => (right ? 'right' : 'left')),
  })
  for (let row = 0; row < (shown[0]?.cells.length ?? 0); row++) {
    table.push(shown.map(({ cells, style = (cell: string) => cell }) => linesOf(cells[row]).map(style).join('\n')))
  }
  return table.toString().split('\n')
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
