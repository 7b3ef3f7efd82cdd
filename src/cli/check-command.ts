// `pipelint check`: judges captures and prints verdicts and findings in any format. The exit code shows what was found.
import type { AnalyzeOptions, Profile, SessionReport } from '../analyze.ts'
import { FrameMap } from '../capture/frame-map.ts'
import { TwoSides } from '../compare/two-sides.ts'
import { UsageError } from '../errors.ts'
import type { LogQuote } from '../log/mail-log.ts'
import type { Redaction } from '../redact/redaction.ts'
import { UNREDACTED } from '../redact/redactor.ts'
import { formatOf } from '../report/check-formats.ts'
import { withFiles } from '../report/file-frames.ts'
import { CI_FORMATS, type FormatName } from '../report/format-names.ts'
import { counted, PLAIN } from '../report/format-text.ts'
import { toLocalTime } from '../report/local-time.ts'
import type { Analysis, FindingRecord, SessionRecord } from '../rules/analysis.ts'
import type { KeepSessions } from '../rules/retention.ts'
import type { Baseline } from './baseline.ts'
import { type CliContext, exitCode, type FailOn, INTERRUPTED, isFailure, OK, USAGE } from './cli-context.ts'
import { hintAtCompare } from './hints.ts'
import { isInterrupted, readKeyLogs, toInputs, warnOfDefect, warnOfProblems } from './inputs.ts'
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
  readonly requireSessions?: string
  readonly localTime?: true
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

/** The lines of mail logs that belong to a session, redacted if requested. */
type QuotesOf = (session: string, redaction: Redaction | null) => readonly LogQuote[]

/** `selective`: only some sessions were selected. */
export async function printResult(
  around: CliContext,
  words: PrintWords,
  selective: boolean,
  version: string,
  frames: FrameMap,
  judge: (needs: Needs) => Promise<Analysis>,
  baseline: Baseline | null = null,
  quotes: QuotesOf | null = null,
): Promise<number> {
  const { failOn, includeSuspected = false, output } = words
  const required = requiredSessions(words)
  const isKnown = (finding: FindingRecord, session: SessionRecord) => baseline?.isKnown(finding, session) === true
  const cases = new Spill()
  const redaction = words.redact === true ? new (await import('../redact/redaction.ts')).Redaction() : null
  const format = await formatOf(words.format, {
    version,
    table: {
      width: around.width,
      style: output === undefined ? around.style : PLAIN,
      all: words.all === true,
      explain: words.explain === true,
      selective,
      ...(quotes !== null && { quotes: (id: string) => quotes(id, redaction) }),
    },
    fails: (finding, session) => isFailure(finding, failOn, includeSuspected) && !isKnown(finding, session),
    isKnown,
    waiting: () => cases,
  })
  const { session, lists, keepSessions, proofs } = format
  const spilled = lists === null ? null : new SpilledSessions(lists)
  const deliver =
    session === null
      ? spilled && ((report: SessionReport) => spilled.add(report))
      : (report: SessionReport) => queue.add(session(redactor.session(report)))
  const onSession =
    baseline === null
      ? deliver
      : (report: SessionReport) => {
          baseline.add(report)
          return deliver?.(report)
        }
  const sink = await openOutput(around.print, output)
  const queue = new WriteQueue(sink)
  const redactor = withFiles(redaction ?? UNREDACTED, frames)
  try {
    void queue.add(format.head)
    const analysis = await judge({
      keepSessions,
      proofs,
      prints: session === null ? (lists ?? keepSessions) : 'all',
      streams: session !== null && output === undefined,
      ...(onSession !== null && { onSession }),
    })
    warnOfProblems(analysis.captures, around)
    const shown = {
      sessions: each(() => spilled?.sessions() ?? [], redactor.record.bind(redactor)),
      findings: each(() => spilled?.findings() ?? [], redactor.finding.bind(redactor)),
    }
    const isLocal = words.localTime === true && words.format === 'table'
    const printed = isLocal ? toLocalTime(redactor.analysis(analysis)) : redactor.analysis(analysis)
    for (const piece of format.end(printed, shown)) await queue.add(piece)
    await queue.flush()
    await sink.commit()
    if (isInterrupted(analysis.captures)) return INTERRUPTED
    await baseline?.finish(around, version)
    const found = baseline === null ? analysis : withFresh(analysis, baseline)
    const code = exitCode(found, failOn, includeSuspected)
    return code === OK && !isEnough(analysis, required, around) ? USAGE : code
  } catch (error) {
    await sink.abandon()
    throw error
  } finally {
    spilled?.close()
    cases.close()
  }
}

/** Of sessions with incidents; null when no log is named. */
async function toQuotes({ log: paths, format }: CheckOptions, captures: readonly unknown[], around: CliContext) {
  if (paths === undefined) return null
  if (format !== 'table') throw new UsageError(`--log: works only with --format table, not with ${format}`)
  const [{ readLogs, tellOfLog }, { redactQuote }] = await Promise.all([
    import('./read-logs.ts'),
    import('../redact/redact-log.ts'),
  ])
  const log = await readLogs(paths, captures, around)
  const found = new Map<string, readonly LogQuote[]>()
  return {
    add(report: SessionReport) {
      if (report.findings.every(({ severity }) => severity === 'info')) return
      const quotes = log?.linesOf(report) ?? []
      if (quotes.length > 0) found.set(report.id, quotes)
    },
    of: (session: string, redaction: Redaction | null) =>
      (found.get(session) ?? []).map((quote) => (redaction === null ? quote : redactQuote(quote, redaction))),
    tell: () => tellOfLog(log, around, 'sessions with incidents'),
  }
}

/** How many sessions must be judged. Throws UsageError. */
function requiredSessions({ format, requireSessions }: PrintWords): number {
  if (requireSessions === undefined) return CI_FORMATS.includes(format) ? 1 : 0
  if (/^\d{1,9}$/.test(requireSessions)) return Number(requireSessions)
  throw new UsageError(`--require-sessions ${requireSessions}: not a number`)
}

/** Whether enough sessions were judged. A session that could not be judged is no test that passed. */
function isEnough({ summary }: Analysis, required: number, around: CliContext): boolean {
  const { sessions, inconclusive } = summary
  const judged = sessions - inconclusive
  if (judged >= required) return true
  const why = inconclusive === 0 ? '' : `, ${inconclusive} inconclusive`
  around.warn(
    `${counted(judged, 'session')} judged${why}: at least ${required} required (--require-sessions); the captures may be the wrong ones`,
  )
  return false
}

/** The same analysis with the numbers of the findings that no baseline lists. */
function withFresh(analysis: Analysis, { fresh }: Baseline): Analysis {
  return { ...analysis, summary: { ...analysis.summary, ...fresh } }
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
  readonly baseline?: string
  readonly updateBaseline?: true
  readonly log?: readonly string[]
}

async function toBaseline({ baseline, updateBaseline, redact }: CheckOptions): Promise<Baseline | null> {
  if (baseline === undefined) {
    if (updateBaseline === true) throw new UsageError('--update-baseline: name the file with --baseline')
    return null
  }
  if (redact === true)
    throw new UsageError('--baseline: cannot be combined with --redact, whose placeholders differ from run to run')
  const { Baseline } = await import('./baseline.ts')
  return Baseline.open(baseline, updateBaseline === true)
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
  const baseline = await toBaseline(options)
  const quotes = await toQuotes(options, captures, around)
  const selective = isSelective(select)
  const frames = new FrameMap()
  const sides = captures.length === 2 && !selective ? new TwoSides() : null
  const read: { analysis?: Analysis } = {}
  const exitCode = await printResult(
    around,
    options,
    selective,
    version,
    frames,
    async ({ streams, prints: _prints, ...needs }) => {
      const judging = {
        select,
        keyLogs,
        verifyChecksums: options.verifyChecksums === true,
        profile: options.profile,
        hash: options.hash === true,
        onInternalError: warnOfDefect(around),
        ...needs,
        frames,
        ...((sides !== null || quotes !== null) && {
          onSession: (report: SessionReport) => {
            sides?.add(report)
            quotes?.add(report)
            return needs.onSession?.(report)
          },
        }),
      }
      const judge = (watch: object) => analyzeOn(threads, captures, { ...judging, ...watch })
      const analysis = await withProgress(around, captures, streams, judge)
      read.analysis = analysis
      return analysis
    },
    baseline,
    quotes?.of ?? null,
  )
  quotes?.tell()
  const { analysis } = read
  hintAtCompare(sides?.of(analysis?.captures ?? []) ?? null, around)
  return exitCode
}
