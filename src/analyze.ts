// The staircase: captures -> packets -> segments -> chunks -> dialogues -> groups -> findings -> Analysis.

import { type KeyLogFollower, Timeline, type TimelineOptions } from './capture/merge.ts'
import { type CaptureInput, inOrderOfTime } from './capture/sort-captures.ts'
import { Analyst, type AnalyzeOptions } from './pipeline.ts'
import type { Analysis, CaptureRecord } from './rules/analysis.ts'
import { captureRecord } from './rules/records-of.ts'
import { Keeping } from './rules/retention.ts'
import type { SessionReport } from './rules/session-report.ts'
import { Tally } from './rules/summary-builder.ts'
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
export type { Follower, SessionReport } from './rules/session-report.ts'

/**
 * Reads captures as one timeline, in the order of their packets' times whatever the order given, and judges every SMTP
 * session in them. What of a capture cannot be read is told in its record, the rest is judged, nothing is thrown.
 */
export async function analyze(captures: readonly CaptureInput[], options: AnalyzeOptions = {}): Promise<Analysis> {
  const { keyring = new Keyring() } = options
  keyring?.follow(options.keyLogs ?? [])
  const timeline = new Timeline(await inOrderOfTime(captures), timelineOptions(options, keyring))
  const verdicts = new Verdicts(options)
  const analyst = new Analyst(options, keyring, (report) => verdicts.add(report))
  try {
    while (await timeline.refill()) {
      timeline.readAhead()
      while (timeline.next()) {
        if (analyst.read === 0 && timeline.base !== null) analyst.base = timeline.base
        analyst.take(timeline.packet)
      }
      analyst.settle()
      await verdicts.told
      verdicts.report(timeline)
    }
  } finally {
    await timeline.close()
  }
  analyst.finish()
  await verdicts.told
  return verdicts.analysis(analyst, timeline.captures.map(captureRecord), options)
}

export function timelineOptions({ hash, signal }: AnalyzeOptions, keyLogs: KeyLogFollower | null): TimelineOptions {
  return { hashes: hash === true, signal, ...(keyLogs && { keyLogs }) }
}

/** Reports of sessions, in the order of closing -> what is told of all of them. */
export class Verdicts {
  readonly tally: Tally
  /** What the caller does with the reports it got so far. */
  told: Promise<void> | undefined
  private readonly keeping: Keeping
  private readonly onSession: AnalyzeOptions['onSession']
  private readonly onProgress: AnalyzeOptions['onProgress']

  constructor({ keepSessions = 'all', shapes = false, onSession, onProgress }: AnalyzeOptions) {
    this.tally = new Tally(shapes === true)
    this.keeping = new Keeping(keepSessions)
    this.onSession = onSession
    this.onProgress = onProgress
  }

  add(report: SessionReport): void {
    this.tally.add(report)
    this.keeping.add(report)
    this.told = this.onSession?.(report) ?? this.told
  }

  /** Tells how far the reading is. */
  report({ bytesRead, packets }: Timeline): void {
    this.onProgress?.({ bytes: bytesRead, packets, ...this.tally.soFar })
  }

  analysis(analyst: Analyst, captures: readonly CaptureRecord[], { verifyChecksums }: AnalyzeOptions): Analysis {
    const { read, undecodable, badChecksums, copies, streams, rules } = analyst
    return {
      captures,
      summary: this.tally.summary({
        read,
        smtp: streams.sessionPackets,
        undecodable,
        copies: copies.count,
        badChecksums: verifyChecksums === true ? badChecksums : null,
      }),
      servers: this.tally.serverRecords(rules),
      ...this.keeping.records(),
    }
  }
}
