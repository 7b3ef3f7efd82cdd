// A capture of either format. In: a byte source. Out: its packets one by one, all in the same view, and facts about the
// capture. Usage:
//
//   do { while (reader.next()) use(reader.packet) } while (await reader.refill())

import type { CaptureProblem } from '../errors.ts'
import { WINDOW_BYTES } from '../limits.ts'
import { type Compression, compressionOf, decompressed } from './compressed.ts'
import { type CaptureFormat, describeFirstBytes, detectFormat, knownButNotRead, MAGIC_BYTES } from './detect-format.ts'
import { emptyPacket, type PacketView, RelativeClock, type TimeBase } from './packet.ts'
import { PcapReader } from './pcap.ts'
import { PcapngReader } from './pcapng.ts'
import { ReadBuffer, type WindowMemory } from './read-buffer.ts'
import { linkTypeName, problem, type RecordReader, type RecordTaker, type RunBefore } from './record-reader.ts'
import type { ByteSource } from './source.ts'
import { type Sighting, Warnings } from './warnings.ts'

/** Facts about a capture, or a range of it, as far as it was read. The members are explained below. */
export type CaptureFacts = Pick<
  CaptureReader,
  | 'format'
  | 'compression'
  | 'linkTypes'
  | 'bytes'
  | 'packets'
  | 'droppedByCapture'
  | 'damages'
  | 'odd'
  | 'base'
  | 'firstNs'
  | 'lastNs'
>

export class CaptureReader {
  readonly format: CaptureFormat
  readonly compression: Compression
  /** Valid until the next call of `next` or `refill`. */
  readonly packet: PacketView
  /** Packets handed on so far. */
  packets = 0
  private readonly window: ReadBuffer
  private readonly clock: RelativeClock
  private readonly records: RecordReader
  private readonly firstFrame: number
  private readonly oddities = new Warnings()
  private first = 0

  /**
   * Detects the format and reads the header. `base` is the `base` of the first capture of the set, null for that one
   * itself; `firstFrame` is the number of the first packet. `windows`: read into this memory. Throws CaptureError; the caller closes the source.
   */
  static async open(
    source: ByteSource,
    base: TimeBase | null = null,
    firstFrame = 1,
    windowBytes = WINDOW_BYTES,
    windows: WindowMemory | null = null,
  ): Promise<CaptureReader> {
    let window = new ReadBuffer(source, windowBytes, windows)
    await window.fill(MAGIC_BYTES)
    const compression = compressionOf(window.bytes.subarray(0, window.end))
    if (compression !== 'none') {
      window.leaveWindows()
      window = new ReadBuffer(decompressed(window, compression), windowBytes, windows)
      await window.fill(MAGIC_BYTES)
    }
    const first = window.bytes.subarray(0, window.end)
    if (first.length === 0) throw problem('empty', source.name, 0, 'no bytes')
    const format = detectFormat(first)
    if (format === null) {
      const known = knownButNotRead(first)
      if (known !== null) throw problem('unsupported', source.name, 0, known)
      throw problem('not-a-capture', source.name, 0, describeFirstBytes(first))
    }
    const clock = new RelativeClock(base)
    const records = await (format === 'pcap' ? PcapReader : PcapngReader).open(window, clock)
    return new CaptureReader(format, compression, window, clock, records, firstFrame)
  }

  private constructor(
    format: CaptureFormat,
    compression: Compression,
    window: ReadBuffer,
    clock: RelativeClock,
    records: RecordReader,
    firstFrame: number,
  ) {
    this.format = format
    this.compression = compression
    this.window = window
    this.clock = clock
    this.records = records
    this.firstFrame = firstFrame
    this.packet = { ...emptyPacket(), bytes: window.bytes }
  }

  /** True when `packet` holds the next packet; false when `refill` is needed. */
  next(): boolean {
    const { packet } = this
    if (!this.records.next(packet)) return false
    packet.frame = this.firstFrame + this.packets
    if (this.packets === 0) this.first = packet.timeNs
    this.oddities.look(packet)
    this.packets += 1
    return true
  }

  /** Lets `taker` take the packets that come next. Returns how many it took. */
  handRecords(taker: RecordTaker, run: RunBefore): number {
    const { packet } = this
    const { frame } = run
    if (this.packets === 0 || !this.records.handRecords(taker, run)) return 0
    const count = run.frame - frame
    this.packets += count
    packet.timeNs = run.lastNs
    this.oddities.pass(run.lastNs)
    return count
  }

  /** True when `next` can go on, false at the clean end. Throws CaptureError where the capture is damaged. */
  refill(): Promise<boolean> {
    return this.records.refill()
  }

  /** Starts the next refill; packets handed on so far stay valid. */
  readAhead(): void {
    this.window.readAhead()
  }

  /** Ends reading; packets are no longer valid. Facts about the capture stay. */
  close(): void {
    this.window.close()
  }

  /** Names of all link types that the capture declares, without LINKTYPE_. */
  get linkTypes(): readonly string[] {
    return [...new Set(Array.from(this.records.linkTypes, linkTypeName))]
  }

  /** Bytes of the capture, decompressed, that were read so far; its size at the clean end. */
  get bytes(): number {
    return this.window.bytesTaken
  }

  /** Packets lost by the capturing machine, over all interfaces; null when not stated. */
  get droppedByCapture(): number | null {
    return this.records.droppedByCapture
  }

  /** Damage that was skipped so far, in the order of the file. */
  get damages(): readonly CaptureProblem[] {
    return this.records.damages
  }

  /** Unusual packets that were read. */
  get odd(): readonly Sighting[] {
    return this.oddities.sightings
  }

  /** TLS key logs in the NSS format, found so far. */
  get keyLogs(): readonly string[] {
    return this.records.keyLogs
  }

  /** The absolute time of the set's first packet; null until a packet with a time was read. */
  get base(): TimeBase | null {
    return this.clock.base
  }

  /** `timeNs` of the first packet; null before it. */
  get firstNs(): number | null {
    return this.packets === 0 ? null : this.first
  }

  /** `timeNs` of the packet read last; null before the first. */
  get lastNs(): number | null {
    return this.packets === 0 ? null : this.packet.timeNs
  }
}
