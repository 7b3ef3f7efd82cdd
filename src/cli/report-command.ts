// `pipelint report`: makes a violation report from captures, and the evidence and the text of a mail with it.
import { basename, join, resolve } from 'node:path'
import { UsageError } from '../errors.ts'
import type { Written } from '../evidence/report-evidence.ts'
import { readForReport } from '../evidence/report-readings.ts'
import { compose, mailOf } from '../report/vendor/compose.ts'
import { formatOf, type ReportFormat, renderReport } from '../report/vendor/report-formats.ts'
import { CAPTURE, type CliContext, OK } from './cli-context.ts'
import { deliver, NO_EVIDENCE, tellOfEvidence } from './evidence-command.ts'
import { readKeyLogs, toInputs, toSources, warnOfDefect, warnOfProblems } from './inputs.ts'
import { forbidOverwriting, openOutput } from './output.ts'
import { readLogs, tellOfLog } from './read-logs.ts'
import { type SelectionWords, toFindings, toSelection } from './selection.ts'
import { removeFolder, temporaryFolder } from './temporary.ts'

/** Line width of a report in plain text: quoted once or twice in a mail, it still fits into 80 columns. */
const MAIL_WIDTH = 76

export interface ReportWords extends SelectionWords {
  readonly format?: ReportFormat
  readonly finding?: readonly string[]
  readonly log?: readonly string[]
  readonly redact?: true
  readonly output?: string
  readonly evidence?: string
}

export async function report(
  around: CliContext,
  words: readonly string[],
  options: ReportWords,
  version: string,
): Promise<number> {
  const { output } = options
  const width = output === undefined ? Math.min(MAIL_WIDTH, around.width) : MAIL_WIDTH
  const select = toSelection(options)
  const findings = toFindings(options.finding)
  refuseEvidenceWith(options)
  const captures = await toInputs(words, options.output, around)
  const paths = captures.filter((capture) => typeof capture === 'string')
  await forbidOverwriting(options.evidence, paths, '--evidence')
  const keyLogs = await readKeyLogs(options.keylog, around)
  const sink = await openOutput(around.print, options.output)
  const folder = temporaryFolder()
  try {
    const sources = await toSources(captures, folder)
    const { readings, written, log } = await readForReport({
      ...{ sources, select, findings, keyLogs, version, onInternalError: warnOfDefect(around) },
      ...{ verifyChecksums: options.verifyChecksums === true, redact: options.redact === true },
      evidence: draftIn(folder, options),
      readLog: () => readLogs(options.log, paths, around),
    })
    const { analysis } = readings
    tellOfLog(log, around)
    warnOfProblems(readings.captures, around)
    await sink.write(await renderReport(compose(readings), options.format ?? formatOf(output), width))
    await sink.commit()
    if (written !== null) await deliverEvidence(written, readings, options, around)
    else if (options.evidence !== undefined) around.warn(NO_EVIDENCE)
    return analysis.captures.some(({ complete }) => !complete) ? CAPTURE : OK
  } catch (error) {
    await sink.abandon()
    throw error
  } finally {
    await removeFolder(folder)
  }
}

/** Evidence is written to a temporary folder until it is complete. */
function draftIn(folder: string, { evidence }: ReportWords) {
  if (evidence === undefined) return null
  return { name: basename(evidence), path: join(folder, 'evidence'), twin: join(folder, 'twin') }
}

/** The evidence must show the same findings without that option; and a mail names both files. */
function refuseEvidenceWith({ evidence, output, verifyChecksums }: ReportWords): void {
  if (evidence === undefined) return
  if (evidence === '-')
    throw new UsageError('--evidence -: name a file, because the mail text is written to standard output')
  if (output === undefined || output === '-')
    throw new UsageError('--evidence: name a file for the report with -o; the mail text is written to standard output')
  if (resolve(output) === resolve(evidence)) throw new UsageError(`--evidence ${evidence}: the same file as that of -o`)
  if (verifyChecksums === true)
    throw new UsageError(
      '--verify-checksums: cannot be combined with --evidence, because the evidence must show the findings without it, too',
    )
}

/** Delivers the evidence, and prints the text of a mail to send both files with. */
async function deliverEvidence(
  { path, evidence, file }: Written,
  readings: Parameters<typeof mailOf>[0],
  { evidence: output, output: report = '', redact }: ReportWords,
  around: CliContext,
): Promise<void> {
  await deliver(path, output, around)
  tellOfEvidence(evidence, output ?? '', around)
  const mail = mailOf(readings, { report: basename(report), evidence: file })
  if (mail !== null) {
    await around.print(mail)
    if (redact === true) around.hint('the mail has placeholders, too: name the server in it before you send it')
  } else
    around.warn('no mail text: the report is about several servers or clients; select one with --server or --client')
}
