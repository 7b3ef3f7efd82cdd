// pcapng (draft-ietf-opsawg-pcapng). What comes in: the window of a file that starts with a section header block.
// What goes out: its packets. A new section may change the byte order and forgets all interfaces.
//
//   block  type 4 | total length 4 | body, padded to 4 | total length 4
import { INTERFACES_MAX, RECORD_BYTES_MAX } from '../limits.ts'
import type { CaptureError, CaptureProblemCode } from '../problems.ts'
import { i32, u16, u32 } from './bytes.ts'
import type { Clock } from './clock.ts'
import { type Interface, readDescription, readDropped, stamp } from './interfaces.ts'
import type { PacketView } from './packet.ts'
import { cutOff, fillRecord, problem, type RecordReader } from './records.ts'
import type { CaptureWindow } from './window.ts'

const SECTION_HEADER = 0x0a0d0d0a
const INTERFACE_DESCRIPTION = 1
const PACKET = 2
const SIMPLE_PACKET = 3
const INTERFACE_STATISTICS = 5
const ENHANCED_PACKET = 6

const TOTAL_LENGTH = 4
const BODY = 8
/** Type and both lengths: no block is shorter. */
const BLOCK_MIN = 12

const BYTE_ORDER_MAGIC = 0x1a2b3c4d
const SECTION_MAJOR = 12

/** Bodies without options, by type: a block whose total length leaves less is corrupt. */
const BODY_MIN = new Map([
  [SECTION_HEADER, 16],
  [INTERFACE_DESCRIPTION, 8],
  [PACKET, 20],
  [SIMPLE_PACKET, 4],
  [INTERFACE_STATISTICS, 12],
  [ENHANCED_PACKET, 20],
])

export class PcapngReader implements RecordReader {
  readonly linkTypes = new Set<number>()
  droppedByCapture: number | null = null
  private readonly window: CaptureWindow
  private readonly clock: Clock
  private littleEndian = false
  private interfaces: Interface[] = []
  private needed = BLOCK_MIN
  /** The total length of a block that is passed over and reaches beyond the window. */
  private passingOver = 0
  private damage: CaptureError | null = null

  static async open(window: CaptureWindow, clock: Clock): Promise<PcapngReader> {
    return new PcapngReader(window, clock)
  }

  private constructor(window: CaptureWindow, clock: Clock) {
    this.window = window
    this.clock = clock
  }

  next(packet: PacketView): boolean {
    const { window } = this
    while (this.damage === null && this.passingOver === 0) {
      const { bytes, start } = window
      const held = window.end - start
      if (held < BLOCK_MIN) return this.dry(BLOCK_MIN)
      const type = u32(bytes, start, this.littleEndian)
      // The type of a section header reads the same in both byte orders; the order stands behind its length.
      if (type === SECTION_HEADER && !this.turn()) return false
      const total = u32(bytes, start + TOTAL_LENGTH, this.littleEndian)
      if (total < BLOCK_MIN || total % 4 !== 0) return this.corrupt(`pcapng block length ${total}`)
      if (held < total) return this.wait(type, total)
      const trailing = u32(bytes, start + total - 4, this.littleEndian)
      if (trailing !== total) return this.corrupt(`pcapng block length is ${total} in front and ${trailing} behind`)
      if (type === ENHANCED_PACKET) {
        if (!this.enhancedPacket(packet, start, total)) return false
      } else if (!this.otherBlock(packet, type, start, total)) return false
      window.start = start + total
      if (type === ENHANCED_PACKET || type === SIMPLE_PACKET || type === PACKET) return true
    }
    return false
  }

  async refill(): Promise<boolean> {
    if (this.damage !== null) throw this.damage
    if (this.passingOver > 0) return this.passOver()
    const accordingTo = this.needed === BLOCK_MIN ? 'pcapng block header' : 'pcapng block length'
    return fillRecord(this.window, this.needed, accordingTo)
  }

  private dry(needed: number): false {
    this.needed = needed
    return false
  }

  /** A block that is understood must lie whole in the window; any other is passed over, however long. */
  private wait(type: number, total: number): false {
    if (!BODY_MIN.has(type)) {
      this.passingOver = total
      return false
    }
    if (total > RECORD_BYTES_MAX) return this.corrupt(`pcapng block length ${total} is above ${RECORD_BYTES_MAX}`)
    return this.dry(total)
  }

  private async passOver(): Promise<boolean> {
    const { window, passingOver: total } = this
    const fileOffset = window.origin + window.start
    if ((await window.skip(total - 4)) < total - 4 || !(await window.fill(4))) {
      this.damage = cutOff(window, fileOffset, total, 'pcapng block length')
      throw this.damage
    }
    this.passingOver = 0
    const trailing = u32(window.bytes, window.start, this.littleEndian)
    if (trailing !== total) {
      const accordingTo = `pcapng block length is ${total} in front and ${trailing} behind`
      this.damage = problem('corrupt', window.source.name, fileOffset, accordingTo)
      throw this.damage
    }
    window.start += 4
    return true
  }

  /** Takes the byte order of the section that starts here. */
  private turn(): boolean {
    const { bytes, start } = this.window
    if (u32(bytes, start + BODY, false) === BYTE_ORDER_MAGIC) this.littleEndian = false
    else if (u32(bytes, start + BODY, true) === BYTE_ORDER_MAGIC) this.littleEndian = true
    else return this.corrupt('pcapng byte-order magic')
    return true
  }

  private otherBlock(packet: PacketView, type: number, start: number, total: number): boolean {
    const bodyMin = BODY_MIN.get(type)
    if (bodyMin === undefined) return true
    if (total < BLOCK_MIN + bodyMin) return this.corrupt(`pcapng block length ${total} in a block of type ${type}`)
    switch (type) {
      case SECTION_HEADER:
        return this.section(start)
      case INTERFACE_DESCRIPTION:
        return this.description(start, total)
      case INTERFACE_STATISTICS:
        return this.statistics(start, total)
      case SIMPLE_PACKET:
        return this.simplePacket(packet, start, total)
      default:
        return this.olderPacket(packet, start, total)
    }
  }

  private section(start: number): boolean {
    const { bytes } = this.window
    const major = u16(bytes, start + SECTION_MAJOR, this.littleEndian)
    const minor = u16(bytes, start + SECTION_MAJOR + 2, this.littleEndian)
    // 1.2 was written by some programs and is the same as 1.0, says the draft.
    if (major !== 1 || (minor !== 0 && minor !== 2))
      return this.broken('unsupported', `pcapng version ${major}.${minor}`)
    this.interfaces = []
    return true
  }

  private description(start: number, total: number): boolean {
    if (this.interfaces.length === INTERFACES_MAX) {
      return this.broken('unsupported', `more than ${INTERFACES_MAX} interfaces in a pcapng section`)
    }
    const described = readDescription(this.window.bytes, start + BODY, start + total - 4, this.littleEndian)
    if (typeof described === 'string') return this.corrupt(described)
    this.interfaces.push(described)
    this.linkTypes.add(described.linkType)
    return true
  }

  private statistics(start: number, total: number): boolean {
    const { bytes } = this.window
    const from = this.interfaceAt(u32(bytes, start + BODY, this.littleEndian))
    if (from === null) return false
    const dropped = readDropped(bytes, start + BODY, start + total - 4, this.littleEndian)
    if (typeof dropped === 'string') return this.corrupt(dropped)
    if (dropped === null) return true
    this.droppedByCapture = (this.droppedByCapture ?? 0) + dropped - from.dropped
    from.dropped = dropped
    return true
  }

  /** interface 4 | ticks, high half 4 | low half 4 | captured length 4 | wire length 4 | packet | options */
  private enhancedPacket(packet: PacketView, start: number, total: number): boolean {
    const { bytes } = this.window
    const little = this.littleEndian
    if (total < BLOCK_MIN + 20)
      return this.corrupt(`pcapng block length ${total} in a block of type ${ENHANCED_PACKET}`)
    const from = this.interfaceAt(u32(bytes, start + 8, little))
    if (from === null) return false
    const length = u32(bytes, start + 20, little)
    if (length > total - 32) return this.corrupt(`pcapng captured length ${length} in a block of ${total} bytes`)
    stamp(packet, from, i32(bytes, start + 12, little), i32(bytes, start + 16, little), this.clock)
    this.view(packet, start, start + 28, length, u32(bytes, start + 24, little), from)
    return true
  }

  /** As the enhanced one, but: interface 2 | packets dropped 2. */
  private olderPacket(packet: PacketView, start: number, total: number): boolean {
    const { bytes } = this.window
    const little = this.littleEndian
    const from = this.interfaceAt(u16(bytes, start + 8, little))
    if (from === null) return false
    const length = u32(bytes, start + 20, little)
    if (length > total - 32) return this.corrupt(`pcapng captured length ${length} in a block of ${total} bytes`)
    stamp(packet, from, i32(bytes, start + 12, little), i32(bytes, start + 16, little), this.clock)
    this.view(packet, start, start + 28, length, u32(bytes, start + 24, little), from)
    return true
  }

  /** wire length 4 | packet. Always of the first interface; it has no time, so it keeps that of the packet before. */
  private simplePacket(packet: PacketView, start: number, total: number): boolean {
    const from = this.interfaceAt(0)
    if (from === null) return false
    const wireLength = u32(this.window.bytes, start + 8, this.littleEndian)
    const length = from.snapshotLength === 0 ? wireLength : Math.min(wireLength, from.snapshotLength)
    if (length > total - 16) return this.corrupt(`pcapng captured length ${length} in a block of ${total} bytes`)
    this.view(packet, start, start + 12, length, wireLength, from)
    return true
  }

  private view(packet: PacketView, start: number, at: number, length: number, wireLength: number, from: Interface) {
    packet.bytes = this.window.bytes
    packet.offset = at
    packet.length = length
    packet.wireLength = wireLength
    packet.fileOffset = this.window.origin + start
    packet.linkType = from.linkType
  }

  private interfaceAt(index: number): Interface | null {
    const from = this.interfaces[index]
    if (from !== undefined) return from
    this.corrupt(`pcapng interface ${index} of ${this.interfaces.length}`)
    return null
  }

  private corrupt(accordingTo: string): false {
    return this.broken('corrupt', accordingTo)
  }

  private broken(code: CaptureProblemCode, accordingTo: string): false {
    const { window } = this
    this.damage = problem(code, window.source.name, window.origin + window.start, accordingTo)
    return false
  }
}
