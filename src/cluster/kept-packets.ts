// Copies of packets of a batch: those of connections that may go on in the next batch.
//
//   numbers   offset in `bytes` 1 | captured length 1 | wire length 1 | link type 1 | tap 1
import type { PacketView } from '../capture/packet.ts'
import { BATCH_BYTES, BATCH_PACKETS } from '../limits.ts'
import { FRAGMENT } from '../pipeline.ts'

const WIDTH = 5
const LENGTH = 1
const WIRE_LENGTH = 2
const LINK_TYPE = 3
const TAP = 4
const BYTES_FIRST = 1 << 16
const PACKETS_FIRST = 256

/** When a batch ends: as soon as so many bytes of packets are kept, and with so many packets. */
export interface BatchSize {
  readonly bytes: number
  readonly packets: number
}

export const USUAL_SIZE: BatchSize = { bytes: BATCH_BYTES, packets: BATCH_PACKETS }

/** Packets without their numbers. */
export interface Excerpt {
  readonly bytes: Uint8Array
  readonly numbers: Int32Array
  /** Nanoseconds since the set's first packet. */
  readonly times: Float64Array
}

/** Packets that are to be read again. */
export interface Rest {
  /** Their numbers in the batch, from 0, ascending. */
  readonly indexes: Int32Array
  /** Places in `indexes`: those of fragments. */
  readonly fragments: readonly number[]
  readonly excerpt: Excerpt
}

/** Sets the view to the packet at this place of the excerpt, but for its frame. */
export function readPacket({ bytes, numbers, times }: Excerpt, place: number, packet: PacketView): void {
  const at = place * WIDTH
  packet.bytes = bytes
  packet.offset = numbers[at] as number
  packet.length = numbers[at + LENGTH] as number
  // Wire lengths have 32 bits.
  packet.wireLength = (numbers[at + WIRE_LENGTH] as number) >>> 0
  packet.linkType = numbers[at + LINK_TYPE] as number
  packet.tap = numbers[at + TAP] as number
  packet.timeNs = times[place] as number
}

export class KeptPackets {
  /** Bytes of all of them. */
  used = 0
  private count = 0
  private bytes = new Uint8Array(BYTES_FIRST)
  private numbers = new Int32Array(PACKETS_FIRST * WIDTH)
  private times = new Float64Array(PACKETS_FIRST)
  private frames = new Float64Array(PACKETS_FIRST)
  /** What `Pipeline.take` returned for each. */
  private connections = new Float64Array(PACKETS_FIRST)

  /** Another batch begins. */
  clear(): void {
    this.used = 0
    this.count = 0
  }

  add({ bytes, offset, length, wireLength, linkType, tap, timeNs, frame }: PacketView, connection: number): void {
    this.reserve(length)
    const { count, used, numbers } = this
    this.bytes.set(bytes.subarray(offset, offset + length), used)
    const at = count * WIDTH
    numbers[at] = used
    numbers[at + LENGTH] = length
    numbers[at + WIRE_LENGTH] = wireLength
    numbers[at + LINK_TYPE] = linkType
    numbers[at + TAP] = tap
    this.times[count] = timeNs
    this.frames[count] = frame
    this.connections[count] = connection
    this.used = used + length
    this.count = count + 1
  }

  /** Fragments, and the packets of these connections. */
  rest(open: ReadonlySet<number>, firstFrame: number): Rest {
    const { connections } = this
    const places = this.inOrder((place) => {
      const connection = connections[place] as number
      return connection === FRAGMENT || open.has(connection)
    })
    const indexes = new Int32Array(places.length)
    for (const [i, place] of places.entries()) indexes[i] = (this.frames[place] as number) - firstFrame
    const fragments = [...places.keys()].filter((i) => connections[places[i] as number] === FRAGMENT)
    return { indexes, fragments, excerpt: this.excerpt(places) }
  }

  /** Places of packets in the order of capture, each packet once. */
  private inOrder(isWanted: (place: number) => boolean): readonly number[] {
    const frameAt = (place: number) => this.frames[place] as number
    const places: number[] = []
    for (let place = 0; place < this.count; place++) if (isWanted(place)) places.push(place)
    places.sort((a, b) => frameAt(a) - frameAt(b))
    return places.filter((place, i) => i === 0 || frameAt(place) !== frameAt(places[i - 1] as number))
  }

  private excerpt(places: readonly number[]): Excerpt {
    const { numbers, bytes, times } = this
    let size = 0
    for (const place of places) size += numbers[place * WIDTH + LENGTH] as number
    const own = {
      bytes: new Uint8Array(size),
      numbers: new Int32Array(places.length * WIDTH),
      times: new Float64Array(places.length),
    }
    let used = 0
    for (const [i, place] of places.entries()) {
      const of = numbers.subarray(place * WIDTH, (place + 1) * WIDTH)
      const [offset, length] = [of[0] as number, of[LENGTH] as number]
      own.bytes.set(bytes.subarray(offset, offset + length), used)
      own.numbers.set(of, i * WIDTH)
      own.numbers[i * WIDTH] = used
      own.times[i] = times[place] as number
      used += length
    }
    return own
  }

  private reserve(length: number): void {
    if (this.used + length > this.bytes.length) {
      const bytes = new Uint8Array(2 ** Math.ceil(Math.log2(this.used + length)))
      bytes.set(this.bytes.subarray(0, this.used))
      this.bytes = bytes
    }
    if (this.count < this.times.length) return
    this.numbers = grown(this.numbers, new Int32Array(this.numbers.length * 2))
    this.times = grown(this.times, new Float64Array(this.times.length * 2))
    this.frames = grown(this.frames, new Float64Array(this.frames.length * 2))
    this.connections = grown(this.connections, new Float64Array(this.connections.length * 2))
  }
}

function grown<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}
