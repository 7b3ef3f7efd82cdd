// `pipelint triage`: prints totals per server, client, rule or hour, and what to look at first.
import { type Analysis, analyze, type SessionReport } from '../analyze.ts'
import { redactorFor } from '../redact/redactor-for.ts'
import { PLAIN } from '../report/format-text.ts'
import { toLocalTime } from '../report/local-time.ts'
import { renderTriage, triageCsv, triageDocument } from '../report/triage-formats.ts'
import { type By, Triage } from '../triage/triage.ts'
import type { CliContext } from './cli-context.ts'
import { readingCode, readKeyLogs, toInputs, warnOfDefect, warnOfProblems } from './inputs.ts'
import { openOutput, WriteQueue } from './output.ts'
import { withProgress } from './progress.ts'
import { isSelective, type SelectionWords, toSelection } from './selection.ts'

export const TRIAGE_FORMATS = ['table', 'json', 'csv'] as const

export interface TriageWords extends SelectionWords, TriagePrintWords {}

/** Options of the output. */
export interface TriagePrintWords {
  readonly by: By
  readonly format: (typeof TRIAGE_FORMATS)[number]
  readonly all?: true
  readonly localTime?: true
  readonly redact?: true
  readonly output?: string
}

export async function triage(
  around: CliContext,
  words: readonly string[],
  options: TriageWords,
  version: string,
): Promise<number> {
  const select = toSelection(options)
  const captures = await toInputs(words, options.output, around)
  const keyLogs = await readKeyLogs(options.keylog, around)
  const judging = {
    select,
    keyLogs,
    verifyChecksums: options.verifyChecksums === true,
    keepSessions: 'none',
    shapes: 'sessions',
    onInternalError: warnOfDefect(around),
  } as const
  return deliverTriage(around, options, isSelective(select), version, (onSession) =>
    withProgress(around, captures, false, (watch) => analyze(captures, { ...judging, ...watch, onSession })),
  )
}

/** Prints a triage and returns its exit code. `selective`: only some sessions were selected. */
export async function deliverTriage(
  around: CliContext,
  options: TriagePrintWords,
  selective: boolean,
  version: string,
  judge: (onSession: (session: SessionReport) => void) => Promise<Analysis>,
): Promise<number> {
  const sink = await openOutput(around.print, options.output)
  const queue = new WriteQueue(sink)
  const redactor = await redactorFor(options.redact === true)
  const page = {
    width: around.width,
    style: options.output === undefined ? around.style : PLAIN,
    all: options.all === true,
    selective,
  }
  const sums = new Triage(options.by)
  try {
    const analysis = await judge((session) => sums.add(redactor.session(session)))
    warnOfProblems(analysis.captures, around)
    const shown = redactor.analysis(analysis)
    const pieces = {
      table: () => {
        const isLocal = options.localTime === true
        const result = isLocal ? toLocalTime(sums.result()) : sums.result()
        return [renderTriage(result, isLocal ? toLocalTime(shown) : shown, page)]
      },
      json: () => triageDocument(sums.result(), shown, version),
      csv: () => triageCsv(sums.result()),
    }
    for (const piece of pieces[options.format]()) await queue.add(piece)
    await queue.flush()
    await sink.commit()
    return readingCode(analysis.captures)
  } catch (error) {
    await sink.abandon()
    throw error
  }
}
