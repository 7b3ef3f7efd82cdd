// pcapng (draft-ietf-opsawg-pcapng). In: the read buffer of a file that starts with a section header block. Out: its
// packets. A new section may change the byte order and discards all interfaces.
//
//   block  type 4 | total length 4 | body, padded to 4 | total length 4

import type { CaptureError, CaptureProblem, CaptureProblemCode } from '../errors.ts'
import { DAMAGES_MAX, PACKET_BYTES_COMMON, RECORD_BYTES_MAX, RESUME_BYTES } from '../limits.ts'
import { u32 } from './integers.ts'
import type { PacketView, RelativeClock } from './packet.ts'
import {
  BLOCK_MIN,
  ENHANCED_PACKET,
  INTERFACE_DESCRIPTION,
  isUnderstood,
  SECTION_HEADER,
  Section,
} from './pcapng-section.ts'
import type { ReadBuffer } from './read-buffer.ts'
import {
  cutOff,
  passOver,
  problem,
  type RecordReader,
  type RecordShape,
  type RecordTaker,
  type RunBefore,
  resume,
} from './record-reader.ts'

const TOTAL_LENGTH = 4
const BODY = 8
const BYTE_ORDER_MAGIC = 0x1a2b3c4d

export class PcapngReader implements RecordReader {
  readonly damages: CaptureProblem[] = []
  private readonly window: ReadBuffer
  private readonly clock: RelativeClock
  private readonly section: Section
  private needed = BLOCK_MIN
  /** Total length of a block that is skipped and reaches beyond the buffer. */
  private passingOver = 0
  private damage: CaptureError | null = null
  /** Whether reading may go on behind the damage. */
  private mayResume = false

  static async open(window: ReadBuffer, clock: RelativeClock): Promise<PcapngReader> {
    return new PcapngReader(window, clock)
  }

  private constructor(window: ReadBuffer, clock: RelativeClock) {
    this.window = window
    this.clock = clock
    this.section = new Section(clock)
  }

  get linkTypes(): ReadonlySet<number> {
    return this.section.linkTypes
  }

  get keyLogs(): readonly string[] {
    return this.section.keyLogs
  }

  get droppedByCapture(): number | null {
    return this.section.dropped
  }

  handRecords(taker: RecordTaker, run: RunBefore): boolean {
    const { window, section } = this
    const { base } = this.clock
    const of = section.layoutOfLast
    if (this.damage !== null || this.passingOver > 0 || base === null || of === null) return false
    const { layout, linkType } = of
    const { bytes, start, end } = window
    const { frame, lastNs, untilNs, untilFrame } = run
    const tap = run.tap + layout.interfaceIndex
    const [last, seconds] = [start, 0]
    const records = {
      bytes,
      start,
      end,
      layout,
      linkType,
      base,
      last,
      seconds,
      lastNs,
      frame,
      tap,
      untilNs,
      untilFrame,
    }
    taker.takeRecords(records)
    if (records.start === start) return false
    window.start = records.start
    run.frame = records.frame
    run.lastNs = records.lastNs
    return true
  }

  next(packet: PacketView): boolean {
    const { window, section } = this
    while (this.damage === null && this.passingOver === 0) {
      const { bytes, start } = window
      const held = window.end - start
      if (held < BLOCK_MIN) return this.dry(BLOCK_MIN)
      const type = u32(bytes, start, section.littleEndian)
      // The type of a section header reads the same in both byte orders; the order follows its length.
      if (type === SECTION_HEADER && !this.turn()) return false
      const total = u32(bytes, start + TOTAL_LENGTH, section.littleEndian)
      if (total < BLOCK_MIN || total % 4 !== 0) return this.corrupt(`pcapng block length ${total}`)
      if (held < total || total > RESUME_BYTES) {
        if (this.mustWait(type, total, held)) return false
      }
      const trailing = u32(bytes, start + total - 4, section.littleEndian)
      if (trailing !== total) return this.corrupt(`pcapng block length is ${total} in front and ${trailing} behind`)
      const outcome = section.read(packet, bytes, start, total, type)
      if (outcome === 'wrong' && !this.leaveOut(type, total)) return false
      window.start = start + total
      if (outcome === 'packet') {
        packet.fileOffset = window.origin + start
        return true
      }
    }
    return false
  }

  async refill(): Promise<boolean> {
    if (this.damage !== null) return this.resume(this.damage)
    if (this.passingOver > 0) return this.passOver()
    const { window, needed } = this
    if (await window.fill(needed)) return true
    if (window.end === window.start) return false
    const accordingTo = needed === BLOCK_MIN ? 'pcapng block header' : 'pcapng block length'
    this.damage = cutOff(window, window.origin + window.start, needed, accordingTo)
    this.mayResume = true
    return this.resume(this.damage)
  }

  private dry(needed: number): false {
    this.needed = needed
    return false
  }

  /**
   * A block must lie whole in the buffer, so that damage in it is found before it is skipped. A long block that is not
   * used is skipped in any case: the result must not depend on the buffer size.
   */
  private mustWait(type: number, total: number, held: number): boolean {
    if (total > RESUME_BYTES && !isUnderstood(type)) this.passingOver = total
    else if (total > RECORD_BYTES_MAX) this.corrupt(`pcapng block length ${total} is above ${RECORD_BYTES_MAX}`)
    else if (held < total) this.dry(total)
    else return false
    return true
  }

  private async passOver(): Promise<boolean> {
    const { window, passingOver: total } = this
    const fileOffset = window.origin + window.start
    if ((await window.skip(total - 4)) < total - 4 || !(await window.fill(4))) {
      this.damage = cutOff(window, fileOffset, total, 'pcapng block length')
      throw this.damage
    }
    this.passingOver = 0
    const trailing = u32(window.bytes, window.start, this.section.littleEndian)
    if (trailing !== total) {
      const accordingTo = `pcapng block length is ${total} in front and ${trailing} behind`
      this.damage = problem('corrupt', window.source.name, fileOffset, accordingTo)
      throw this.damage
    }
    window.start += 4
    return true
  }

  /** Sets the byte order of the section that starts here. */
  private turn(): boolean {
    const order = byteOrderAt(this.window.bytes, this.window.start)
    if (order === null) return this.corrupt('pcapng byte-order magic')
    this.section.littleEndian = order
    return true
  }

  /**
   * The content of a block with valid lengths is wrong. Reading goes on without it unless other blocks depend on it.
   */
  private leaveOut(type: number, total: number): boolean {
    const { section, window } = this
    const isBasis = type === SECTION_HEADER || type === INTERFACE_DESCRIPTION
    if (isBasis || this.damages.length === DAMAGES_MAX) return this.broken(section.wrongCode, section.wrong, false)
    const fileOffset = window.origin + window.start
    const damage = problem(section.wrongCode, window.source.name, fileOffset, section.wrong)
    passOver(this.damages, damage, fileOffset + total)
    return true
  }

  private corrupt(accordingTo: string): false {
    return this.broken('corrupt', accordingTo, true)
  }

  private broken(code: CaptureProblemCode, accordingTo: string, mayResume: boolean): false {
    const { window } = this
    this.damage = problem(code, window.source.name, window.origin + window.start, accordingTo)
    this.mayResume = mayResume
    return false
  }

  /** Looks for the next certain blocks. Throws `damage` when there are none. */
  private async resume(damage: CaptureError): Promise<boolean> {
    const { window, section } = this
    if (!this.mayResume) throw damage
    this.mayResume = false
    window.start = Math.min(window.start + 4, window.end)
    if (!(await resume(window, shapeOf(section)))) throw damage
    passOver(this.damages, damage, window.origin + window.start)
    section.interfacesUncertain = true
    this.damage = null
    return true
  }
}

function shapeOf(section: Section): RecordShape {
  let little = section.littleEndian
  let known = true
  return {
    headerLength: BLOCK_MIN,
    reach: PACKET_BYTES_COMMON,
    alignment: 4,
    lengthAt(bytes, at, end, first) {
      if (first) {
        little = section.littleEndian
        known = true
      }
      const type = u32(bytes, at, little)
      if (type === SECTION_HEADER) {
        const order = end - at < BLOCK_MIN ? null : byteOrderAt(bytes, at)
        if (order === null) return 0
        little = order
        known = false
      } else if (!isUnderstood(type)) return 0
      const total = u32(bytes, at + TOTAL_LENGTH, little)
      if (total < BLOCK_MIN || total % 4 !== 0 || total > PACKET_BYTES_COMMON) return 0
      // Cut off at the end of the file: only blocks before it can make a run.
      if (at + total > end) return 0
      if (u32(bytes, at + total - 4, little) !== total) return 0
      return type === ENHANCED_PACKET && known && !section.knows(bytes, at, total) ? 0 : total
    },
  }
}

/** Whether the section that starts at `at` is little-endian; null when its magic says neither. */
function byteOrderAt(bytes: Uint8Array, at: number): boolean | null {
  if (u32(bytes, at + BODY, true) === BYTE_ORDER_MAGIC) return true
  return u32(bytes, at + BODY, false) === BYTE_ORDER_MAGIC ? false : null
}
