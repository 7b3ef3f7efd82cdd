// Both dialogues of a pair -> two columns for a terminal: the client side on the left, the server side on the right, each
// line with its frame; what one side lacks is left blank there.
import type { Line, SideBySide } from '../../compare/side-by-side.ts'
import type { Style } from '../text.ts'

interface Options {
  readonly width: number
  readonly style: Style
}

const INDENT = '  '
const BETWEEN = ' | '
const LEAST_COLUMN = 24

export function sideBySideLines(rows: readonly SideBySide[], { width, style }: Options): string[] {
  if (rows.length === 0) return []
  const column = Math.max(LEAST_COLUMN, Math.floor((width - INDENT.length - BETWEEN.length) / 2))
  const line = (left: string, right: string) => `${INDENT}${left.padEnd(column)}${BETWEEN}${right}`.trimEnd()
  const lines = [line('client side', 'server side'), line('-'.repeat(column), '-'.repeat(column))].map(style.dim)
  for (const { by, before, behind } of rows) {
    const [left, right] = [cell(by, before, column), cell(by, behind, column)]
    const isSame = before !== null && behind !== null && before.text === behind.text
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      const text = line(left[i] ?? '', right[i] ?? '')
      lines.push(isSame ? text : style.yellow(text))
    }
  }
  return lines
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
