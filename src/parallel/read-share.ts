// One of several readings of the same captures: it reads all packets, follows its share of the connections, and tells
// what it has found at every step, in the order of closing.
import { takeAll } from '../analyze.ts'
import { type KeyLogListener, MergedCaptures, type TimelineOptions } from '../capture/merge.ts'
import type { Placed } from '../capture/sort-captures.ts'
import { STEP_WINDOWS } from '../limits.ts'
import { Pipeline } from '../pipeline.ts'
import type { SessionReport } from '../rules/session-report.ts'
import type { SummaryPart } from '../rules/summary-builder.ts'
import { StopController } from '../stop-signal.ts'
import type { Share } from '../tcp/share.ts'
import { Keyring } from '../tls/keyring.ts'
import { Delivery, type Task } from './delivery.ts'
import type { Pace } from './pace.ts'

/** What a reading has found since the step before. */
export interface ShareStep {
  /** Packets read so far. */
  readonly packets: number
  /** All of its sessions that were closed by a packet before this one have been reported. */
  readonly settledFrame: number
  /** The sessions that are wanted in full, in the order of closing. */
  readonly reports: readonly SessionReport[]
  /** Those that were only counted so far, and the proved errors in them. */
  readonly sessions: number
  readonly errors: number
  /** The maximum of bytes kept at once, of connections without payload, and of open sessions. */
  readonly keptPeak: number
  readonly silentPeak: number
  readonly sessionPeak: number
  /** Whether one reading of everything would tell the same, as far as this one can know. */
  readonly stands: boolean
  /** Defects of this program, and their frames. */
  readonly defects: readonly (readonly [error: unknown, frame: number])[]
  /** Null before the last step. */
  readonly end: ShareEnd | null
}

export interface ShareEnd {
  /** The sums of the sessions that were only counted. */
  readonly sums: SummaryPart
  readonly sessionPackets: number
}

/** Key logs inside captures: sessions of other shares may need the secrets of this one's. */
class KeyLogsSeen implements KeyLogListener {
  private readonly followed: (readonly string[])[] = []

  follow(keyLogs: readonly string[]): void {
    this.followed.push(keyLogs)
  }

  get any(): boolean {
    return this.followed.some(({ length }) => length > 0)
  }
}

export class ShareReading {
  readonly timeline: MergedCaptures
  readonly pipeline: Pipeline
  private readonly delivery: Delivery
  private readonly keyLogs = new KeyLogsSeen()
  private readonly interruption = new StopController()
  private defects: (readonly [unknown, number])[] = []

  /** `wanted`: what only one reading finds out about the captures. */
  constructor(
    placed: readonly Placed[],
    task: Task,
    share: Share,
    wanted: Pick<TimelineOptions, 'hashes' | 'frames'> = {},
  ) {
    this.delivery = new Delivery(task)
    const onInternalError = (error: unknown, frame: number) => void this.defects.push([error, frame])
    const deliver = (report: SessionReport) => this.delivery.take(report)
    const { tellsSums = false } = task
    const setting = { share, counts: this.delivery, tellsSums }
    this.pipeline = new Pipeline({ ...task, onInternalError }, new Keyring(), deliver, setting)
    const { fastPath } = this.pipeline
    const options = {
      ...wanted,
      blocks: true,
      signal: this.interruption,
      keyLogs: this.keyLogs,
      ...(fastPath && { windows: fastPath }),
    }
    this.timeline = new MergedCaptures(placed, options)
  }

  /** `tell` receives what was found, step by step; the last step has an end. */
  async read(pace: Pace, tell: (step: ShareStep) => void): Promise<void> {
    const { timeline, pipeline } = this
    try {
      for (let step = 1; ; step++) {
        if (!(await pace.begins(step))) this.interruption.abort()
        const goesOn = await this.readWindows(step === 1 ? 1 : STEP_WINDOWS)
        if (!goesOn) break
        pipeline.settle()
        tell(this.found(null))
      }
    } finally {
      await timeline.close()
    }
    pipeline.finish()
    tell(this.found({ sums: this.delivery.summaryBuilder.part(), sessionPackets: pipeline.streams.sessionPackets }))
    pipeline.close()
  }

  /** False at the end. */
  private async readWindows(count: number): Promise<boolean> {
    const { timeline, pipeline } = this
    for (let window = 0; window < count; window++) {
      if (!(await timeline.refill())) return false
      await takeAll(timeline, pipeline)
    }
    return true
  }

  private found(end: ShareEnd | null): ShareStep {
    const { pipeline, delivery, defects } = this
    const { streams, read } = pipeline
    this.defects = []
    return {
      packets: read,
      settledFrame: Math.min(streams.settledFrame, read + 1),
      reports: delivery.taken(),
      ...delivery.summaryBuilder.soFar,
      keptPeak: streams.keptPeak,
      silentPeak: streams.silentPeak,
      sessionPeak: streams.sessionPeak,
      stands: pipeline.clock.isSteady && !this.keyLogs.any && !delivery.summaryBuilder.isCrowded,
      defects,
      end,
    }
  }
}
