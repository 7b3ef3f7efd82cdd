// `pipelint compare`: a capture from each side of a box -> what was lost, changed or held up, and where.
import { analyze, type CaptureInput, type CaptureRecord, type Selection } from '../analyze.ts'
import { compareSides, Side } from '../compare/comparison.ts'
import { redactComparison } from '../compare/redacted.ts'
import { UsageError } from '../problems.ts'
import { Redaction } from '../redact/redaction.ts'
import { type ComparedCaptures, comparisonDocument, renderComparison } from '../report/comparison.ts'
import { PLAIN } from '../report/text.ts'
import { toInputs, warnOfDefect, warnOfProblems } from './captures.ts'
import { CAPTURE, OK } from './exit.ts'
import { readKeyLogs } from './keylogs.ts'
import { type SelectionWords, toSelection } from './selection.ts'
import { openSink } from './sink.ts'
import type { Surroundings } from './surroundings.ts'

export interface CompareWords extends SelectionWords {
  readonly format: 'text' | 'json'
  readonly all?: true
  readonly redact?: true
  readonly output?: string
}

export async function compare(
  around: Surroundings,
  [clientSide, serverSide]: readonly [string, string],
  options: CompareWords,
  version: string,
): Promise<number> {
  if (clientSide === '-' && serverSide === '-') throw new UsageError('standard input can be only one of the two sides')
  const { rules, ports, ...chosen } = toSelection(options)
  if (rules !== undefined) throw new UsageError('--rule: compare judges no rules')
  const onPorts = ports === undefined ? {} : { ports }
  const here = await toInputs([clientSide], options.output, around)
  const there = await toInputs([serverSide], options.output, around)
  const keyLogs = await readKeyLogs(options.keylog, around)
  const verifyChecksums = options.verifyChecksums === true
  const sink = await openSink(around.print, options.output)
  try {
    const [before, behind] = [new Side(), new Side()]
    const captures = {
      before: await read(before, here, { ...onPorts, ...chosen }, keyLogs, verifyChecksums, around),
      // Sessions are chosen on the side of the client; their partners may have other addresses and another clock.
      behind: await read(behind, there, onPorts, keyLogs, verifyChecksums, around),
    }
    const all = [...captures.before, ...captures.behind]
    warnOfProblems(all, around)
    const seen = compareSides(before, behind, Object.keys(chosen).length > 0)
    const redaction = options.redact === true ? new Redaction() : null
    const comparison = redaction === null ? seen : redactComparison(seen, redaction)
    const shown = redaction === null ? captures : redactCaptures(captures, redaction)
    const ink = options.output === undefined ? around.ink : PLAIN
    const text =
      options.format === 'json'
        ? comparisonDocument(comparison, shown, version)
        : renderComparison(comparison, { width: around.width, ink, all: options.all === true })
    await sink.write(text)
    await sink.commit()
    return all.some(({ complete }) => !complete) ? CAPTURE : OK
  } catch (error) {
    await sink.abandon()
    throw error
  }
}

function redactCaptures({ before, behind }: ComparedCaptures, redaction: Redaction): ComparedCaptures {
  const of = (captures: readonly CaptureRecord[]) => captures.map((capture) => redaction.capture(capture))
  return { before: of(before), behind: of(behind) }
}

async function read(
  side: Side,
  captures: readonly CaptureInput[],
  select: Selection,
  keyLogs: readonly string[],
  verifyChecksums: boolean,
  around: Surroundings,
): Promise<readonly CaptureRecord[]> {
  const analysis = await analyze(captures, {
    select,
    keyLogs,
    verifyChecksums,
    keepSessions: 'none',
    dialogues: true,
    onInternalError: warnOfDefect(around),
    onSession: (report) => side.add(report),
  })
  return analysis.captures
}
