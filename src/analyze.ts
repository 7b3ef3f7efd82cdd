// The pipeline from captures to an Analysis. Read this file first.

import { type KeyLogListener, MergedCaptures, type TimelineOptions } from './capture/merge.ts'
import { type CaptureInput, inOrderOfTime } from './capture/sort-captures.ts'
import type { OrdinarySum } from './fast-path/ordinary-sums.ts'
import { REPORTS_PENDING_MAX } from './limits.ts'
import { type AnalyzeOptions, Pipeline, type PipelineSetting, type Progress } from './pipeline.ts'
import type { Analysis, CaptureRecord } from './rules/analysis.ts'
import { captureRecord } from './rules/capture-record.ts'
import { Retention } from './rules/retention.ts'
import type { OrdinaryCounts } from './rules/rule-runner.ts'
import type { SessionReport } from './rules/session-report.ts'
import { SummaryBuilder } from './rules/summary-builder.ts'
import { epochNs } from './rules/time.ts'
import { Keyring } from './tls/keyring.ts'

export type { CaptureInput } from './capture/sort-captures.ts'
export type { AnalyzeOptions, Progress } from './pipeline.ts'
export type {
  Analysis,
  CaptureRecord,
  FindingRecord,
  SessionRecord,
} from './rules/analysis.ts'
export type { Selection } from './rules/select.ts'
export type { Profile } from './rules/server-defaults.ts'
export type { GroupObserver, SessionReport } from './rules/session-report.ts'

/**
 * Reads captures as one timeline, in the order of their packets' times, and judges every SMTP session in them. What
 * could not be read of a capture is stated in its record; the rest is judged. Throws nothing.
 */
export async function analyze(
  captures: readonly CaptureInput[],
  options: AnalyzeOptions = {},
  setting: Pick<PipelineSetting, 'kernel'> = {},
): Promise<Analysis> {
  const { keyring = new Keyring() } = options
  keyring?.follow(options.keyLogs ?? [])
  const ordered = await inOrderOfTime(captures)
  const verdicts = new ResultCollector(options)
  const pipeline = new Pipeline(options, keyring, (report) => verdicts.add(report), { ...setting, counts: verdicts })
  const windows = pipeline.fastPath
  const timeline = new MergedCaptures(ordered, { ...timelineOptions(options, keyring), ...(windows && { windows }) })
  try {
    while (await timeline.refill()) {
      timeline.readAhead()
      await takeAll(timeline, pipeline, verdicts)
      if (options.live === true) pipeline.expire(timeline.packet)
      pipeline.settle()
      await verdicts.delivered()
      verdicts.report(timeline)
    }
  } finally {
    await timeline.close()
  }
  pipeline.finish()
  await verdicts.delivered()
  const analysis = verdicts.analysis(pipeline, timeline.captures.map(captureRecord), options)
  pipeline.close()
  return analysis
}

/** Takes the packets that were read. */
export async function takeAll(timeline: MergedCaptures, pipeline: Pipeline, verdicts?: ResultCollector): Promise<void> {
  const windows = pipeline.fastPath
  while (timeline.next()) {
    if (pipeline.read === 0 && timeline.base !== null) pipeline.base = timeline.base
    pipeline.take(timeline.packet)
    if (windows?.isReady === true) pipeline.read += timeline.handRecords(windows)
    if (verdicts !== undefined && verdicts.pending >= REPORTS_PENDING_MAX) await verdicts.delivered()
  }
}

export function timelineOptions(
  { hash, signal, nextCapture, frames }: AnalyzeOptions,
  keyLogs: KeyLogListener | null,
): TimelineOptions {
  return { hashes: hash === true, signal, nextCapture, ...(keyLogs && { keyLogs }), ...(frames && { frames }) }
}

type SoFar = Pick<Progress, 'sessions' | 'errors'>
const NONE_SO_FAR: SoFar = { sessions: 0, errors: 0 }

/** Collects session reports in the order in which sessions close, and builds the result of the analysis from them. */
export class ResultCollector implements OrdinaryCounts {
  readonly summaryBuilder: SummaryBuilder
  /** Number of reports for which the caller's `onSession` may still be at work. */
  pending = 0
  private told: Promise<void> | undefined
  private readonly keeping: Retention
  private readonly onSession: AnalyzeOptions['onSession']
  private readonly onProgress: AnalyzeOptions['onProgress']

  constructor({ keepSessions = 'all', shapes = false, onSession, onProgress }: AnalyzeOptions) {
    this.summaryBuilder = new SummaryBuilder(shapes === true)
    this.keeping = new Retention(keepSessions)
    this.onSession = onSession
    this.onProgress = onProgress
  }

  get isEnough(): boolean {
    return this.onSession === undefined && this.keeping.isEnough
  }

  addOrdinary(sums: readonly OrdinarySum[]): void {
    this.summaryBuilder.addOrdinary(sums)
  }

  add(report: SessionReport): void {
    this.summaryBuilder.add(report)
    this.keeping.add(report)
    const told = this.onSession?.(report)
    if (!told) return
    this.told = told
    this.pending++
  }

  /** Waits until the caller's `onSession` has finished. */
  async delivered(): Promise<void> {
    await this.told
    this.told = undefined
    this.pending = 0
  }

  /** Reports progress to the caller. `counted`: sessions that were counted elsewhere. */
  report({ bytesRead, packets, base, packet }: MergedCaptures, counted: SoFar = NONE_SO_FAR): void {
    const lastNs = base && packets > 0 ? epochNs(base, packet.timeNs) : null
    const { sessions, errors } = this.summaryBuilder.soFar
    const sums = { sessions: sessions + counted.sessions, errors: errors + counted.errors }
    this.onProgress?.({ bytes: bytesRead, packets, lastNs, ...sums })
  }

  analysis(pipeline: Pipeline, captures: readonly CaptureRecord[], { verifyChecksums }: AnalyzeOptions): Analysis {
    const { read, undecodable, badChecksums, copies, streams, rules } = pipeline
    return {
      captures,
      summary: this.summaryBuilder.summary({
        read,
        smtp: streams.sessionPackets,
        undecodable,
        copies: copies.count,
        badChecksums: verifyChecksums === true ? badChecksums : null,
      }),
      faults: this.summaryBuilder.faultRecords(rules),
      servers: this.summaryBuilder.serverRecords(rules),
      ...this.keeping.records(),
    }
  }
}
