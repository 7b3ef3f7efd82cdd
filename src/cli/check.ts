// `pipelint check`: captures -> verdicts, findings, exit code.
import type { Profile } from '../analyze.ts'
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
  return printResult(around, options, isSelective(select), version, ({ streams, ...needs }) => {
    const judging = {
      select,
      keyLogs,
      verifyChecksums: options.verifyChecksums === true,
      profile: options.profile,
      hash: options.hash === true,
      onInternalError: warnOfDefect(around),
      ...needs,
    }
    return withProgress(around, captures, streams, (watch) => analyzeOn(threads, captures, { ...judging, ...watch }))
  })
}
