// Connections that are followed one by one: their segments -> chunks for whoever takes them, and how each connection ends:
// in order, by a reset, after stragglers had their time, or given up.
import type { PacketView } from '../capture/packet.ts'
import type { SegmentView } from '../decode/segment.ts'
import { ACK, FIN, RST, SYN } from '../decode/tcp-header.ts'
import { ENDING_NS, KEPT_BYTES_EACH_MAX, ORIGIN_SEGMENTS_MAX, RESET_ENDING_NS } from '../limits.ts'
import { isAhead, isDue } from './ack-order.ts'
import type { Side, StreamConsumer } from './chunk.ts'
import type { Connection } from './connection.ts'
import type { ConnectionTable } from './flow-table.ts'
import { type HalfStream, NO_RESET } from './half-stream.ts'
import { HoldTimers } from './hold-timers.ts'
import { LinkedList } from './linked-list.ts'
import { awayFrom, NONE } from './match-segment.ts'
import { estimateOrigins, noteSyn } from './origins.ts'
import { Reassembler } from './reassembly.ts'
import { emptySegmentInfo, placePiece, readPiece, type SegmentInfo } from './segment-info.ts'

/** Decides, at its first payload, who takes a connection's chunks; null when nobody does. */
export type Admit = (connection: Connection) => StreamConsumer | null

export class FlowProcessor {
  /** With payload, in the order of opening. */
  private readonly talking = new LinkedList<Connection>()
  /** Those that closed a moment ago, in the order of closing. */
  readonly ending = new LinkedList<Connection>()
  /** Those of which something is held back. */
  readonly waits = new HoldTimers()
  private readonly reassembler = new Reassembler()
  private readonly piece = emptySegmentInfo()
  private readonly admit: Admit
  /** Where the connections have their rows. */
  private readonly table: ConnectionTable
  private readonly over: (connection: Connection) => void

  /** `over`: told of each connection when its last chunk was, before what it keeps is given back. */
  constructor(admit: Admit, table: ConnectionTable, over: (connection: Connection) => void) {
    this.admit = admit
    this.table = table
    this.over = over
  }

  /** Takes the next segment of a connection. */
  take(connection: Connection, segment: SegmentView, side: Side): void {
    const { packet } = segment
    connection.clock.take(segment, side, connection.lastFrame, connection.lastNs)
    connection.roundTrip.take(segment, side)
    connection.lastFrame = packet.frame
    connection.lastNs = packet.timeNs
    connection.packets++
    if (connection.placed) this.takePlaced(connection, segment, side)
    else this.takeEarly(connection, segment, side)
    if (connection.quota.kept > KEPT_BYTES_EACH_MAX) this.giveUp(connection, packet)
  }

  private takePlaced(connection: Connection, segment: SegmentView, side: Side): void {
    if (connection.consumer === null && this.pass(connection, segment, side)) return
    if (connection.consumer === undefined && (segment.wireLength > 0 || isAhead(connection, side, segment))) {
      this.listen(connection)
    }
    this.read(connection, segment, side)
  }

  /** A segment before it is known where both streams begin: all but bare SYNs wait until then. */
  private takeEarly(connection: Connection, segment: SegmentView, side: Side): void {
    const { piece } = this
    const { halves } = connection
    readPiece(piece, side, segment)
    if (piece.syn) noteSyn(halves, piece)
    if (piece.wireLength > 0 && connection.consumer === undefined) this.listen(connection)
    if (piece.syn && piece.wireLength === 0 && connection.held.length === 0) placePiece(piece, halves)
    else connection.hold(piece)
    if (halves[0].known && halves[1].known) this.place(connection)
    else if (connection.held.length > 0) this.catchUp(connection, piece.timeNs, piece.frame)
  }

  /** It is known, or has to be guessed by now, where the streams begin: what waited is read. */
  private place(connection: Connection): void {
    const early = connection.takeHeld()
    estimateOrigins(connection.halves, early)
    connection.placed = true
    // What is none of its streams says nothing, nor does an RST that answers it.
    const strange = early.filter((piece) => awayFrom(connection, piece.side, piece) === NONE)
    const own = early.filter((piece) => !strange.some((other) => other === piece || answers(piece, other)))
    for (const piece of own) placePiece(piece, connection.halves)
    for (const piece of own) {
      if (connection.consumer === undefined && !piece.rst && !isDue(connection, piece)) this.listen(connection)
      this.accept(connection, piece)
      if (isOver(connection)) return
    }
  }

  /** The first payload, or the first word of one that was not captured, decides who takes the connection's chunks. */
  private listen(connection: Connection): void {
    connection.introduce(this.table)
    connection.consumer = this.admit(connection)
    const { number } = connection
    if (connection.state === 'open') this.talking.add(connection, (other) => other.number < number)
  }

  private read(connection: Connection, segment: SegmentView, side: Side): void {
    const usual = connection.state === 'open' && isUsual(segment)
    if (usual && this.reassembler.acceptNext(connection, side, segment)) return
    readPiece(this.piece, side, segment)
    placePiece(this.piece, connection.halves)
    this.accept(connection, this.piece)
  }

  private accept(connection: Connection, piece: SegmentInfo): void {
    this.reassembler.accept(connection, piece)
    if (connection.held.length > 0) this.waits.add(connection)
    this.followEnd(connection)
  }

  /** Where nobody wants its bytes only its end is followed. False while it is not known where the streams stand. */
  private pass(connection: Connection, { flags, seq, ack, wireLength }: SegmentView, side: Side): boolean {
    const half = connection.halves[side]
    const peer = connection.halves[1 - side] as HalfStream
    if (!half.known || !peer.known) return false
    if (connection.state === 'open' && (flags & (FIN | RST)) === 0) return true
    if ((flags & ACK) !== 0) peer.acked = Math.max(peer.acked, peer.positionOf(ack))
    if ((flags & FIN) !== 0) half.endsAt(half.positionOf(seq) + wireLength)
    if ((flags & RST) !== 0) half.reset = NO_RESET
    this.followEnd(connection)
    return true
  }

  /** Whether the connection is over by its own clock: when the others are looked at depends on theirs. */
  isOver(connection: Connection, nowNs: number, nowFrame: number): boolean {
    if (connection.held.length > 0) this.catchUp(connection, nowNs, nowFrame)
    if (connection.state === 'ending' && nowNs - connection.closedNs >= endingNs(connection)) this.end(connection)
    return connection.state === 'over'
  }

  /** It is not in this capture, or slice of one, that the connection can be followed. */
  abandon(connection: Connection): void {
    connection.release()
    connection.state = 'elsewhere'
    connection.line?.remove(connection)
  }

  /** No more will come that tells where its streams begin. */
  settle(connection: Connection): void {
    if (!connection.placed) this.place(connection)
  }

  /** Another takes its place: it is closed as far as it was seen. */
  supersede(connection: Connection, { frame, timeNs }: Pick<PacketView, 'frame' | 'timeNs'>): void {
    connection.close(frame, timeNs)
    this.reassembler.dropAnswers(connection)
    this.end(connection)
  }

  /** What has waited for too long waits no more. */
  catchUp(connection: Connection, nowNs: number, nowFrame: number): void {
    if (connection.placed) {
      this.reassembler.catchUp(connection, nowNs, nowFrame)
      this.followEnd(connection)
    } else if (isLate(connection, nowNs, nowFrame)) this.place(connection)
    if (connection.held.length > 0) this.waits.add(connection)
  }

  /** The connection is over for us, judged as far as it was seen. */
  private giveUp(connection: Connection, { frame, timeNs }: PacketView): void {
    this.reassembler.overflow(connection)
    connection.close(frame, timeNs)
    this.end(connection)
  }

  /** The same of the first of those that close, else of the one that was opened first. False when there is none. */
  giveUpFirst(packet: PacketView): boolean {
    const first = this.ending.first ?? this.talking.first
    if (first !== null) this.giveUp(first, packet)
    return first !== null
  }

  /** No segments will come: every connection that spoke is over, in the order of closing, then of opening. */
  finish(): void {
    for (let { first } = this.ending; first !== null; first = this.ending.first) this.end(first)
    for (let { first } = this.talking; first !== null; first = this.talking.first) this.end(first)
  }

  /** The connection is over. */
  end(connection: Connection): void {
    if (isOver(connection)) return
    if (!connection.placed) this.place(connection)
    if (isOver(connection)) return
    this.reassembler.flush(connection)
    this.over(connection)
    connection.release()
    connection.state = 'over'
    connection.line?.remove(connection)
  }

  private followEnd(connection: Connection): void {
    if (connection.state === 'ending' && !isClosing(connection)) this.reopen(connection)
    if (connection.state === 'open') this.noticeEnd(connection)
    else if (connection.closedInOrder) this.end(connection)
  }

  /** What closed it turned out to be forged. */
  private reopen(connection: Connection): void {
    connection.reopen()
    const { number } = connection
    this.talking.add(connection, (other) => other.number < number)
  }

  private noticeEnd(connection: Connection): void {
    const inOrder = connection.closedInOrder
    if (!inOrder && !isClosing(connection)) return
    connection.close(connection.lastFrame, connection.lastNs)
    if (inOrder) {
      this.end(connection)
    } else {
      connection.state = 'ending'
      // What was held back may have closed it a while ago.
      this.ending.add(connection, ({ closedFrame }) => (closedFrame ?? 0) <= connection.lastFrame)
    }
  }
}

/** Whether it resets what another segment said. */
function answers({ rst, side, seq }: SegmentInfo, other: SegmentInfo): boolean {
  return rst && side !== other.side && other.acks && seq === other.ack
}

function isOver({ state }: Connection): boolean {
  return state === 'over'
}

/** Whether all that was captured says that it has closed: a reset, or both FINs. */
function isClosing({ halves: [a, b] }: Connection): boolean {
  return a.reset !== null || b.reset !== null || (a.finDone && b.finDone)
}

/** How long it is read behind its close. */
export function endingNs({ halves: [a, b] }: Connection): number {
  return a.finDone || b.finDone ? ENDING_NS : RESET_ENDING_NS
}

/** Whether nobody waits any longer for what tells where the streams of the connection begin. */
function isLate({ held, holdNs, holdFrames }: Connection, nowNs: number, nowFrame: number): boolean {
  const [first] = held
  if (first === undefined) return false
  // Behind a SYN its answer may still come.
  const count = held.length - 1 - held.findLastIndex(({ syn }) => syn)
  return count > ORIGIN_SEGMENTS_MAX || nowNs - first.timeNs > holdNs || nowFrame - first.frame > holdFrames
}

/** Whether nothing but bytes and an acknowledgement is in the segment, all of it captured. */
function isUsual({ flags, window, length, wireLength }: SegmentView): boolean {
  return (flags & (SYN | FIN | RST | ACK)) === ACK && window !== 0 && length === wireLength
}
