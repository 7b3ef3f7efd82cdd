// Reads a slice in batches and analyzes each by itself: connections that open and end in it are judged; the packets of
// all others are listed for the machine that merges the batches in order.

import type { FrameMap, FrameRun } from '../capture/frame-map.ts'
import { MergedCaptures, type TimelineOptions } from '../capture/merge.ts'
import type { PacketView, TimeBase } from '../capture/packet.ts'
import type { WindowMemory } from '../capture/read-buffer.ts'
import type { Placed } from '../capture/sort-captures.ts'
import { Kernel } from '../fast-path/kernel.ts'
import { KERNEL_WINDOW_BYTES } from '../limits.ts'
import { Delivery, type Task } from '../parallel/delivery.ts'
import { Pipeline } from '../pipeline.ts'
import { type SessionReport, withoutDialogue } from '../rules/session-report.ts'
import type { SummaryPart } from '../rules/summary-builder.ts'
import { OpenedFlows } from '../tcp/opened-flows.ts'
import { type SliceState, toSliceState, unfinished } from '../tcp/slice-state.ts'
import { Keyring } from '../tls/keyring.ts'
import { type BatchSize, type Excerpt, KeptPackets } from './kept-packets.ts'
import { KeyLogsSeen } from './key-logs-seen.ts'

/** When and where the packets of a batch were captured. */
interface Span {
  /** The earliest and the latest time; meaningless for an empty batch. */
  readonly minNs: number
  readonly maxNs: number
  /** Whether the clock never stepped back by more than usual. */
  readonly isSteady: boolean
  /** The capture point of all packets; -1 when there are several. */
  readonly tap: number
}

export interface BatchResult {
  /** The wanted reports in the order of closing; other sessions are only counted. */
  readonly reports: readonly SessionReport[]
  readonly sums: SummaryPart
  /** Indexes of the packets that must be read together with other batches, in order. */
  readonly rest: Int32Array
  /** Places in `rest`: those of fragments. */
  readonly fragments: readonly number[]
  readonly sliceState: SliceState
  readonly undecodable: number
  readonly badChecksums: number
  readonly sessionPackets: number
  /** Where the last segment came from; -1 when there was none. */
  readonly place: number
  /**
   * The maximum of bytes kept at once, of connections without payload, and of open sessions, where those count that
   * began elsewhere.
   */
  readonly keptPeak: number
  readonly silentPeak: number
  readonly sessionPeak: number
  readonly span: Span
  /** The time and packet up to which closed connections were expired; 0 packets when they were not. */
  readonly passedNs: number
  readonly passedFrame: number
  /** Defects of this program, and their frames. */
  readonly errors: readonly (readonly [error: unknown, frame: number])[]
}

export interface AnalyzedBatch {
  /** Number of packets, and the frame number of the first. */
  readonly count: number
  readonly firstFrame: number
  /** The absolute time of the set's first packet. */
  readonly base: TimeBase
  /** Whether captures contained key logs up to here. */
  readonly isKeyed: boolean
  readonly result: BatchResult
  /** The packets of `result.rest`. */
  readonly excerpt: Excerpt
  /** The runs of its packets, by the captures of the slice. */
  readonly runs: readonly FrameRun[]
}

export class SliceReading {
  readonly timeline: MergedCaptures
  private readonly task: Task
  private readonly size: BatchSize
  private readonly frames: FrameMap
  private readonly keyLogs = new KeyLogsSeen()
  private readonly kept = new KeptPackets()
  /** Null when it has failed. */
  private kernel: Kernel | null = Kernel.reserve()
  private batch: BatchReading | null = null

  constructor(
    placed: readonly Placed[],
    task: Task,
    size: BatchSize,
    options: TimelineOptions & { readonly frames: FrameMap },
  ) {
    this.task = task
    this.size = size
    this.frames = options.frames
    const isRead = this.begun().pipeline.fastPath !== null
    const windows = isRead && this.kernel !== null ? { windows: this.windowsOf(this.kernel) } : {}
    this.timeline = new MergedCaptures(placed, { ...options, keyLogs: this.keyLogs, ...windows })
  }

  /** The next batch begins where one ends. */
  async *batches(): AsyncGenerator<AnalyzedBatch, void, void> {
    const { timeline, keyLogs } = this
    while (await timeline.refill()) {
      timeline.readAhead()
      while (timeline.next()) {
        // A batch ends in front of the first packet that key logs precede, so that its packets are read without them.
        if (this.isFull || (keyLogs.haveGrown && !this.isEmpty)) yield this.end()
        keyLogs.take()
        this.begun().take(timeline, this.size.packets)
      }
      this.batch?.pipeline.settle()
    }
    if (!this.isEmpty) yield this.end()
    // Key logs behind the last packet: an empty batch has them.
    if (keyLogs.take()) yield this.end()
  }

  async close(): Promise<void> {
    await this.timeline.close()
    this.kernel?.release()
    this.kernel = null
  }

  private get isEmpty(): boolean {
    return this.batch === null || this.batch.count === 0
  }

  private get isFull(): boolean {
    const { kept, batch, size } = this
    return kept.used >= size.bytes || (batch !== null && batch.count >= size.packets)
  }

  private begun(): BatchReading {
    this.batch ??= new BatchReading(this.task, this.kept, this.kernel)
    return this.batch
  }

  private end(): AnalyzedBatch {
    const { frames, timeline, keyLogs, kept } = this
    const batch = this.begun()
    const { count } = batch
    const firstFrame = count === 0 ? timeline.packets + 1 : batch.firstFrame
    const { result, excerpt } = batch.end(firstFrame)
    const runs = frames.runs(firstFrame, firstFrame + count - 1)
    const base = timeline.base ?? { seconds: 0, nanoseconds: 0 }
    if (batch.pipeline.fastPath?.hasFailed === true) this.kernel = null
    kept.clear()
    this.batch = null
    return { count, firstFrame, base, isKeyed: keyLogs.any, result, excerpt, runs }
  }

  private windowsOf(kernel: Kernel): WindowMemory {
    const next = () => this.batch?.pipeline.fastPath?.next() ?? kernel.nextWindow(KERNEL_WINDOW_BYTES)
    return { windowBytes: KERNEL_WINDOW_BYTES, next }
  }
}

class BatchReading {
  count = 0
  firstFrame = 0
  readonly pipeline: Pipeline
  private readonly delivery: Delivery
  private readonly kept: KeptPackets
  private readonly openedFlows = new OpenedFlows()
  private readonly errors: (readonly [unknown, number])[] = []
  private tap = 0

  constructor(task: Task, kept: KeptPackets, kernel: Kernel | null) {
    const { openedFlows } = this
    this.kept = kept
    this.delivery = new Delivery(task)
    const onInternalError = (error: unknown, frame: number) => void this.errors.push([error, frame])
    const deliver = (report: SessionReport) => this.delivery.take(report)
    const keep = (packet: PacketView, connection: number) => kept.add(packet, connection)
    const setting = { slice: { openedFlows, keep }, kernel, counts: this.delivery }
    this.pipeline = new Pipeline({ ...task, onInternalError }, new Keyring(), deliver, setting)
  }

  /** Takes the packet of the timeline, and those behind it that the fast path takes, up to so many packets. */
  take(timeline: MergedCaptures, atMost: number): void {
    const { pipeline } = this
    const { packet, base } = timeline
    if (this.count === 0) {
      if (base !== null) pipeline.base = base
      this.firstFrame = packet.frame
      this.tap = packet.tap
    } else if (packet.tap !== this.tap) this.tap = -1
    this.count++
    pipeline.take(packet)
    const { fastPath } = pipeline
    if (fastPath?.isReady === true && this.count < atMost) {
      // They come from the same capture point.
      this.count += timeline.handRecords(fastPath, atMost - this.count)
    }
  }

  end(firstFrame: number): { readonly result: BatchResult; readonly excerpt: Excerpt } {
    const { pipeline, delivery, openedFlows, kept, tap, errors } = this
    const { streams, fastPath, clock } = pipeline
    const open = unfinished(streams)
    fastPath?.keepOpen()
    fastPath?.settle()
    fastPath?.settleSums()
    pipeline.closeOrder.finish()
    const { indexes, fragments, excerpt } = kept.rest(open, firstFrame)
    const result = {
      reports: delivery.taken().map(withoutDialogue),
      sums: delivery.summaryBuilder.part(),
      rest: indexes,
      fragments,
      sliceState: toSliceState(streams, openedFlows, open),
      undecodable: pipeline.undecodable,
      badChecksums: pipeline.badChecksums,
      sessionPackets: streams.sessionPackets,
      place: pipeline.copies.place,
      keptPeak: streams.keptPeak,
      silentPeak: streams.silentPeak,
      sessionPeak: streams.sessionPeak + streams.elsewhereCount,
      span: { minNs: clock.earliestNs, maxNs: clock.latestNs, isSteady: clock.isSteady, tap },
      passedNs: streams.passedNs,
      passedFrame: streams.passedFrame,
      errors,
    }
    pipeline.close()
    return { result, excerpt }
  }
}
