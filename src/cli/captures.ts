// Words that name captures -> what `analyze` takes, and what is said of those that could not be read.
import type { CaptureInput } from '../analyze.ts'
import { expandCaptures } from '../capture/set.ts'
import { describeCaptureProblem, UsageError } from '../problems.ts'
import { terminal } from '../report/inert.ts'
import type { CaptureRecord } from '../rules/analysis.ts'
import { forbidOverwriting } from './sink.ts'
import type { Surroundings } from './surroundings.ts'

/** Throws UsageError: for no word, for a word that means no capture, for an output that is one of the captures. */
export async function toInputs(
  words: readonly string[],
  output: string | undefined,
  around: Surroundings,
): Promise<CaptureInput[]> {
  if (words.length === 0) throw new UsageError('no capture named; try pipelint --help')
  const paths = await expandCaptures(words)
  await forbidOverwriting(output, paths)
  return paths.map((path) => (path === '-' ? { name: '<standard input>', bytes: around.input } : path))
}

/** One line for each place where a capture could not be read, and for each kind of oddity. */
export function warnOfProblems(captures: readonly CaptureRecord[], around: Surroundings): void {
  for (const problem of captures.flatMap(({ problems }) => problems)) {
    around.warn(`${terminal(problem.path)}: ${terminal(describeCaptureProblem(problem))}`)
  }
}

/** A defect of this program: said with the frame, so that it can be reported. */
export function warnOfDefect(around: Surroundings): (error: unknown, frame: number) => void {
  return (error, frame) => {
    const what = error instanceof Error ? error.message : String(error)
    around.warn(`internal error at frame ${frame}: ${terminal(what)}; please report it`)
  }
}
