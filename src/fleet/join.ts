// Slabs in their order, each with what its own reading came to -> one reading of all. What goes out is the same as if one
// thread had read every packet: where that is not certain, a slab is read packet by packet after all.
import type { Analyst, AnalyzeOptions } from '../analyst.ts'
import type { Verdicts } from '../analyze.ts'
import { emptyPacket } from '../capture/packet.ts'
import { CLOCK_SLACK_NS, KEPT_BYTES_MAX, KEPT_RECORD_BYTES, SILENT_CONNECTIONS_MAX } from '../limits.ts'
import { Decoded, SegmentDecoder } from '../network/decode.ts'
import { admits, adopt } from '../stream/handover.ts'
import type { SlabResult } from './map.ts'
import { lengthOf, readPacket, type Slab, tapOf } from './slab.ts'

export class Join {
  private readonly analyst: Analyst
  private readonly verdicts: Verdicts
  private readonly onInternalError: AnalyzeOptions['onInternalError']
  private readonly packet = emptyPacket()
  /** Sees fragments before `analyst` does: what comes of them decides how the slab is read. */
  private readonly scout: SegmentDecoder
  /** The latest time so far. */
  private latestNs = Number.NEGATIVE_INFINITY

  constructor(analyst: Analyst, verdicts: Verdicts, { verifyChecksums, onInternalError }: AnalyzeOptions) {
    this.analyst = analyst
    this.verdicts = verdicts
    this.scout = new SegmentDecoder(verifyChecksums)
    this.onInternalError = onInternalError
  }

  /** Takes the next slab, and what its own reading came to. */
  async take(slab: Slab, result: SlabResult): Promise<void> {
    const { analyst } = this
    if (analyst.read === 0) analyst.base = slab.base
    const isSteady = this.advance(slab)
    const carriesSegments = this.look(slab, result)
    // A session that is resumed needs the secrets of the one before it, which nobody but this thread may have seen.
    const stands = isSteady && !carriesSegments && slab.keyLogs.length === 0
    const fits = stands && this.isSingle(slab) && this.hasRoom(slab, result)
    if (fits && admits(analyst.streams, result.handover.openings)) this.merge(slab, result)
    else this.readWhole(slab)
    const last = slab.count - 1
    if (last >= 0) analyst.streams.expire(slab.times[last] as number, slab.firstFrame + last)
    analyst.settle(slab.firstFrame + slab.count)
    await this.verdicts.told
  }

  private readWhole(slab: Slab): void {
    const { analyst, packet } = this
    for (let i = 0; i < slab.count; i++) {
      readPacket(slab, i, packet)
      analyst.take(packet)
    }
  }

  private merge(slab: Slab, result: SlabResult): void {
    const { analyst, verdicts, packet } = this
    const { streams, docket, copies } = analyst
    if (result.place >= 0) copies.place = result.place
    for (const index of result.rest) {
      readPacket(slab, index, packet)
      analyst.take(packet)
    }
    analyst.read += slab.count - result.rest.length
    analyst.undecodable += result.undecodable
    analyst.badChecksums += result.badChecksums
    streams.sessionPackets += result.sessionPackets
    adopt(streams, result.handover.departed)
    verdicts.tally.merge(result.sums)
    for (const report of result.reports) docket.add(report)
    for (const [error, frame] of result.errors) this.onInternalError?.(error, frame)
  }

  /** Whether the clock never jumped back by more than is usual: else who is over depends on what came between. */
  private advance({ times, count }: Slab): boolean {
    let isSteady = true
    for (let i = 0; i < count; i++) {
      const time = times[i] as number
      if (time > this.latestNs) this.latestNs = time
      else if (time < this.latestNs - CLOCK_SLACK_NS) isSteady = false
    }
    return isSteady
  }

  /** Whether TCP segments came in fragments: nobody knows yet of which connection. */
  private look(slab: Slab, { fragments }: SlabResult): boolean {
    let found = false
    for (const index of fragments) {
      readPacket(slab, index, this.packet)
      const decoded = this.scout.decode(this.packet)
      if (decoded === Decoded.SEGMENT || decoded === Decoded.BAD_CHECKSUM) found = true
    }
    return found
  }

  /** Whether none of its segments can be a copy of another. */
  private isSingle(slab: Slab): boolean {
    const { copies } = this.analyst
    for (let i = 0; i < slab.count; i++) {
      if (tapOf(slab, i) !== tapOf(slab, 0) || !copies.isSingle(tapOf(slab, i), slab.times[i] as number)) return false
    }
    return true
  }

  /** Whether no bound would have bitten that holds for all connections together. */
  private hasRoom(slab: Slab, { rest, keptPeak, silentPeak }: SlabResult): boolean {
    const { streams } = this.analyst
    let bytes = 0
    for (const index of rest) bytes += 2 * (lengthOf(slab, index) + KEPT_RECORD_BYTES)
    return (
      streams.pantry.kept + keptPeak + bytes <= KEPT_BYTES_MAX &&
      streams.silentCount + silentPeak + rest.length <= SILENT_CONNECTIONS_MAX
    )
  }
}
