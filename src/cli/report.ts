// `pipelint report`: captures -> a report of what is wrong, for whoever has to mend it. They are read twice: once to see who
// is accused and what works beside it, once to fetch the dialogues that show it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AnalyzeOptions, analyze, type Selection, type SessionReport } from '../analyze.ts'
import { UsageError } from '../errors.ts'
import { veilOf } from '../redact/redaction.ts'
import { compose } from '../report/vendor/compose.ts'
import { Survey } from '../report/vendor/first-pass.ts'
import { formatOf, type ReportFormat, renderDossier } from '../report/vendor/report-formats.ts'
import { planOf } from '../report/vendor/report-plan.ts'
import { Fetch } from '../report/vendor/second-pass.ts'
import { isSelected } from '../rules/select.ts'
import type { Surroundings } from './cli-context.ts'
import { CAPTURE, OK } from './cli-context.ts'
import { namedCaptures, readKeyLogs, type Source, toInputs, toSources, warnOfDefect, warnOfProblems } from './inputs.ts'
import { openSink } from './output.ts'
import { type SelectionWords, toFindings, toSelection } from './selection.ts'

/** What a mail bears: quoted once or twice, it still fits into 80 columns. */
const MAIL_WIDTH = 76

export interface ReportWords extends SelectionWords {
  readonly format?: ReportFormat
  readonly finding?: readonly string[]
  readonly redact?: true
  readonly output?: string
}

export async function report(
  around: Surroundings,
  words: readonly string[],
  options: ReportWords,
  version: string,
): Promise<number> {
  const { output } = options
  const width = output === undefined ? Math.min(MAIL_WIDTH, around.width) : MAIL_WIDTH
  const select = toSelection(options)
  const findings = toFindings(options.finding)
  const captures = await toInputs(words, options.output, around)
  const keyLogs = await readKeyLogs(options.keylog, around)
  const sink = await openSink(around.print, options.output)
  const folder = await mkdtemp(join(tmpdir(), 'pipelint-'))
  try {
    const sources = await toSources(captures, folder)
    const { dossier, analysis } = await make({ select, findings, keyLogs, version, options, around, sources })
    warnOfProblems(analysis.captures, around)
    await sink.write(await renderDossier(dossier, options.format ?? formatOf(output), width))
    await sink.commit()
    return analysis.captures.some(({ complete }) => !complete) ? CAPTURE : OK
  } catch (error) {
    await sink.abandon()
    throw error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Task {
  readonly select: Selection
  readonly findings: readonly string[] | null
  readonly keyLogs: readonly string[]
  readonly version: string
  readonly options: ReportWords
  readonly around: Surroundings
  readonly sources: readonly Source[]
}

async function make({ select, findings, keyLogs, version, options, around, sources }: Task) {
  // What is accused is selected; whatever else is in the captures may be a control.
  const { servers, clients, sessions, ...readings } = select
  const accused = { ...(servers && { servers }), ...(clients && { clients }), ...(sessions && { sessions }) }
  const accuses = (report: SessionReport) => isSelected(accused, report, NO_BASE)
  const survey = new Survey({
    ...{ accuses, findings, information: select.rules !== undefined },
    parties: new Set(servers === undefined ? ['server', 'client'] : ['server']),
  })
  const paths = sources.map(({ path }) => path)
  const common: AnalyzeOptions = {
    ...{ select: readings, keyLogs, keepSessions: 'none', verifyChecksums: options.verifyChecksums === true },
  }
  const raw = await analyze(paths, {
    ...{ ...common, hash: true, shapes: true, onInternalError: warnOfDefect(around) },
    onSession: (session) => survey.session(session),
  })
  const missing = findings?.filter((id) => !survey.met.has(id)) ?? []
  if (missing.length > 0)
    throw new UsageError(`no finding is called ${missing.join(', ')} here; pipelint check lists them`)
  const analysis = { ...raw, captures: namedCaptures(raw.captures, sources) }
  const plan = planOf(survey, analysis.servers)
  const veil = veilOf(options.redact === true)
  const fetched = new Fetch(plan, {
    ...{ accuses, wants: (finding) => survey.wants(finding), show: (session) => veil.session(session) },
  })
  if (plan.cases.length > 0)
    await analyze(paths, { ...common, follower: fetched, onSession: (session) => fetched.session(session) })
  const made = {
    ...{ version, redacted: options.redact === true, checksums: options.verifyChecksums === true },
    keys: keyLogs.length > 0,
  }
  const selective = findings !== null || Object.keys(select).length > 0
  const partial = findings !== null || clients !== undefined || sessions !== undefined
  const shown = veil.analysis(analysis)
  return { analysis, dossier: compose({ survey, plan, fetched, analysis: shown, made, selective, partial }) }
}

/** Which session is meant does not depend on the time of day. */
const NO_BASE = { seconds: 0, nanoseconds: 0 }
