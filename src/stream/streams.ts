// Segments -> connections -> chunks. Opens a connection at its first packet, keeps it while stragglers may come, and
// tells its consumer when it is over.
import { CONNECTIONS_MAX, ENDING_NS, OVER_CONNECTIONS_MAX, OVER_NS } from '../limits.ts'
import type { SegmentView } from '../network/segment.ts'
import { ACK, FIN, RST, SYN } from '../network/tcp.ts'
import type { Side, StreamConsumer } from './chunk.ts'
import { Connection, type PieceView } from './connection.ts'
import type { Half } from './half.ts'
import { Reassembler } from './reassemble.ts'
import { advance, distance } from './sequence.ts'
import { ConnectionTable, hashOf } from './table.ts'

/** Looked at every so many packets (a power of two, less one): what is over can wait that long. */
const EXPIRE_EVERY = 63

/** Decides, at its first payload, who takes a connection's chunks; null when nobody does. */
export type Admit = (connection: Connection) => StreamConsumer | null

/** A list from which any entry can be taken out at once. */
class OpenList {
  first: Connection | null = null
  private last: Connection | null = null
  size = 0

  add(connection: Connection): void {
    connection.older = this.last
    if (this.last === null) this.first = connection
    else this.last.newer = connection
    this.last = connection
    this.size++
  }

  remove(connection: Connection): void {
    const { older, newer } = connection
    if (older === null) this.first = newer
    else older.newer = newer
    if (newer === null) this.last = older
    else newer.older = older
    connection.older = null
    connection.newer = null
    this.size--
  }
}

export class Streams {
  private readonly admit: Admit
  private readonly table = new ConnectionTable()
  private readonly reassembler = new Reassembler()
  /** In the order of ending: those that closed a moment ago, and those that are judged. */
  private readonly ending: Connection[] = []
  private over: Connection[] = []
  private overFrom = 0
  /** The connections that are not over, in the order of opening. */
  private readonly open = new OpenList()
  /** Packets of the connections that turned out to be sessions, stragglers included. */
  sessionPackets = 0
  /** Which side sent the segment that is being taken. */
  private side: Side = 0
  private readonly piece: PieceView = {
    side: 0,
    bytes: new Uint8Array(0),
    offset: 0,
    length: 0,
    wireLength: 0,
    position: 0,
    frame: 0,
    timeNs: 0,
    peerAcked: -1,
    fin: false,
    rst: false,
    windowClosed: false,
  }

  constructor(admit: Admit) {
    this.admit = admit
  }

  /** Takes the next segment of the capture. */
  segment(segment: SegmentView): void {
    const now = segment.packet.timeNs
    if ((segment.packet.frame & EXPIRE_EVERY) === 0) this.expire(now)
    const connection = this.connectionOf(segment)
    connection.lastFrame = segment.packet.frame
    connection.lastNs = now
    connection.packets++
    if (connection.counted) this.sessionPackets++
    if (connection.state === 'over') return
    if (connection.consumer === undefined && segment.wireLength > 0) connection.consumer = this.admit(connection)
    this.take(connection, segment)
    if (connection.state === 'open') this.noticeEnd(connection)
    else if (connection.closedInOrder) this.end(connection)
  }

  /** The captures are at their end: every connection still known is over. */
  finish(): void {
    for (const connection of this.ending) this.end(connection)
    for (let first = this.open.first; first !== null; first = this.open.first) this.end(first)
  }

  private connectionOf(segment: SegmentView): Connection {
    const hash = hashOf(segment)
    const known = this.table.find(segment, hash)
    if (known !== undefined) {
      this.side = this.table.side
      if (!startsAnew(known, segment, this.side)) return known
      this.end(known)
      this.table.remove(known)
    }
    const connection = new Connection(segment)
    this.side = 0
    this.table.add(connection, hash)
    this.open.add(connection)
    // Within its bound: the connection that was opened first goes, judged as far as it was seen.
    if (this.open.size > CONNECTIONS_MAX && this.open.first !== null) this.end(this.open.first)
    return connection
  }

  private take(connection: Connection, segment: SegmentView): void {
    const { side } = this
    const half = connection.halves[side]
    const peer = connection.halves[1 - side] as Half
    const { flags, seq, ack } = segment
    const syn = (flags & SYN) !== 0
    half.segments++
    if (!half.known) {
      half.anchor(syn ? advance(seq, 1) : seq)
      half.synSeen = syn
    }
    if ((flags & ACK) !== 0 && !peer.known && (flags & RST) === 0) peer.anchor(ack)
    const { piece } = this
    piece.side = side
    piece.bytes = segment.bytes
    piece.offset = segment.offset
    piece.length = segment.length
    piece.wireLength = segment.wireLength
    piece.position = half.positionOf(syn ? advance(seq, 1) : seq)
    piece.frame = segment.packet.frame
    piece.timeNs = segment.packet.timeNs
    piece.peerAcked = (flags & ACK) !== 0 && peer.known ? peer.positionOf(ack) : -1
    piece.fin = (flags & FIN) !== 0
    piece.rst = (flags & RST) !== 0
    piece.windowClosed = segment.window === 0 && (flags & (RST | SYN)) === 0
    this.reassembler.accept(connection, piece)
  }

  private noticeEnd(connection: Connection): void {
    const a = connection.halves[0]
    const b = connection.halves[1]
    if (connection.closedInOrder) {
      this.end(connection)
    } else if (a.reset || b.reset || (a.finDone && b.finDone)) {
      connection.state = 'ending'
      this.ending.push(connection)
    }
  }

  private end(connection: Connection): void {
    if (connection.state === 'over') return
    this.reassembler.flush(connection)
    if (connection.consumer?.end()) {
      connection.counted = true
      this.sessionPackets += connection.packets
    }
    connection.release()
    connection.state = 'over'
    this.open.remove(connection)
    this.over.push(connection)
  }

  private expire(now: number): void {
    for (let first = this.ending[0]; first !== undefined; first = this.ending[0]) {
      if (first.state !== 'over' && now - first.lastNs < ENDING_NS) break
      this.ending.shift()
      this.end(first)
    }
    while (this.overFrom < this.over.length) {
      const first = this.over[this.overFrom] as Connection
      if (now - first.lastNs < OVER_NS && this.over.length - this.overFrom <= OVER_CONNECTIONS_MAX) break
      this.overFrom++
      if (first.slot >= 0) this.table.remove(first)
    }
    if (this.overFrom > OVER_CONNECTIONS_MAX / 4) {
      this.over = this.over.slice(this.overFrom)
      this.overFrom = 0
    }
  }
}

/** Whether the segment opens another connection between the same ports. */
function startsAnew(connection: Connection, segment: SegmentView, side: Side): boolean {
  const half = connection.halves[side]
  if ((segment.flags & SYN) !== 0 && (segment.flags & ACK) === 0) {
    if (!half.known) return connection.state === 'over'
    return half.positionOf(segment.seq) !== -1 || (connection.state === 'over' && half.next > 0)
  }
  if (connection.state !== 'over' || !half.known || (segment.flags & RST) !== 0 || segment.wireLength === 0)
    return false
  // Its SYN was not captured: only a sequence number far from the old stream tells.
  return Math.abs(distance(half.nextSeq, segment.seq)) > 1 << 24
}
