// Merges batches in order. The result is the same as if one thread had read every packet; where that is not certain,
// the batch is read packet by packet.

import type { ResultCollector } from '../analyze.ts'
import { emptyPacket, type PacketView } from '../capture/packet.ts'
import { Decoded, SegmentDecoder } from '../decode/decode.ts'
import {
  CLOCK_SLACK_NS,
  KEPT_BYTES_MAX,
  KEPT_RECORD_BYTES,
  OPEN_SESSIONS_MAX,
  SILENT_CONNECTIONS_MAX,
} from '../limits.ts'
import type { AnalyzeOptions, Pipeline } from '../pipeline.ts'
import { admits, adopt } from '../tcp/slice-state.ts'
import type { AnalyzedBatch } from './analyze-batches.ts'
import { readPacket } from './kept-packets.ts'

/** A batch and its result. */
export interface Part extends Omit<AnalyzedBatch, 'runs'> {
  /** Reads all of its packets. */
  readWhole(take: (packet: PacketView) => void): Promise<void>
}

export class BatchMerge {
  private readonly pipeline: Pipeline
  private readonly verdicts: ResultCollector
  private readonly onInternalError: AnalyzeOptions['onInternalError']
  private readonly packet = emptyPacket()
  /** Decodes fragments before `pipeline` does: the outcome decides how the batch is read. */
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
    // A resumed TLS session needs the secrets of an earlier one, which may be known to this thread only.
    const stands = isSteady && !carriesSegments && !part.isKeyed
    const fits = stands && this.isSingle(part) && this.hasRoom(part)
    if (fits && admits(pipeline.streams, result.sliceState.openedFlows)) this.merge(part)
    else await part.readWhole((packet) => pipeline.take(packet))
    pipeline.settle(firstFrame + count)
    await this.verdicts.delivered()
  }

  private merge({ count, firstFrame, result, excerpt }: Part): void {
    const { pipeline, verdicts, packet } = this
    const { streams, closeOrder, copies } = pipeline
    if (result.place >= 0) copies.place = result.place
    // Added before the packets that are read here, because those may deliver reports of later closes.
    for (const report of result.reports) closeOrder.add(report)
    for (const [place, index] of result.rest.entries()) {
      readPacket(excerpt, place, packet)
      packet.frame = firstFrame + index
      pipeline.take(packet)
    }
    pipeline.read += count - result.rest.length
    pipeline.undecodable += result.undecodable
    pipeline.badChecksums += result.badChecksums
    streams.addSessionPackets(result.sessionPackets)
    adopt(streams, result.sliceState.closedFlows)
    // Expired exactly when one thread would have done it: clocks may jump.
    if (result.passedFrame > 0) streams.expire(result.passedNs, result.passedFrame)
    verdicts.summaryBuilder.merge(result.sums)
    for (const [error, frame] of result.errors) this.onInternalError?.(error, frame)
  }

  /**
   * Whether the clock never stepped back by more than usual. Otherwise the end of connections depends on packets in
   * between.
   */
  private advance({ count, result: { span } }: Part): boolean {
    if (count === 0) return true
    const isSteady = span.isSteady && span.minNs >= this.latestNs - CLOCK_SLACK_NS
    this.latestNs = Math.max(this.latestNs, span.maxNs)
    return isSteady
  }

  /** Whether fragments contain TCP segments, whose connection is unknown so far. */
  private look({ result: { fragments }, excerpt }: Part): boolean {
    let found = false
    for (const place of fragments) {
      readPacket(excerpt, place, this.packet)
      const decoded = this.scout.decode(this.packet)
      if (decoded === Decoded.SEGMENT || decoded === Decoded.BAD_CHECKSUM) found = true
    }
    return found
  }

  /** Whether no segment can be a copy from another capture point. */
  private isSingle({ count, result: { span } }: Part): boolean {
    const { copies } = this.pipeline
    return count === 0 || (span.tap >= 0 && copies.isSingle(span.tap, span.minNs, span.maxNs))
  }

  /** Whether no bound on all connections together would have been reached. */
  private hasRoom({ result: { rest, keptPeak, silentPeak, sessionPeak }, excerpt }: Part): boolean {
    const { streams } = this.pipeline
    const bytes = 2 * (excerpt.bytes.length + rest.length * KEPT_RECORD_BYTES)
    return (
      streams.budget.kept + keptPeak + bytes <= KEPT_BYTES_MAX &&
      streams.silentCount + silentPeak + rest.length <= SILENT_CONNECTIONS_MAX &&
      streams.sessionCount + sessionPeak <= OPEN_SESSIONS_MAX
    )
  }
}
