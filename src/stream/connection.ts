// One TCP connection: its two directions, what is held back for the sake of causal order, and how far it has ended.
import type { SegmentView } from '../network/segment.ts'
import type { Side, StreamConsumer } from './chunk.ts'
import { Half } from './half.ts'

/** What the reassembly needs of a segment. Reused, unless it is held back: then a copy. */
export interface PieceView {
  side: Side
  bytes: Uint8Array
  offset: number
  length: number
  wireLength: number
  position: number
  frame: number
  timeNs: number
  /** Bytes of the other side that it acknowledges; -1 without ACK flag. */
  peerAcked: number
  fin: boolean
  rst: boolean
  /** Its hop limit is not that of its side's first segment. */
  foreign: boolean
  windowClosed: boolean
}

/** `open`: data may come. `ending`: closed, stragglers may come. `over`: judged. */
export type ConnectionState = 'open' | 'ending' | 'over'

export class Connection {
  /** The number of its first packet in the set, and of its last. */
  readonly firstFrame: number
  readonly startNs: number
  lastFrame: number
  lastNs: number
  packets = 0
  /** The packet that closed it, null while it is open; and when. */
  closedFrame: number | null = null
  closedNs = 0
  /** Whether it turned out to be a session. */
  counted = false
  /** The end point of side 0 and of side 1: address octets and port. */
  readonly addresses: readonly [Uint8Array, Uint8Array]
  readonly ports: readonly [number, number]
  readonly halves: readonly [Half, Half] = [new Half(), new Half()]
  state: ConnectionState = 'open'
  /** Undefined until the first payload; null when nobody wants its bytes. */
  consumer: StreamConsumer | null | undefined = undefined
  /** Segments that acknowledge bytes not seen yet, in the order of capture. */
  held: PieceView[] = []
  /** Where the table keeps it. */
  readonly row: number
  /** Its neighbours among the open connections, in the order of opening. */
  older: Connection | null = null
  newer: Connection | null = null

  constructor(segment: SegmentView, row: number) {
    this.row = row
    const { bytes, sourceAt, targetAt, addressLength, packet } = segment
    this.firstFrame = packet.frame
    this.lastFrame = packet.frame
    this.startNs = packet.timeNs
    this.lastNs = packet.timeNs
    this.addresses = [bytes.slice(sourceAt, sourceAt + addressLength), bytes.slice(targetAt, targetAt + addressLength)]
    this.ports = [segment.sourcePort, segment.targetPort]
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

  release(): void {
    this.halves[0].release()
    this.halves[1].release()
    this.held = []
    this.consumer = null
  }
}
