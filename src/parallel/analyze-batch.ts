// Analyzes one batch by itself: connections that open and end in it are judged; the packets of all others are listed
// for the thread that merges the batches in order.

import { emptyPacket } from '../capture/packet.ts'
import { CLOCK_SLACK_NS } from '../limits.ts'
import { type AnalyzeOptions, FRAGMENT, Pipeline } from '../pipeline.ts'
import { Retention } from '../rules/retention.ts'
import { type SessionReport, withoutDialogue } from '../rules/session-report.ts'
import { SummaryBuilder, type SummaryPart } from '../rules/summary-builder.ts'
import { OpenedFlows } from '../tcp/opened-flows.ts'
import { type SliceState, toSliceState, unfinished } from '../tcp/slice-state.ts'
import { Keyring } from '../tls/keyring.ts'
import { lengthOf, type PacketBatch, readPacket, tapOf } from './packet-batch.ts'

/** The options that are sent to a thread once. */
export interface Task
  extends Pick<AnalyzeOptions, 'select' | 'keepSessions' | 'profile' | 'verifyChecksums' | 'shapes' | 'proofs'> {
  /** All session reports are wanted, not only those that are kept. */
  readonly tellsAll: boolean
}

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
  /**
   * Indexes of the packets that must be read together with other batches, in order, and those of them that are
   * fragments.
   */
  readonly rest: Int32Array
  readonly fragments: readonly number[]
  readonly sliceState: SliceState
  readonly undecodable: number
  readonly badChecksums: number
  readonly sessionPackets: number
  /** Where the last segment came from; -1 when there was none. */
  readonly place: number
  /** The maximum of bytes kept at once, and of connections without payload. */
  readonly keptPeak: number
  readonly silentPeak: number
  /** Octets of the packets of `rest`. */
  readonly restBytes: number
  readonly span: Span
  /** The time and packet up to which closed connections were expired; 0 packets when they were not. */
  readonly passedNs: number
  readonly passedFrame: number
  /** Defects of this program, and their frames. */
  readonly errors: readonly (readonly [error: unknown, frame: number])[]
}

/** Collects the session reports of a batch. */
class Delivery {
  readonly summaryBuilder = new SummaryBuilder(false)
  readonly reports: SessionReport[] = []
  private readonly keeping: Retention
  private readonly tellsAll: boolean

  constructor({ keepSessions = 'all', tellsAll }: Task) {
    this.keeping = new Retention(keepSessions)
    this.tellsAll = tellsAll
  }

  take(report: SessionReport): void {
    if (this.keeping.add(report) || this.tellsAll) this.reports.push(withoutDialogue(report))
    else this.summaryBuilder.add(report)
  }
}

export function analyzeBatch(batch: PacketBatch, task: Task): BatchResult {
  const errors: (readonly [unknown, number])[] = []
  const openedFlows = new OpenedFlows()
  const delivery = new Delivery(task)
  const onInternalError = (error: unknown, frame: number) => void errors.push([error, frame])
  const deliver = (report: SessionReport) => delivery.take(report)
  const pipeline = new Pipeline({ ...task, onInternalError }, new Keyring(), deliver, openedFlows)
  pipeline.base = batch.base
  const connections = readAll(batch, pipeline)
  const { streams } = pipeline
  const open = unfinished(streams)
  pipeline.closeOrder.finish()
  const rest = restOf(connections, open)
  return {
    reports: delivery.reports,
    sums: delivery.summaryBuilder.part(),
    rest,
    fragments: fragmentsOf(rest, connections),
    sliceState: toSliceState(streams, openedFlows, open),
    undecodable: pipeline.undecodable,
    badChecksums: pipeline.badChecksums,
    sessionPackets: streams.sessionPackets,
    place: pipeline.copies.place,
    keptPeak: streams.budget.peak,
    silentPeak: streams.silentPeak,
    restBytes: bytesOf(batch, rest),
    span: spanOf(batch),
    passedNs: streams.passedNs,
    passedFrame: streams.passedFrame,
    errors,
  }
}

// Each loop is a function of its own, because the compiler optimises a running loop for what it has seen so far.

/** The connection number of each packet. */
function readAll(batch: PacketBatch, pipeline: Pipeline): Int32Array {
  const connections = new Int32Array(batch.count)
  const packet = emptyPacket()
  for (let i = 0; i < connections.length; i++) {
    readPacket(batch, i, packet)
    connections[i] = pipeline.take(packet)
  }
  return connections
}

/** The packets of connections that are open, and fragments. */
function restOf(connections: Int32Array, open: Uint8Array): Int32Array {
  const rest = new Int32Array(connections.length)
  let count = 0
  for (let i = 0; i < connections.length; i++) {
    const connection = connections[i] as number
    if (connection === FRAGMENT || open[connection] === 1) rest[count++] = i
  }
  return rest.slice(0, count)
}

function fragmentsOf(rest: Int32Array, connections: Int32Array): number[] {
  const fragments: number[] = []
  for (const i of rest) if (connections[i] === FRAGMENT) fragments.push(i)
  return fragments
}

function bytesOf(batch: PacketBatch, rest: Int32Array): number {
  let bytes = 0
  for (const i of rest) bytes += lengthOf(batch, i)
  return bytes
}

function spanOf(batch: PacketBatch): Span {
  const { times, count } = batch
  const first = count === 0 ? 0 : tapOf(batch, 0)
  let [minNs, maxNs, isSteady, isOneTap] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true, true]
  for (let i = 0; i < count; i++) {
    const time = times[i] as number
    if (time < minNs) minNs = time
    if (time > maxNs) maxNs = time
    else if (time < maxNs - CLOCK_SLACK_NS) isSteady = false
    if (tapOf(batch, i) !== first) isOneTap = false
  }
  return { minNs, maxNs, isSteady, tap: isOneTap ? first : -1 }
}
