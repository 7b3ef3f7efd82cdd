// Segments -> connections -> chunks. Opens a connection at its first packet, keeps it while stragglers may come, and
// tells its consumer when it is over. One that may be over soon is kept until then, and read in one go.
import type { PacketView } from '../capture/packet.ts'
import type { SegmentView } from '../decode/segment.ts'
import {
  BRIEFS_MAX,
  CLOCK_SLACK_NS,
  ENDING_NS,
  KEPT_BYTES_MAX,
  OVER_NS,
  SILENT_CONNECTIONS_MAX,
  TWINS_MAX,
} from '../limits.ts'
import { Briefs, isOpening, Kept, NOBODY, type SessionReader } from './briefs.ts'
import type { Side } from './chunk.ts'
import { ClosedFlows } from './closed-flows.ts'
import { isAnswerOfNobody } from './closing.ts'
import { Connection } from './connection.ts'
import { type Admit, endingNs, FlowProcessor } from './flow-processor.ts'
import { ConnectionTable, hashOf } from './flow-table.ts'
import { LinkedList } from './linked-list.ts'
import { awayFrom, awayFromOpening, givesWay, isNext, NONE, opens } from './match-segment.ts'
import type { MemoryBudget } from './memory-quota.ts'
import type { OpenedFlows } from './opened-flows.ts'
import { emptySegmentInfo, readPiece } from './segment-info.ts'

/** After so many connections in a row that had to be followed, one in so many is kept, and so many of them at a time. */
const IN_VAIN = 16

/** Looked at every so many packets (a power of two, less one): what is over can wait that long. */
const EXPIRE_EVERY = 63

export class FlowTracker {
  readonly table = new ConnectionTable()
  readonly closedFlows = new ClosedFlows()
  /** By row of the table; undefined where the connection is over, or brief. */
  readonly connections: (Connection | undefined)[] = []
  readonly processor: FlowProcessor
  /** Where only a slice of the captures is read: how its connections open. */
  private readonly openedFlows: OpenedFlows | null
  /** Without payload so far, in the order of opening. */
  private readonly silent = new LinkedList<Connection>()
  /** One of them that was forgotten, for the next: millions a minute, each left to the collector, are a heap of their own. */
  private spare: Connection | null = null
  /** What all of them keep for later. */
  readonly budget: MemoryBudget = { kept: 0, peak: 0 }
  private readonly reader: SessionReader
  private readonly briefs: Briefs
  /** Brief connections in a row that had to be followed. */
  private inVain = 0
  /** The last of them that was silent: the next stood not far from it. */
  private followed: Connection | null = null
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
  /** It has the end points of its connection, and is none of it. */
  private isStray = false
  private readonly piece = emptySegmentInfo()
  /** Connections that are open between the end points of the segment, and which side of each sent it. */
  private twins: { readonly connection: Connection; readonly side: Side }[] = []

  /**
   * `reader`: reads what it can in one go; all else is followed. `openings`: only connections that open in what is read are
   * followed, and are noted there.
   */
  constructor(admit: Admit, reader: SessionReader = NOBODY, openedFlows: OpenedFlows | null = null) {
    this.processor = new FlowProcessor(admit, this.table, (connection) => this.judge(connection))
    this.reader = reader
    this.briefs = new Briefs(reader, this.budget)
    this.openedFlows = openedFlows
  }

  /** Takes the next segment of the capture. Returns the number of its connection; 0 when that is over. */
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

  /** Connections without payload so far. */
  get silentCount(): number {
    return this.silent.size + this.briefs.silent
  }

  /** Every session that was closed by an earlier packet than this one has been told. */
  get settledFrame(): number {
    const { ending, waits } = this.processor
    const closed = ending.first?.closedFrame ?? Number.POSITIVE_INFINITY
    return Math.min(closed, waits.firstFrame, this.briefs.firstClosedFrame)
  }

  /** The captures are at their end: every connection still known is over, in the order of closing, then of opening. */
  finish(): void {
    this.followBriefs()
    for (let next = this.silent.first; next !== null; ) {
      const connection = next
      next = connection.newer
      if (connection.held.length > 0) this.processor.settle(connection)
    }
    this.processor.finish()
  }

  /** The numbers of connections that are not over. */
  *open(): Generator<number> {
    const { briefs, connections } = this
    for (const connection of connections) if (connection !== undefined) yield connection.number
    for (let slot = briefs.slots.first; slot >= 0; slot = briefs.slots.after(slot)) yield briefs.numberOf(slot)
  }

  /** The connection of a row, followed from here on; undefined when it is over. */
  connectionAt(row: number): Connection | undefined {
    const slot = this.briefs.slots.at(row)
    if (slot >= 0) this.followBrief(slot)
    return this.connections[row]
  }

  /** Whether a straggler of the row would come too late, by its own clock or by the others': rows are removed later still. */
  isForgotten(row: number, nowNs: number, nowFrame: number): boolean {
    const { closedFlows, passedNs, passedFrame } = this
    return closedFlows.isOver(row, nowNs, nowFrame) || closedFlows.isOver(row, passedNs - CLOCK_SLACK_NS, passedFrame)
  }

  /** A segment of a connection that is not brief, or no longer. */
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

  /** The segment's connection; undefined when it is a straggler of one that is over, null when it opens a brief one. */
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
        return isNext(known, this.side, segment) ? known : this.choose(segment, hash, row)
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

  /** One of the connections that are open between the end points, or another: the segment goes on with none as usual. */
  private choose(segment: SegmentView, hash: number, first: number): Connection | null {
    const { piece } = this
    const opening = opens(segment)
    this.findTwins(segment, hash, first)
    const [{ connection: known } = { connection: this.connections[first] as Connection }] = this.twins
    let nearest = NONE
    let found = known
    for (const { connection, side } of this.twins) {
      readPiece(piece, side, segment)
      const away = opening ? awayFromOpening(connection, side, piece) : awayFrom(connection, side, piece)
      if (away >= nearest) continue
      nearest = away
      found = connection
      this.side = side
    }
    if (nearest < NONE) {
      this.isStray = isAnswerOfNobody(piece) && found !== this.twins.at(-1)?.connection
      return found
    }
    if (opening) return this.beginBeside(segment, hash)
    // Nobody's, unless what opened another connection was not captured.
    const isQuiet = !known.startSeen || segment.packet.timeNs - known.lastNs >= OVER_NS
    if (segment.wireLength > 0 && piece.acks && !piece.rst && isQuiet) return this.beginBeside(segment, hash)
    this.isStray = true
    return known
  }

  /** Another connection begins between the end points of those that are open. */
  private beginBeside(segment: SegmentView, hash: number): Connection | null {
    const { twins, processor, openedFlows } = this
    let { length } = twins
    for (const { connection } of twins) {
      if (!givesWay(connection) && length < TWINS_MAX) continue
      processor.supersede(connection, segment.packet)
      if (connection.row >= 0) this.forgetRow(connection.row)
      length--
    }
    this.side = 0
    const [twin] = twins.filter(({ connection: { state } }) => state === 'open')
    if (twin === undefined) return this.begin(segment, hash, false)
    if (openedFlows !== null) {
      processor.abandon(twin.connection)
      return twin.connection
    }
    return this.begin(segment, hash, false, true)
  }

  /** A connection is established, and another between its end points has said nothing for long: its end was not captured. */
  private endSilentTwins(established: Connection, segment: SegmentView, hash: number): void {
    this.findTwins(segment, hash, this.table.find(segment, hash))
    for (const { connection } of this.twins) {
      if (connection === established || established.startNs - connection.lastNs < OVER_NS) continue
      this.processor.supersede(connection, segment.packet)
    }
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

  /** `isFirst`: of what is read, nothing between these end points came before. `isTwin`: others are open there. */
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

  /** Whether to keep the connection that was opened last. Not in a flood, where all that is silent must soon be forgotten. */
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

  /** Keeps the next segment of a brief connection; 0 when it must be followed. */
  private keep(slot: number, segment: SegmentView): number {
    const { briefs } = this
    const number = briefs.numberOf(slot)
    const kept = briefs.take(slot, this.table.side, segment)
    if (kept === Kept.OPEN || (kept === Kept.CLOSED && this.readWhole(slot))) return number
    this.followBrief(slot)
    return kept === Kept.CLOSED ? number : 0
  }

  /** A brief connection has closed. False when nobody reads it in one go. */
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

  /** Follows a brief connection from its beginning on. */
  private followBrief(slot: number): void {
    const { briefs } = this
    const row = briefs.rowOf(slot)
    const number = briefs.numberOf(slot)
    const connection = this.connectionIn(row)
    this.inVain++
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

  /** The same of all of them, or of those that are silent: a bound counts every connection alike. */
  private followBriefs(silentOnly = false): void {
    const { briefs } = this
    for (let slot = briefs.slots.first; slot >= 0; ) {
      const next = briefs.slots.after(slot)
      if (!silentOnly || briefs.isSilent(slot)) this.followBrief(slot)
      slot = next
    }
  }

  /** Too many are silent: nothing is known of the first that anybody would miss. Should it speak, its start was not seen. */
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

  /** All together keep too much: those that close go first, then the one that was opened first. */
  private makeRoom(packet: PacketView): void {
    this.followBriefs()
    while (this.budget.kept > KEPT_BYTES_MAX && this.processor.giveUpFirst(packet));
  }

  /** The last chunk of a connection was told. */
  private judge(connection: Connection): void {
    if (connection.consumer?.end()) {
      connection.counted = true
      this.sessionPackets += connection.packets
    }
    const { row } = connection
    this.connections[row] = undefined
    // Stragglers are remembered of the last that is between its end points.
    if (this.table.isShared(row)) {
      this.table.remove(row)
      connection.row = -1
    } else this.closedFlows.addConnection(connection)
  }

  /** So much time has passed: ends and forgets what no straggler can belong to any more. */
  expire(now: number, frame: number): void {
    if (now > this.passedNs) this.passedNs = now
    this.passedFrame = frame
    const { processor, closedFlows } = this
    const { waits } = processor
    for (let due = waits.due(now, frame); due !== null; due = waits.due(now, frame)) {
      processor.catchUp(due, now - CLOCK_SLACK_NS, frame)
    }
    // Whatever closed first decides whether it is time: those behind it have their own clocks.
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
