// `pipelint compare`: compares captures from both sides of a box, and prints what was lost, changed or delayed, and
// where.
import { type AnalyzeOptions, analyze, type CaptureRecord, type Selection } from '../analyze.ts'
import { type Comparison, compareSides, planComparison, unlike } from '../compare/comparison.ts'
import { type BoxSide, PairJudge } from '../compare/pair-judge.ts'
import { redactComparison } from '../compare/redact-comparison.ts'
import { SessionTable } from '../compare/session-table.ts'
import { UsageError } from '../errors.ts'
import { Redaction } from '../redact/redaction.ts'
import { comparisonHtml } from '../report/compare/comparison-html.ts'
import { type ComparedCaptures, type ComparisonFormat, comparisonDocument } from '../report/compare/comparison-json.ts'
import { renderComparison } from '../report/compare/comparison-text.ts'
import { nothingPaired } from '../report/compare/comparison-words.ts'
import { PLAIN, type Style } from '../report/format-text.ts'
import { namedCaptures } from '../rules/capture-record.ts'
import { CAPTURE, type CliContext, OK } from './cli-context.ts'
import { readKeyLogs, type Source, toInputs, toSources, warnOfDefect, warnOfProblems } from './inputs.ts'
import { openOutput } from './output.ts'
import { type SelectionWords, toSelection } from './selection.ts'
import { removeFolder, temporaryFolder } from './temporary.ts'

const WRITE_CHARACTERS = 1 << 16
/** Options for reading dialogues: findings of rules are not shown. */
const AGAIN = { digests: true, limitsOnly: true, anyOrder: true } as const

export interface CompareWords extends SelectionWords {
  readonly format: ComparisonFormat
  readonly all?: true
  readonly explain?: true
  readonly redact?: true
  readonly output?: string
}

export async function compare(
  around: CliContext,
  [clientSide, serverSide]: readonly [string, string],
  options: CompareWords,
  version: string,
): Promise<number> {
  if (clientSide === '-' && serverSide === '-') throw new UsageError('standard input can be only one of the two sides')
  const { rules, ignored, ports, ...chosen } = toSelection(options)
  if (rules !== undefined || ignored !== undefined)
    throw new UsageError(`${rules === undefined ? '--ignore' : '--rule'}: compare does not judge rules`)
  const onPorts = ports === undefined ? {} : { ports }
  const here = await toInputs([clientSide], options.output, around)
  const there = await toInputs([serverSide], options.output, around)
  const keyLogs = await readKeyLogs(options.keylog, around)
  const common = { keyLogs, verifyChecksums: options.verifyChecksums === true, around }
  const sink = await openOutput(around.print, options.output)
  const folder = temporaryFolder()
  try {
    // Sessions are selected on the client side; their partners may have other addresses and another clock.
    const before = { sources: await toSources(here, folder), select: { ...onPorts, ...chosen }, ...common }
    const behind = { sources: await toSources(there, folder), select: onPorts, ...common }
    const tables = { before: new SessionTable(), behind: new SessionTable() }
    const captures = {
      before: await read(before, { onSession: (report) => tables.before.add(report) }),
      behind: await read(behind, { onSession: (report) => tables.behind.add(report) }),
    }
    const all = [...captures.before, ...captures.behind]
    warnOfProblems(all, around)
    const plan = planComparison(tables.before, tables.behind)
    const judge = new PairJudge(tables, unlike(plan), options.explain === true || options.format === 'html')
    const readAgain = async (side: BoxSide, of: SideOfBox) => {
      const dialogues = judge.wanted(side)
      if (dialogues !== null) await read(of, { ...AGAIN, dialogues, onSession: (report) => judge.add(side, report) })
      judge.end(side)
    }
    await Promise.all([readAgain('before', before), readAgain('behind', behind)])
    const seen = compareSides(plan, judge, Object.keys(chosen).length > 0)
    const redaction = options.redact === true ? new Redaction() : null
    const comparison = redaction === null ? seen : redactComparison(seen, redaction)
    const shown = redaction === null ? captures : redactCaptures(captures, redaction)
    const style = options.output === undefined ? around.style : PLAIN
    const pieces = piecesOf(comparison, shown, options, { width: around.width, style, version })
    for (const text of batches(pieces)) await sink.write(text)
    await sink.commit()
    if (seen.summary.pairs === 0) {
      around.warn(nothingPaired(seen, captures))
      return CAPTURE
    }
    return all.some(({ complete }) => !complete) ? CAPTURE : OK
  } catch (error) {
    await sink.abandon()
    throw error
  } finally {
    await removeFolder(folder)
  }
}

function piecesOf(
  comparison: Comparison,
  captures: ComparedCaptures,
  { format, all, redact }: CompareWords,
  { width, style, version }: { readonly width: number; readonly style: Style; readonly version: string },
): Iterable<string> {
  if (format === 'json') return comparisonDocument(comparison, captures, version)
  if (format === 'html') return [comparisonHtml(comparison, captures, version, redact === true)]
  return [renderComparison(comparison, { width, style, all: all === true })]
}

function redactCaptures({ before, behind }: ComparedCaptures, redaction: Redaction): ComparedCaptures {
  const of = (captures: readonly CaptureRecord[]) => captures.map((capture) => redaction.capture(capture))
  return { before: of(before), behind: of(behind) }
}

interface SideOfBox {
  readonly sources: readonly Source[]
  readonly select: Selection
  readonly keyLogs: readonly string[]
  readonly verifyChecksums: boolean
  readonly around: CliContext
}

async function read(
  { sources, select, keyLogs, verifyChecksums, around }: SideOfBox,
  wants: Pick<AnalyzeOptions, 'dialogues' | 'digests' | 'limitsOnly' | 'anyOrder' | 'onSession'>,
): Promise<readonly CaptureRecord[]> {
  const { captures } = await analyze(
    sources.map(({ path }) => path),
    {
      ...{ select, keyLogs, verifyChecksums, keepSessions: 'none', fingerprints: true, ...wants },
      onInternalError: warnOfDefect(around),
    },
  )
  return namedCaptures(captures, sources)
}

/** Joins pieces into larger writes. */
function* batches(pieces: Iterable<string>): Iterable<string> {
  let batch = ''
  for (const piece of pieces) {
    batch += piece
    if (batch.length < WRITE_CHARACTERS) continue
    yield batch
    batch = ''
  }
  yield batch
}
