// Assigns segments to connections. A connection is opened at its first packet, kept while late segments may come, and
// judged when it is over. Connections that are ordinary so far are followed elsewhere (`OrdinaryFlows`), and come here
// with all of their segments when they turn out not to be.
import type { PacketView } from '../capture/packet.ts'
import type { SegmentView } from '../decode/segment.ts'
import { ACK, RST } from '../decode/tcp-header.ts'
import {
  CLOCK_SLACK_NS,
  ENDING_NS,
  KEPT_BYTES_MAX,
  OPEN_SESSIONS_MAX,
  OVER_NS,
  SILENT_CONNECTIONS_MAX,
  TWINS_MAX,
} from '../limits.ts'
import type { Side } from './chunk.ts'
import { ClosedFlows } from './closed-flows.ts'
import { Connection } from './connection.ts'
import type { ConnectionCheckpoint } from './connection-checkpoint.ts'
import { type Admit, endingNs, FlowProcessor } from './flow-processor.ts'
import { ConnectionTable, hashOf, ROW_WIDTH } from './flow-table.ts'
import { LinkedList } from './linked-list.ts'
import { answersOpening, givesWay, isNext, isUnanswered, opens } from './match-segment.ts'
import type { MemoryBudget } from './memory-quota.ts'
import type { EndPoints, OpenedFlows } from './opened-flows.ts'
import { placeOf, type Share } from './share.ts'
import { answersAnew, isApart, ownersOf, type Twin } from './twin-connections.ts'

/** Connections that are followed elsewhere as long as they are ordinary. Bounds count those of both places together. */
export interface OrdinaryFlows {
  /** Number of them without payload, and the most of both places at once. */
  readonly silentCount: number
  readonly silentPeak: number
  /** Bytes of memory that they count for, and the most at once. */
  readonly kept: number
  readonly keptPeak: number
  /** Number of sessions among them that are open, and the most of both places at once. */
  readonly sessionCount: number
  readonly sessionPeak: number
  /** Packets of those that were sessions. */
  readonly sessionPackets: number
  /** The packet that closed the first of those that wait for a last acknowledgement, and when; else infinite. */
  readonly firstClosedFrame: number
  readonly firstClosedNs: number
  /** The packet of the segment that has waited for others for longest; infinite when none waits. */
  readonly firstWaitingFrame: number
  /** Those with a segment that has waited for too long are to be followed here. */
  leaveLate(nowNs: number, frame: number): void
  /** The one that closed first is. */
  leaveFirstClosed(): void
  /**
   * The session that closed first is, if it closed before that packet; when none has closed in either place, the one
   * that opened first, if it opened before that packet. Whether one is.
   */
  leaveFirstSession(closedBefore: number, openedBefore: number): boolean
  /** All of them are. */
  leaveAll(): void
  /** Forgets the one without payload that opened first, if it opened before this packet. Whether it did. */
  forgetSilent(before: number): boolean
  /** Whether the segment is a late one of a connection that is over there. An open one is followed here from now on. */
  isLate(segment: SegmentView): boolean
  /** Connections between these end points are followed here, or no longer. */
  claim(segment: SegmentView): void
  unclaim(ends: Int32Array, at: number): void
  /** `expire` was called. */
  passTime(nowNs: number, frame: number): void
  /** The latest time that has passed there, and the latest packet: `expire` is not called before `noteDue` says. */
  readonly passedNs: number
  readonly passedFrame: number
  noteElsewhere(here: FollowedElsewhere): void
  /** The time and the packet from which on something that is followed or remembered here may be over. */
  noteDue(timeNs: number, frame: number): void
  /** The numbers of those that are open. */
  open(): Iterable<number>
  /** Adds all flows that are over. */
  addTo(closed: EndPoints): void
}

/** What the flow tracker follows itself. */
export interface FollowedElsewhere {
  /** Connections without payload, and the packet with which the first of them opened. */
  readonly silent: number
  readonly since: number
  /** Bytes kept. */
  readonly kept: number
  /** Open sessions. */
  readonly sessions: number
}

/** Mask: connections are checked for expiry every 64 packets. */
const EXPIRE_EVERY = 63

export class FlowTracker {
  readonly table = new ConnectionTable()
  readonly closedFlows = new ClosedFlows()
  /** By row of the table; undefined when the connection is over. */
  readonly connections: (Connection | undefined)[] = []
  readonly processor: FlowProcessor
  /** Set when only a slice of the captures is read: records how its connections open. */
  private readonly openedFlows: OpenedFlows | null
  private readonly share: Share | null
  /** Connections without payload so far, in order of opening. */
  private readonly silent = new LinkedList<Connection>()
  /**
   * A forgotten connection object for reuse: a flood opens millions a minute, which would burden the garbage collector.
   */
  private spare: Connection | null = null
  /** Memory kept by all connections. */
  readonly budget: MemoryBudget = { kept: 0, peak: 0 }
  /** Null when all connections are followed here. */
  ordinary: OrdinaryFlows | null = null
  /** The connection that comes from there at present; null before its first packet is here. */
  private following: Connection | null = null
  private readonly ends = new Int32Array(ROW_WIDTH)
  /** What `ordinary` was told last. */
  private readonly here = { silent: 0, since: Number.POSITIVE_INFINITY, kept: 0, sessions: 0 }
  /** Of the calls of `expire`. */
  private ownPassedNs = Number.NEGATIVE_INFINITY
  private ownPassedFrame = 0
  /** The most connections without payload at once. */
  private ownSilentPeak = 0
  /** The most sessions that were open at once. */
  private ownSessionPeak = 0
  /** Packets of connections that are sessions and were followed here, late segments included. */
  private ownSessionPackets = 0
  /** The side that sent the current segment. */
  private side: Side = 0
  /** The current segment has the endpoints of its connection but does not belong to it. */
  private isStray = false
  /** Open connections between the endpoints of the current segment, and the side of each that sent it. */
  private twins: Twin[] = []
  /** Whether a connection was ever opened while another between the same endpoints was open. */
  private hasTwins = false

  /**
   * `openedFlows`: only connections that open within the input are processed, and they are recorded there. `share`:
   * only those of this share.
   */
  constructor(admit: Admit, openedFlows: OpenedFlows | null = null, share: Share | null = null) {
    this.processor = new FlowProcessor(admit, this.table, (connection) => this.judge(connection))
    this.openedFlows = openedFlows
    this.share = share
  }

  /**
   * Processes the next segment of the capture. Returns the number of its connection: that of its first packet; 0 when
   * the connection is over. `mayBeOrdinary`: it may belong to a connection of `ordinary`.
   */
  segment(segment: SegmentView, mayBeOrdinary = false): number {
    const { packet } = segment
    if ((packet.frame & EXPIRE_EVERY) === 0) this.expire(packet.timeNs, packet.frame)
    const { share } = this
    if (share !== null && !isIn(share, placeOf(segment))) return 0
    if (mayBeOrdinary && this.ordinary?.isLate(segment) === true) return 0
    const hash = hashOf(segment)
    const number = this.followOne(segment, hash, this.table.find(segment, hash))
    const { sessionCount } = this
    if (sessionCount > this.ownSessionPeak) this.ownSessionPeak = sessionCount
    if (sessionCount > OPEN_SESSIONS_MAX || this.keptCount > KEPT_BYTES_MAX) this.makeRoom(packet)
    this.tellOrdinary()
    return number
  }

  /** Bounds count the connections of both places together. */
  private tellOrdinary(): void {
    const { silent, budget, processor, ordinary, here, closedFlows } = this
    if (ordinary === null) return
    here.silent = silent.size
    here.since = silent.first?.firstFrame ?? Number.POSITIVE_INFINITY
    here.kept = budget.kept
    here.sessions = processor.sessionCount
    ordinary.noteElsewhere(here)
    const { firstClosed: first, holdTimers } = processor
    const endNs = first === null ? Number.POSITIVE_INFINITY : first.closedNs + endingNs(first) + CLOCK_SLACK_NS
    ordinary.noteDue(
      Math.min(endNs, closedFlows.dueNs, holdTimers.dueNs),
      Math.min(closedFlows.dueFrame, holdTimers.dueFrame),
    )
  }

  /** The latest time, and the packet, at which connections that were over were ended; 0 packets before the first. */
  get passedNs(): number {
    return Math.max(this.ownPassedNs, this.ordinary?.passedNs ?? Number.NEGATIVE_INFINITY)
  }

  get passedFrame(): number {
    return Math.max(this.ownPassedFrame, this.ordinary?.passedFrame ?? 0)
  }

  /** Number of connections without payload so far. */
  get silentCount(): number {
    return this.silent.size + (this.ordinary?.silentCount ?? 0)
  }

  get silentPeak(): number {
    return Math.max(this.ownSilentPeak, this.ordinary?.silentPeak ?? 0)
  }

  /** Number of connections that began outside the slice. */
  get elsewhereCount(): number {
    return this.connections.reduce((sum, connection) => sum + (connection?.state === 'elsewhere' ? 1 : 0), 0)
  }

  /** Number of sessions that are open. */
  get sessionCount(): number {
    return this.processor.sessionCount + (this.ordinary?.sessionCount ?? 0)
  }

  get sessionPeak(): number {
    return Math.max(this.ownSessionPeak, this.ordinary?.sessionPeak ?? 0)
  }

  private get keptCount(): number {
    return this.budget.kept + (this.ordinary?.kept ?? 0)
  }

  get keptPeak(): number {
    return this.budget.peak + (this.ordinary?.keptPeak ?? 0)
  }

  get sessionPackets(): number {
    return this.ownSessionPackets + (this.ordinary?.sessionPackets ?? 0)
  }

  /** Counts packets of sessions that were judged elsewhere. */
  addSessionPackets(count: number): void {
    this.ownSessionPackets += count
  }

  /** All sessions that were closed by a packet before this one have been judged. */
  get settledFrame(): number {
    const { firstClosed, holdTimers } = this.processor
    const closed = firstClosed?.closedFrame ?? Number.POSITIVE_INFINITY
    const here = Math.min(closed, holdTimers.firstFrame)
    const { ordinary } = this
    return ordinary === null ? here : Math.min(here, ordinary.firstClosedFrame, ordinary.firstWaitingFrame)
  }

  /** End of input: ends all known connections, in order of closing, then of opening. */
  finish(): void {
    this.ordinary?.leaveAll()
    for (let next = this.silent.first; next !== null; ) {
      const connection = next
      next = connection.newer
      if (connection.held.length > 0) this.processor.settle(connection)
    }
    this.processor.finish()
  }

  /** The numbers of the connections that are not over. */
  *open(): Generator<number> {
    for (const connection of this.connections) if (connection !== undefined) yield connection.number
    if (this.ordinary !== null) yield* this.ordinary.open()
  }

  /** From now on all connections are followed here. Those that were not come next. */
  followAll(): void {
    const { ordinary } = this
    if (ordinary === null) return
    this.ownSessionPackets += ordinary.sessionPackets
    this.ownSilentPeak = Math.max(this.ownSilentPeak, ordinary.silentPeak)
    this.ownSessionPeak = Math.max(this.ownSessionPeak, ordinary.sessionPeak)
    this.budget.peak += ordinary.keptPeak
    this.ownPassedNs = this.passedNs
    this.ownPassedFrame = this.passedFrame
    this.ordinary = null
  }

  /** A connection that was ordinary so far is followed from here on: its segments come next, in `followOn`. */
  beginFollowing(): void {
    this.following = null
  }

  /** The same, from a checkpoint on. `segment`: its first one; `past`: what its consumer needs to know. */
  resumeFollowing(segment: SegmentView, checkpoint: ConnectionCheckpoint, past: object): void {
    this.processor.resume(this.arrive(segment, hashOf(segment)), checkpoint, past)
  }

  followOn(segment: SegmentView): void {
    const { table } = this
    const hash = hashOf(segment)
    if (this.following !== null) this.followOne(segment, hash, table.find(segment, hash))
    else this.processor.take(this.arrive(segment, hash), segment, 0)
  }

  /** All of them have come. `late`: the last one came some time ago, and what was due since then is done now. */
  endFollowing(late: boolean): void {
    const { following, processor, passedNs, passedFrame } = this
    this.following = null
    if (late && following !== null && following.held.length > 0) {
      processor.catchUp(following, passedNs - CLOCK_SLACK_NS, passedFrame)
    }
    this.tellOrdinary()
  }

  private arrive(segment: SegmentView, hash: number): Connection {
    const { table } = this
    const row = table.add(segment, hash)
    const number = segment.packet.frame
    const connection = this.connectionIn(row)
    connection.begin(segment, row, number)
    this.silent.add(connection, (other) => other.number < number)
    table.side = 0
    this.following = connection
    return connection
  }

  /**
   * Whether a late segment of the row would come too late, by its own time or by that of other packets. Rows are
   * removed even later.
   */
  isForgotten(row: number, nowNs: number, nowFrame: number): boolean {
    const { closedFlows, passedNs, passedFrame } = this
    return closedFlows.isOver(row, nowNs, nowFrame) || closedFlows.isOver(row, passedNs - CLOCK_SLACK_NS, passedFrame)
  }

  private followOne(segment: SegmentView, hash: number, row: number): number {
    const connection = this.connectionOf(segment, hash, row)
    if (connection === undefined) return 0
    if (connection.state === 'elsewhere' || this.isStray) return connection.number
    const { placed } = connection
    this.processor.take(connection, segment, this.side)
    if (connection.isTwin && connection.placed && !placed) this.endSilentTwins(connection, segment, hash)
    return connection.number
  }

  /** The segment's connection; undefined when it is over. */
  private connectionOf(segment: SegmentView, hash: number, row: number): Connection | undefined {
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
        const one = this.isAlone(row) && isNext(known, this.side, segment) ? known : this.choose(segment, hash, row)
        if (one !== null) return one
      }
      // It has ended by now, and its row may be gone.
      if (known.row < 0) return this.connectionOf(segment, hash, table.find(segment, hash))
    }
    if (!this.isForgotten(row, timeNs, frame) && !closedFlows.startsAnew(row, segment, this.side)) {
      if (closedFlows.touch(row, timeNs, frame)) this.ownSessionPackets++
      return undefined
    }
    this.forgetRow(row)
    this.side = 0
    return this.begin(segment, hash, false)
  }

  /**
   * Several connections may match a segment that does not simply continue one of them. Returns the nearest, or a new
   * one; null when all of them have ended by now.
   */
  private choose(segment: SegmentView, hash: number, first: number): Connection | null {
    this.findTwins(segment, hash, first)
    const { twins } = this
    if (twins.length === 0) return null
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
    const known = (twins[0] as Twin).connection
    // The segment fits none of them: ignored, unless the beginning of another connection was not captured.
    const isQuiet = !known.startSeen || segment.packet.timeNs - known.lastNs >= OVER_NS
    if (segment.wireLength > 0 && (segment.flags & (ACK | RST)) === ACK && isQuiet)
      return this.beginBeside(segment, hash)
    this.isStray = true
    return known
  }

  /** A new connection begins with a SYN-ACK that answers the SYN of another one. */
  private beginAnswered(segment: SegmentView, hash: number): Connection {
    const connection = this.beginBeside(segment, hash)
    if (connection.number !== segment.packet.frame) return connection
    connection.halves[1].anchorBySyn(segment.ack)
    connection.halves[1].synSeen = true
    return connection
  }

  /** A new connection begins while others between the same endpoints are open. */
  private beginBeside(segment: SegmentView, hash: number): Connection {
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
    this.removeRow(row)
  }

  private removeRow(row: number): void {
    const { table, ordinary, ends } = this
    if (ordinary === null) {
      table.remove(row)
      return
    }
    const hash = table.write(row, ends, 0)
    table.remove(row)
    if (table.locate(ends, 0, hash) < 0) ordinary.unclaim(ends, 0)
  }

  /** `isFirst`: nothing between these endpoints came before in the input. `isTwin`: others between them are open. */
  private begin(segment: SegmentView, hash: number, isFirst: boolean, isTwin = false): Connection {
    const { table, silent, openedFlows, ordinary } = this
    const row = table.add(segment, hash)
    ordinary?.claim(segment)
    const number = segment.packet.frame
    const isElsewhere = openedFlows !== null && !opens(segment)
    if (openedFlows !== null && isFirst && !isElsewhere) openedFlows.add(table, row, number, segment)
    const connection = this.connectionIn(row)
    connection.begin(segment, row, number)
    connection.isTwin = isTwin
    if (isElsewhere) {
      connection.state = 'elsewhere'
      return connection
    }
    silent.add(connection)
    const { silentCount } = this
    if (silentCount > this.ownSilentPeak) this.ownSilentPeak = silentCount
    if (silentCount > SILENT_CONNECTIONS_MAX) this.forgetOne()
    return connection
  }

  private connectionIn(row: number): Connection {
    const connection = this.spare ?? new Connection(this.budget)
    this.spare = null
    this.connections[row] = connection
    return connection
  }

  /** Too many connections are silent: forgets the oldest. If it has payload later, its start counts as not seen. */
  private forgetOne(): void {
    const { first } = this.silent
    if (this.ordinary?.forgetSilent(first?.firstFrame ?? Number.POSITIVE_INFINITY) === true) return
    if (first === null) return
    this.silent.remove(first)
    this.connections[first.row] = undefined
    this.removeRow(first.row)
    first.clear()
    this.spare = first
  }

  /**
   * Too many sessions are open, or all connections together use too much memory: gives up closing ones first, then those
   * opened first.
   */
  makeRoom(packet: Pick<PacketView, 'frame' | 'timeNs'>): void {
    while (this.sessionCount > OPEN_SESSIONS_MAX && this.giveUpFirstSession(packet));
    if (this.keptCount > KEPT_BYTES_MAX) {
      this.ordinary?.leaveAll()
      while (this.budget.kept > KEPT_BYTES_MAX && this.processor.giveUpFirst(packet));
    }
    this.tellOrdinary()
  }

  private giveUpFirstSession(packet: Pick<PacketView, 'frame' | 'timeNs'>): boolean {
    const { processor, ordinary } = this
    const isHere = ordinary?.leaveFirstSession(processor.firstSessionClosed, processor.firstSessionOpened)
    return processor.giveUpFirstSession(packet) || isHere === true
  }

  /** Called after the last chunk of a connection. */
  private judge(connection: Connection): void {
    if (connection.consumer?.end()) {
      connection.counted = true
      this.ownSessionPackets += connection.packets
    }
    const { row } = connection
    this.connections[row] = undefined
    // Late segments are only recognised for the last connection between these endpoints.
    if (this.table.isShared(row)) {
      this.removeRow(row)
      connection.row = -1
    } else this.closedFlows.addConnection(connection)
  }

  /** Ends and forgets connections to which no late segment can belong any more. */
  expire(now: number, frame: number): void {
    if (now > this.ownPassedNs) this.ownPassedNs = now
    this.ownPassedFrame = frame
    this.ordinary?.leaveLate(now, frame)
    const { processor, closedFlows, ordinary } = this
    const { holdTimers } = processor
    for (let due = holdTimers.due(now, frame); due !== null; due = holdTimers.due(now, frame)) {
      processor.catchUp(due, now - CLOCK_SLACK_NS, frame)
    }
    // Goes in order of closing: the first decides, because the times of later ones may come from other clocks.
    for (;;) {
      const first = processor.firstClosed
      const elsewhere = ordinary?.firstClosedFrame ?? Number.POSITIVE_INFINITY
      const isElsewhere = elsewhere < (first?.closedFrame ?? Number.POSITIVE_INFINITY)
      const closedNs = isElsewhere ? ordinary?.firstClosedNs : first?.closedNs
      const waitsNs = isElsewhere || first === null ? ENDING_NS : endingNs(first)
      if (closedNs === undefined || now - closedNs < waitsNs + CLOCK_SLACK_NS) break
      if (isElsewhere) ordinary?.leaveFirstClosed()
      else if (first !== null) processor.end(first)
    }
    for (let row = closedFlows.expired(now, frame); row >= 0; row = closedFlows.expired(now, frame)) this.removeRow(row)
    ordinary?.passTime(now, frame)
    this.tellOrdinary()
  }
}

function isIn({ from, to }: Share, place: number): boolean {
  return place >= from && place < to
}
