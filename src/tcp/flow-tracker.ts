// Assigns segments to connections. A connection is opened at its first packet, kept while late segments may come, and
// judged when it is over. A connection that may be short ("brief") is stored as segments until it closes, and then read
// in one go.
import type { PacketView } from '../capture/packet.ts'
import type { SegmentView } from '../decode/segment.ts'
import { ACK, RST } from '../decode/tcp-header.ts'
import {
  BRIEFS_MAX,
  CLOCK_SLACK_NS,
  ENDING_NS,
  KEPT_BYTES_MAX,
  OVER_NS,
  SILENT_CONNECTIONS_MAX,
  TWINS_MAX,
} from '../limits.ts'
import { Briefs, isOpening, Kept, NO_READER, type SessionReader } from './briefs.ts'
import type { Side } from './chunk.ts'
import { ClosedFlows } from './closed-flows.ts'
import { Connection } from './connection.ts'
import { type Admit, endingNs, FlowProcessor } from './flow-processor.ts'
import { ConnectionTable, hashOf } from './flow-table.ts'
import { LinkedList } from './linked-list.ts'
import { answersOpening, givesWay, isNext, isUnanswered, opens } from './match-segment.ts'
import type { MemoryBudget } from './memory-quota.ts'
import type { OpenedFlows } from './opened-flows.ts'
import { answersAnew, isApart, ownersOf, type Twin } from './twin-connections.ts'

/**
 * When this many brief connections in a row had to be processed individually, only one in `IN_VAIN` new connections,
 * and no more than `IN_VAIN` at a time, is stored as brief.
 */
const IN_VAIN = 16

/** Mask: connections are checked for expiry every 64 packets. */
const EXPIRE_EVERY = 63

export class FlowTracker {
  readonly table = new ConnectionTable()
  readonly closedFlows = new ClosedFlows()
  /** By row of the table; undefined when the connection is over or brief. */
  readonly connections: (Connection | undefined)[] = []
  readonly processor: FlowProcessor
  /** Set when only a slice of the captures is read: records how its connections open. */
  private readonly openedFlows: OpenedFlows | null
  /** Connections without payload so far, in order of opening. */
  private readonly silent = new LinkedList<Connection>()
  /**
   * A forgotten connection object for reuse: a flood opens millions a minute, which would burden the garbage collector.
   */
  private spare: Connection | null = null
  /** Memory kept by all connections. */
  readonly budget: MemoryBudget = { kept: 0, peak: 0 }
  private readonly reader: SessionReader
  private readonly briefs: Briefs
  /** Number of consecutive brief connections that had to be processed individually. */
  private inVain = 0
  /** The latest of these in `silent`: the position near which the next one is inserted. */
  private followed: Connection | null = null
  /** The time and packet of the latest `expire`; 0 packets before the first. */
  passedNs = Number.NEGATIVE_INFINITY
  passedFrame = 0
  /** Number of connections opened so far, and the most that were silent at once. */
  begun = 0
  silentPeak = 0
  /** Packets of connections that are sessions, late segments included. */
  sessionPackets = 0
  /** The side that sent the current segment. */
  private side: Side = 0
  /** The current segment has the endpoints of its connection but does not belong to it. */
  private isStray = false
  /** Open connections between the endpoints of the current segment, and the side of each that sent it. */
  private twins: Twin[] = []
  /** Whether a connection was ever opened while another between the same endpoints was open. */
  private hasTwins = false

  /**
   * `reader` reads brief connections in one go. `openedFlows`: only connections that open within the input are
   * processed, and they are recorded there.
   */
  constructor(admit: Admit, reader: SessionReader = NO_READER, openedFlows: OpenedFlows | null = null) {
    this.processor = new FlowProcessor(admit, this.table, (connection) => this.judge(connection))
    this.reader = reader
    this.briefs = new Briefs(reader, this.budget)
    this.openedFlows = openedFlows
  }

  /** Processes the next segment of the capture. Returns the number of its connection; 0 when that is over. */
  segment(segment: SegmentView): number {
    const { packet } = segment
    if ((packet.frame & EXPIRE_EVERY) === 0) this.expire(packet.timeNs, packet.frame)
    const hash = hashOf(segment)
    const row = this.table.find(segment, hash)
    const slot = row < 0 ? -1 : this.briefs.slots.at(row)
    const kept = slot < 0 ? 0 : this.keep(slot, segment)
    const number = kept > 0 ? kept : this.followOne(segment, hash, row)
    if (this.budget.kept > KEPT_BYTES_MAX) this.makeRoom(packet)
    return number
  }

  /** Number of connections without payload so far. */
  get silentCount(): number {
    return this.silent.size + this.briefs.silent
  }

  /** All sessions that were closed by a packet before this one have been judged. */
  get settledFrame(): number {
    const { ending, holdTimers } = this.processor
    const closed = ending.first?.closedFrame ?? Number.POSITIVE_INFINITY
    return Math.min(closed, holdTimers.firstFrame, this.briefs.firstClosedFrame)
  }

  /** End of input: ends all known connections, in order of closing, then of opening. */
  finish(): void {
    this.followBriefs()
    for (let next = this.silent.first; next !== null; ) {
      const connection = next
      next = connection.newer
      if (connection.held.length > 0) this.processor.settle(connection)
    }
    this.processor.finish()
  }

  /** The numbers of the connections that are not over. */
  *open(): Generator<number> {
    const { briefs, connections } = this
    for (const connection of connections) if (connection !== undefined) yield connection.number
    for (let slot = briefs.slots.first; slot >= 0; slot = briefs.slots.after(slot)) yield briefs.numberOf(slot)
  }

  /** The connection of a row, as an individual connection from here on; undefined when it is over. */
  connectionAt(row: number): Connection | undefined {
    const slot = this.briefs.slots.at(row)
    if (slot >= 0) this.followBrief(slot)
    return this.connections[row]
  }

  /**
   * Whether a late segment of the row would come too late, by its own time or by that of other packets. Rows are
   * removed even later.
   */
  isForgotten(row: number, nowNs: number, nowFrame: number): boolean {
    const { closedFlows, passedNs, passedFrame } = this
    return closedFlows.isOver(row, nowNs, nowFrame) || closedFlows.isOver(row, passedNs - CLOCK_SLACK_NS, passedFrame)
  }

  /** Processes a segment of a connection that is not brief, or no longer. */
  private followOne(segment: SegmentView, hash: number, row: number): number {
    const connection = this.connectionOf(segment, hash, row)
    if (connection === undefined) return 0
    if (connection === null) return this.begun
    if (connection.state === 'elsewhere' || this.isStray) return connection.number
    const { placed } = connection
    this.processor.take(connection, segment, this.side)
    if (connection.isTwin && connection.placed && !placed) this.endSilentTwins(connection, segment, hash)
    return connection.number
  }

  /** The segment's connection; undefined when it is over, null when the segment opens a brief connection. */
  private connectionOf(segment: SegmentView, hash: number, row: number): Connection | undefined | null {
    const { table, closedFlows } = this
    const { frame, timeNs } = segment.packet
    this.side = 0
    this.isStray = false
    if (row < 0) return this.begin(segment, hash, true)
    this.side = table.side
    const known = this.connections[row]
    if (known?.state === 'elsewhere') return known
    if (known !== undefined) {
      if (!this.processor.isOver(known, timeNs, frame)) {
        return this.isAlone(row) && isNext(known, this.side, segment) ? known : this.choose(segment, hash, row)
      }
      if (known.row < 0) return this.connectionOf(segment, hash, table.find(segment, hash))
    }
    if (!this.isForgotten(row, timeNs, frame) && !closedFlows.startsAnew(row, segment, this.side)) {
      if (closedFlows.touch(row, timeNs, frame)) this.sessionPackets++
      return undefined
    }
    this.forgetRow(row)
    this.side = 0
    return this.begin(segment, hash, false)
  }

  /**
   * Several connections may match a segment that does not simply continue one of them. Returns the nearest, or a new
   * one.
   */
  private choose(segment: SegmentView, hash: number, first: number): Connection | null {
    this.findTwins(segment, hash, first)
    const { twins } = this
    const owners = ownersOf(twins, segment)
    const [owner] = owners
    if (owner !== undefined) {
      const { connection, side } = owner
      const { flags, packet } = segment
      const { frame } = packet
      if (owners.length > 1) for (const { connection: each } of owners) each.mixedFrame ||= frame
      this.side = side
      this.isStray = (flags & (RST | ACK)) === RST && connection !== twins.at(-1)?.connection
      return connection
    }
    if (opens(segment)) return this.beginBeside(segment, hash)
    if (answersOpening(segment)) {
      if (answersAnew(twins, segment)) return this.beginAnswered(segment, hash)
      if (isApart(twins, segment)) return this.beginBeside(segment, hash)
    }
    const known = twins[0]?.connection ?? (this.connections[first] as Connection)
    // The segment fits none of them: ignored, unless the beginning of another connection was not captured.
    const isQuiet = !known.startSeen || segment.packet.timeNs - known.lastNs >= OVER_NS
    if (segment.wireLength > 0 && (segment.flags & (ACK | RST)) === ACK && isQuiet)
      return this.beginBeside(segment, hash)
    this.isStray = true
    return known
  }

  /** A new connection begins with a SYN-ACK that answers the SYN of another one. */
  private beginAnswered(segment: SegmentView, hash: number): Connection | null {
    const { begun } = this
    const connection = this.beginBeside(segment, hash)
    if (connection === null || this.begun === begun) return connection
    connection.halves[1].anchorBySyn(segment.ack)
    connection.halves[1].synSeen = true
    return connection
  }

  /** A new connection begins while others between the same endpoints are open. */
  private beginBeside(segment: SegmentView, hash: number): Connection | null {
    const { openedFlows, processor, twins } = this
    const { timeNs } = segment.packet
    for (const { connection } of twins) if (givesWay(connection, timeNs)) this.replace(connection, segment)
    const open = twins.filter(({ connection: { state } }) => state === 'open')
    if (open.length >= TWINS_MAX) {
      const weakest = open.findIndex(({ connection }) => isUnanswered(connection))
      const [replaced] = open.splice(Math.max(0, weakest), 1)
      if (replaced !== undefined) this.replace(replaced.connection, segment)
    }
    if (opens(segment)) for (const { connection, side } of open) connection.noteReopening(side)
    this.side = 0
    this.hasTwins = true
    const [twin] = open
    if (twin === undefined) return this.begin(segment, hash, false)
    if (openedFlows !== null) {
      processor.abandon(twin.connection)
      return twin.connection
    }
    return this.begin(segment, hash, false, true)
  }

  /** Ends a connection that another one replaces. */
  private replace(connection: Connection, { packet }: SegmentView): void {
    this.processor.supersede(connection, packet)
    if (connection.row >= 0) this.forgetRow(connection.row)
  }

  /** A connection is established: ends twins that were silent for long, whose end was not captured. */
  private endSilentTwins(established: Connection, segment: SegmentView, hash: number): void {
    this.findTwins(segment, hash, this.table.find(segment, hash))
    for (const { connection } of this.twins) {
      if (connection === established || established.startNs - connection.lastNs < OVER_NS) continue
      this.processor.supersede(connection, segment.packet)
    }
  }

  /** Whether no other connection is open between the endpoints of a row. */
  private isAlone(row: number): boolean {
    return !this.hasTwins || !this.table.isShared(row)
  }

  private findTwins(segment: SegmentView, hash: number, first: number): void {
    const { table, twins, connections, processor } = this
    const { frame, timeNs } = segment.packet
    twins.length = 0
    for (let row = first; row >= 0; row = table.next(segment, hash, row)) {
      const connection = connections[row]
      if (connection !== undefined) twins.push({ connection, side: table.side })
    }
    if (twins.length === 1) return
    for (const { connection } of twins) processor.isOver(connection, timeNs, frame)
    this.twins = twins
      .filter(({ connection: { state } }) => state !== 'over')
      .sort((a, b) => a.connection.number - b.connection.number)
  }

  private forgetRow(row: number): void {
    this.closedFlows.remove(row)
    this.table.remove(row)
  }

  /** `isFirst`: nothing between these endpoints came before in the input. `isTwin`: others between them are open. */
  private begin(segment: SegmentView, hash: number, isFirst: boolean, isTwin = false): Connection | null {
    const { table, silent, openedFlows, briefs } = this
    const row = table.add(segment, hash)
    const number = ++this.begun
    const isElsewhere = openedFlows !== null && !opens(segment)
    if (openedFlows !== null && isFirst && !isElsewhere) openedFlows.add(table, row, number, segment)
    let connection: Connection | null = null
    if (!isTwin && isOpening(segment) && this.isPromising(segment.targetPort)) {
      const most = this.inVain < IN_VAIN ? BRIEFS_MAX : IN_VAIN
      if (briefs.slots.size >= most) this.followBrief(briefs.slots.first)
      briefs.open(row, number, segment)
    } else {
      connection = this.connectionIn(row)
      connection.begin(segment, row, number)
      connection.isTwin = isTwin
      if (isElsewhere) {
        connection.state = 'elsewhere'
        return connection
      }
      silent.add(connection)
    }
    const { silentCount } = this
    if (silentCount > this.silentPeak) this.silentPeak = silentCount
    if (silentCount > SILENT_CONNECTIONS_MAX) this.forgetOne()
    return connection
  }

  /**
   * Whether to store the newest connection as brief. Not during a flood, when all silent connections must soon be
   * forgotten.
   */
  private isPromising(port: number): boolean {
    const isTried = this.inVain < IN_VAIN || this.begun % IN_VAIN === 0
    return isTried && this.silentCount < SILENT_CONNECTIONS_MAX && this.reader.wants(port)
  }

  private connectionIn(row: number): Connection {
    const connection = this.spare ?? new Connection(this.budget)
    this.spare = null
    this.connections[row] = connection
    return connection
  }

  /** Stores the next segment of a brief connection. Returns 0 when the connection must be processed individually. */
  private keep(slot: number, segment: SegmentView): number {
    const { briefs } = this
    const number = briefs.numberOf(slot)
    const kept = briefs.take(slot, this.table.side, segment)
    if (kept === Kept.OPEN || (kept === Kept.CLOSED && this.readWhole(slot))) return number
    this.followBrief(slot)
    return kept === Kept.CLOSED ? number : 0
  }

  /** A brief connection has closed: reads it in one go. Returns false when the reader does not accept it. */
  private readWhole(slot: number): boolean {
    const { briefs, closedFlows, reader } = this
    const facts = briefs.factsOf(slot, this.table)
    const isSession = briefs.hasSpoken(slot)
    if (isSession) {
      reader.begin()
      if (!briefs.tell(slot, reader) || !reader.end(facts)) return false
      this.sessionPackets += facts.packets
    }
    const row = briefs.rowOf(slot)
    closedFlows.add(row, facts.lastNs, facts.lastFrame, isSession)
    closedFlows.keep(row, 0, briefs.nextOf(slot, 0), briefs.nextSeqOf(slot, 0))
    closedFlows.keep(row, 1, briefs.nextOf(slot, 1), briefs.nextSeqOf(slot, 1))
    briefs.remove(slot)
    this.inVain = 0
    return true
  }

  /** Processes a brief connection individually, from its beginning. */
  private followBrief(slot: number): void {
    const { briefs } = this
    const row = briefs.rowOf(slot)
    const number = briefs.numberOf(slot)
    const connection = this.connectionIn(row)
    this.inVain++
    for (const side of [0, 1] as const) connection.halves[side].arrival = briefs.arrivalOf(slot, side)
    briefs.remove(slot)
    briefs.repeat(slot, (segment, side) => {
      if (connection.packets === 0) {
        connection.begin(segment, row, number)
        this.silent.add(connection, (other) => other.number < number, this.followed)
        this.followed = connection
      }
      this.processor.take(connection, segment, side)
    })
  }

  /** Does so for all brief connections, or for the silent ones, so that limits count all connections alike. */
  private followBriefs(silentOnly = false): void {
    const { briefs } = this
    for (let slot = briefs.slots.first; slot >= 0; ) {
      const next = briefs.slots.after(slot)
      if (!silentOnly || briefs.isSilent(slot)) this.followBrief(slot)
      slot = next
    }
  }

  /** Too many connections are silent: forgets the oldest. If it has payload later, its start counts as not seen. */
  private forgetOne(): void {
    if (this.briefs.silent > 0) this.followBriefs(true)
    const { first } = this.silent
    if (first === null) return
    this.silent.remove(first)
    this.connections[first.row] = undefined
    this.table.remove(first.row)
    first.clear()
    this.spare = first
  }

  /** All connections together use too much memory: gives up closing ones first, then those opened first. */
  private makeRoom(packet: PacketView): void {
    this.followBriefs()
    while (this.budget.kept > KEPT_BYTES_MAX && this.processor.giveUpFirst(packet));
  }

  /** Called after the last chunk of a connection. */
  private judge(connection: Connection): void {
    if (connection.consumer?.end()) {
      connection.counted = true
      this.sessionPackets += connection.packets
    }
    const { row } = connection
    this.connections[row] = undefined
    // Late segments are only recognised for the last connection between these endpoints.
    if (this.table.isShared(row)) {
      this.table.remove(row)
      connection.row = -1
    } else this.closedFlows.addConnection(connection)
  }

  /** Ends and forgets connections to which no late segment can belong any more. */
  expire(now: number, frame: number): void {
    if (now > this.passedNs) this.passedNs = now
    this.passedFrame = frame
    const { processor, closedFlows } = this
    const { holdTimers } = processor
    for (let due = holdTimers.due(now, frame); due !== null; due = holdTimers.due(now, frame)) {
      processor.catchUp(due, now - CLOCK_SLACK_NS, frame)
    }
    // Goes in order of closing: the first decides, because the times of later ones may come from other clocks.
    for (;;) {
      const { first } = processor.ending
      const brief = this.briefs.firstClosedFrame
      const isBrief = brief < (first?.closedFrame ?? Number.POSITIVE_INFINITY)
      const closedNs = isBrief ? this.briefs.firstClosedNs : (first?.closedNs ?? Number.POSITIVE_INFINITY)
      const waitsNs = isBrief || first === null ? ENDING_NS : endingNs(first)
      if (!(now - closedNs >= waitsNs + CLOCK_SLACK_NS)) break
      if (isBrief) this.followBrief(this.briefs.firstEnding)
      else if (first !== null) processor.end(first)
    }
    for (let row = closedFlows.expired(now, frame); row >= 0; row = closedFlows.expired(now, frame))
      this.table.remove(row)
  }
}
