// Batches in their order, each with what its own reading came to -> one reading of all. What goes out is the same as if
// one thread had read every packet: where that is not certain, a batch is read packet by packet after all.

import type { ResultCollector } from '../analyze.ts'
import type { TimeBase } from '../capture/packet.ts'
import { emptyPacket, type PacketView } from '../capture/packet.ts'
import { Decoded, SegmentDecoder } from '../decode/decode.ts'
import { CLOCK_SLACK_NS, KEPT_BYTES_MAX, KEPT_RECORD_BYTES, SILENT_CONNECTIONS_MAX } from '../limits.ts'
import type { AnalyzeOptions, Pipeline } from '../pipeline.ts'
import { admits, adopt } from '../tcp/slice-state.ts'
import type { BatchResult } from './analyze-batch.ts'
import { type PacketBatch, readPacket } from './packet-batch.ts'

/** A batch, wherever it is, and what its own reading came to. */
interface Part {
  readonly count: number
  readonly firstFrame: number
  readonly base: TimeBase
  /** Whether captures brought key logs along up to here. */
  readonly isKeyed: boolean
  readonly result: BatchResult
  /** Makes the view that of a packet among `result.rest`. */
  read(index: number, packet: PacketView): void
  /** All of its packets. */
  whole(): PacketBatch | Promise<PacketBatch>
}

/** A batch that is here. */
export function partOf(batch: PacketBatch, result: BatchResult): Part {
  const { count, firstFrame, base, keyLogs } = batch
  return {
    ...{ count, firstFrame, base, result },
    isKeyed: keyLogs.length > 0,
    read: (index, packet) => readPacket(batch, index, packet),
    whole: () => batch,
  }
}

export class BatchMerge {
  private readonly pipeline: Pipeline
  private readonly verdicts: ResultCollector
  private readonly onInternalError: AnalyzeOptions['onInternalError']
  private readonly packet = emptyPacket()
  /** Sees fragments before `pipeline` does: what comes of them decides how the batch is read. */
  private readonly scout: SegmentDecoder
  /** The latest time so far. */
  private latestNs = Number.NEGATIVE_INFINITY

  constructor(pipeline: Pipeline, verdicts: ResultCollector, { verifyChecksums, onInternalError }: AnalyzeOptions) {
    this.pipeline = pipeline
    this.verdicts = verdicts
    this.scout = new SegmentDecoder(verifyChecksums)
    this.onInternalError = onInternalError
  }

  /** Takes the next batch. */
  async take(part: Part): Promise<void> {
    const { pipeline } = this
    const { count, firstFrame, result } = part
    if (pipeline.read === 0) pipeline.base = part.base
    const isSteady = this.advance(part)
    const carriesSegments = this.look(part)
    // A session that is resumed needs the secrets of the one before it, which nobody but this thread may have seen.
    const stands = isSteady && !carriesSegments && !part.isKeyed
    const fits = stands && this.isSingle(part) && this.hasRoom(result)
    if (fits && admits(pipeline.streams, result.sliceState.openedFlows)) this.merge(part)
    else this.readWhole(await part.whole())
    pipeline.settle(firstFrame + count)
    await this.verdicts.told
  }

  private readWhole(batch: PacketBatch): void {
    const { pipeline, packet } = this
    for (let i = 0; i < batch.count; i++) {
      readPacket(batch, i, packet)
      pipeline.take(packet)
    }
  }

  private merge({ count, result, read }: Part): void {
    const { pipeline, verdicts, packet } = this
    const { streams, closeOrder, copies } = pipeline
    if (result.place >= 0) copies.place = result.place
    // In front of the packets that are read here: those may hand on what closed before them.
    for (const report of result.reports) closeOrder.add(report)
    for (const index of result.rest) {
      read(index, packet)
      pipeline.take(packet)
    }
    pipeline.read += count - result.rest.length
    pipeline.undecodable += result.undecodable
    pipeline.badChecksums += result.badChecksums
    streams.sessionPackets += result.sessionPackets
    adopt(streams, result.sliceState.closedFlows)
    // Neither earlier nor later than if every packet had come here: clocks may jump.
    if (result.passedFrame > 0) streams.expire(result.passedNs, result.passedFrame)
    verdicts.summaryBuilder.merge(result.sums)
    for (const [error, frame] of result.errors) this.onInternalError?.(error, frame)
  }

  /** Whether the clock never jumped back by more than is usual: else who is over depends on what came between. */
  private advance({ count, result: { span } }: Part): boolean {
    if (count === 0) return true
    const isSteady = span.isSteady && span.minNs >= this.latestNs - CLOCK_SLACK_NS
    this.latestNs = Math.max(this.latestNs, span.maxNs)
    return isSteady
  }

  /** Whether TCP segments came in fragments: nobody knows yet of which connection. */
  private look({ result: { fragments }, read }: Part): boolean {
    let found = false
    for (const index of fragments) {
      read(index, this.packet)
      const decoded = this.scout.decode(this.packet)
      if (decoded === Decoded.SEGMENT || decoded === Decoded.BAD_CHECKSUM) found = true
    }
    return found
  }

  /** Whether none of its segments can be a copy of another. */
  private isSingle({ count, result: { span } }: Part): boolean {
    const { copies } = this.pipeline
    return count === 0 || (span.tap >= 0 && copies.isSingle(span.tap, span.minNs, span.maxNs))
  }

  /** Whether no bound would have bitten that holds for all connections together. */
  private hasRoom({ rest, restBytes, keptPeak, silentPeak }: BatchResult): boolean {
    const { streams } = this.pipeline
    const bytes = 2 * (restBytes + rest.length * KEPT_RECORD_BYTES)
    return (
      streams.budget.kept + keptPeak + bytes <= KEPT_BYTES_MAX &&
      streams.silentCount + silentPeak + rest.length <= SILENT_CONNECTIONS_MAX
    )
  }
}
