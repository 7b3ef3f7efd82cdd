// Classic pcap (draft-ietf-opsawg-pcap) and the variants that libpcap reads as such. In: the read buffer of a file that
// starts with one of their magic numbers. Out: its packets.
//
//   file    magic 4 | major 2 | minor 2 | zone 4 | accuracy 4 | snapshot length 4 | link type 4
//   record  seconds 4 | micro- or nanoseconds 4 | captured length 4 | wire length 4 | [patched: 8] | packet
import type { CaptureError, CaptureProblem } from '../errors.ts'
import { PACKET_BYTES_COMMON, RECORD_BYTES_MAX, RESUME_SECONDS } from '../limits.ts'
import { i32, u16, u32 } from './integers.ts'
import { NO_TIME_NS, type PacketView, type RelativeClock, type TimeBase } from './packet.ts'
import type { ReadBuffer } from './read-buffer.ts'
import {
  cutOff,
  passOver,
  problem,
  type RecordReader,
  type RecordShape,
  type Records,
  type RecordTaker,
  type RunBefore,
  resume,
} from './record-reader.ts'

export const FILE_HEADER = 24

interface PcapHeader {
  readonly littleEndian: boolean
  readonly nanoseconds: boolean
  /** Bytes in front of each packet. */
  readonly recordHeader: number
  /**
   * Which length of a record comes first: the captured one, the one on the wire, or whichever is smaller counts as
   * captured.
   */
  readonly lengths: 'ordered' | 'swapped' | 'either'
  readonly snapshotLength: number
  readonly linkType: number
}

const MAJOR = 4
const MINOR = 6
const SNAPSHOT_LENGTH = 16
const LINK_TYPE = 20

const NANOSECONDS = 0xa1b23c4d
/** Alexey Kuznetzov's patch of libpcap, in Linux distributions around 1999: eight more bytes in each record. */
const PATCHED = 0xa1b2cd34

const RECORD_HEADER = 16
const PATCHED_RECORD_HEADER = 24

/** AIX numbers link types like the interfaces of a MIB (RFC 1573) and counts nanoseconds. */
const AIX_MAJOR = 543
const AIX_LINK_TYPES: ReadonlyMap<number, number> = new Map([
  [6, 1],
  [9, 6],
  [15, 10],
  [24, 0],
])

/** The header, or a sentence that says why it is not read. */
function readPcapHeader(bytes: Uint8Array): PcapHeader | string {
  const littleEndian = bytes[0] !== NANOSECONDS >>> 24
  const magic = u32(bytes, 0, littleEndian)
  const major = u16(bytes, MAJOR, littleEndian)
  const minor = u16(bytes, MINOR, littleEndian)
  const aix = major === AIX_MAJOR && minor === 0
  if (major !== 2 && !aix) return `pcap version ${major}.${minor}`
  // The upper half says whether a frame check sequence follows the packet, and how long it is.
  const linkType = u32(bytes, LINK_TYPE, littleEndian) & 0xffff
  return {
    littleEndian,
    nanoseconds: magic === NANOSECONDS || aix,
    recordHeader: magic === PATCHED ? PATCHED_RECORD_HEADER : RECORD_HEADER,
    lengths: aix || minor < 3 ? 'swapped' : minor === 3 ? 'either' : 'ordered',
    snapshotLength: u32(bytes, SNAPSHOT_LENGTH, littleEndian),
    linkType: aix ? (AIX_LINK_TYPES.get(linkType) ?? linkType) : linkType,
  }
}

const FRACTION = 4
const CAPTURED_LENGTH = 8
const WIRE_LENGTH = 12

export class PcapReader implements RecordReader {
  readonly linkTypes: ReadonlySet<number>
  readonly droppedByCapture = null
  readonly keyLogs: readonly string[] = []
  readonly damages: CaptureProblem[] = []
  private readonly window: ReadBuffer
  private readonly clock: RelativeClock
  private readonly littleEndian: boolean
  private readonly header: PcapHeader
  private readonly headerLength: number
  private readonly lengthMax: number
  private nanosecondsPerUnit: number
  private unitsPerSecond: number
  /** Offset of the captured length in a record header: some files swap both lengths. */
  private readonly capturedLengthAt: number
  private readonly wireLengthAt: number
  private needed: number
  private damage: CaptureError | null = null
  /** The time of the previous record in seconds; that of the first record until it is known. */
  private seconds = -1
  /** What takers get, again and again: there is a call for each packet that they leave. */
  private handed: Records | null = null
  /** File offsets of the previous record, and of a record that was accepted in spite of its time. */
  private previous = -1
  private trusted = -1
  /** Length of the record at the start of the buffer, when its time is doubtful; else -1. */
  private strange = -1

  /** Reads the file header. Throws CaptureError. */
  static async open(window: ReadBuffer, clock: RelativeClock): Promise<PcapReader> {
    if (!(await window.fill(FILE_HEADER))) throw cutOff(window, 0, FILE_HEADER, 'pcap file header')
    return new PcapReader(window, clock)
  }

  private constructor(window: ReadBuffer, clock: RelativeClock) {
    const header = readPcapHeader(window.bytes)
    if (typeof header === 'string') throw problem('unsupported', window.source.name, 0, header)
    const swapped = header.lengths === 'swapped'
    this.window = window
    this.clock = clock
    this.header = header
    this.littleEndian = header.littleEndian
    this.headerLength = header.recordHeader
    this.needed = header.recordHeader
    this.nanosecondsPerUnit = header.nanoseconds ? 1 : 1000
    this.unitsPerSecond = header.nanoseconds ? 1e9 : 1e6
    this.capturedLengthAt = swapped ? WIRE_LENGTH : CAPTURED_LENGTH
    this.wireLengthAt = swapped ? CAPTURED_LENGTH : WIRE_LENGTH
    const longest = RECORD_BYTES_MAX - header.recordHeader
    this.lengthMax = Math.min(Math.max(header.snapshotLength, PACKET_BYTES_COMMON), longest)
    this.linkTypes = new Set([header.linkType])
    window.start = FILE_HEADER
  }

  next(packet: PacketView): boolean {
    const { window, littleEndian, headerLength } = this
    const { bytes, start } = window
    const held = window.end - start
    if (held < headerLength || this.damage !== null) return this.dry(headerLength)
    let length = i32(bytes, start + this.capturedLengthAt, littleEndian) >>> 0
    let wireLength = i32(bytes, start + this.wireLengthAt, littleEndian) >>> 0
    if (length > wireLength && this.header.lengths === 'either') [length, wireLength] = [wireLength, length]
    if (length > this.lengthMax) return this.corrupt(`pcap record length ${length} is above ${this.lengthMax}`)
    const seconds = i32(bytes, start, littleEndian) >>> 0
    const fraction = i32(bytes, start + FRACTION, littleEndian) >>> 0
    const away = this.seconds < 0 ? 0 : seconds - this.seconds
    const isStrange = fraction >= this.unitsPerSecond || away > RESUME_SECONDS || away < -RESUME_SECONDS
    if (isStrange && this.trusted !== window.origin + start) return this.doubt(length)
    if (held < headerLength + length) return this.dry(headerLength + length)
    packet.bytes = bytes
    packet.offset = start + headerLength
    packet.length = length
    packet.wireLength = wireLength
    this.clock.stamp(packet, seconds, fraction * this.nanosecondsPerUnit)
    packet.fileOffset = window.origin + start
    packet.linkType = this.header.linkType
    packet.tap = 0
    this.previous = window.origin + start
    this.seconds = seconds
    window.start = start + headerLength + length
    return true
  }

  handRecords(taker: RecordTaker, run: RunBefore): boolean {
    const { window, header, clock, previous } = this
    const isUsual = header.lengths === 'ordered' && header.recordHeader === RECORD_HEADER
    const { base } = clock
    if (!isUsual || this.damage !== null || this.strange >= 0 || base === null || previous < 0) return false
    const { bytes, start, end, origin } = window
    this.handed ??= this.firstHanded(base)
    const { handed: records } = this
    records.bytes = bytes
    records.start = start
    records.end = end
    records.last = previous - origin
    records.seconds = this.seconds
    records.lastNs = run.lastNs
    records.frame = run.frame
    records.tap = run.tap
    records.untilNs = run.untilNs
    records.untilFrame = run.untilFrame
    taker.takeRecords(records)
    if (records.start === start) return false
    window.start = records.start
    this.previous = records.last + origin
    this.seconds = records.seconds
    run.frame = records.frame
    run.lastNs = records.lastNs
    return true
  }

  private firstHanded(base: TimeBase): Records {
    const { littleEndian, nanosecondsPerUnit, unitsPerSecond, lengthMax, header, window } = this
    return {
      bytes: window.bytes,
      start: 0,
      end: 0,
      layout: { format: 'pcap', littleEndian, nanosecondsPerUnit, unitsPerSecond, lengthMax },
      linkType: header.linkType,
      base,
      last: 0,
      seconds: 0,
      lastNs: NO_TIME_NS,
      frame: 0,
      tap: 0,
      untilNs: Number.POSITIVE_INFINITY,
      untilFrame: Number.POSITIVE_INFINITY,
    }
  }

  /** Whether a record was accepted or skipped because of what follows it. */
  get isDoubtful(): boolean {
    return this.trusted >= 0 || this.damages.length > 0
  }

  /** Moves to the first certain record from here on; false when there is none. */
  seek(): Promise<boolean> {
    return resume(this.window, this.shape(-1))
  }

  async refill(): Promise<boolean> {
    if (this.strange >= 0) await this.examine()
    if (this.damage !== null) return this.resume(this.damage)
    const { window, needed } = this
    if (await window.fill(needed, this.kept)) return true
    if (window.end === window.start) return false
    const accordingTo = needed === this.headerLength ? 'pcap record header' : 'pcap record length'
    this.damage = cutOff(window, window.origin + window.start, needed, accordingTo)
    return this.resume(this.damage)
  }

  private dry(needed: number): false {
    this.needed = needed
    return false
  }

  private corrupt(accordingTo: string): false {
    const { window } = this
    this.damage = problem('corrupt', window.source.name, window.origin + window.start, accordingTo)
    return false
  }

  private doubt(length: number): false {
    this.strange = length
    return this.dry(this.headerLength)
  }

  /** A record with a doubtful time is accepted when another record or the end of the file follows it. */
  private async examine(): Promise<void> {
    const { window, headerLength, strange: length } = this
    this.strange = -1
    const behind = headerLength + length
    const more = await window.fill(behind + headerLength, this.kept)
    const { bytes, start, end } = window
    const isLast = !more && start + behind >= end
    const follows = more && this.isRecord(bytes, start + behind, u32(bytes, start, this.littleEndian))
    if (length > 0 && (isLast || follows)) {
      this.trusted = window.origin + start
      if (follows && this.isFiner(bytes, start) && this.isFiner(bytes, start + behind)) this.countNanoseconds()
    } else this.corrupt(`pcap record time ${u32(bytes, start, this.littleEndian)} s, and no record behind it`)
  }

  /** Whether this may be the header of a record with content, with a valid time or one near `seconds`. */
  private isRecord(bytes: Uint8Array, at: number, seconds: number): boolean {
    const { littleEndian } = this
    const length = u32(bytes, at + this.capturedLengthAt, littleEndian)
    const isTime =
      u32(bytes, at + FRACTION, littleEndian) < this.unitsPerSecond ||
      Math.abs(u32(bytes, at, littleEndian) - seconds) <= RESUME_SECONDS
    return length > 0 && length <= this.lengthMax && isTime
  }

  /** Whether the fraction of a record is too large for microseconds and not for nanoseconds. */
  private isFiner(bytes: Uint8Array, at: number): boolean {
    const fraction = u32(bytes, at + FRACTION, this.littleEndian)
    return fraction >= this.unitsPerSecond && fraction < 1e9
  }

  /** Some programs write nanoseconds into files of microseconds. Two such records in a row are no accident. */
  private countNanoseconds(): void {
    this.nanosecondsPerUnit = 1
    this.unitsPerSecond = 1e9
    this.handed = null
  }

  /** Bytes of the previous record: it is kept until the next one confirms its length. */
  private get kept(): number {
    const { window, previous } = this
    return previous < 0 ? 0 : window.origin + window.start - previous
  }

  /**
   * Looks for the next certain records, starting at the previous record: its length may be the damaged one. Throws
   * `damage` when there are none.
   */
  private async resume(damage: CaptureError): Promise<boolean> {
    const { window, headerLength } = this
    if (this.previous < 0) window.start = Math.min(window.start + 1, window.end)
    else window.start = this.previous + headerLength - window.origin
    this.previous = -1
    if (!(await resume(window, this.shape(this.seconds)))) throw damage
    passOver(this.damages, damage, window.origin + window.start)
    this.damage = null
    return true
  }

  /** How a record is recognised: by its lengths, and by a time near `near`, or any time when that is not known. */
  private shape(near: number): RecordShape {
    const { littleEndian, headerLength, lengthMax, unitsPerSecond, capturedLengthAt, wireLengthAt } = this
    const either = this.header.lengths === 'either'
    let before = near
    return {
      headerLength,
      reach: headerLength,
      alignment: 1,
      lengthAt(bytes, at, _end, first) {
        // The length is tested first, because it decides nearly always and is tested at every byte.
        const length = i32(bytes, at + capturedLengthAt, littleEndian)
        const wireLength = i32(bytes, at + wireLengthAt, littleEndian)
        if (length <= 0 || length > lengthMax || wireLength <= 0 || wireLength > lengthMax) return 0
        if (length > wireLength && !either) return 0
        const seconds = u32(bytes, at, littleEndian)
        if (!first && Math.abs(seconds - before) > RESUME_SECONDS) return 0
        if (first && near >= 0 && Math.abs(seconds - near) > RESUME_SECONDS) return 0
        if (u32(bytes, at + FRACTION, littleEndian) >= unitsPerSecond) return 0
        before = seconds
        return headerLength + Math.min(length, wireLength)
      },
    }
  }
}
