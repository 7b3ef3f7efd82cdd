// The state of a TCP connection: its two directions, the segments held to keep causal order, and how far it has closed.
import { NO_TIME_NS } from '../capture/packet.ts'
import type { SegmentView } from '../decode/segment.ts'
import { CONNECTION_BYTES, HOLD_FRAMES, HOLD_NS, KEPT_RECORD_BYTES, ORIGIN_FRAMES, ORIGIN_NS } from '../limits.ts'
import type { Side, StreamConsumer } from './chunk.ts'
import { Clock } from './clock-errors.ts'
import type { ConnectionCheckpoint } from './connection-checkpoint.ts'
import { type EndpointPair, NO_ENDS } from './endpoint-pair.ts'
import type { ConnectionTable } from './flow-table.ts'
import { HalfStream } from './half-stream.ts'
import type { LinkedList } from './linked-list.ts'
import { type MemoryBudget, MemoryQuota } from './memory-quota.ts'
import { RoundTrip } from './round-trip.ts'
import type { SegmentInfo } from './segment-info.ts'

/**
 * `open`: data may come. `ending`: closed, late segments may come. `over`: judged. `elsewhere`: it began outside the
 * slice that is read, so another reader processes it.
 */
type ConnectionState = 'open' | 'ending' | 'over' | 'elsewhere'

/** Sequence numbers of one side's stream. */
export interface StreamNumber {
  /** Whether the beginning is known, from its SYN or from what the other side acknowledged. */
  readonly exact: boolean
  /** The sequence number of its first byte; of the first byte seen when `exact` is false. */
  readonly firstSeq: number
  /** Length of the stream, including missing bytes. */
  readonly octets: number
}

/** What is known of a connection that is over. */
export type ConnectionFacts = Readonly<
  Pick<Connection, 'firstFrame' | 'startNs' | 'lastFrame' | 'lastNs' | 'packets' | 'closedFrame' | 'ends'>
>

export class Connection {
  /** The numbers of its first and last packet within the set. */
  firstFrame = 0
  startNs = NO_TIME_NS
  lastFrame = 0
  lastNs = NO_TIME_NS
  packets = 0
  /** The packet that closed it and its time; null while it is open. */
  closedFrame: number | null = null
  closedNs = NO_TIME_NS
  /** Whether it is an SMTP session. */
  counted = false
  /** Its endpoints, and whether SMTP is spoken on one of the ports; set at the first payload. */
  ends: EndpointPair = NO_ENDS
  onSmtpPort = false
  readonly quota: MemoryQuota
  readonly clock = new Clock()
  readonly roundTrip = new RoundTrip()
  readonly halves: readonly [HalfStream, HalfStream] = [new HalfStream(), new HalfStream()]
  state: ConnectionState = 'open'
  /** Undefined until the first payload; null when its bytes are not wanted. */
  consumer: StreamConsumer | null | undefined = undefined
  /** Whether the beginnings of both streams are known. */
  placed = false
  /** Another connection between the same endpoints was open when it began. */
  isTwin = false
  /**
   * The side that last opened another connection from its endpoint, and its segments before that; null where none did.
   */
  reopenedBy: { readonly side: Side; readonly segments: number } | null = null
  /** The first segment that may be another sender's (of a twin connection, or forged); 0 for none. */
  mixedFrame = 0
  /** Segments that acknowledge bytes not seen yet, in order of capture; until `placed`, all segments. */
  held: SegmentInfo[] = []
  /** The frame of the first held segment by which it is registered in `HoldTimers`, as it is placed; 0: it is not. */
  timerFrame = 0
  /** Its row in the connection table. */
  row = 0
  /** Number in order of opening, from 1. */
  number = 0
  /** Its list among the connections that are not over, and its neighbours there. */
  list: LinkedList<Connection> | null = null
  older: Connection | null = null
  newer: Connection | null = null

  constructor(budget: MemoryBudget) {
    this.quota = new MemoryQuota(budget)
  }

  /** Starts the connection with this segment. */
  begin({ packet }: SegmentView, row: number, number: number): void {
    this.row = row
    this.number = number
    this.firstFrame = packet.frame
    this.lastFrame = packet.frame
    this.startNs = packet.timeNs
    this.lastNs = packet.timeNs
  }

  /** Goes on from a checkpoint. */
  resume({ lastFrame, lastNs, packets, clock, handshake, streams }: ConnectionCheckpoint): void {
    this.lastFrame = lastFrame
    this.lastNs = lastNs
    this.packets = packets
    this.clock.resume(clock)
    this.roundTrip.resume(handshake)
    this.halves[0].resume(streams[0])
    this.halves[1].resume(streams[1])
    this.placed = true
  }

  streamOf(side: Side): StreamNumber {
    const { certain, next, nextSeq } = this.halves[side]
    return { exact: certain, firstSeq: (nextSeq - next) >>> 0, octets: next }
  }

  /** Resets the object for reuse. Only for connections without payload, to which no other object refers. */
  clear(): void {
    this.halves[0].clear()
    this.halves[1].clear()
    this.clock.clear()
    this.roundTrip.clear()
    this.packets = 0
    this.closedFrame = null
    this.closedNs = NO_TIME_NS
    this.state = 'open'
    this.placed = false
    this.isTwin = false
    this.mixedFrame = 0
    this.reopenedBy = null
    this.held = []
    this.timerFrame = 0
    this.quota.release()
  }

  /** A side opens another connection from the same endpoint. */
  noteReopening(side: Side): void {
    this.reopenedBy = { side, segments: this.halves[side].segments }
  }

  /**
   * Reads the endpoints from the table. Only done at the first payload, because most connections of a scan have none.
   */
  introduce(table: ConnectionTable): void {
    this.ends = table.endsOf(this.row)
    this.quota.take(CONNECTION_BYTES)
  }

  /** Holds a copy of the segment. */
  hold(piece: SegmentInfo): void {
    const bytes = piece.bytes.slice(piece.offset, piece.offset + piece.length)
    this.held.push({ ...piece, bytes, offset: 0 })
    this.quota.take(bytes.length + KEPT_RECORD_BYTES)
  }

  /** Removes the held segment at an index. */
  unhold(at: number): void {
    for (const { bytes } of this.held.splice(at, 1)) this.quota.take(-bytes.length - KEPT_RECORD_BYTES)
  }

  /** Removes and returns all held segments. */
  takeHeld(): readonly SegmentInfo[] {
    const { held } = this
    this.held = []
    for (const { bytes } of held) this.quota.take(-bytes.length - KEPT_RECORD_BYTES)
    return held
  }

  /** How long segments are held, in nanoseconds and in packets of the capture. */
  get holdNs(): number {
    return this.placed ? HOLD_NS : ORIGIN_NS
  }

  get holdFrames(): number {
    return this.placed ? HOLD_FRAMES : ORIGIN_FRAMES
  }

  /** Its bytes are not wanted; only its end is still followed. */
  ignore(): void {
    this.release()
    this.quota.take(CONNECTION_BYTES)
  }

  /** Whether a SYN of either side was seen. */
  get startSeen(): boolean {
    return this.halves[0].synSeen || this.halves[1].synSeen
  }

  /** Whether the SYNs of both sides were seen. */
  get handshakeSeen(): boolean {
    return this.halves[0].synSeen && this.halves[1].synSeen
  }

  /** Whether both FINs were acknowledged. */
  get closedInOrder(): boolean {
    const a = this.halves[0]
    const b = this.halves[1]
    return a.finDone && b.finDone && a.acked > a.fin && b.acked > b.fin
  }

  /** The connection was closed by this packet, unless an earlier one closed it. */
  close(frame: number, timeNs: number): void {
    if (this.closedFrame !== null) return
    this.closedFrame = frame
    this.closedNs = timeNs
  }

  /** The connection turned out not to be closed. */
  reopen(): void {
    this.state = 'open'
    this.closedFrame = null
    this.closedNs = NO_TIME_NS
  }

  release(): void {
    this.halves[0].release()
    this.halves[1].release()
    this.held = []
    this.consumer = null
    this.quota.release()
  }
}
