// What the host writes where the kernel looks for it.
import type { Records } from '../capture/record-reader.ts'
import type { SegmentView } from '../decode/segment.ts'
import { CONNECTION_BYTES, DIALOGUE_BYTES, KEPT_BYTES_MAX } from '../limits.ts'
import type { FollowedElsewhere } from '../tcp/flow-tracker.ts'
import { PLACES } from '../tcp/share.ts'
import type { Kernel, KernelExports } from './kernel.ts'
import type { FastPathOptions } from './options.ts'

const PORTS_BYTES = 8192
const GROUP_BYTES = 4096
/**
 * What a connection with payload is charged for, as if the engine followed it, with the texts of its open group: bounds
 * are reached on both ways, or on none.
 */
export const CHARGE = CONNECTION_BYTES + DIALOGUE_BYTES + GROUP_BYTES

/** What the analysis wants. */
export function configure(kernel: Kernel, options: FastPathOptions): void {
  const { sequences, dialogues, slice, openings, share, ports } = options
  kernel.exports.set(sequences, dialogues, slice !== null, openings !== null)
  kernel.exports.setShare(share?.from ?? 0, share?.to ?? PLACES)
  writePorts(kernel, ports)
}

/** Where SMTP is spoken. */
function writePorts({ bytes, exports }: Kernel, ports: ReadonlySet<number>): void {
  const at = exports.PORTS.value
  bytes.fill(0, at, at + PORTS_BYTES)
  for (const port of ports) bytes[at + (port >> 3)] = (bytes[at + (port >> 3)] as number) | (1 << (port & 7))
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

/** What the kernel has to know of the engine and of the records that it reads. Only changes are passed on. */
export class EngineNotes {
  private readonly exports: KernelExports
  private layout: Records['layout'] | null = null
  private base: Records['base'] | null = null
  private silent = 0
  private silentSince = 0
  private sessions = 0
  private spokenMax = -1
  private dueNs = 0
  private dueFrame = 0

  /** Nothing is followed there so far. */
  constructor({ exports }: Kernel) {
    this.exports = exports
    exports.setSessionsElsewhere(0)
    this.note({ silent: 0, since: Number.POSITIVE_INFINITY, kept: 0, sessions: 0 })
    this.noteDue(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
  }

  /** What the engine follows: bounds count the connections of both ways together. */
  note({ silent, since, kept, sessions }: FollowedElsewhere): void {
    const { exports } = this
    if (silent !== this.silent || since !== this.silentSince) {
      this.silent = silent
      this.silentSince = since
      exports.setSilentElsewhere(silent, since)
    }
    if (sessions !== this.sessions) {
      this.sessions = sessions
      exports.setSessionsElsewhere(sessions)
    }
    const spokenMax = Math.max(0, Math.floor((KEPT_BYTES_MAX - kept) / CHARGE))
    if (spokenMax === this.spokenMax) return
    this.spokenMax = spokenMax
    exports.setSpokenMax(spokenMax)
  }

  /** How records are read. */
  noteLayout({ layout, base }: Records): void {
    if (layout === this.layout && base === this.base) return
    this.layout = layout
    this.base = base
    const { exports } = this
    const { seconds, nanoseconds } = base
    const { littleEndian, nanosecondsPerUnit, unitsPerSecond } = layout
    if (layout.format === 'pcap') {
      exports.setFile(!littleEndian, nanosecondsPerUnit, unitsPerSecond, layout.lengthMax, seconds, nanoseconds)
      return
    }
    const { interfaceIndex: index, offsetSeconds: offset } = layout
    exports.setSection(!littleEndian, nanosecondsPerUnit, unitsPerSecond, index, offset, seconds, nanoseconds)
  }

  /** From this time or packet on, something that the engine follows or remembers may be over. */
  noteDue(timeNs: number, frame: number): void {
    if (timeNs === this.dueNs && frame === this.dueFrame) return
    this.dueNs = timeNs
    this.dueFrame = frame
    this.exports.setEngineDue(timeNs, frame)
  }
}
