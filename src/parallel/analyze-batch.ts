// A batch -> what can be said of it alone: the connections that open in it and are over in it are judged; of the others
// their packets are named, for whoever reads all batches in their order.

import { emptyPacket } from '../capture/packet.ts'
import { CLOCK_SLACK_NS } from '../limits.ts'
import { type AnalyzeOptions, FRAGMENT, Pipeline } from '../pipeline.ts'
import { Retention } from '../rules/retention.ts'
import type { SessionReport } from '../rules/session-report.ts'
import { SummaryBuilder, type SummaryPart } from '../rules/summary-builder.ts'
import { OpenedFlows } from '../tcp/opened-flows.ts'
import { type SliceState, toSliceState, unfinished } from '../tcp/slice-state.ts'
import { Keyring } from '../tls/keyring.ts'
import { lengthOf, type PacketBatch, readPacket, tapOf } from './packet-batch.ts'

/** What a thread is told once: the part of the options that can be sent to it. */
export interface Task
  extends Pick<AnalyzeOptions, 'select' | 'keepSessions' | 'profile' | 'verifyChecksums' | 'shapes' | 'proofs'> {
  /** All reports are wanted, not only those that are kept. */
  readonly tellsAll: boolean
}

/** When and where the packets of a batch were captured. */
interface Span {
  /** The earliest time and the latest; those of an empty batch mean nothing. */
  readonly minNs: number
  readonly maxNs: number
  /** Whether the clock never jumped back by more than is usual. */
  readonly isSteady: boolean
  /** The tap of all of them; -1 where there are several. */
  readonly tap: number
}

export interface BatchResult {
  /** Reports that are wanted, in the order of closing; the other sessions are in the sums. */
  readonly reports: readonly SessionReport[]
  readonly sums: SummaryPart
  /**
   * Indexes of the packets that must be read together with other batches, in order; and those of them that are
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
  /** The most that was kept at once, in bytes, and the most connections without payload. */
  readonly keptPeak: number
  readonly silentPeak: number
  /** Octets of the packets of `rest`. */
  readonly restBytes: number
  readonly span: Span
  /** Up to which time and packet it was looked who is over; 0 packets where it was not. */
  readonly passedNs: number
  readonly passedFrame: number
  /** Defects of this program, and their frames. */
  readonly errors: readonly (readonly [error: unknown, frame: number])[]
}

/** What a batch's sessions come to, as they are delivered. */
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
    if (this.keeping.add(report) || this.tellsAll) this.reports.push(asRecord(report))
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

// Each loop is a function of its own: compiled in the midst of it, a function must know nothing of what comes behind.

/** By packet: its connection. */
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

/** As it can be sent to another thread, or machine. */
export function asRecord(report: SessionReport): SessionReport {
  return {
    id: report.id,
    client: report.client,
    clientName: report.clientName,
    server: report.server,
    serverName: report.serverName,
    software: report.software,
    pipelined: report.pipelined,
    base: report.base,
    verdict: report.verdict,
    opaque: report.opaque,
    findings: report.findings,
    limits: report.limits,
    greeting: null,
    proxyHeader: null,
    groups: [],
    shapes: report.shapes,
    close: null,
    fingerprint: null,
    isReversed: report.isReversed,
    tls: report.tls,
    firstFrame: report.firstFrame,
    closedFrame: report.closedFrame,
    startNs: report.startNs,
    endNs: report.endNs,
    lastFrame: report.lastFrame,
    packets: report.packets,
    record: report.record,
  }
}
