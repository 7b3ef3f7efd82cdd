// One TCP connection: its two directions, what is held back for the sake of causal order, and how far it has ended.
import { NO_TIME_NS } from '../capture/packet.ts'
import type { SegmentView } from '../decode/segment.ts'
import { CONNECTION_BYTES, HOLD_FRAMES, HOLD_NS, KEPT_RECORD_BYTES, ORIGIN_FRAMES, ORIGIN_NS } from '../limits.ts'
import type { Side, StreamConsumer } from './chunk.ts'
import { Clock } from './clock-errors.ts'
import { type EndpointPair, NO_ENDS } from './endpoint-pair.ts'
import type { ConnectionTable } from './flow-table.ts'
import { HalfStream } from './half-stream.ts'
import type { LinkedList } from './linked-list.ts'
import { type MemoryBudget, MemoryQuota } from './memory-quota.ts'
import { RoundTrip } from './round-trip.ts'
import type { SegmentInfo } from './segment-info.ts'

/**
 * `open`: data may come. `ending`: closed, stragglers may come. `over`: judged. `elsewhere`: it did not begin in the slice
 * that is read, so it is not followed here.
 */
type ConnectionState = 'open' | 'ending' | 'over' | 'elsewhere'

/** How TCP numbers the stream of one side. */
export interface StreamNumber {
  /** Where it begins is known: by its SYN, or by what the other side acknowledged. */
  readonly exact: boolean
  /** The sequence number of its first byte, or of the first that was seen where `exact` is false. */
  readonly firstSeq: number
  /** Bytes of it, those that are missing included. */
  readonly octets: number
}

/** What is known of a connection that is over. */
export type ConnectionFacts = Readonly<
  Pick<
    Connection,
    'number' | 'firstFrame' | 'startNs' | 'lastFrame' | 'lastNs' | 'packets' | 'closedFrame' | 'ends' | 'streamOf'
  >
>

export class Connection {
  /** The number of its first packet in the set, and of its last. */
  firstFrame = 0
  startNs = NO_TIME_NS
  lastFrame = 0
  lastNs = NO_TIME_NS
  packets = 0
  /** The packet that closed it, null while it is open; and when. */
  closedFrame: number | null = null
  closedNs = NO_TIME_NS
  /** Whether it turned out to be a session. */
  counted = false
  /** Its end points: known from the first payload on. */
  ends: EndpointPair = NO_ENDS
  readonly quota: MemoryQuota
  readonly clock = new Clock()
  readonly roundTrip = new RoundTrip()
  readonly halves: readonly [HalfStream, HalfStream] = [new HalfStream(), new HalfStream()]
  state: ConnectionState = 'open'
  /** Undefined until the first payload; null when nobody wants its bytes. */
  consumer: StreamConsumer | null | undefined = undefined
  /** Whether it is known where both streams begin. */
  placed = false
  /** Between its end points another connection was open when it began. */
  isTwin = false
  /** Segments that acknowledge bytes not seen yet, in the order of capture; all of them, until it is placed. */
  held: SegmentInfo[] = []
  /** The frame of the first of them for which it waits among those that wait; 0 where it does not. */
  waitsSince = 0
  /** Where the table keeps it. */
  row = 0
  /** In the order of opening, from 1 on. */
  number = 0
  /** Where it stands among the connections that are not over, and its neighbours there. */
  line: LinkedList<Connection> | null = null
  older: Connection | null = null
  newer: Connection | null = null

  constructor(budget: MemoryBudget) {
    this.quota = new MemoryQuota(budget)
  }

  /** It begins with this segment. */
  begin({ packet }: SegmentView, row: number, number: number): void {
    this.row = row
    this.number = number
    this.firstFrame = packet.frame
    this.lastFrame = packet.frame
    this.startNs = packet.timeNs
    this.lastNs = packet.timeNs
  }

  streamOf(side: Side): StreamNumber {
    const { certain, next, nextSeq } = this.halves[side]
    return { exact: certain, firstSeq: (nextSeq - next) >>> 0, octets: next }
  }

  /** As it was before it began, for another one. Only where it never spoke, and so nobody else knows it. */
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
    this.held = []
    this.waitsSince = 0
    this.quota.release()
  }

  /** Takes the end points from the table: those of connections that never speak are not kept. */
  introduce(table: ConnectionTable): void {
    this.ends = table.endsOf(this.row)
    this.quota.take(CONNECTION_BYTES)
  }

  /** Holds back a copy of the piece. */
  hold(piece: SegmentInfo): void {
    const bytes = piece.bytes.slice(piece.offset, piece.offset + piece.length)
    this.held.push({ ...piece, bytes, offset: 0 })
    this.quota.take(bytes.length + KEPT_RECORD_BYTES)
  }

  /** Takes out what is held back at an index. */
  unhold(at: number): void {
    for (const { bytes } of this.held.splice(at, 1)) this.quota.take(-bytes.length - KEPT_RECORD_BYTES)
  }

  /** Takes out all that is held back. */
  takeHeld(): readonly SegmentInfo[] {
    const { held } = this
    this.held = []
    for (const { bytes } of held) this.quota.take(-bytes.length - KEPT_RECORD_BYTES)
    return held
  }

  /** How long what is held back waits, in nanoseconds and in packets of the capture. */
  get holdNs(): number {
    return this.placed ? HOLD_NS : ORIGIN_NS
  }

  get holdFrames(): number {
    return this.placed ? HOLD_FRAMES : ORIGIN_FRAMES
  }

  /** Nobody wants its bytes; it is still followed to its end. */
  ignore(): void {
    this.release()
    this.quota.take(CONNECTION_BYTES)
  }

  /** Whether a SYN of either side was seen. */
  get startSeen(): boolean {
    return this.halves[0].synSeen || this.halves[1].synSeen
  }

  /** Whether the SYNs of both sides were seen, which fit each other. */
  get handshakeSeen(): boolean {
    return this.halves[0].synSeen && this.halves[1].synSeen
  }

  /** Whether the connection was seen to end: both FINs acknowledged. */
  get closedInOrder(): boolean {
    const a = this.halves[0]
    const b = this.halves[1]
    return a.finDone && b.finDone && a.acked > a.fin && b.acked > b.fin
  }

  /** Closed by this packet, unless an earlier one did. */
  close(frame: number, timeNs: number): void {
    if (this.closedFrame !== null) return
    this.closedFrame = frame
    this.closedNs = timeNs
  }

  /** It was not closed after all. */
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
