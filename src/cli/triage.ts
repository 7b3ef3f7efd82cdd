// `pipelint triage`: captures -> sums per server, client, rule or hour, and what to look at first.
import { analyze } from '../analyze.ts'
import { veilOf } from '../redact/redaction.ts'
import { PLAIN } from '../report/text.ts'
import { triageCsv } from '../report/triage/csv.ts'
import { triageDocument } from '../report/triage/document.ts'
import { renderTriage } from '../report/triage/table.ts'
import { type By, Triage } from '../triage/triage.ts'
import { toInputs, warnOfDefect, warnOfProblems } from './captures.ts'
import { CAPTURE, OK } from './exit.ts'
import { readKeyLogs } from './keylogs.ts'
import { Queue } from './queue.ts'
import { type SelectionWords, toSelection } from './selection.ts'
import { openSink } from './sink.ts'
import type { Surroundings } from './surroundings.ts'

export interface TriageWords extends SelectionWords {
  readonly by: By
  readonly format: 'table' | 'json' | 'csv'
  readonly all?: true
  readonly redact?: true
  readonly output?: string
}

export async function triage(
  around: Surroundings,
  words: readonly string[],
  options: TriageWords,
  version: string,
): Promise<number> {
  const select = toSelection(options)
  const { rules: _, ...sessions } = select
  const captures = await toInputs(words, options.output, around)
  const keyLogs = await readKeyLogs(options.keylog, around)
  const sink = await openSink(around.print, options.output)
  const queue = new Queue(sink)
  const veil = veilOf(options.redact === true)
  const page = {
    width: around.width,
    ink: options.output === undefined ? around.ink : PLAIN,
    all: options.all === true,
    selective: Object.keys(sessions).length > 0,
  }
  const sums = new Triage(options.by)
  try {
    const analysis = await analyze(captures, {
      select,
      keyLogs,
      verifyChecksums: options.verifyChecksums === true,
      keepSessions: 'none',
      shapes: 'sessions',
      onInternalError: warnOfDefect(around),
      onSession: (session) => sums.add(veil.session(session)),
    })
    warnOfProblems(analysis.captures, around)
    const shown = veil.analysis(analysis)
    const pieces = {
      table: () => [renderTriage(sums.result(), shown, page)],
      json: () => triageDocument(sums.result(), shown, version),
      csv: () => triageCsv(sums.result()),
    }
    for (const piece of pieces[options.format]()) await queue.add(piece)
    await queue.flush()
    await sink.commit()
    return analysis.captures.some(({ complete }) => !complete) ? CAPTURE : OK
  } catch (error) {
    await sink.abandon()
    throw error
  }
}
