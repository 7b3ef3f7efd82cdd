// A line on standard error that names a next step, where there is one.
import { terminal } from '../report/escape.ts'
import type { CliContext } from './cli-context.ts'

/** Two captures from both sides of a box: judging them separately does not show where between them data was lost. */
export function hintAtCompare(sides: readonly [before: string, behind: string] | null, around: CliContext): void {
  if (sides === null) return
  const names = sides.map((path) => terminal(path)).join(' ')
  around.hint(
    `these captures look like the two sides of one box: pipelint compare ${names} shows what was lost between them`,
  )
}
