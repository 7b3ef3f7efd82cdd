// `pipelint check`: judges captures and prints verdicts and findings in any format. The exit code shows what was found.
import type { AnalyzeOptions, Profile, SessionReport } from '../analyze.ts'
import { TwoSides } from '../compare/two-sides.ts'
import { redactorFor } from '../redact/redaction.ts'
import { type FormatName, formatOf } from '../report/check-formats.ts'
import { terminal } from '../report/escape.ts'
import { PLAIN } from '../report/format-text.ts'
import type { Analysis, CaptureRecord } from '../rules/analysis.ts'
import type { KeepSessions } from '../rules/retention.ts'
import { type CliContext, exitCode, type FailOn, INTERRUPTED, isFailure } from './cli-context.ts'
import { readKeyLogs, toInputs, warnOfDefect, warnOfProblems } from './inputs.ts'
import { openOutput, WriteQueue } from './output.ts'
import { analyzeOn, toThreads, withProgress } from './progress.ts'
import { isSelective, type SelectionWords, toSelection } from './selection.ts'
import { Spill } from './spill.ts'
import { SpilledSessions } from './spilled-sessions.ts'

/** Options of the output. */
export interface PrintWords {
  readonly format: FormatName
  readonly failOn: FailOn
  readonly includeSuspected?: true
  readonly all?: true
  readonly explain?: true
  readonly redact?: true
  readonly output?: string
}

/** The analysis options that the format needs. */
export interface Needs extends Pick<AnalyzeOptions, 'keepSessions' | 'proofs' | 'onSession'> {
  /** Which sessions are printed. */
  readonly prints: KeepSessions
  /** Sessions are printed on standard output as they close. */
  readonly streams: boolean
}

/** `selective`: only some sessions were selected. */
export async function printResult(
  around: CliContext,
  words: PrintWords,
  selective: boolean,
  version: string,
  judge: (needs: Needs) => Promise<Analysis>,
): Promise<number> {
  const { failOn, includeSuspected = false, output } = words
  const cases = new Spill()
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
    waiting: () => cases,
  })
  const { session, lists, keepSessions, proofs } = format
  const spilled = lists === null ? null : new SpilledSessions(lists)
  const onSession =
    session === null
      ? spilled && ((report: SessionReport) => spilled.add(report))
      : (report: SessionReport) => queue.add(session(redactor.session(report)))
  const sink = await openOutput(around.print, output)
  const queue = new WriteQueue(sink)
  const redactor = redactorFor(words.redact === true)
  try {
    void queue.add(format.head)
    const analysis = await judge({
      keepSessions,
      proofs,
      prints: session === null ? (lists ?? keepSessions) : 'all',
      streams: session !== null && output === undefined,
      ...(onSession !== null && { onSession }),
    })
    const isInterrupted = analysis.captures.some(({ error }) => error?.code === 'interrupted')
    if (isInterrupted) around.warn('interrupted: only what was read before is judged')
    warnOfProblems(analysis.captures, around)
    const shown = {
      sessions: each(() => spilled?.sessions() ?? [], redactor.record.bind(redactor)),
      findings: each(() => spilled?.findings() ?? [], redactor.finding.bind(redactor)),
    }
    for (const piece of format.end(redactor.analysis(analysis), shown)) await queue.add(piece)
    await queue.flush()
    await sink.commit()
    return isInterrupted ? INTERRUPTED : exitCode(analysis, failOn, includeSuspected)
  } catch (error) {
    await sink.abandon()
    throw error
  } finally {
    spilled?.close()
    cases.close()
  }
}

/** The members of a list that can be read repeatedly, each converted by `shown`. */
function each<T>(list: () => Iterable<T>, shown: (member: T) => T): Iterable<T> {
  return {
    *[Symbol.iterator]() {
      for (const member of list()) yield shown(member)
    },
  }
}

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
  const exitCode = await printResult(
    around,
    options,
    selective,
    version,
    async ({ streams, prints: _prints, ...needs }) => {
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
    },
  )
  hintAtCompare(sides?.of(read) ?? null, around)
  return exitCode
}

/** Two captures from both sides of a box: judging them separately does not show where between them data was lost. */
function hintAtCompare(sides: readonly [before: string, behind: string] | null, around: CliContext): void {
  if (sides === null) return
  const names = sides.map((path) => terminal(path)).join(' ')
  around.warn(
    `these captures look like the two sides of one box: pipelint compare ${names} shows what was lost between them`,
  )
}
