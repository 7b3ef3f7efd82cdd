// An analysis, and sessions as they are told -> the output of `check`, in whatever format, and its exit code.
import type { AnalyzeOptions, SessionReport } from '../analyze.ts'
import { redactorFor } from '../redact/redaction.ts'
import { type FormatName, formatOf } from '../report/check-formats.ts'
import { PLAIN } from '../report/format-text.ts'
import type { Analysis } from '../rules/analysis.ts'
import { type CliContext, exitCode, type FailOn, INTERRUPTED, isFailure } from './cli-context.ts'
import { warnOfProblems } from './inputs.ts'
import { openOutput, WriteQueue } from './output.ts'

/** How it is printed. */
export interface PrintWords {
  readonly format: FormatName
  readonly failOn: FailOn
  readonly includeSuspected?: true
  readonly all?: true
  readonly explain?: true
  readonly redact?: true
  readonly output?: string
}

/** What the format needs of the analysis. */
export interface Needs extends Pick<AnalyzeOptions, 'keepSessions' | 'proofs' | 'onSession'> {
  /** Sessions are printed on standard output as they come. */
  readonly streams: boolean
}

/** `selective`: only some sessions were asked for. */
export async function printResult(
  around: CliContext,
  words: PrintWords,
  selective: boolean,
  version: string,
  judge: (needs: Needs) => Promise<Analysis>,
): Promise<number> {
  const { failOn, includeSuspected = false, output } = words
  const format = formatOf(words.format, {
    version,
    table: {
      width: around.width,
      style: output === undefined ? around.style : PLAIN,
      all: words.all === true,
      explain: words.explain === true,
      selective,
    },
    fails: (finding) => isFailure(finding, failOn, includeSuspected),
  })
  const { session } = format
  const sink = await openOutput(around.print, output)
  const queue = new WriteQueue(sink)
  const redactor = redactorFor(words.redact === true)
  try {
    void queue.add(format.head)
    const analysis = await judge({
      keepSessions: format.keepSessions,
      proofs: format.proofs,
      streams: session !== null && output === undefined,
      ...(session !== null && { onSession: (report: SessionReport) => queue.add(session(redactor.session(report))) }),
    })
    const isInterrupted = analysis.captures.some(({ error }) => error?.code === 'interrupted')
    if (isInterrupted) around.warn('interrupted: what was read until then is judged')
    warnOfProblems(analysis.captures, around)
    for (const piece of format.end(redactor.analysis(analysis))) await queue.add(piece)
    await queue.flush()
    await sink.commit()
    return isInterrupted ? INTERRUPTED : exitCode(analysis, failOn, includeSuspected)
  } catch (error) {
    await sink.abandon()
    throw error
  }
}
