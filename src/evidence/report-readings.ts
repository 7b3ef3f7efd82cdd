// Reads captures for a violation report: first to find the accused parties and working counterexamples, then to read the
// dialogues to show. With evidence, these are read from it.
import { type AnalyzeOptions, analyze, type Selection, type SessionReport } from '../analyze.ts'
import { FrameMap } from '../capture/frame-map.ts'
import { UsageError } from '../errors.ts'
import type { LogQuote, MailLog } from '../log/mail-log.ts'
import { redactQuote } from '../redact/redact-log.ts'
import { Redaction } from '../redact/redaction.ts'
import { UNREDACTED } from '../redact/redactor.ts'
import { FileFrames, withFiles } from '../report/file-frames.ts'
import { FirstPass } from '../report/vendor/first-pass.ts'
import { planOf } from '../report/vendor/report-plan.ts'
import { SecondPass } from '../report/vendor/second-pass.ts'
import type { FaultRecord, ServerRecord } from '../rules/analysis.ts'
import { namedCaptures } from '../rules/capture-record.ts'
import { isSelected, selectsAll } from '../rules/select.ts'
import { type Asked, readEvidence, writeEvidence } from './report-evidence.ts'

/** A capture that can be read more than once, and the name to print. */
interface Source {
  readonly path: string
  readonly name: string
}

export interface ReportTask {
  readonly sources: readonly Source[]
  readonly select: Selection
  readonly findings: readonly string[] | null
  readonly keyLogs: readonly string[]
  readonly version: string
  readonly verifyChecksums: boolean
  readonly redact: boolean
  /** The evidence to make with the report: its name, and two unused paths. Null for none. */
  readonly evidence: Pick<Asked, 'name' | 'path' | 'twin'> | null
  /** Reads the mail logs, after the captures were read once. Null for none. */
  readonly readLog: (() => Promise<MailLog | null>) | null
  readonly onInternalError: (error: unknown, frame: number) => void
}

/** Throws UsageError for a selection that matches nothing. */
export async function readForReport(task: ReportTask) {
  const { select, findings, keyLogs, version, sources, onInternalError } = task
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
    ...{ select: readings, keyLogs, keepSessions: 'none', verifyChecksums: task.verifyChecksums },
  }
  const frames = new FrameMap()
  const raw = await analyze(paths, {
    ...{ ...common, frames, hash: true, shapes: true, onInternalError },
    onSession: (session) => firstPass.session(session),
  })
  refuseAbsent(firstPass, select, raw.servers)
  const missing = findings?.filter((id) => !firstPass.met.has(id)) ?? []
  if (missing.length > 0)
    throw new UsageError(`no finding ${missing.join(', ')} in these captures; pipelint check lists the findings`)
  const analysis = { ...raw, captures: namedCaptures(raw.captures, sources) }
  const plan = planOf(firstPass, analysis.servers)
  const redaction = task.redact ? new Redaction() : null
  const redactor = redaction ?? UNREDACTED
  const withFile = withFiles(redactor, frames)
  const asked = task.evidence && { ...task, ...task.evidence, select: readings, accuses, redaction }
  const written = plan.cases.length === 0 || asked === null ? null : await writeEvidence(asked, plan)
  const log = (await task.readLog?.()) ?? null
  // Directories are private.
  const named = (quote: LogQuote) => ({ ...quote, file: quote.file.replace(/^.*[\\/]/, '') })
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
  const made = {
    ...{ version, redacted: redaction !== null, checksums: task.verifyChecksums },
    ...{ keys: keyLogs.length > 0, evidence: written?.file ?? null },
  }
  const selective = findings !== null || Object.keys(select).length > 0
  const partial = findings !== null || clients !== undefined || sessions !== undefined
  return {
    readings: {
      ...{ firstPass, analysis: redactor.analysis(analysis), captures: analysis.captures, made, selective, partial },
      ...(written === null || asked === null ? { plan, fetched } : await readEvidence(written, asked, plan, fetched)),
      show: (fault: FaultRecord) => redactor.fault(fault),
    },
    written,
    log,
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
  if (selected === 0 && !selectsAll(select))
    throw new UsageError('no SMTP session in these captures matches all options of the selection')
}

/** The selection of sessions does not depend on the time of day. */
const NO_BASE = { seconds: 0, nanoseconds: 0 }
