// `pipelint check`: captures -> verdicts, findings, exit code.
import { analyze } from '../analyze.ts'
import { jsonDocument } from '../report/document.ts'
import { renderTable } from '../report/table.ts'
import { PLAIN } from '../report/text.ts'
import { toInputs, warnOfDefect, warnOfProblems } from './captures.ts'
import { exitCode, type FailOn } from './exit.ts'
import { type SelectionWords, toSelection } from './selection.ts'
import { openSink, type Surroundings } from './surroundings.ts'

export interface CheckOptions extends SelectionWords {
  readonly format: 'table' | 'json'
  readonly failOn: FailOn
  readonly includeSuspected?: true
  readonly all?: true
  readonly output?: string
}

export async function check(
  around: Surroundings,
  words: readonly string[],
  options: CheckOptions,
  version: string,
): Promise<number> {
  const select = toSelection(options)
  const captures = await toInputs(words, around)
  const json = options.format === 'json'
  const sink = await openSink(around, options.output)
  try {
    const analysis = await analyze(captures, {
      select,
      keepSessions: json ? 'all' : 'notable',
      onInternalError: warnOfDefect(around),
    })
    warnOfProblems(analysis.captures, around)
    const { width } = around
    const ink = options.output === undefined ? around.ink : PLAIN
    const all = options.all === true
    await sink.write(json ? jsonDocument(analysis, version) : renderTable(analysis, { width, ink, all }))
    await sink.commit()
    return exitCode(analysis, options.failOn, options.includeSuspected === true)
  } catch (error) {
    await sink.abandon()
    throw error
  }
}
