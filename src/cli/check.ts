// `pipelint check`: captures -> verdicts, findings, exit code.
import type { Profile, SessionReport } from '../analyze.ts'
import { TwoSides } from '../compare/two-sides.ts'
import { terminal } from '../report/escape.ts'
import type { CaptureRecord } from '../rules/analysis.ts'
import type { CliContext } from './cli-context.ts'
import { readKeyLogs, toInputs, warnOfDefect } from './inputs.ts'
import { type PrintWords, printResult } from './print-result.ts'
import { analyzeOn, toThreads, withProgress } from './progress.ts'
import { isSelective, type SelectionWords, toSelection } from './selection.ts'

export interface CheckOptions extends SelectionWords, PrintWords {
  readonly hash?: true
  readonly profile: Profile
  readonly threads?: string
}

export async function check(
  around: CliContext,
  words: readonly string[],
  options: CheckOptions,
  version: string,
): Promise<number> {
  const select = toSelection(options)
  const threads = options.threads === undefined ? undefined : toThreads(options.threads)
  const captures = await toInputs(words, options.output, around)
  const keyLogs = await readKeyLogs(options.keylog, around)
  const selective = isSelective(select)
  const sides = captures.length === 2 && !selective ? new TwoSides() : null
  let read: readonly CaptureRecord[] = []
  const exitCode = await printResult(around, options, selective, version, async ({ streams, ...needs }) => {
    const judging = {
      select,
      keyLogs,
      verifyChecksums: options.verifyChecksums === true,
      profile: options.profile,
      hash: options.hash === true,
      onInternalError: warnOfDefect(around),
      ...needs,
      ...(sides !== null && {
        onSession: (report: SessionReport) => {
          sides.add(report)
          return needs.onSession?.(report)
        },
      }),
    }
    const judge = (watch: object) => analyzeOn(threads, captures, { ...judging, ...watch })
    const analysis = await withProgress(around, captures, streams, judge)
    read = analysis.captures
    return analysis
  })
  hintAtCompare(sides?.of(read) ?? null, around)
  return exitCode
}

/** Both sides of a box, judged one by one, do not say where between them something was lost. */
function hintAtCompare(sides: readonly [before: string, behind: string] | null, around: CliContext): void {
  if (sides === null) return
  const names = sides.map((path) => terminal(path)).join(' ')
  around.warn(
    `these captures look like the two sides of one box: pipelint compare ${names} says what was lost between them`,
  )
}
