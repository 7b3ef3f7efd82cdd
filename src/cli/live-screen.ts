// Lines at the end of a terminal that are drawn anew in place.
import type { Style } from '../report/format-text.ts'
import { rowsOf } from '../report/watch-screen.ts'
import type { CliContext, TerminalSize } from './cli-context.ts'

type Render = (size: TerminalSize & { readonly style: Style }) => readonly string[]

export class LiveScreen {
  private readonly around: CliContext
  private readonly size: () => TerminalSize
  private rows = 0

  constructor(around: CliContext, size: () => TerminalSize) {
    this.around = around
    this.size = size
  }

  draw(render: Render): void {
    const { width, height } = this.size()
    // The cursor stands below the last line.
    const lines = render({ width, height: height - 1, style: this.around.style })
    // Line by line: a terminal that is erased from its first line on may keep the old screen in its history.
    const text = lines.map((line) => `\x1b[2K${line}\n`).join('')
    void this.around.print(`${this.backward()}${text}\x1b[J`)
    this.rows = rowsOf(lines, width)
  }

  erase(): void {
    if (this.rows > 0) void this.around.print(`${this.backward()}\x1b[J`)
    this.rows = 0
  }

  private backward(): string {
    return this.rows === 0 ? '' : `\x1b[${this.rows}A\r`
  }
}
