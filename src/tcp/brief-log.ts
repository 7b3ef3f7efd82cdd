// The segments of brief connections, as numbers and a copy of their octets -> the same segments, or what they said. A
// slot has those of one connection, all in order: SYN, SYN with ACK, and what follows.
//
//   slot   mark ... mark | octets, one segment behind the other
//   mark   flags 1, side, whether it came again, hop limit | offset in the octets | octets | sequence number |
//          acknowledgement | frame - first frame | time 2

import { emptySegment } from '../decode/decode.ts'
import type { SegmentView } from '../decode/segment.ts'
import { FIN } from '../decode/tcp-header.ts'
import { copyOctets, lendView, sameOctets } from '../decode/word-scan.ts'
import { BRIEF_BYTES_MAX, BRIEF_PACKETS_MAX } from '../limits.ts'
import { type ChunkTaker, emptyChunk, type Side } from './chunk.ts'
import { distance } from './sequence.ts'

/** 32-bit numbers of a mark. */
const MARK = 8
const OFFSET = 1
const LENGTH = 2
const SEQ = 3
const ACK = 4
const FRAME = 5
/** In numbers of 64 bits. */
const TIME = 3

// What stands beside the flags; AGAIN: it says nothing new.
const FLAGS = 0xff
const SIDE = 0x100
const AGAIN = 0x200
const HOPS_SHIFT = 16

const OCTETS_AT = BRIEF_PACKETS_MAX * MARK * 4
const SLOT_BYTES = OCTETS_AT + BRIEF_BYTES_MAX
const WIDTH = SLOT_BYTES / 4
const PAIRS = SLOT_BYTES / 8

/** The octets of a slot. */
interface Octets {
  readonly bytes: Uint8Array
  readonly view: DataView
}

export class BriefLog {
  private memory: ArrayBuffer
  private marks: Int32Array
  private times: Float64Array
  private octets: DataView
  /** By slot, as far as anybody asked. */
  private readonly own: (Octets | undefined)[] = []
  private readonly segment = emptySegment()
  private readonly chunk = emptyChunk()

  constructor(slots: number) {
    this.memory = new ArrayBuffer(slots * SLOT_BYTES)
    this.marks = new Int32Array(this.memory)
    this.times = new Float64Array(this.memory)
    this.octets = new DataView(this.memory)
  }

  /** Makes room for so many slots. */
  grow(slots: number): void {
    const { marks } = this
    this.memory = new ArrayBuffer(slots * SLOT_BYTES)
    this.marks = new Int32Array(this.memory)
    this.marks.set(marks)
    this.times = new Float64Array(this.memory)
    this.octets = new DataView(this.memory)
    this.own.length = 0
  }

  /**
   * Keeps a segment: that of the index in its slot, behind `used` octets of those before it. `frame`: less the first.
   */
  add(slot: number, index: number, segment: SegmentView, side: Side, frame: number, used: number): void {
    const { length } = segment
    this.mark(slot, index, segment, side === 1 ? SIDE : 0, frame, used)
    if (length === 0) return
    copyOctets(segment.bytes, segment.offset, this.octets, slot * SLOT_BYTES + OCTETS_AT + used, length)
  }

  /** Keeps one that says nothing new: it has no octets, or those of an earlier one. False when it cannot be seen to. */
  addAgain(slot: number, index: number, segment: SegmentView, side: Side, frame: number, isOld: boolean): boolean {
    const before = segment.length === 0 ? 0 : isOld ? this.sameAs(slot, index, segment, side) : -1
    if (before < 0) return false
    this.mark(slot, index, segment, AGAIN | (side === 1 ? SIDE : 0), frame, before)
    return true
  }

  timeOf(slot: number, index: number): number {
    return this.times[slot * PAIRS + (index * MARK) / 2 + TIME] as number
  }

  /** Whether the clock went on as it should: not back, and never thrice the same. */
  isTimely(slot: number, count: number): boolean {
    for (let index = 1; index < count; index++) {
      const passedNs = this.timeOf(slot, index) - this.timeOf(slot, index - 1)
      if (passedNs > 0) continue
      if (passedNs < 0 || (index > 1 && this.timeOf(slot, index - 2) === this.timeOf(slot, index))) return false
    }
    return true
  }

  /** The frame of a segment, less that of the first. */
  frameOf(slot: number, index: number): number {
    return this.marks[slot * WIDTH + index * MARK + FRAME] as number
  }

  sideOf(slot: number, index: number): Side {
    return ((this.marks[slot * WIDTH + index * MARK] as number) & SIDE) === 0 ? 0 : 1
  }

  /** A segment, without its addresses. Reused: valid until the next call. */
  segmentOf(slot: number, index: number, firstFrame: number, tap: number): SegmentView {
    const { marks, segment } = this
    const at = slot * WIDTH + index * MARK
    const what = marks[at] as number
    const length = marks[at + LENGTH] as number
    segment.packet.frame = firstFrame + (marks[at + FRAME] as number)
    segment.packet.timeNs = this.timeOf(slot, index)
    segment.packet.tap = tap
    if (index === 0) segment.bytes = this.octetsOf(slot)
    segment.offset = marks[at + OFFSET] as number
    segment.length = length
    segment.wireLength = length
    segment.seq = (marks[at + SEQ] as number) >>> 0
    segment.ack = (marks[at + ACK] as number) >>> 0
    segment.flags = what & FLAGS
    segment.ttl = what >>> HOPS_SHIFT
    // A closed window is out of order.
    segment.window = 1
    return segment
  }

  /**
   * Tells what the first `count` segments said from the first payload on, FINs included; stops where a chunk is not
   * taken. Whether all were. What acknowledges and says nothing is left out.
   */
  tell(slot: number, count: number, firstFrame: number, to: ChunkTaker): boolean {
    const { marks, chunk } = this
    const start = slot * WIDTH
    const clientStart = (marks[start + SEQ] as number) + 1
    const serverStart = (marks[start + MARK + SEQ] as number) + 1
    chunk.bytes = this.octetsOf(slot)
    let hasSpoken = false
    for (let index = 2; index < count; index++) {
      const at = start + index * MARK
      const what = marks[at] as number
      const length = marks[at + LENGTH] as number
      if ((what & AGAIN) !== 0 || (length === 0 && ((what & FIN) === 0 || !hasSpoken))) continue
      hasSpoken = true
      const isServer = (what & SIDE) !== 0
      const side = isServer ? 1 : 0
      chunk.position = distance(isServer ? serverStart : clientStart, marks[at + SEQ] as number)
      chunk.peerAcked = distance(isServer ? clientStart : serverStart, marks[at + ACK] as number)
      chunk.frame = firstFrame + (marks[at + FRAME] as number)
      chunk.timeNs = this.timeOf(slot, index)
      chunk.length = length
      if (length > 0) {
        chunk.kind = 'bytes'
        chunk.offset = marks[at + OFFSET] as number
        if (!to.chunk(side, chunk)) return false
      }
      if ((what & FIN) === 0) continue
      chunk.kind = 'fin'
      chunk.position += length
      chunk.length = 0
      if (!to.chunk(side, chunk)) return false
    }
    return true
  }

  private mark(slot: number, index: number, segment: SegmentView, what: number, frame: number, octetsAt: number): void {
    const { marks } = this
    const at = slot * WIDTH + index * MARK
    marks[at] = segment.flags | what | (segment.ttl << HOPS_SHIFT)
    marks[at + OFFSET] = octetsAt
    marks[at + LENGTH] = segment.length
    marks[at + SEQ] = segment.seq
    marks[at + ACK] = segment.ack
    marks[at + FRAME] = frame
    this.times[slot * PAIRS + (index * MARK) / 2 + TIME] = segment.packet.timeNs
  }

  /** Where the octets of an earlier segment of the side stand that is the same; -1 when there is none. */
  private sameAs(slot: number, count: number, { seq, length, bytes, offset }: SegmentView, side: Side): number {
    const { marks } = this
    for (let index = count - 1; index > 1; index--) {
      const at = slot * WIDTH + index * MARK
      const isLike = marks[at + SEQ] === (seq | 0) && marks[at + LENGTH] === length && this.sideOf(slot, index) === side
      if (!isLike) continue
      const from = marks[at + OFFSET] as number
      return sameOctets(bytes, offset, this.octets, slot * SLOT_BYTES + OCTETS_AT + from, length) ? from : -1
    }
    return -1
  }

  private octetsOf(slot: number): Uint8Array {
    let own = this.own[slot]
    if (own === undefined) {
      const bytes = new Uint8Array(this.memory, slot * SLOT_BYTES + OCTETS_AT, BRIEF_BYTES_MAX)
      own = { bytes, view: new DataView(this.memory, bytes.byteOffset, bytes.length) }
      this.own[slot] = own
    }
    lendView(own.bytes, own.view)
    return own.bytes
  }
}
