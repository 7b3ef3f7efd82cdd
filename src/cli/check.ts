// `pipelint check`: captures -> verdicts, findings, exit code.
import type { Profile, Selection, SessionReport } from '../analyze.ts'
import { veilOf } from '../redact/redaction.ts'
import { type FormatName, formatOf } from '../report/formats.ts'
import type { TableOptions } from '../report/table.ts'
import { PLAIN } from '../report/text.ts'
import { attend } from './attend.ts'
import { toInputs, warnOfDefect, warnOfProblems } from './captures.ts'
import { exitCode, type FailOn, INTERRUPTED, isFailure } from './exit.ts'
import { readKeyLogs } from './keylogs.ts'
import { Queue } from './queue.ts'
import { type SelectionWords, toSelection } from './selection.ts'
import { openSink } from './sink.ts'
import type { Surroundings } from './surroundings.ts'
import { analyzeOn, toThreads } from './threads.ts'

export interface CheckOptions extends SelectionWords {
  readonly format: FormatName
  readonly failOn: FailOn
  readonly includeSuspected?: true
  readonly all?: true
  readonly explain?: true
  readonly hash?: true
  readonly profile: Profile
  readonly redact?: true
  readonly threads?: string
  readonly output?: string
}

export async function check(
  around: Surroundings,
  words: readonly string[],
  options: CheckOptions,
  version: string,
): Promise<number> {
  const { failOn, includeSuspected = false } = options
  const select = toSelection(options)
  const threads = options.threads === undefined ? undefined : toThreads(options.threads)
  const captures = await toInputs(words, options.output, around)
  const keyLogs = await readKeyLogs(options.keylog, around)
  const format = formatOf(options.format, {
    version,
    table: tableOptions(select, options, around),
    fails: (finding) => isFailure(finding, failOn, includeSuspected),
  })
  const { session } = format
  const sink = await openSink(around.print, options.output)
  const queue = new Queue(sink)
  const veil = veilOf(options.redact === true)
  try {
    void queue.add(format.head)
    const judging = {
      select,
      keyLogs,
      verifyChecksums: options.verifyChecksums === true,
      profile: options.profile,
      hash: options.hash === true,
      keepSessions: format.keepSessions,
      onInternalError: warnOfDefect(around),
      ...(session !== null && { onSession: (report: SessionReport) => queue.add(session(veil.session(report))) }),
    }
    const analysis = await attend(around, captures, session !== null && options.output === undefined, (watch) =>
      analyzeOn(threads, captures, { ...judging, ...watch }),
    )
    const isInterrupted = analysis.captures.some(({ error }) => error?.code === 'interrupted')
    if (isInterrupted) around.warn('interrupted: what was read until then is judged')
    warnOfProblems(analysis.captures, around)
    for (const piece of format.end(veil.analysis(analysis))) await queue.add(piece)
    await queue.flush()
    await sink.commit()
    return isInterrupted ? INTERRUPTED : exitCode(analysis, failOn, includeSuspected)
  } catch (error) {
    await sink.abandon()
    throw error
  }
}

function tableOptions(select: Selection, options: CheckOptions, around: Surroundings): TableOptions {
  const { rules, ...sessions } = select
  return {
    width: around.width,
    ink: options.output === undefined ? around.ink : PLAIN,
    all: options.all === true,
    explain: options.explain === true,
    selective: Object.keys(sessions).length > 0,
  }
}
