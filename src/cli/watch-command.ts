// `pipelint watch`: follows captures that are still written and shows incidents as they happen.
import { type AnalyzeOptions, analyze, type CaptureInput, type Progress, type SessionReport } from '../analyze.ts'
import { FrameMap } from '../capture/frame-map.ts'
import { RotatedCaptures } from '../capture/rotated-captures.ts'
import { addressOf } from '../decode/address.ts'
import { DRAW_MS, WATCHED_FAULTS_MAX, WATCHED_INCIDENTS } from '../limits.ts'
import { redactorFor } from '../redact/redactor-for.ts'
import { terminal } from '../report/escape.ts'
import { frameLists, withFiles } from '../report/file-frames.ts'
import { closingLines, sessionLines } from '../report/json.ts'
import { toLocalTime } from '../report/local-time.ts'
import { renderAnswer } from '../report/verdict-line.ts'
import { incidentLogLine, renderScreen, repeatedLogLine, type SeenIncident } from '../report/watch-screen.ts'
import type {
  Analysis,
  CaptureRecord,
  FaultRecord,
  FindingRecord,
  IncidentRecord,
  SessionRecord,
} from '../rules/analysis.ts'
import { incidentsOf } from '../rules/incidents.ts'
import { RULES } from '../rules/index.ts'
import { SummaryBuilder } from '../rules/summary-builder.ts'
import { isoTime } from '../rules/time.ts'
import type { StopSignal } from '../stop-signal.ts'
import { type CliContext, OK } from './cli-context.ts'
import { readingCode, readKeyLogs, warnOfDefect, warnOfProblems } from './inputs.ts'
import { LiveScreen } from './live-screen.ts'
import { type SelectionWords, toSelection } from './selection.ts'

export const WATCH_FORMATS = ['text', 'ndjson'] as const

export interface WatchWords extends SelectionWords {
  readonly format: (typeof WATCH_FORMATS)[number]
  readonly redact?: true
}

export async function watch(around: CliContext, word: string, options: WatchWords, version: string): Promise<number> {
  const signal = around.interruption()
  const select = toSelection(options)
  const keyLogs = await readKeyLogs(options.keylog, around)
  const output = outputOf(around, options, version)
  const frames = new FrameMap()
  const redactor = withFiles(await redactorFor(options.redact === true), frames)
  const nameOf = (path: string) => redactor.captureName(path)
  let lastNs: bigint | null = null
  const common: AnalyzeOptions = {
    ...{ select, keyLogs, verifyChecksums: options.verifyChecksums === true },
    ...{ keepSessions: 'none', proofs: options.format === 'ndjson', live: true, frames },
    onInternalError: warnOfDefect(around),
    onProgress(progress) {
      lastNs = progress.lastNs
      output.progress(progress)
    },
    onSession: (report) => output.session(redactor.session(report)),
  }
  const begin = (name: string) => output.capture(nameOf(name))
  try {
    const analysis = word === '-' ? await ofInput(around, begin, common, signal) : await ofFiles(common)
    const isEnded = signal.aborted
    warnOfProblems(isEnded ? finished(analysis.captures) : analysis.captures, around)
    await output.end(redactor.analysis(analysis))
    return isEnded ? OK : readingCode(analysis.captures)
  } finally {
    output.close()
  }

  async function ofFiles(settings: AnalyzeOptions): Promise<Analysis> {
    const onOther = (path: string) =>
      output.hint(`${terminal(nameOf(path))} grows as well, but begins earlier than what was read: it is not watched`)
    const captures = await RotatedCaptures.of(word, { signal, lastNs: () => lastNs, onOther })
    const nextCapture = async () => {
      const next = await captures.next()
      if (next !== null) begin(next.name)
      return next
    }
    return analyze([], { ...settings, nextCapture })
  }
}

function ofInput(
  { input }: CliContext,
  begin: (name: string) => void,
  settings: AnalyzeOptions,
  signal: StopSignal,
): Promise<Analysis> {
  const capture: CaptureInput = { name: '<standard input>', bytes: input }
  begin(capture.name)
  return analyze([capture], { ...settings, signal })
}

/** Without what is not yet written, or not yet read. */
function finished(captures: readonly CaptureRecord[]): CaptureRecord[] {
  return captures.map((capture, i) =>
    i < captures.length - 1 ? capture : { ...capture, complete: true, error: null, problems: [] },
  )
}

/** Where sessions are shown as they close. */
interface WatchOutput {
  capture(name: string): void
  progress(progress: Progress): void
  session(report: SessionReport): Promise<void>
  hint(line: string): void
  end(analysis: Analysis): Promise<void>
  close(): void
}

function outputOf(around: CliContext, { format, localTime }: WatchWords, version: string): WatchOutput {
  const shown: Shown = localTime === true ? toLocalTime : (record) => record
  if (format === 'ndjson') return new LineOutput(around, version)
  return around.screen === null ? new LogOutput(around, shown) : new ScreenOutput(around, around.screen, shown)
}

/** Converts the times of records. */
type Shown = <T>(records: T) => T

class LineOutput implements WatchOutput {
  private readonly around: CliContext
  private readonly version: string

  constructor(around: CliContext, version: string) {
    this.around = around
    this.version = version
  }

  capture(): void {}
  progress(): void {}
  close(): void {}

  session(report: SessionReport): Promise<void> {
    return this.around.print(sessionLines(report))
  }

  hint(line: string): void {
    this.around.hint(line)
  }

  async end(analysis: Analysis): Promise<void> {
    for (const line of closingLines(analysis, this.version)) await this.around.print(line)
  }
}

/** A line for the first incident of a fault, and one more when it was seen ten times as often. */
class LogOutput implements WatchOutput {
  private readonly around: CliContext
  private readonly sums = new SummaryBuilder(false)
  private readonly seen = new Map<string, number>()
  private isBegun = false
  private readonly shown: Shown

  constructor(around: CliContext, shown: Shown) {
    this.around = around
    this.shown = shown
  }

  /** A rotation may begin a capture every second. */
  capture(name: string): void {
    if (!this.isBegun) this.around.hint(`watching ${terminal(name)}`)
    this.isBegun = true
  }

  progress(): void {}
  close(): void {}

  async session(report: SessionReport): Promise<void> {
    this.sums.add(report)
    if (report.findings.length === 0) return
    const { record } = report
    for (const incident of incidentsOf(report.findings)) {
      const key = keyOf(incident, record)
      const times = (this.seen.get(key) ?? 0) + 1
      if (this.seen.size >= WATCHED_FAULTS_MAX) this.seen.clear()
      this.seen.set(key, times)
      const line = this.lineFor({ incident, session: record, frames: framesOf(incident, report.findings) }, times)
      if (line !== null) await this.around.print(`${line}\n`)
    }
  }

  private lineFor(seen: SeenIncident, times: number): string | null {
    const { incident, session } = seen
    if (times === 1) return incidentLogLine(this.shown(seen))
    if (!/^10+$/.test(String(times))) return null
    const fault = this.sums.faultRecords(RULES).find((one) => isFaultOf(one, incident, session))
    return fault === undefined ? null : repeatedLogLine(this.shown(fault))
  }

  hint(line: string): void {
    this.around.hint(line)
  }

  end(analysis: Analysis): Promise<void> {
    return printAnswer(this.shown(analysis), this.around)
  }
}

class ScreenOutput implements WatchOutput {
  private readonly around: CliContext
  private readonly screen: LiveScreen
  private latest: string | null = null
  private captures = 0
  private readonly sums = new SummaryBuilder(false)
  private readonly incidents: SeenIncident[] = []
  private readonly timer: NodeJS.Timeout
  private lastNs: bigint | null = null
  private readonly shown: Shown

  constructor(around: CliContext, size: NonNullable<CliContext['screen']>, shown: Shown) {
    this.around = around
    this.shown = shown
    this.screen = new LiveScreen(around, size)
    this.timer = setInterval(() => this.draw(), DRAW_MS)
  }

  capture(name: string): void {
    this.latest = name
    this.captures++
  }

  progress({ lastNs }: Progress): void {
    this.lastNs = lastNs
  }

  async session(report: SessionReport): Promise<void> {
    this.sums.add(report)
    const session = report.record
    for (const incident of incidentsOf(report.findings))
      this.incidents.push(this.shown({ incident, session, frames: framesOf(incident, report.findings) }))
    if (this.incidents.length > WATCHED_INCIDENTS) this.incidents.splice(0, this.incidents.length - WATCHED_INCIDENTS)
  }

  hint(line: string): void {
    this.screen.erase()
    this.around.hint(line)
    this.draw()
  }

  async end(analysis: Analysis): Promise<void> {
    this.close()
    this.screen.erase()
    await printAnswer(this.shown(analysis), this.around)
  }

  close(): void {
    clearInterval(this.timer)
  }

  private draw(): void {
    const { sums, latest, captures, incidents, lastNs } = this
    const summary = sums.summary({ read: 0, smtp: 0, undecodable: 0, copies: 0, badChecksums: null })
    const state = this.shown({
      ...{ capture: latest, captures, summary, incidents },
      lastAt: lastNs === null ? null : isoTime({ seconds: 0, nanoseconds: 0 }, Number(lastNs)),
      faults: sums.faultRecords(RULES),
    })
    this.screen.draw((size) => renderScreen(state, size))
  }
}

/** `frames 9, 10`; with several captures `frames mail.pcap3: 9, 10`. */
function framesOf({ frames }: IncidentRecord, findings: readonly FindingRecord[]): string {
  const places = new Map(findings.flatMap((one) => one.frames.map((frame, i) => [frame, one.places?.[i] ?? null])))
  const isPlaced = findings.some((one) => one.places !== undefined)
  const lists = frameLists({ frames, ...(isPlaced && { places: frames.map((frame) => places.get(frame) ?? null) }) })
  return lists.map((list) => `frames ${list}`).join('; ')
}

/** What is left when the screen is gone. */
async function printAnswer(analysis: Analysis, { print, width, style }: CliContext): Promise<void> {
  const { sessions } = analysis.summary
  const answer = sessions === 0 ? 'No SMTP session was seen.' : renderAnswer(analysis, { width, style, all: false })
  await print(`${answer}\n`)
}

const keyOf = ({ party, rule, severity, certainty }: IncidentRecord, session: SessionRecord) =>
  `${accusedOf(party, session)} ${rule} ${severity} ${certainty}`

const accusedOf = (party: IncidentRecord['party'], { client, server }: SessionRecord) =>
  party === 'client' ? addressOf(client) : server

function isFaultOf(fault: FaultRecord, incident: IncidentRecord, session: SessionRecord): boolean {
  const { rule, severity, certainty, party } = incident
  const isSame = fault.rule === rule && fault.severity === severity && fault.certainty === certainty
  return isSame && fault.party === party && fault.accused === accusedOf(party, session)
}
