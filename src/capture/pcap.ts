// Classic pcap (draft-ietf-opsawg-pcap). What comes in: the window of a file that starts with one of its magic
// numbers. What goes out: its packets.
//
//   file    magic 4 | major 2 | minor 2 | zone 4 | accuracy 4 | snapshot length 4 | link type 4
//   record  seconds 4 | micro- or nanoseconds 4 | captured length 4 | wire length 4 | packet
import { PACKET_BYTES_COMMON, RECORD_BYTES_MAX } from '../limits.ts'
import type { CaptureError } from '../problems.ts'
import { i32, u16, u32 } from './bytes.ts'
import type { Clock } from './clock.ts'
import type { PacketView } from './packet.ts'
import { cutOff, fillRecord, problem, type RecordReader } from './records.ts'
import type { CaptureWindow } from './window.ts'

const FILE_HEADER = 24
const MAJOR = 4
const MINOR = 6
const SNAPSHOT_LENGTH = 16
const LINK_TYPE = 20

const RECORD_HEADER = 16
const FRACTION = 4
const CAPTURED_LENGTH = 8
const WIRE_LENGTH = 12

const MICROSECONDS = 0xa1b2c3d4

export class PcapReader implements RecordReader {
  readonly linkTypes: ReadonlySet<number>
  readonly droppedByCapture = null
  private readonly window: CaptureWindow
  private readonly clock: Clock
  private readonly littleEndian: boolean
  private readonly linkType: number
  private readonly lengthMax: number
  private readonly nanosecondsPerUnit: number
  /** Where a record keeps its two lengths: files before version 2.3 have them the other way round. */
  private readonly capturedLengthAt: number
  private readonly wireLengthAt: number
  private needed = RECORD_HEADER
  private damage: CaptureError | null = null

  /** Reads the file header. Throws CaptureError. */
  static async open(window: CaptureWindow, clock: Clock): Promise<PcapReader> {
    if (!(await window.fill(FILE_HEADER))) throw cutOff(window, 0, FILE_HEADER, 'pcap file header')
    return new PcapReader(window, clock)
  }

  private constructor(window: CaptureWindow, clock: Clock) {
    const { bytes } = window
    const bigEndianMagic = u32(bytes, 0, false)
    const littleEndian = bigEndianMagic >>> 24 !== MICROSECONDS >>> 24
    const major = u16(bytes, MAJOR, littleEndian)
    const minor = u16(bytes, MINOR, littleEndian)
    if (major !== 2) throw problem('unsupported', window.source.name, 0, `pcap version ${major}.${minor}`)
    this.window = window
    this.clock = clock
    this.littleEndian = littleEndian
    this.nanosecondsPerUnit = u32(bytes, 0, littleEndian) === MICROSECONDS ? 1000 : 1
    this.capturedLengthAt = minor < 3 ? WIRE_LENGTH : CAPTURED_LENGTH
    this.wireLengthAt = minor < 3 ? CAPTURED_LENGTH : WIRE_LENGTH
    const snapshotLength = u32(bytes, SNAPSHOT_LENGTH, littleEndian)
    this.lengthMax = Math.min(Math.max(snapshotLength, PACKET_BYTES_COMMON), RECORD_BYTES_MAX - RECORD_HEADER)
    // The upper half says whether and how long a frame check sequence follows the packet.
    this.linkType = u32(bytes, LINK_TYPE, littleEndian) & 0xffff
    this.linkTypes = new Set([this.linkType])
    window.start = FILE_HEADER
  }

  next(packet: PacketView): boolean {
    const { window, littleEndian } = this
    const { bytes, start } = window
    const held = window.end - start
    if (held < RECORD_HEADER || this.damage !== null) return this.dry(RECORD_HEADER)
    const length = i32(bytes, start + this.capturedLengthAt, littleEndian) >>> 0
    if (length > this.lengthMax) return this.corrupt(`pcap record length ${length} is above ${this.lengthMax}`)
    if (held < RECORD_HEADER + length) return this.dry(RECORD_HEADER + length)
    const fraction = (i32(bytes, start + FRACTION, littleEndian) >>> 0) * this.nanosecondsPerUnit
    packet.bytes = bytes
    packet.offset = start + RECORD_HEADER
    packet.length = length
    packet.wireLength = i32(bytes, start + this.wireLengthAt, littleEndian) >>> 0
    this.clock.stamp(packet, i32(bytes, start, littleEndian) >>> 0, fraction)
    packet.fileOffset = window.origin + start
    packet.linkType = this.linkType
    window.start = start + RECORD_HEADER + length
    return true
  }

  async refill(): Promise<boolean> {
    if (this.damage !== null) throw this.damage
    const accordingTo = this.needed === RECORD_HEADER ? 'pcap record header' : 'pcap record length'
    return fillRecord(this.window, this.needed, accordingTo)
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
}
