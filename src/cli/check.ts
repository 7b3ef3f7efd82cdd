// `pipelint check`: captures -> verdicts, findings, exit code.
import { type Analysis, analyze, type Profile, type Selection } from '../analyze.ts'
import { jsonDocument } from '../report/document.ts'
import { renderTable } from '../report/table.ts'
import { PLAIN } from '../report/text.ts'
import { toInputs, warnOfDefect, warnOfProblems } from './captures.ts'
import { exitCode, type FailOn } from './exit.ts'
import { type SelectionWords, toSelection } from './selection.ts'
import { openSink } from './sink.ts'
import type { Surroundings } from './surroundings.ts'

export interface CheckOptions extends SelectionWords {
  readonly format: 'table' | 'json'
  readonly failOn: FailOn
  readonly includeSuspected?: true
  readonly all?: true
  readonly explain?: true
  readonly profile: Profile
  readonly output?: string
}

export async function check(
  around: Surroundings,
  words: readonly string[],
  options: CheckOptions,
  version: string,
): Promise<number> {
  const select = toSelection(options)
  const captures = await toInputs(words, options.output, around)
  const sink = await openSink(around.print, options.output)
  try {
    const analysis = await analyze(captures, {
      select,
      profile: options.profile,
      keepSessions: options.format === 'json' ? 'all' : options.all === true ? 'offending' : 'notable',
      onInternalError: warnOfDefect(around),
    })
    warnOfProblems(analysis.captures, around)
    const pieces =
      options.format === 'json' ? jsonDocument(analysis, version) : [table(analysis, select, options, around)]
    for (const piece of pieces) await sink.write(piece)
    await sink.commit()
    return exitCode(analysis, options.failOn, options.includeSuspected === true)
  } catch (error) {
    await sink.abandon()
    throw error
  }
}

function table(analysis: Analysis, select: Selection, options: CheckOptions, around: Surroundings): string {
  const { rules, ...sessions } = select
  return renderTable(analysis, {
    width: around.width,
    ink: options.output === undefined ? around.ink : PLAIN,
    all: options.all === true,
    explain: options.explain === true,
    selective: Object.keys(sessions).length > 0,
  })
}
