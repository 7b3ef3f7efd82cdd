// Processes the segments of individual connections into chunks, and determines how each connection ends: in order, by a
// reset (after waiting for late segments), or because it was given up.
import type { PacketView } from '../capture/packet.ts'
import type { SegmentView } from '../decode/segment.ts'
import { ACK, FIN, RST, SYN } from '../decode/tcp-header.ts'
import { ENDING_NS, KEPT_BYTES_EACH_MAX, ORIGIN_SEGMENTS_MAX, RESET_ENDING_NS } from '../limits.ts'
import type { Side, StreamConsumer } from './chunk.ts'
import type { Connection } from './connection.ts'
import type { ConnectionCheckpoint } from './connection-checkpoint.ts'
import type { ConnectionTable } from './flow-table.ts'
import { type HalfStream, NO_RESET } from './half-stream.ts'
import { HoldTimers, isAhead, isDue } from './held-segments.ts'
import { LinkedList } from './linked-list.ts'
import { distanceTo, NO_MATCH } from './match-segment.ts'
import { estimateOrigins, noteSyn } from './origins.ts'
import { Reassembler } from './reassembly.ts'
import { emptySegmentInfo, placePiece, readPiece, type SegmentInfo } from './segment-info.ts'
import { arrivalOf } from './twin-connections.ts'

/** Decides at a connection's first payload which consumer receives its chunks; null for none. */
export type Admit = (connection: Connection) => StreamConsumer | null

export class FlowProcessor {
  /** Open connections with payload, in order of opening. */
  private readonly opened = new ByPort()
  /** Those that have closed but may receive late segments, in order of closing. */
  private readonly ending = new ByPort()
  /** Connections with held segments. */
  readonly holdTimers = new HoldTimers()
  private readonly reassembler = new Reassembler()
  private readonly piece = emptySegmentInfo()
  private readonly admit: Admit
  /** The table that contains the connections' rows. */
  private readonly table: ConnectionTable
  private readonly over: (connection: Connection) => void

  /** `over` is called after a connection's last chunk, before its memory is released. */
  constructor(admit: Admit, table: ConnectionTable, over: (connection: Connection) => void) {
    this.admit = admit
    this.table = table
    this.over = over
  }

  /** Processes the next segment of a connection. */
  take(connection: Connection, segment: SegmentView, side: Side): void {
    const { packet } = segment
    const half = connection.halves[side]
    if (half.arrival === 0) half.arrival = arrivalOf(segment)
    connection.clock.take(segment, side, connection.lastFrame, connection.lastNs)
    connection.roundTrip.take(segment, side)
    connection.lastFrame = packet.frame
    connection.lastNs = packet.timeNs
    connection.packets++
    if (connection.placed) this.takePlaced(connection, segment, side)
    else this.takeEarly(connection, segment, side)
    if (connection.quota.kept > KEPT_BYTES_EACH_MAX) this.giveUp(connection, packet)
  }

  /** Goes on with a connection from a checkpoint. `past`: what its consumer needs to know. */
  resume(connection: Connection, checkpoint: ConnectionCheckpoint, past: object): void {
    connection.resume(checkpoint)
    this.selectConsumer(connection)
    connection.consumer?.resume?.(past)
  }

  private takePlaced(connection: Connection, segment: SegmentView, side: Side): void {
    if (connection.consumer === null && this.followEndOnly(connection, segment, side)) return
    if (connection.consumer === undefined && (segment.wireLength > 0 || isAhead(connection, side, segment))) {
      this.selectConsumer(connection)
    }
    this.read(connection, segment, side)
  }

  /**
   * Processes a segment before the beginnings of both streams are known. All segments except bare SYNs are held until
   * then.
   */
  private takeEarly(connection: Connection, segment: SegmentView, side: Side): void {
    const { piece } = this
    const { halves } = connection
    readPiece(piece, side, segment)
    if (piece.syn) noteSyn(halves, piece)
    if (piece.wireLength > 0 && connection.consumer === undefined) this.selectConsumer(connection)
    if (piece.syn && piece.wireLength === 0 && connection.held.length === 0) placePiece(piece, halves)
    else connection.hold(piece)
    if (halves[0].known && halves[1].known) this.place(connection)
    else if (connection.held.length > 0) this.catchUp(connection, piece.timeNs, piece.frame)
  }

  /** The beginnings of the streams are known or must now be guessed: processes the held segments. */
  private place(connection: Connection): void {
    const early = connection.takeHeld()
    estimateOrigins(connection.halves, early)
    connection.placed = true
    connection.timerFrame = 0
    // Ignores segments that belong to neither stream, and RSTs that answer them.
    const strange = early.filter((piece) => distanceTo(connection, piece.side, piece) === NO_MATCH)
    const own = early.filter((piece) => !strange.some((other) => other === piece || answers(piece, other)))
    for (const piece of own) placePiece(piece, connection.halves)
    for (const piece of own) {
      if (connection.consumer === undefined && !piece.rst && !isDue(connection, piece)) this.selectConsumer(connection)
      this.accept(connection, piece)
      if (isOver(connection)) return
    }
  }

  /** Selects the consumer, at the first payload or the first evidence of payload that was not captured. */
  private selectConsumer(connection: Connection): void {
    connection.introduce(this.table)
    connection.consumer = this.admit(connection)
    if (connection.state === 'ending') this.addEnding(connection)
    else if (connection.state === 'open') this.addOpen(connection)
  }

  private addOpen(connection: Connection): void {
    const { number } = connection
    this.opened.of(connection).add(connection, (other) => other.number < number)
  }

  /** A held segment may have closed it some time ago. */
  private addEnding(connection: Connection): void {
    const frame = connection.closedFrame ?? 0
    this.ending.of(connection).add(connection, ({ closedFrame }) => (closedFrame ?? 0) <= frame)
  }

  /** The one of those that have closed that closed first. */
  get firstClosed(): Connection | null {
    return earlier(this.ending, ({ closedFrame }) => closedFrame ?? 0)
  }

  private get firstOpened(): Connection | null {
    return earlier(this.opened, ({ number }) => number)
  }

  /** Number of sessions: those with payload to a port of SMTP. */
  get sessionCount(): number {
    return this.opened.sessions.size + this.ending.sessions.size
  }

  /** The packet that closed the first of them that has closed, and the one that opened the first that is open. */
  get firstSessionClosed(): number {
    return this.ending.sessions.first?.closedFrame ?? Number.POSITIVE_INFINITY
  }

  get firstSessionOpened(): number {
    return this.opened.sessions.first?.number ?? Number.POSITIVE_INFINITY
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
    if (connection.held.length > 0) this.holdTimers.add(connection)
    this.followEnd(connection)
  }

  /**
   * Follows only the end of a connection whose bytes are not wanted. Returns false while the streams' positions are
   * unknown.
   */
  private followEndOnly(connection: Connection, { flags, seq, ack, wireLength }: SegmentView, side: Side): boolean {
    const half = connection.halves[side]
    const peer = connection.halves[1 - side] as HalfStream
    if (!half.known || !peer.known) return false
    if (connection.state === 'open' && (flags & (FIN | RST)) === 0) return true
    if ((flags & ACK) !== 0) peer.acked = Math.max(peer.acked, peer.positionOf(ack))
    if ((flags & FIN) !== 0) half.setFin(half.positionOf(seq) + wireLength)
    if ((flags & RST) !== 0) half.reset = NO_RESET
    this.followEnd(connection)
    return true
  }

  /**
   * Whether the connection is over at the time of its own next packet. (`expire` uses the times of other packets,
   * later.)
   */
  isOver(connection: Connection, nowNs: number, nowFrame: number): boolean {
    if (connection.held.length > 0) this.catchUp(connection, nowNs, nowFrame)
    if (connection.state === 'ending' && nowNs - connection.closedNs >= endingNs(connection)) this.end(connection)
    return connection.state === 'over'
  }

  /** The connection began outside this capture or slice, so it is not processed here. */
  abandon(connection: Connection): void {
    connection.release()
    connection.state = 'elsewhere'
    connection.list?.remove(connection)
  }

  /** No more segments will come that show the beginnings of its streams. */
  settle(connection: Connection): void {
    if (!connection.placed) this.place(connection)
  }

  /** A new connection between the same endpoints replaces it: it ends with what was seen. */
  supersede(connection: Connection, { frame, timeNs }: Pick<PacketView, 'frame' | 'timeNs'>): void {
    connection.close(frame, timeNs)
    this.reassembler.dropAnswers(connection)
    this.end(connection)
  }

  /** Releases segments that were held for too long. */
  catchUp(connection: Connection, nowNs: number, nowFrame: number): void {
    if (connection.placed) {
      this.reassembler.catchUp(connection, nowNs, nowFrame)
      this.followEnd(connection)
    } else if (isLate(connection, nowNs, nowFrame)) this.place(connection)
    if (connection.held.length > 0) this.holdTimers.add(connection)
  }

  /** Ends the connection early to save memory. It is judged by what was seen. */
  private giveUp(connection: Connection, { frame, timeNs }: Pick<PacketView, 'frame' | 'timeNs'>): void {
    this.reassembler.overflow(connection)
    connection.close(frame, timeNs)
    this.end(connection)
  }

  /** Gives up the first closing connection, else the one opened first. Returns false when there is none. */
  giveUpFirst(packet: Pick<PacketView, 'frame' | 'timeNs'>): boolean {
    const first = this.firstClosed ?? this.firstOpened
    if (first !== null) this.giveUp(first, packet)
    return first !== null
  }

  /** The same among sessions. */
  giveUpFirstSession(packet: Pick<PacketView, 'frame' | 'timeNs'>): boolean {
    const first = this.ending.sessions.first ?? this.opened.sessions.first
    if (first !== null) this.giveUp(first, packet)
    return first !== null
  }

  /** End of input: ends all connections with payload, in order of closing, then of opening. */
  finish(): void {
    for (let first = this.firstClosed; first !== null; first = this.firstClosed) this.end(first)
    for (let first = this.firstOpened; first !== null; first = this.firstOpened) this.end(first)
  }

  /** Ends the connection. */
  end(connection: Connection): void {
    if (isOver(connection)) return
    if (!connection.placed) this.place(connection)
    if (isOver(connection)) return
    this.reassembler.flush(connection)
    this.over(connection)
    connection.release()
    connection.state = 'over'
    connection.list?.remove(connection)
  }

  private followEnd(connection: Connection): void {
    if (connection.state === 'ending' && !isClosing(connection)) this.reopen(connection)
    if (connection.state === 'open') this.noticeEnd(connection)
    else if (connection.closedInOrder) this.end(connection)
  }

  /** The FIN or RST that closed it turned out to be forged. */
  private reopen(connection: Connection): void {
    connection.reopen()
    if (connection.consumer !== undefined) this.addOpen(connection)
  }

  private noticeEnd(connection: Connection): void {
    const inOrder = connection.closedInOrder
    if (!inOrder && !isClosing(connection)) return
    connection.close(connection.lastFrame, connection.lastNs)
    if (inOrder) {
      this.end(connection)
    } else {
      connection.state = 'ending'
      // One without payload stays among those: nothing of it is judged.
      if (connection.consumer !== undefined) this.addEnding(connection)
    }
  }
}

/** Connections with payload: sessions, which are those to a port of SMTP, and all others. */
class ByPort {
  readonly sessions = new LinkedList<Connection>()
  readonly others = new LinkedList<Connection>()

  of({ onSmtpPort }: Connection): LinkedList<Connection> {
    return onSmtpPort ? this.sessions : this.others
  }
}

/** The first of both lists, which are in this order. */
function earlier({ sessions, others }: ByPort, order: (connection: Connection) => number): Connection | null {
  if (sessions.first === null || others.first === null) return sessions.first ?? others.first
  return order(others.first) < order(sessions.first) ? others.first : sessions.first
}

/** Whether the RST answers the other segment. */
function answers({ rst, side, seq }: SegmentInfo, other: SegmentInfo): boolean {
  return rst && side !== other.side && other.acks && seq === other.ack
}

function isOver({ state }: Connection): boolean {
  return state === 'over'
}

/** Whether the connection has closed according to the capture: by a reset or both FINs. */
function isClosing({ halves: [a, b] }: Connection): boolean {
  return a.reset !== null || b.reset !== null || (a.finDone && b.finDone)
}

/** How long segments are still processed after the close. */
export function endingNs({ halves: [a, b] }: Connection): number {
  return a.finDone || b.finDone ? ENDING_NS : RESET_ENDING_NS
}

/** Whether the time to wait for evidence of the streams' beginnings is over. */
function isLate({ held, holdNs, holdFrames }: Connection, nowNs: number, nowFrame: number): boolean {
  const [first] = held
  if (first === undefined) return false
  // Only segments after the last SYN count: its SYN-ACK may still come.
  const count = held.length - 1 - held.findLastIndex(({ syn }) => syn)
  return count > ORIGIN_SEGMENTS_MAX || nowNs - first.timeNs > holdNs || nowFrame - first.frame > holdFrames
}

/** Whether the segment contains only data and an acknowledgement, and was captured completely. */
function isUsual({ flags, window, length, wireLength }: SegmentView): boolean {
  return (flags & (SYN | FIN | RST | ACK)) === ACK && window !== 0 && length === wireLength
}
