// Packets go to the kernel first. What it takes is done with; connections that are not ordinary go to the flow tracker
// with all of their packets, and so does every packet that the kernel does not read.
import { emptyPacket, type PacketView } from '../capture/packet.ts'
import type { WindowMemory } from '../capture/read-buffer.ts'
import type { Records, RecordTaker } from '../capture/record-reader.ts'
import { Decoded, SegmentDecoder } from '../decode/decode.ts'
import type { DuplicateSegments } from '../decode/duplicate-segments.ts'
import type { SegmentView } from '../decode/segment.ts'
import { KERNEL_WINDOW_BYTES, SHARE_WINDOW_BYTES } from '../limits.ts'
import { ClockSpan } from '../tcp/clock-span.ts'
import { CLOSED_FLOW_WIDTH } from '../tcp/closed-flows.ts'
import type { FlowTracker, FollowedElsewhere, OrdinaryFlows } from '../tcp/flow-tracker.ts'
import { type EndPoints, noEndPoints } from '../tcp/opened-flows.ts'
import { adopt, type SliceSetting } from '../tcp/slice-state.ts'
import type { NotedOpenings } from '../tcp/timestamps.ts'
import { Checkpoint, type History, resume } from './checkpoint.ts'
import { EndedSessions, type OrdinaryEvents } from './ended-sessions.ts'
import { addFlowsOver } from './flows-over.ts'
import { isKernelFailure, Kernel, type KernelHost } from './kernel.ts'
import type { FastPathOptions } from './options.ts'
import { SessionFingerprints } from './session-fingerprints.ts'
import { askFor, askForRow, CHARGE, configure, EngineNotes } from './tell-kernel.ts'
import { WalkedRecords } from './walked-records.ts'

export type { OrdinaryEvents } from './ended-sessions.ts'

/** Instead of the number of a connection: the packet was not taken, and was or was not decoded. */
export const NOT_TAKEN = -2
export const NOT_READ = -3

// What became of a packet, as in `kernel/index.ts`.
const TAKEN = 0
const FULL = 1
const CROWDED = 2
const DECLINED = 3
const UNREAD = 4
const PASSED = 5
const LEFT = 6
const EXPIRES = 7
/** Mask: each 64th time the pipeline takes over, for the reports of those that were given up. */
const CROWDED_EVERY = 63
/** Packets that come one by one at most before records are tried again. */
const PAUSE_MAX = 63
// A packet of a connection, as `kernel/packets.ts` keeps it: 4-byte numbers 0 and 1, 8-byte numbers 1 and 2.
const PACKET_LENGTH = 1
const PACKET_TIME = 1
const PACKET_FRAME = 2

export class FastPath implements OrdinaryFlows, WindowMemory, RecordTaker {
  readonly windowBytes: number
  private readonly kernel: Kernel
  private readonly engine: EngineNotes
  private readonly isOwn: boolean
  private readonly walked: WalkedRecords
  private readonly ended: EndedSessions
  private readonly openings: NotedOpenings | null
  private readonly fingerprints: SessionFingerprints | null
  private readonly copies: DuplicateSegments
  private readonly events: OrdinaryEvents
  private readonly decoder = new SegmentDecoder()
  private readonly packet = emptyPacket()
  private readonly slice: SliceSetting | null
  /** When the kernel has failed, it is noted here. */
  private readonly ownClock = new ClockSpan()
  /** Set by the pipeline: who follows what is not ordinary. */
  private readonly flows: FlowTracker
  /** How many packets come one by one before `takeRecords` is tried again, and how many are left of them. */
  private pause = 0
  private waits = 0
  /** The packet that `takeRecords` did not take, and why. */
  private refused = 0
  private refusal = NOT_READ
  private linkType = -1
  /** The kernel has failed: it takes nothing any more. */
  private isBroken = false
  /** The connection that goes to the engine at present; 0: none. */
  private leaving = 0
  private isHandingOver = false
  /** Of the kernel, meanwhile. */
  private failure: unknown = null
  private readonly onFailure: (error: unknown, frame: number) => void
  private crowded = 0
  /** How many connections have gone to the engine. */
  leaves = 0

  constructor(flows: FlowTracker, copies: DuplicateSegments, events: OrdinaryEvents, options: FastPathOptions) {
    const { slice } = options
    const host: KernelHost = {
      readText: (place, at, length, kind) => this.ended.readText(place, at, length, kind),
      noteOpening: (seq, frame, timeNs) => this.noteOpening(seq, frame, timeNs),
      hasKeys: () => options.hasKeys(),
      wantsDialogue: (frame) => events.wantsDialogue(frame),
      readPackets: (connection) => this.fingerprints?.read(connection) === true,
    }
    const kernel = options.kernel ?? Kernel.take(host)
    if (options.kernel !== null) kernel.begin(host)
    this.kernel = kernel
    this.engine = new EngineNotes(kernel)
    this.walked = new WalkedRecords(kernel)
    this.isOwn = options.kernel === null
    this.windowBytes = options.share === null ? KERNEL_WINDOW_BYTES : SHARE_WINDOW_BYTES
    this.flows = flows
    this.copies = copies
    this.events = events
    this.slice = slice
    this.onFailure = options.onFailure
    this.openings = options.openings
    this.fingerprints = options.openings && new SessionFingerprints(kernel, (at) => this.packetAt(at))
    this.ended = new EndedSessions(kernel, events, this.fingerprints)
    configure(kernel, options)
  }

  /** Returns the number of the packet's connection, 0 when that is over, NOT_TAKEN or NOT_READ. */
  take(packet: PacketView): number {
    try {
      if (!this.isBroken) return this.takeOne(packet)
    } catch (error) {
      this.giveUp(error, packet.frame)
    }
    this.ownClock.note(packet.timeNs)
    return this.passOn()
  }

  private takeOne(packet: PacketView): number {
    const { exports, bytes } = this.kernel
    const isHere = packet.bytes.buffer === bytes.buffer && packet.length === packet.wireLength
    if (!isHere || !this.isSettled(packet)) {
      exports.noteTime(packet.timeNs)
      return NOT_READ
    }
    if (packet.frame === this.refused) return this.refusal
    const at = packet.bytes.byteOffset + packet.offset
    const { length, frame, timeNs } = packet
    for (;;) {
      switch (exports.take(at, length, frame, timeNs)) {
        case TAKEN:
          return exports.latest.value
        case UNREAD:
          return NOT_READ
        case PASSED:
          return NOT_TAKEN
        case LEFT:
          this.leave(exports.leaving.value)
          return NOT_TAKEN
        case DECLINED:
          this.leave(exports.leaving.value)
          return exports.latest.value
        case EXPIRES:
          this.flows.expire(timeNs, frame)
          if (this.isBroken) return this.passOn()
          break
        case FULL:
          this.ended.take()
          return exports.latest.value
        case CROWDED:
          this.flows.makeRoom(packet)
          return exports.latest.value
        default:
          throw new Error('the kernel returned something unknown')
      }
    }
  }

  /** Whether `takeRecords` is worth a call: not while most packets are the engine's. */
  get isReady(): boolean {
    return !this.isBroken && (this.waits === 0 || --this.waits === 0)
  }

  takeRecords(records: Records): void {
    if (this.isBroken) return
    const { start } = records
    try {
      this.takeFrom(records)
    } catch (error) {
      // What was taken of them before it failed stays taken.
      if (isKernelFailure(error)) this.walked.advanceAfterFailure(records)
      this.giveUp(error, records.frame + 1)
    }
    this.pause = records.start > start ? 0 : Math.min(PAUSE_MAX, this.pause * 2 + 1)
    this.waits = this.pause
  }

  private takeFrom(records: Records): void {
    const { exports, bytes } = this.kernel
    const { end, tap, linkType, untilNs, untilFrame } = records
    const isHere = records.bytes.buffer === bytes.buffer
    if (!isHere || linkType !== this.linkType || !this.copies.isSingle(tap, 0, Number.POSITIVE_INFINITY)) return
    this.engine.noteLayout(records)
    const origin = records.bytes.byteOffset
    for (let goesOn = true; goesOn && !this.isBroken; ) {
      const { frame, lastNs, seconds } = records
      const outcome = exports.walk(origin + records.start, origin + end, frame, lastNs, seconds, untilNs, untilFrame)
      this.walked.advance(records)
      goesOn = this.goesOn(outcome, records.frame)
    }
  }

  private goesOn(outcome: number, frame: number): boolean {
    const { exports } = this.kernel
    switch (outcome) {
      case EXPIRES:
        this.flows.expire(this.walked.stoppedNs, frame + 1)
        return true
      case FULL:
        this.ended.take()
        return true
      case CROWDED:
        this.flows.makeRoom({ frame, timeNs: this.walked.stoppedNs })
        return (++this.crowded & CROWDED_EVERY) !== 0
      case DECLINED:
        this.leave(exports.leaving.value)
        return true
      case LEFT:
        this.leave(exports.leaving.value)
        this.refused = frame + 1
        this.refusal = NOT_TAKEN
        return false
      case UNREAD:
      case PASSED:
        this.refused = frame + 1
        this.refusal = outcome === UNREAD ? NOT_READ : NOT_TAKEN
        return false
      default:
        return false
    }
  }

  /** Passes on the sessions that have ended. */
  settle(): void {
    this.passOn()
    this.attempt(() => this.ended.take(), undefined)
  }

  /** Passes on the numbers of those of which only the number is wanted. */
  settleSums(): void {
    this.attempt(() => this.ended.takeSums(), undefined)
  }

  /** Asks anew whether only the numbers are wanted. */
  chooseSums(): void {
    this.attempt(() => this.kernel.exports.setOnlySums(this.events.wantsSums), undefined)
  }

  /** Nothing follows. Connections that are open have gone to the flow tracker. */
  close(): void {
    this.settle()
    if (!this.isBroken && this.isOwn) this.kernel.release()
  }

  // When the kernel fails, everything is the engine's from then on. Nothing is lost: the packets of open connections,
  // the sessions that have ended and the flows that are over can be read from its memory all the same.

  /** Calls the kernel. When it fails: `otherwise`. */
  private attempt<T>(work: () => T, otherwise: T): T {
    if (this.isBroken) return otherwise
    try {
      return work()
    } catch (error) {
      this.giveUp(error, Number.POSITIVE_INFINITY)
      return otherwise
    }
  }

  /** The same in the middle of what the flow tracker does: everything goes there before the next packet. */
  private attemptWithin<T>(work: () => T, otherwise: T): T {
    if (this.isBroken) return otherwise
    try {
      return work()
    } catch (error) {
      if (!isKernelFailure(error)) throw error
      this.breakOff()
      this.failure = error
      return otherwise
    }
  }

  private passOn(): number {
    const { failure } = this
    this.failure = null
    if (failure !== null) this.leaveWithoutKernel(failure, Number.POSITIVE_INFINITY)
    return NOT_READ
  }

  /** `before`: the engine gets this packet, and those that follow, in another way. */
  private giveUp(error: unknown, before: number): void {
    if (!isKernelFailure(error)) throw error
    this.breakOff()
    // The connection that is going to the engine goes first.
    if (this.isHandingOver) this.failure = error
    else this.leaveWithoutKernel(error, before)
  }

  private breakOff(): void {
    this.noteClock()
    this.isBroken = true
  }

  private leaveWithoutKernel(error: unknown, before: number): void {
    const { flows } = this
    const open = this.openConnections().filter((connection) => connection !== this.leaving)
    const histories = open.map((connection) => this.historyOf(connection))
    const closed = noEndPoints(CLOSED_FLOW_WIDTH)
    try {
      addFlowsOver(this.kernel, closed)
    } catch {
      // Then late segments are not known to be late.
    }
    flows.followAll()
    adopt(flows, closed)
    const ended = this.ended.takeLast()
    for (const [i, connection] of open.entries()) {
      if (!ended.has(this.firstFrameOf(connection))) this.handOver(histories[i] as History, before)
    }
    this.onFailure(error, Number.isFinite(before) ? before : flows.passedFrame)
  }

  /** Open connections in the order of opening, as far as they can be read. */
  private openConnections(): number[] {
    const { exports } = this.kernel
    const open = new Set<number>()
    try {
      for (let connection = exports.openBehind(0); connection !== 0 && !open.has(connection); ) {
        open.add(connection)
        connection = exports.openBehind(connection)
      }
    } catch {
      // Those in front of the broken link are known.
    }
    return [...open]
  }

  private firstFrameOf(connection: number): number {
    return this.kernel.exports.firstFrameOf(connection)
  }

  /** What the kernel knows of a connection, as far as it can be read. */
  private historyOf(connection: number): History {
    const { exports } = this.kernel
    const packets: number[] = []
    let checkpoint = 0
    try {
      checkpoint = exports.handOver(connection) >>> 0
      for (let at = exports.nextPacket(); at !== 0; at = exports.nextPacket()) packets.push(at)
    } catch (error) {
      if (!this.isBroken) throw error
    }
    return { checkpoint: checkpoint === 0 ? null : new Checkpoint(this.kernel, checkpoint), packets }
  }

  /** The times of all packets. */
  get clock(): ClockSpan {
    if (!this.isBroken) this.noteClock()
    return this.ownClock
  }

  private noteClock(): void {
    const { isSteady, earliestNs, latestNs } = this.kernel.exports
    this.ownClock.set(earliestNs.value, latestNs.value, isSteady.value !== 0)
  }

  /** Whether the kernel has failed: everything is the engine's from then on. */
  get hasFailed(): boolean {
    return this.isBroken
  }

  // As the flow tracker sees it:

  get silentCount(): number {
    return this.kernel.exports.silentCount.value
  }

  get silentPeak(): number {
    return this.kernel.exports.silentPeak.value
  }

  get kept(): number {
    return this.kernel.exports.spokenCount.value * CHARGE
  }

  get keptPeak(): number {
    return this.kernel.exports.spokenPeak.value * CHARGE
  }

  get sessionCount(): number {
    return this.kernel.exports.sessionCount.value
  }

  get sessionPeak(): number {
    return this.kernel.exports.sessionPeak.value
  }

  get sessionPackets(): number {
    return this.kernel.exports.sessionPackets.value
  }

  get firstClosedFrame(): number {
    return this.attempt(() => this.kernel.exports.firstClosedFrame(), Number.POSITIVE_INFINITY)
  }

  get firstClosedNs(): number {
    return this.attempt(() => this.kernel.exports.firstClosedNs(), Number.POSITIVE_INFINITY)
  }

  get firstWaitingFrame(): number {
    return this.attempt(() => this.kernel.exports.firstWaitingFrame(), Number.POSITIVE_INFINITY)
  }

  leaveLate(nowNs: number, frame: number): void {
    this.attempt(() => {
      const { exports } = this.kernel
      for (let late = exports.lateConnection(nowNs, frame); late !== 0; late = exports.lateConnection(nowNs, frame))
        this.leave(late)
    }, undefined)
  }

  leaveFirstClosed(): void {
    this.attempt(() => this.leave(this.kernel.exports.firstEndingConnection()), undefined)
  }

  leaveFirstSession(closedBefore: number, openedBefore: number): boolean {
    const first = this.attempt(() => this.kernel.exports.firstSession(closedBefore, openedBefore), 0)
    if (first !== 0) this.attempt(() => this.leave(first), undefined)
    return first !== 0
  }

  leaveAll(): void {
    const { exports } = this.kernel
    this.passOn()
    this.attempt(() => {
      for (let connection = exports.openBehind(0); connection !== 0 && !this.isBroken; ) {
        const next = exports.openBehind(connection)
        this.leave(connection)
        connection = next
      }
    }, undefined)
  }

  forgetSilent(before: number): boolean {
    return this.attemptWithin(() => this.kernel.exports.forgetSilent(before) !== 0, false)
  }

  /** Whether the segment, which the flow tracker has decoded, is late in a flow that is over here. */
  isLate(segment: SegmentView): boolean {
    return this.attempt(() => this.isLateHere(segment), false)
  }

  private isLateHere(segment: SegmentView): boolean {
    const { exports } = this.kernel
    const { flags, seq, wireLength, packet } = segment
    askFor(this.kernel, segment)
    const isIpv6 = segment.addressLength === 16
    const outcome = exports.takeDecoded(isIpv6, flags, seq, wireLength, packet.frame, packet.timeNs)
    if (outcome === LEFT) this.leave(exports.leaving.value)
    return outcome === TAKEN
  }

  claim(segment: SegmentView): void {
    askFor(this.kernel, segment)
    this.attemptWithin(() => this.kernel.exports.claim(segment.addressLength === 16), 0)
  }

  unclaim(ends: Int32Array, at: number): void {
    const isIpv6 = askForRow(this.kernel, ends, at)
    this.attemptWithin(() => this.kernel.exports.unclaim(isIpv6), 0)
  }

  get passedNs(): number {
    return this.kernel.exports.passedNs.value
  }

  get passedFrame(): number {
    return this.kernel.exports.passedFrame.value
  }

  passTime(nowNs: number, frame: number): void {
    this.attempt(() => this.kernel.exports.passTime(nowNs, frame), undefined)
  }

  noteElsewhere(here: FollowedElsewhere): void {
    this.engine.note(here)
  }

  noteDue(timeNs: number, frame: number): void {
    this.engine.noteDue(timeNs, frame)
  }

  *open(): Generator<number> {
    for (const connection of this.openConnections()) yield this.firstFrameOf(connection)
  }

  addTo(closed: EndPoints): void {
    this.attempt(() => addFlowsOver(this.kernel, closed), undefined)
  }

  private noteOpening(seq: number, frame: number, timeNs: number): void {
    const { numbers, exports } = this.kernel
    this.slice?.openedFlows.addEnds(numbers, exports.ASKED.value >> 2, frame, seq, timeNs)
  }

  // Windows of captures lie in the memory of the kernel.

  next(): Uint8Array {
    const { kernel } = this
    const window = kernel.nextWindow(this.windowBytes)
    const at = window.byteOffset
    const vacate = () => kernel.exports.vacate(at, at + window.length)
    this.attempt(() => {
      for (let connection = vacate(); connection !== 0; connection = vacate()) this.leave(connection)
    }, undefined)
    return window
  }

  /** Of a slice, at its end: the packets of connections that are open are kept for those who read the next slice. */
  keepOpen(): void {
    this.passOn()
    this.attempt(() => {
      for (const connection of this.openConnections()) {
        const number = this.firstFrameOf(connection)
        for (const at of this.historyOf(connection).packets) this.slice?.keep(this.packetAt(at), number)
      }
    }, undefined)
  }

  /** The engine follows the connection from now on, with all of its packets, or from its checkpoint on. */
  private leave(connection: number): void {
    this.leaves++
    this.fingerprints?.forget(connection)
    const isHeld = this.kernel.exports.isHeld(connection) !== 0
    const history = this.historyOf(connection)
    this.leaving = connection
    this.isHandingOver = true
    this.handOver(history, Number.POSITIVE_INFINITY)
    this.isHandingOver = false
    if (this.isBroken) this.passOn()
    if (!this.isBroken) this.kernel.exports.release(connection)
    this.leaving = 0
    this.flows.endFollowing(isHeld)
  }

  /** Packets from `before` on the engine gets in another way. */
  private handOver({ checkpoint, packets }: History, before: number): void {
    const { kernel, ended, decoder, flows, slice, linkType, copies } = this
    const bytes = new Uint8Array(kernel.bytes.buffer)
    this.packet.bytes = bytes
    flows.beginFollowing()
    if (checkpoint !== null) resume(flows, checkpoint, ended, decoder, { bytes, linkType, tap: copies.place })
    let number = 0
    for (const at of packets) {
      const packet = this.packetAt(at)
      number ||= packet.frame
      if (packet.frame >= before) return
      slice?.keep(packet, number)
      if (decoder.decode(packet) === Decoded.SEGMENT) {
        this.openings?.note(number, decoder.segment)
        flows.followOn(decoder.segment)
      } else if (!this.isBroken) throw new Error('the kernel kept a packet that is no segment')
    }
  }

  /** A packet of a connection that is described at this address. Valid until the next call. */
  private packetAt(at: number): PacketView {
    const { packet } = this
    const { numbers, times, bytes } = this.kernel
    if (packet.bytes.buffer !== bytes.buffer) packet.bytes = bytes
    packet.linkType = this.linkType
    packet.tap = this.copies.place
    packet.offset = (numbers[at >> 2] as number) >>> 0
    packet.length = numbers[(at >> 2) + PACKET_LENGTH] as number
    packet.wireLength = packet.length
    packet.timeNs = times[(at >> 3) + PACKET_TIME] as number
    packet.frame = times[(at >> 3) + PACKET_FRAME] as number
    return packet
  }

  /** Whether the packet comes from the same capture point as the ones before it. */
  private isSettled({ tap, timeNs, linkType }: PacketView): boolean {
    const { copies } = this
    if (copies.place < 0) copies.place = tap
    if (!copies.isSettled(tap, timeNs)) {
      if (tap !== copies.place) this.leaveAll()
      return false
    }
    if (linkType !== this.linkType) {
      this.leaveAll()
      this.linkType = linkType
      this.kernel.exports.setLinkType(linkType)
    }
    return true
  }
}
