// A batch of packets in memory.
//
//   numbers   offset in `bytes` 1 | captured length 1 | wire length 1 | link type 1 | tap 1
import type { PacketView, TimeBase } from '../capture/packet.ts'
import { BATCH_BYTES, BATCH_PACKETS, RECORD_BYTES_MAX } from '../limits.ts'

const WIDTH = 5
const LENGTH = 1
const WIRE_LENGTH = 2
const LINK_TYPE = 3
const TAP = 4
/** Bytes between two packets of a file that are copied along: record headers. */
const BETWEEN = 64

/** The size of batches in bytes and packets. */
export interface BatchSize {
  readonly bytes: number
  readonly packets: number
}

export const USUAL_SIZE: BatchSize = { bytes: BATCH_BYTES, packets: BATCH_PACKETS }

export interface PacketBatch {
  /** A new object each time the batch is filled. `used`: so many of them have packets. */
  bytes: Uint8Array
  used: number
  readonly numbers: Int32Array
  /** Nanoseconds since the set's first packet. */
  readonly times: Float64Array
  /** Number of packets, and the frame number of the first. */
  count: number
  firstFrame: number
  /** The absolute time of the set's first packet. */
  base: TimeBase
  /** Key logs inside captures up to here. */
  keyLogs: readonly string[]
}

export function newBatch({ bytes: size, packets }: BatchSize): PacketBatch {
  return {
    // A packet that reaches beyond the size must still fit.
    bytes: new Uint8Array(size + RECORD_BYTES_MAX + BETWEEN),
    used: 0,
    numbers: new Int32Array(packets * WIDTH),
    times: new Float64Array(packets),
    count: 0,
    firstFrame: 1,
    base: { seconds: 0, nanoseconds: 0 },
    keyLogs: [],
  }
}

/** The same memory, to be filled anew. */
function emptied(batch: PacketBatch): PacketBatch {
  batch.count = 0
  batch.used = 0
  batch.bytes = new Uint8Array(batch.bytes.buffer)
  return batch
}

/** Sets the view to the packet at this index. */
export function readPacket(
  { bytes, numbers, times, firstFrame }: PacketBatch,
  index: number,
  packet: PacketView,
): void {
  const at = index * WIDTH
  packet.bytes = bytes
  packet.offset = numbers[at] as number
  packet.length = numbers[at + LENGTH] as number
  // Wire lengths have 32 bits.
  packet.wireLength = (numbers[at + WIRE_LENGTH] as number) >>> 0
  packet.linkType = numbers[at + LINK_TYPE] as number
  packet.tap = numbers[at + TAP] as number
  packet.timeNs = times[index] as number
  packet.frame = firstFrame + index
}

export function tapOf({ numbers }: PacketBatch, index: number): number {
  return numbers[index * WIDTH + TAP] as number
}

export function lengthOf({ numbers }: PacketBatch, index: number): number {
  return numbers[index * WIDTH + LENGTH] as number
}

/** A new batch with the packets at these indexes only, renumbered. */
export function excerptOf(batch: PacketBatch, indexes: Int32Array): PacketBatch {
  const count = indexes.length
  let size = 0
  for (const index of indexes) size += lengthOf(batch, index)
  const bytes = new Uint8Array(size)
  const numbers = new Int32Array(count * WIDTH)
  const times = new Float64Array(count)
  let used = 0
  indexes.forEach((index, i) => {
    const from = batch.numbers.subarray(index * WIDTH, (index + 1) * WIDTH)
    const offset = from[0] as number
    const length = from[LENGTH] as number
    bytes.set(batch.bytes.subarray(offset, offset + length), used)
    numbers.set(from, i * WIDTH)
    numbers[i * WIDTH] = used
    times[i] = batch.times[index] as number
    used += length
  })
  return { bytes, used, numbers, times, count, firstFrame: 1, base: batch.base, keyLogs: [] }
}

/** Fills a batch, again and again. */
export class BatchWriter {
  private readonly batch: PacketBatch
  private readonly size: BatchSize
  private used = 0
  // Adjacent packets of the same buffer are copied together.
  private run: Uint8Array | null = null
  private runStart = 0
  private runEnd = 0

  constructor(batch: PacketBatch, size: BatchSize) {
    this.batch = emptied(batch)
    this.size = size
  }

  get isEmpty(): boolean {
    return this.batch.count === 0
  }

  get isFull(): boolean {
    return this.used + this.runEnd - this.runStart >= this.size.bytes || this.batch.count === this.size.packets
  }

  /** Adds a packet. Its bytes must stay in place until `settle`, or until a packet of another buffer is added. */
  add(packet: PacketView): void {
    const { bytes, offset, length } = packet
    if (bytes !== this.run || offset < this.runEnd || offset - this.runEnd > BETWEEN) {
      this.settle()
      this.run = bytes
      this.runStart = offset
    }
    this.runEnd = offset + length
    this.note(packet, this.used + offset - this.runStart)
  }

  private note(packet: PacketView, offset: number): void {
    const { batch } = this
    if (batch.count === 0) batch.firstFrame = packet.frame
    const at = batch.count * WIDTH
    batch.numbers[at] = offset
    batch.numbers[at + LENGTH] = packet.length
    batch.numbers[at + WIRE_LENGTH] = packet.wireLength
    batch.numbers[at + LINK_TYPE] = packet.linkType
    batch.numbers[at + TAP] = packet.tap
    batch.times[batch.count] = packet.timeNs
    batch.count++
  }

  /** Copies the packets that were added. */
  settle(): void {
    if (this.run === null) return
    this.batch.bytes.set(this.run.subarray(this.runStart, this.runEnd), this.used)
    this.used += this.runEnd - this.runStart
    this.batch.used = this.used
    this.run = null
    this.runStart = 0
    this.runEnd = 0
  }

  /** Fills the batch anew. */
  empty(): void {
    emptied(this.batch)
    this.used = 0
  }
}
