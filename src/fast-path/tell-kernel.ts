// What the host writes where the kernel looks for it.
import type { Records } from '../capture/record-reader.ts'
import type { SegmentView } from '../decode/segment.ts'
import type { Kernel, KernelExports } from './kernel.ts'

const PORTS_BYTES = 8192

/** Where SMTP is spoken. */
export function writePorts({ bytes, exports }: Kernel, ports: ReadonlySet<number>): void {
  const at = exports.PORTS.value
  bytes.fill(0, at, at + PORTS_BYTES)
  for (const port of ports) bytes[at + (port >> 3)] = (bytes[at + (port >> 3)] as number) | (1 << (port & 7))
}

/** How records are read. */
export function writeLayout({ exports }: Kernel, { layout, base: { seconds, nanoseconds } }: Records): void {
  const { littleEndian, nanosecondsPerUnit, unitsPerSecond } = layout
  if (layout.format === 'pcap') {
    exports.setFile(!littleEndian, nanosecondsPerUnit, unitsPerSecond, layout.lengthMax, seconds, nanoseconds)
    return
  }
  const { interfaceIndex: index, offsetSeconds: offset } = layout
  exports.setSection(!littleEndian, nanosecondsPerUnit, unitsPerSecond, index, offset, seconds, nanoseconds)
}

/** The end points of a segment. */
export function askFor(
  { bytes: memory, exports }: Kernel,
  { bytes, sourceAt, addressLength, headerAt }: SegmentView,
): void {
  const at = exports.ASKED.value
  // The target address follows the source address in both headers.
  for (let i = 0; i < 2 * addressLength; i++) memory[at + i] = bytes[sourceAt + i] as number
  for (let i = 0; i < 4; i++) memory[at + 32 + i] = bytes[headerAt + i] as number
}

/** The end points that `ConnectionTable.write` wrote. Whether they are those of IPv6. */
export function askForRow({ numbers, exports }: Kernel, ends: Int32Array, at: number): boolean {
  const to = exports.ASKED.value >> 2
  const isIpv6 = ends[at + 1] === 16
  const words = isIpv6 ? 4 : 1
  for (let i = 0; i < words; i++) {
    numbers[to + i] = swap(ends[at + 2 + i] as number)
    numbers[to + words + i] = swap(ends[at + 6 + i] as number)
  }
  numbers[to + 8] = swap(ends[at] as number)
  return isIpv6
}

function swap(word: number): number {
  return (word >>> 24) | ((word >>> 8) & 0xff00) | ((word & 0xff00) << 8) | (word << 24)
}

/** What the kernel has to know of the engine. Only changes are passed on. */
export class EngineNotes {
  private readonly exports: KernelExports
  private silent = 0
  private silentSince = 0
  private spokenMax = 0
  private dueNs = 0
  private dueFrame = 0

  constructor({ exports }: Kernel) {
    this.exports = exports
  }

  /** Connections without payload that the engine follows, and the packet with which the first opened. */
  noteSilent(count: number, since: number): void {
    if (count === this.silent && since === this.silentSince) return
    this.silent = count
    this.silentSince = since
    this.exports.setSilentElsewhere(count, since)
  }

  /** How many connections with payload may be open in the kernel. */
  noteSpokenMax(count: number): void {
    if (count === this.spokenMax) return
    this.spokenMax = count
    this.exports.setSpokenMax(count)
  }

  /** From this time or packet on, something that the engine follows or remembers may be over. */
  noteDue(timeNs: number, frame: number): void {
    if (timeNs === this.dueNs && frame === this.dueFrame) return
    this.dueNs = timeNs
    this.dueFrame = frame
    this.exports.setEngineDue(timeNs, frame)
  }
}
