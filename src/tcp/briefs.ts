// Connections that open, say little in order and close, as nearly all do. What comes in: segments. What goes out: when
// such a connection has closed, all that was said, to be read in one go; or, as soon as anything about it is out of
// order, its segments once more, for somebody who follows it one by one. Until then it is a few numbers.

import type { SegmentView } from '../decode/segment.ts'
import { ACK, FIN, RST, SYN } from '../decode/tcp-header.ts'
import { BRIEF_BYTES_MAX, BRIEF_PACKETS_MAX, CONNECTION_BYTES, ENDING_NS } from '../limits.ts'
import { BriefLog } from './brief-log.ts'
import {
  ACKED,
  ARRIVALS,
  BriefSlots,
  CLOSED_FRAME,
  CLOSED_NS,
  COUNT,
  FEW_BRIEFS,
  FIRST_FRAME,
  NEXT,
  NUMBER,
  OCTETS,
  PHASE,
  ROW,
  SIDE_WIDTH,
  SIDES,
  TAP,
  WIDTH,
} from './brief-slots.ts'
import type { ChunkTaker, Side } from './chunk.ts'
import type { ConnectionFacts } from './connection.ts'
import type { ConnectionTable } from './flow-table.ts'
import { type MemoryBudget, MemoryQuota } from './memory-quota.ts'
import { advance, distance } from './sequence.ts'
import { arrivalOf } from './twin-connections.ts'

/** What became of a segment: it is kept; it is, and the connection has closed; it was not, and must be followed. */
export const Kept = { OPEN: 0, CLOSED: 1, NOT: 2 } as const
export type Kept = (typeof Kept)[keyof typeof Kept]

/** Reads all data of a closed connection in one go. If it declines, the flow processor reads the segments instead. */
export interface SessionReader extends ChunkTaker {
  /** Bytes of memory that a connection counts for from its first payload on. */
  readonly charge: number
  /** Whether connections to a port are for it. */
  wants(port: number): boolean
  /** Whether the first payload of a connection may be part of what it reads; and any other. */
  begins(side: Side, segment: SegmentView): boolean
  goesOn(side: Side, segment: SegmentView): boolean
  /** A new connection begins: data that was passed before is read or not wanted. */
  begin(): void
  /** All data was passed. True if it was a session and has been analysed. */
  end(connection: ConnectionFacts): boolean
}

/** Reads nothing. */
export const NO_READER: SessionReader = {
  charge: 0,
  wants: () => false,
  begins: () => false,
  goesOn: () => false,
  begin: () => {},
  chunk: () => false,
  end: () => false,
}

// Phases: SYN seen, answered, spoken; with a bit for the FIN of each side.
const OPENED = 0
const ANSWERED = 1
const SPOKEN = 2
const FIN_OF = 4
const BOTH_FINS = FIN_OF | (FIN_OF << 1)

const FRAMES_MAX = 2 ** 31 - 1

export class Briefs {
  readonly slots = new BriefSlots()
  /** Those that have said nothing yet. */
  silent = 0
  private readonly log = new BriefLog(FEW_BRIEFS)
  /** Those whose FINs were both seen, in the order of closing. */
  private readonly ending: number[] = []
  private readonly reader: SessionReader
  /** What those that speak would be charged for if they were followed: bounds must bite in either case, or in none. */
  private readonly quota: MemoryQuota
  private readonly charge: number

  constructor(reader: SessionReader, budget: MemoryBudget) {
    this.reader = reader
    this.quota = new MemoryQuota(budget)
    this.charge = CONNECTION_BYTES + reader.charge
  }

  /** The one that closed first and waits for the last acknowledgement; -1 when there is none. */
  get firstEnding(): number {
    return this.ending[0] ?? -1
  }

  numberOf(slot: number): number {
    return this.slots.number(slot, NUMBER)
  }

  rowOf(slot: number): number {
    return this.slots.number(slot, ROW)
  }

  hasSpoken(slot: number): boolean {
    return (this.slots.number(slot, PHASE) & SPOKEN) !== 0
  }

  /** Whether it has said nothing and may still do so. */
  isSilent(slot: number): boolean {
    const phase = this.slots.number(slot, PHASE)
    return (phase & SPOKEN) === 0 && phase < BOTH_FINS
  }

  /** The packet that closed the first of those that end, and when; infinite where there are none. */
  get firstClosedFrame(): number {
    const slot = this.firstEnding
    return slot < 0 ? Number.POSITIVE_INFINITY : this.slots.pair(slot, CLOSED_FRAME)
  }

  get firstClosedNs(): number {
    const slot = this.firstEnding
    return slot < 0 ? Number.POSITIVE_INFINITY : this.slots.pair(slot, CLOSED_NS)
  }

  /** What is known of a connection; `table` knows its end points. */
  factsOf(slot: number, table: ConnectionTable): ConnectionFacts {
    const { slots, log } = this
    const firstFrame = slots.pair(slot, FIRST_FRAME)
    const packets = slots.number(slot, COUNT)
    return {
      number: this.numberOf(slot),
      firstFrame,
      startNs: log.timeOf(slot, 0),
      lastFrame: firstFrame + log.frameOf(slot, packets - 1),
      lastNs: log.timeOf(slot, packets - 1),
      packets,
      closedFrame: slots.pair(slot, CLOSED_FRAME),
      ends: table.endsOf(slots.number(slot, ROW)),
      streamOf: (side) => {
        const octets = this.nextOf(slot, side)
        return { exact: true, firstSeq: (this.nextSeqOf(slot, side) - octets) >>> 0, octets }
      },
    }
  }

  /** Octets that a side sent, and the sequence number behind them. */
  nextOf(slot: number, side: Side): number {
    return this.slots.number(slot, SIDES + side * SIDE_WIDTH + NEXT)
  }

  nextSeqOf(slot: number, side: Side): number {
    return advance(this.slots.number(slot, SIDES + side * SIDE_WIDTH), this.nextOf(slot, side))
  }

  /** A connection begins. */
  open(row: number, number: number, segment: SegmentView): void {
    const { slots } = this
    const { capacity } = slots
    const slot = slots.add(row)
    if (slots.capacity > capacity) this.log.grow(slots.capacity)
    const { numbers } = slots
    const at = slot * WIDTH
    numbers[at + NUMBER] = number
    numbers[at + TAP] = segment.packet.tap
    numbers[at + COUNT] = 1
    numbers[at + PHASE] = OPENED
    numbers[at + OCTETS] = 0
    numbers[at + SIDES] = advance(segment.seq, 1)
    numbers[at + ARRIVALS] = arrivalOf(segment)
    numbers[at + ARRIVALS + 1] = 0
    for (const side of [SIDES, SIDES + SIDE_WIDTH]) {
      numbers[at + side + NEXT] = 0
      numbers[at + side + ACKED] = 0
    }
    slots.setPair(slot, FIRST_FRAME, segment.packet.frame)
    slots.setPair(slot, CLOSED_FRAME, 0)
    this.log.add(slot, 0, segment, 0, 0, 0)
    this.silent++
  }

  /** Takes the next segment of a connection. */
  take(slot: number, side: Side, segment: SegmentView): Kept {
    const { slots, log } = this
    const { numbers } = slots
    const { packet, flags, length } = segment
    const at = slot * WIDTH
    const phase = numbers[at + PHASE] as number
    const count = numbers[at + COUNT] as number
    const octets = numbers[at + OCTETS] as number
    const frame = packet.frame - slots.pair(slot, FIRST_FRAME)
    if (length !== segment.wireLength || packet.tap !== numbers[at + TAP] || segment.bytes !== packet.bytes) {
      return Kept.NOT
    }
    if (count === BRIEF_PACKETS_MAX || octets + length > BRIEF_BYTES_MAX || frame > FRAMES_MAX) return Kept.NOT
    if (phase === OPENED) return this.takeAnswer(slot, side, segment, frame)
    const isEnding = phase >= BOTH_FINS
    if ((flags & SYN) !== 0) return isEnding ? Kept.NOT : this.takeOpening(slot, side, segment, frame)
    if ((flags & (RST | ACK)) !== ACK || segment.window === 0) return Kept.NOT
    const own = at + SIDES + side * SIDE_WIDTH
    const other = at + SIDES + (1 - side) * SIDE_WIDTH
    const next = numbers[own + NEXT] as number
    const isDone = (phase & (FIN_OF << side)) !== 0
    const isFin = (flags & FIN) !== 0 && !isDone
    const position = distance(numbers[own] as number, segment.seq)
    const acked = distance(numbers[other] as number, segment.ack)
    const peerEnd = (numbers[other + NEXT] as number) + ((phase & (FIN_OF << (1 - side))) === 0 ? 0 : 1)
    if (acked < 0 || acked > peerEnd) return Kept.NOT
    if (isEnding && packet.timeNs - slots.pair(slot, CLOSED_NS) >= ENDING_NS) return Kept.NOT
    if (position === next && !isDone) {
      if (length > 0 && !this.isFitting(phase, side, segment)) return Kept.NOT
      log.add(slot, count, segment, side, frame, octets)
      if (length > 0) {
        if ((phase & SPOKEN) === 0) this.speaks(slot)
        numbers[at + OCTETS] = octets + length
        numbers[own + NEXT] = next + length
      }
      if (isFin) numbers[at + PHASE] = (numbers[at + PHASE] as number) | (FIN_OF << side)
    } else if (isFin || position < 0 || !log.addAgain(slot, count, segment, side, frame, position + length <= next)) {
      // In front of its stream it may be none of the connection.
      return Kept.NOT
    }
    numbers[at + COUNT] = count + 1
    if (acked > (numbers[other + ACKED] as number)) numbers[other + ACKED] = acked
    return (numbers[at + PHASE] as number) >= BOTH_FINS && this.closes(slot, segment) ? Kept.CLOSED : Kept.OPEN
  }

  /** Where the first segment of a side was captured, as `arrivalOf` says. */
  arrivalOf(slot: number, side: Side): number {
    return this.slots.number(slot, ARRIVALS + side)
  }

  /** Tells the segments of a connection once more; also when it was removed just now. */
  repeat(slot: number, take: (segment: SegmentView, side: Side) => void): void {
    const { slots, log } = this
    const count = slots.number(slot, COUNT)
    const firstFrame = slots.pair(slot, FIRST_FRAME)
    const tap = slots.number(slot, TAP)
    for (let index = 0; index < count; index++) {
      take(log.segmentOf(slot, index, firstFrame, tap), log.sideOf(slot, index))
    }
  }

  /** Tells what was said on a connection; stops where a chunk is not taken. Whether all were. */
  tell(slot: number, to: ChunkTaker): boolean {
    const count = this.slots.number(slot, COUNT)
    return this.log.isTimely(slot, count) && this.log.tell(slot, count, this.slots.pair(slot, FIRST_FRAME), to)
  }

  /** The connection is kept no longer. What was kept stays until the next opens. */
  remove(slot: number): void {
    if (this.isSilent(slot)) this.silent--
    if (this.hasSpoken(slot)) this.quota.take(-this.charge)
    if (this.slots.pair(slot, CLOSED_FRAME) > 0) this.ending.splice(this.ending.indexOf(slot), 1)
    this.slots.remove(slot)
  }

  private takeAnswer(slot: number, side: Side, segment: SegmentView, frame: number): Kept {
    const { numbers } = this.slots
    const at = slot * WIDTH
    const isAnswer = side === 1 && (segment.flags & (SYN | ACK | FIN | RST)) === (SYN | ACK) && segment.length === 0
    if (!isAnswer || distance(numbers[at + SIDES] as number, segment.ack) !== 0) return Kept.NOT
    numbers[at + SIDES + SIDE_WIDTH] = advance(segment.seq, 1)
    numbers[at + PHASE] = ANSWERED
    numbers[at + ARRIVALS + 1] = arrivalOf(segment)
    numbers[at + COUNT] = 2
    this.log.add(slot, 1, segment, 1, frame, 0)
    return Kept.OPEN
  }

  /** A SYN that came again says nothing new. */
  private takeOpening(slot: number, side: Side, segment: SegmentView, frame: number): Kept {
    const { numbers } = this.slots
    const at = slot * WIDTH
    const { flags, seq, ack, length } = segment
    const isSame = distance(numbers[at + SIDES + side * SIDE_WIDTH] as number, seq) === -1 && length === 0
    const isAnswer = side === 1 && flags === (SYN | ACK) && distance(numbers[at + SIDES] as number, ack) === 0
    if (!isSame || (!isAnswer && (side === 1 || flags !== SYN))) return Kept.NOT
    const count = numbers[at + COUNT] as number
    this.log.addAgain(slot, count, segment, side, frame, true)
    numbers[at + COUNT] = count + 1
    return Kept.OPEN
  }

  private isFitting(phase: number, side: Side, segment: SegmentView): boolean {
    const { reader } = this
    return (phase & SPOKEN) === 0 ? reader.begins(side, segment) : reader.goesOn(side, segment)
  }

  private speaks(slot: number): void {
    const { numbers } = this.slots
    numbers[slot * WIDTH + PHASE] = (numbers[slot * WIDTH + PHASE] as number) | SPOKEN
    this.silent--
    this.quota.take(this.charge)
  }

  /** Both FINs were seen: whether both are acknowledged. */
  private closes(slot: number, { packet }: SegmentView): boolean {
    const { slots } = this
    if (slots.pair(slot, CLOSED_FRAME) === 0) {
      slots.setPair(slot, CLOSED_FRAME, packet.frame)
      slots.setPair(slot, CLOSED_NS, packet.timeNs)
      this.ending.push(slot)
      if (!this.hasSpoken(slot)) this.silent--
    }
    return this.hasAll(slot, 0) && this.hasAll(slot, 1)
  }

  /** Whether all of a side's octets and its FIN are acknowledged. */
  private hasAll(slot: number, side: Side): boolean {
    const at = SIDES + side * SIDE_WIDTH
    return this.slots.number(slot, at + ACKED) > this.slots.number(slot, at + NEXT)
  }
}

/** Whether a connection can be kept that begins with this segment: a client's SYN, and nothing else. */
export function isOpening({ flags, length, wireLength, bytes, packet }: SegmentView): boolean {
  return (flags & (SYN | ACK | FIN | RST)) === SYN && length === 0 && wireLength === 0 && bytes === packet.bytes
}
