// Segments -> connections -> chunks. Opens a connection at its first packet, keeps it while stragglers may come, and
// tells its consumer when it is over.
import type { PacketView } from '../capture/packet.ts'
import { CLOCK_SLACK_NS, ENDING_NS, KEPT_BYTES_EACH_MAX, KEPT_BYTES_MAX, SILENT_CONNECTIONS_MAX } from '../limits.ts'
import type { SegmentView } from '../network/segment.ts'
import { ACK, FIN, RST, SYN } from '../network/tcp.ts'
import type { Side, StreamConsumer } from './chunk.ts'
import { Connection } from './connection.ts'
import { Departed } from './departed.ts'
import { isAhead } from './due.ts'
import { type Openings, opens } from './endpoints.ts'
import type { Half } from './half.ts'
import { Line } from './line.ts'
import { emptyPiece, readPiece } from './piece.ts'
import type { Pantry } from './ration.ts'
import { Reassembler } from './reassemble.ts'
import { ConnectionTable, hashOf } from './table.ts'
import { Waits } from './waits.ts'

/** Looked at every so many packets (a power of two, less one): what is over can wait that long. */
const EXPIRE_EVERY = 63

/** Decides, at its first payload, who takes a connection's chunks; null when nobody does. */
export type Admit = (connection: Connection) => StreamConsumer | null

export class Streams {
  readonly table = new ConnectionTable()
  /** By row of the table; undefined where the connection is over. */
  readonly connections: (Connection | undefined)[] = []
  readonly departed = new Departed()
  private readonly admit: Admit
  private readonly reassembler = new Reassembler()
  /** Where only a slice of the captures is read: how its connections open. */
  private readonly openings: Openings | null
  /** Without payload so far, in the order of opening. */
  private readonly silent = new Line<Connection>()
  /** One of them that was forgotten, for the next: millions a minute, each left to the collector, are a heap of their own. */
  private spare: Connection | null = null
  /** With payload, in the order of the first. */
  private readonly talking = new Line<Connection>()
  /** Those that closed a moment ago, in the order of closing. */
  private readonly ending = new Line<Connection>()
  /** Those of which something is held back. */
  private readonly waits = new Waits()
  /** What all of them keep for later. */
  readonly pantry: Pantry = { kept: 0, peak: 0 }
  /** Up to which time and packet `expire` has looked; 0 packets before it first did. */
  passedNs = Number.NEGATIVE_INFINITY
  passedFrame = 0
  /** Connections opened so far, and the most that were silent at once. */
  begun = 0
  silentPeak = 0
  /** Packets of the connections that turned out to be sessions, stragglers included. */
  sessionPackets = 0
  /** Which side sent the segment that is being taken. */
  private side: Side = 0
  private readonly piece = emptyPiece()

  /** `openings`: only connections that open in what is read are followed, and are noted there. */
  constructor(admit: Admit, openings: Openings | null = null) {
    this.admit = admit
    this.openings = openings
  }

  /** Takes the next segment of the capture. Returns the number of its connection; 0 when that is over. */
  segment(segment: SegmentView): number {
    const now = segment.packet.timeNs
    if ((segment.packet.frame & EXPIRE_EVERY) === 0) this.expire(now, segment.packet.frame)
    const connection = this.connectionOf(segment)
    if (connection === undefined) return 0
    if (connection.state === 'elsewhere') return connection.number
    connection.lastFrame = segment.packet.frame
    connection.lastNs = now
    connection.packets++
    if (connection.consumer === null && this.pass(connection, segment)) return connection.number
    if (connection.consumer === undefined && (segment.wireLength > 0 || isAhead(connection, this.side, segment)))
      this.listen(connection, segment)
    const usual = connection.state === 'open' && isUsual(segment)
    if (!usual || !this.reassembler.acceptNext(connection, this.side, segment)) {
      this.take(connection, segment)
      this.followEnd(connection)
    }
    if (connection.ration.kept > KEPT_BYTES_EACH_MAX) this.giveUp(connection, segment.packet)
    if (this.pantry.kept > KEPT_BYTES_MAX) this.makeRoom(segment.packet)
    return connection.number
  }

  /** Connections without payload so far. */
  get silentCount(): number {
    return this.silent.size
  }

  /** Every session that was closed by an earlier packet than this one has been told. */
  get settledFrame(): number {
    return Math.min(this.ending.first?.closedFrame ?? Number.POSITIVE_INFINITY, this.waits.firstFrame)
  }

  /** The captures are at their end: every connection still known is over, in the order of closing, then of opening. */
  finish(): void {
    for (let first = this.ending.first; first !== null; first = this.ending.first) this.end(first)
    const open: Connection[] = []
    for (let one = this.talking.first; one !== null; one = one.newer) open.push(one)
    for (const connection of open.sort((a, b) => a.firstFrame - b.firstFrame)) this.end(connection)
  }

  /** The segment's connection; undefined when it is a straggler of one that is over. */
  private connectionOf(segment: SegmentView): Connection | undefined {
    const { table, departed } = this
    const { frame, timeNs } = segment.packet
    const hash = hashOf(segment)
    const row = table.find(segment, hash)
    this.side = 0
    if (row < 0) return this.begin(segment, hash, true)
    this.side = table.side
    let known = this.connections[row]
    if (known?.state === 'elsewhere') return known
    if (known !== undefined && this.isOver(known, timeNs, frame)) known = undefined
    if (known !== undefined) {
      if (!startsAnew(known, segment, this.side)) return known
      known.close(frame, timeNs)
      this.end(known)
    } else if (!this.isForgotten(row, timeNs, frame) && !departed.startsAnew(row, segment, this.side)) {
      if (departed.touch(row, timeNs, frame)) this.sessionPackets++
      return undefined
    }
    departed.remove(row)
    table.remove(row)
    this.side = 0
    return this.begin(segment, hash, false)
  }

  /** Whether the connection is over by its own clock: when the others are looked at depends on theirs. */
  isOver(connection: Connection, nowNs: number, nowFrame: number): boolean {
    if (connection.held.length > 0) this.catchUp(connection, nowNs, nowFrame)
    if (connection.state === 'ending' && nowNs - connection.closedNs >= ENDING_NS) this.end(connection)
    return connection.state === 'over'
  }

  /** Whether a straggler of the row would come too late, by its own clock or by the others': rows are removed later still. */
  isForgotten(row: number, nowNs: number, nowFrame: number): boolean {
    const { departed, passedNs, passedFrame } = this
    return departed.isOver(row, nowNs, nowFrame) || departed.isOver(row, passedNs - CLOCK_SLACK_NS, passedFrame)
  }

  private catchUp(connection: Connection, nowNs: number, nowFrame: number): void {
    this.reassembler.catchUp(connection, nowNs, nowFrame)
    this.followEnd(connection)
    if (connection.held.length > 0) this.waits.add(connection)
  }

  /** `isFirst`: of what is read, nothing between these end points came before. */
  private begin(segment: SegmentView, hash: number, isFirst: boolean): Connection {
    const { table, silent, openings } = this
    const row = table.add(segment, hash)
    const connection = this.spare ?? new Connection(this.pantry)
    this.spare = null
    connection.begin(segment, row, ++this.begun)
    this.connections[row] = connection
    if (openings !== null) {
      if (!opens(segment)) {
        connection.state = 'elsewhere'
        return connection
      }
      if (isFirst) openings.add(table, connection, segment)
    }
    silent.add(connection)
    if (silent.size > this.silentPeak) this.silentPeak = silent.size
    if (silent.size > SILENT_CONNECTIONS_MAX && silent.first !== null) this.forget(silent.first)
    return connection
  }

  /** The first payload, or the first word of one that was not captured, decides who takes the connection's chunks. */
  private listen(connection: Connection, segment: SegmentView): void {
    connection.introduce(segment, this.side)
    connection.consumer = this.admit(connection)
    if (connection.state === 'open') this.talking.add(connection)
  }

  /** Nothing is known of it that anybody would miss: should it speak, it is a connection whose start was not seen. */
  private forget(connection: Connection): void {
    this.silent.remove(connection)
    this.connections[connection.row] = undefined
    this.table.remove(connection.row)
    connection.clear()
    this.spare = connection
  }

  /** All together keep too much: those that close go first, then the one that has spoken longest. */
  private makeRoom(packet: PacketView): void {
    while (this.pantry.kept > KEPT_BYTES_MAX) {
      const first = this.ending.first ?? this.talking.first
      if (first === null) return
      this.giveUp(first, packet)
    }
  }

  /** The connection is over for us, judged as far as it was seen. */
  private giveUp(connection: Connection, { frame, timeNs }: PacketView): void {
    this.reassembler.overflow(connection)
    connection.close(frame, timeNs)
    this.end(connection)
  }

  /** Nobody wants its bytes: only its end is followed. False while it is not known where the streams stand. */
  private pass(connection: Connection, { flags, seq, ack, wireLength }: SegmentView): boolean {
    const half = connection.halves[this.side]
    const peer = connection.halves[1 - this.side] as Half
    if (!half.known || !peer.known) return false
    if (connection.state === 'open' && (flags & (FIN | RST)) === 0) return true
    if ((flags & ACK) !== 0) peer.acked = Math.max(peer.acked, peer.positionOf(ack))
    if ((flags & FIN) !== 0) half.endsAt(half.positionOf(seq) + wireLength)
    if ((flags & RST) !== 0) half.reset = true
    this.followEnd(connection)
    return true
  }

  private followEnd(connection: Connection): void {
    if (connection.state === 'open') this.noticeEnd(connection)
    else if (connection.closedInOrder) this.end(connection)
  }

  private take(connection: Connection, segment: SegmentView): void {
    readPiece(this.piece, connection.halves, this.side, segment)
    this.reassembler.accept(connection, this.piece)
    if (connection.held.length > 0) this.waits.add(connection)
  }

  private noticeEnd(connection: Connection): void {
    const a = connection.halves[0]
    const b = connection.halves[1]
    const inOrder = connection.closedInOrder
    if (!inOrder && !a.reset && !b.reset && !(a.finDone && b.finDone)) return
    connection.close(connection.lastFrame, connection.lastNs)
    if (inOrder) {
      this.end(connection)
    } else {
      connection.state = 'ending'
      // What was held back may have closed it a while ago.
      this.ending.add(connection, ({ closedFrame }) => (closedFrame ?? 0) <= connection.lastFrame)
    }
  }

  /** The connection is over: it is judged, and remembered for a while. */
  end(connection: Connection): void {
    if (connection.state === 'over') return
    this.reassembler.flush(connection)
    if (connection.consumer?.end()) {
      connection.counted = true
      this.sessionPackets += connection.packets
    }
    connection.release()
    connection.state = 'over'
    connection.line?.remove(connection)
    this.connections[connection.row] = undefined
    this.departed.add(connection.row, connection)
  }

  /** So much time has passed: ends and forgets what no straggler can belong to any more. */
  expire(now: number, frame: number): void {
    if (now > this.passedNs) this.passedNs = now
    this.passedFrame = frame
    for (let due = this.waits.due(now, frame); due !== null; due = this.waits.due(now, frame)) {
      this.catchUp(due, now - CLOCK_SLACK_NS, frame)
    }
    for (let first = this.ending.first; first !== null; first = this.ending.first) {
      if (now - first.closedNs < ENDING_NS + CLOCK_SLACK_NS) break
      this.end(first)
    }
    const { departed } = this
    for (let row = departed.expired(now, frame); row >= 0; row = departed.expired(now, frame)) this.table.remove(row)
  }
}

/** Whether nothing but bytes and an acknowledgement is in the segment, all of it captured. */
function isUsual({ flags, window, length, wireLength }: SegmentView): boolean {
  return (flags & (SYN | FIN | RST | ACK)) === ACK && window !== 0 && length === wireLength
}

/** Whether the segment opens another connection between the same ports. */
function startsAnew({ halves }: Connection, segment: SegmentView, side: Side): boolean {
  const half = halves[side]
  return opens(segment) && half.known && half.positionOf(segment.seq) !== -1
}
