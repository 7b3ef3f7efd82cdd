// Analyzes one batch by itself: connections that open and end in it are judged; the packets of all others are listed
// for the machine that merges the batches in order.

import { emptyPacket } from '../capture/packet.ts'
import { CLOCK_SLACK_NS } from '../limits.ts'
import { Delivery, type Task } from '../parallel/delivery.ts'
import { FRAGMENT, Pipeline } from '../pipeline.ts'
import { type SessionReport, withoutDialogue } from '../rules/session-report.ts'
import type { SummaryPart } from '../rules/summary-builder.ts'
import { OpenedFlows } from '../tcp/opened-flows.ts'
import { type SliceState, toSliceState, unfinished } from '../tcp/slice-state.ts'
import { Keyring } from '../tls/keyring.ts'
import { lengthOf, type PacketBatch, readPacket, tapOf } from './packet-batch.ts'

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

export function analyzeBatch(batch: PacketBatch, task: Task): BatchResult {
  const errors: (readonly [unknown, number])[] = []
  const openedFlows = new OpenedFlows()
  const delivery = new Delivery(task)
  const onInternalError = (error: unknown, frame: number) => void errors.push([error, frame])
  const deliver = (report: SessionReport) => delivery.take(report)
  const pipeline = new Pipeline({ ...task, onInternalError }, new Keyring(), deliver, { openedFlows, counts: delivery })
  pipeline.base = batch.base
  // The fast path reads packets that lie in its own memory.
  const held = pipeline.fastPath?.hold(batch.bytes.subarray(0, batch.used)) ?? null
  const connections = readAll(held === null ? batch : { ...batch, bytes: held }, pipeline)
  const { streams } = pipeline
  const open = unfinished(streams)
  pipeline.fastPath?.settle()
  pipeline.fastPath?.settleSums()
  pipeline.closeOrder.finish()
  const rest = restOf(connections, open, batch.firstFrame)
  const result = {
    reports: delivery.taken().map(withoutDialogue),
    sums: delivery.summaryBuilder.part(),
    rest,
    fragments: fragmentsOf(rest, connections),
    sliceState: toSliceState(streams, openedFlows, open),
    undecodable: pipeline.undecodable,
    badChecksums: pipeline.badChecksums,
    sessionPackets: streams.sessionPackets,
    place: pipeline.copies.place,
    keptPeak: streams.keptPeak,
    silentPeak: streams.silentPeak,
    restBytes: bytesOf(batch, rest),
    span: spanOf(batch),
    passedNs: streams.passedNs,
    passedFrame: streams.passedFrame,
    errors,
  }
  pipeline.close()
  return result
}

// Each loop is a function of its own, because the compiler optimises a running loop for what it has seen so far.

/** The connection number of each packet. */
function readAll(batch: PacketBatch, pipeline: Pipeline): Float64Array {
  const connections = new Float64Array(batch.count)
  const packet = emptyPacket()
  for (let i = 0; i < connections.length; i++) {
    readPacket(batch, i, packet)
    connections[i] = pipeline.take(packet)
  }
  return connections
}

/** The packets of connections that are open, and fragments. A connection has the number of a packet of the batch. */
function restOf(connections: Float64Array, open: ReadonlySet<number>, firstFrame: number): Int32Array {
  const rest = new Int32Array(connections.length)
  // Looked up for every packet.
  const isOpen = new Uint8Array(connections.length)
  for (const number of open) isOpen[number - firstFrame] = 1
  let count = 0
  for (let i = 0; i < connections.length; i++) {
    const connection = connections[i] as number
    if (connection === FRAGMENT || isOpen[connection - firstFrame] === 1) rest[count++] = i
  }
  return rest.slice(0, count)
}

function fragmentsOf(rest: Int32Array, connections: Float64Array): number[] {
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
