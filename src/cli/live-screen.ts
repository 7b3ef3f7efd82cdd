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
    void this.around.print(`${this.erasing()}${lines.map((line) => `${line}\n`).join('')}`)
    this.rows = rowsOf(lines, width)
  }

  erase(): void {
    void this.around.print(this.erasing())
    this.rows = 0
  }

  private erasing(): string {
    return this.rows === 0 ? '' : `\x1b[${this.rows}A\r\x1b[J`
  }
}
