// `pipelint report`: makes a violation report from captures. They are read twice: first to find the accused parties and
// working counterexamples, then to read the dialogues to show.
import { basename, resolve } from 'node:path'
import { type AnalyzeOptions, analyze, type Selection, type SessionReport } from '../analyze.ts'
import { FrameMap } from '../capture/frame-map.ts'
import { UsageError } from '../errors.ts'
import type { LogQuote } from '../log/mail-log.ts'
import { redactQuote } from '../redact/redact-log.ts'
import { Redaction, redactorFor } from '../redact/redaction.ts'
import { FileFrames, withFiles } from '../report/file-frames.ts'
import { compose } from '../report/vendor/compose.ts'
import { FirstPass } from '../report/vendor/first-pass.ts'
import { formatOf, type ReportFormat, renderReport } from '../report/vendor/report-formats.ts'
import { planOf } from '../report/vendor/report-plan.ts'
import { SecondPass } from '../report/vendor/second-pass.ts'
import type { FaultRecord, ServerRecord } from '../rules/analysis.ts'
import { isSelected } from '../rules/select.ts'
import { CAPTURE, type CliContext, OK } from './cli-context.ts'
import { NO_EVIDENCE } from './evidence-command.ts'
import { namedCaptures, readKeyLogs, type Source, toInputs, toSources, warnOfDefect, warnOfProblems } from './inputs.ts'
import { forbidOverwriting, openOutput } from './output.ts'
import { readLogs, tellOfLog } from './read-logs.ts'
import { deliverEvidence, readEvidence, writeEvidence } from './report-evidence.ts'
import { isSelective, type SelectionWords, toFindings, toSelection } from './selection.ts'
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
    const task = { select, findings, keyLogs, version, options, around, sources, folder }
    const { readings, written } = await make(task)
    const { analysis } = readings
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

interface Task {
  readonly folder: string
  readonly select: Selection
  readonly findings: readonly string[] | null
  readonly keyLogs: readonly string[]
  readonly version: string
  readonly options: ReportWords
  readonly around: CliContext
  readonly sources: readonly Source[]
}

async function make(task: Task) {
  const { select, findings, keyLogs, version, options, around, sources } = task
  // The selection limits the accused parties; other sessions in the captures may be controls.
  const { servers, clients, sessions, ...readings } = select
  const accused = { ...(servers && { servers }), ...(clients && { clients }), ...(sessions && { sessions }) }
  const accuses = (report: SessionReport) => isSelected(accused, report, NO_BASE)
  const firstPass = new FirstPass({
    ...{ accuses, named: namedIn(accused), findings, information: select.rules !== undefined },
    parties: new Set(servers === undefined ? ['server', 'client'] : ['server']),
  })
  const paths = sources.map(({ path }) => path)
  const common: AnalyzeOptions = {
    ...{ select: readings, keyLogs, keepSessions: 'none', verifyChecksums: options.verifyChecksums === true },
  }
  const frames = new FrameMap()
  const raw = await analyze(paths, {
    ...{ ...common, frames, hash: true, shapes: true, onInternalError: warnOfDefect(around) },
    onSession: (session) => firstPass.session(session),
  })
  refuseAbsent(firstPass, select, raw.servers)
  const missing = findings?.filter((id) => !firstPass.met.has(id)) ?? []
  if (missing.length > 0)
    throw new UsageError(`no finding ${missing.join(', ')} in these captures; pipelint check lists the findings`)
  const analysis = { ...raw, captures: namedCaptures(raw.captures, sources) }
  const plan = planOf(firstPass, analysis.servers)
  const redaction = options.redact === true ? new Redaction() : null
  const redactor = redaction ?? redactorFor(false)
  const withFile = withFiles(redactor, frames)
  const asked = { ...task, select: readings, accuses, redaction }
  const written = plan.cases.length === 0 || options.evidence === undefined ? null : await writeEvidence(asked, plan)
  const log = await readLogs(options.log, paths, around)
  // Directories are private.
  const named = (quote: LogQuote) => ({ ...quote, file: basename(quote.file) })
  const fetched = new SecondPass(plan, {
    ...{ accuses, wants: (finding) => firstPass.wants(finding), show: (session) => withFile.session(session) },
    files: new FileFrames(frames, (path) => redactor.captureName(path)),
    quote: (session) =>
      (log?.linesOf(session) ?? []).map((quote) => (redaction === null ? named(quote) : redactQuote(quote, redaction))),
  })
  if (plan.cases.length > 0)
    await analyze(paths, {
      ...{ ...common, onSession: (session: SessionReport) => fetched.session(session) },
      ...((written === null || log !== null) && { observer: fetched }),
    })
  tellOfLog(log, around)
  const made = {
    ...{ version, redacted: redaction !== null, checksums: options.verifyChecksums === true },
    ...{ keys: keyLogs.length > 0, evidence: written?.file ?? null },
  }
  const selective = findings !== null || Object.keys(select).length > 0
  const partial = findings !== null || clients !== undefined || sessions !== undefined
  return {
    readings: {
      ...{ firstPass, analysis: redactor.analysis(analysis), captures: analysis.captures, made, selective, partial },
      ...(written === null ? { plan, fetched } : await readEvidence(written, asked, plan, fetched)),
      show: (fault: FaultRecord) => redactor.fault(fault),
    },
    written,
  }
}

/** `--server 192.0.2.1` and the sessions that it selects, for each value of the options that name a party or a session. */
function namedIn({ servers = [], clients = [], sessions = [] }: Selection) {
  const by = (one: Selection) => (report: SessionReport) => isSelected(one, report, NO_BASE)
  return new Map([
    ...servers.map((word) => [`--server ${word}`, by({ servers: [word] })] as const),
    ...clients.map((word) => [`--client ${word}`, by({ clients: [word] })] as const),
    ...sessions.map((word) => [`--session ${word}`, by({ sessions: [word] })] as const),
  ])
}

/** Maximum number of servers named in an error message. */
const SERVERS_NAMED = 3

/** A selection that is not in the captures is a mistake: a report without findings would clear a server that no packet shows. */
function refuseAbsent({ absent, selected }: FirstPass, select: Selection, servers: readonly ServerRecord[]): void {
  const [first] = absent.keys()
  if (first !== undefined) {
    const known = servers.slice(0, SERVERS_NAMED).map(({ server }) => server)
    const more = servers.length > known.length ? ` and ${servers.length - known.length} more` : ''
    const hint =
      first.startsWith('--server') && known.length > 0 ? `; their servers are ${known.join(', ')}${more}` : ''
    throw new UsageError(`${first}: no SMTP session in these captures matches${hint}`)
  }
  if (selected === 0 && isSelective(select))
    throw new UsageError('no SMTP session in these captures matches all options of the selection')
}

/** The selection of sessions does not depend on the time of day. */
const NO_BASE = { seconds: 0, nanoseconds: 0 }
