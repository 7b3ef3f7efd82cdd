// One pcapng section after another. In: whole blocks whose lengths were checked. Out: packets; of each interface its
// link type, snapshot length, clock and lost packets; TLS key logs.
//
//   description  link type 2 | reserved 2 | snapshot length 4 | options
//   statistics   interface 4 | time 8 | options
//   option       code 2 | length 2 | value, padded to 4
import type { CaptureProblemCode } from '../errors.ts'
import { INTERFACES_MAX, KEY_LOG_BYTES_MAX } from '../limits.ts'
import { i32, u8, u16, u32 } from './integers.ts'
import type { PacketView, RelativeClock } from './packet.ts'
import type { PcapngLayout } from './record-reader.ts'

interface Interface {
  /** Its number in its section. */
  readonly index: number
  readonly linkType: number
  /** 0: no limit. */
  readonly snapshotLength: number
  readonly ticksPerSecond: bigint
  /** Whole nanoseconds, as for every power of ten down to 10^-9; 0 where only big integers are exact. */
  readonly nanosecondsPerTick: number
  readonly offsetSeconds: number
  /** The high half of the latest time, as seconds and remaining ticks. */
  high: number
  highSeconds: number
  highTicks: number
  /** The latest count of lost packets; statistics blocks count from the start of the capture. */
  dropped: number
}

const OPTION_END = 0
const IF_TSRESOL = 9
const IF_TSOFFSET = 14
const ISB_IFDROP = 5
const ISB_OSDROP = 7
const EPB_DROPCOUNT = 4

const DESCRIPTION_OPTIONS = 8
const STATISTICS_OPTIONS = 12

/** The description of interface `index` in `[at, end)`, or a sentence that says what is wrong with it. */
function readDescription(
  bytes: Uint8Array,
  at: number,
  end: number,
  little: boolean,
  index: number,
): Interface | string {
  let resolution = 6
  let offsetSeconds = 0
  const wrong = eachOption(bytes, at + DESCRIPTION_OPTIONS, end, little, (code, valueAt, length) => {
    if (code === IF_TSRESOL) {
      if (length !== 1) return `if_tsresol of ${length} bytes`
      resolution = u8(bytes, valueAt)
    } else if (code === IF_TSOFFSET) {
      if (length !== 8) return `if_tsoffset of ${length} bytes`
      const [high, low] = u64(bytes, valueAt, little)
      offsetSeconds = (high | 0) * 2 ** 32 + low
    }
    return null
  })
  if (wrong !== null) return wrong
  const exponent = resolution & 0x7f
  const decimal = resolution < 0x80
  return {
    index,
    linkType: u16(bytes, at, little),
    snapshotLength: u32(bytes, at + 4, little),
    ticksPerSecond: (decimal ? 10n : 2n) ** BigInt(exponent),
    nanosecondsPerTick: decimal && exponent <= 9 ? 10 ** (9 - exponent) : 0,
    offsetSeconds,
    high: 0,
    highSeconds: 0,
    highTicks: 0,
    dropped: 0,
  }
}

/**
 * Lost packets according to the statistics in `[at, end)`, of the interface and of the system; null when not stated, or
 * a sentence that says what is wrong with them.
 */
function readDropped(bytes: Uint8Array, at: number, end: number, little: boolean): number | null | string {
  let dropped: number | null = null
  const wrong = eachOption(bytes, at + STATISTICS_OPTIONS, end, little, (code, valueAt, length) => {
    if (code !== ISB_IFDROP && code !== ISB_OSDROP) return null
    if (length !== 8) return `${code === ISB_IFDROP ? 'isb_ifdrop' : 'isb_osdrop'} of ${length} bytes`
    dropped = (dropped ?? 0) + count64(bytes, valueAt, little)
    return null
  })
  return wrong ?? dropped
}

/** Packets lost before this one, according to the packet's options in `[at, end)`. */
function readDropCount(bytes: Uint8Array, at: number, end: number, little: boolean): number {
  let lost = 0
  // Invalid options of a packet are ignored: its bytes are still good.
  eachOption(bytes, at, end, little, (code, valueAt, length) => {
    if (code === EPB_DROPCOUNT && length === 8) lost = count64(bytes, valueAt, little)
    return null
  })
  return lost
}

/** Visits every option of a block; the visitor or the option lengths may object. */
function eachOption(
  bytes: Uint8Array,
  from: number,
  end: number,
  little: boolean,
  visit: (code: number, valueAt: number, length: number) => string | null,
): string | null {
  let at = from
  while (at + 4 <= end) {
    const code = u16(bytes, at, little)
    const length = u16(bytes, at + 2, little)
    if (code === OPTION_END) return null
    if (at + 4 + length > end) return `pcapng option ${code} of ${length} bytes does not fit its block`
    const wrong = visit(code, at + 4, length)
    if (wrong !== null) return wrong
    at += 4 + ((length + 3) & ~3)
  }
  return null
}

/** High and low half; in files of the other byte order the low half comes first. */
function u64(bytes: Uint8Array, at: number, little: boolean): readonly [number, number] {
  return little
    ? [u32(bytes, at + 4, little), u32(bytes, at, little)]
    : [u32(bytes, at, little), u32(bytes, at + 4, little)]
}

/** Counts above 2^53 lose their last digits, which does not matter here. */
function count64(bytes: Uint8Array, at: number, little: boolean): number {
  const [high, low] = u64(bytes, at, little)
  return high * 2 ** 32 + low
}

/**
 * Writes the time of a packet, given as two signed halves of a 64-bit tick count (`i32`). The high half changes every
 * few seconds at most, so its quotient is kept; the rest is exact in a double.
 */
function stamp(packet: PacketView, from: Interface, signedHigh: number, signedLow: number, clock: RelativeClock): void {
  if (from.nanosecondsPerTick === 0) {
    slowStamp(packet, from, signedHigh >>> 0, signedLow >>> 0, clock)
    return
  }
  if (signedHigh !== from.high) keepHigh(from, signedHigh)
  const ticks = from.highTicks + (signedLow >>> 0)
  const ticksPerSecond = 1e9 / from.nanosecondsPerTick
  const seconds = Math.floor(ticks / ticksPerSecond)
  const nanoseconds = (ticks - seconds * ticksPerSecond) * from.nanosecondsPerTick
  clock.stamp(packet, from.highSeconds + seconds + from.offsetSeconds, nanoseconds)
}

function keepHigh(from: Interface, signedHigh: number): void {
  const ticks = BigInt(signedHigh >>> 0) << 32n
  from.high = signedHigh
  from.highSeconds = Number(ticks / from.ticksPerSecond)
  from.highTicks = Number(ticks % from.ticksPerSecond)
}

function slowStamp(packet: PacketView, from: Interface, high: number, low: number, clock: RelativeClock): void {
  const ticks = (BigInt(high) << 32n) | BigInt(low)
  const seconds = Number(ticks / from.ticksPerSecond)
  const nanoseconds = Number(((ticks % from.ticksPerSecond) * 1_000_000_000n) / from.ticksPerSecond)
  clock.stamp(packet, seconds + from.offsetSeconds, nanoseconds)
}

export const SECTION_HEADER = 0x0a0d0d0a
export const INTERFACE_DESCRIPTION = 1
const PACKET = 2
const SIMPLE_PACKET = 3
const INTERFACE_STATISTICS = 5
export const ENHANCED_PACKET = 6
const DECRYPTION_SECRETS = 10

/** Body lengths without options, by type: a shorter block is corrupt. Other types are skipped. */
const BODY_MIN = new Map([
  [SECTION_HEADER, 16],
  [INTERFACE_DESCRIPTION, 8],
  [PACKET, 20],
  [SIMPLE_PACKET, 4],
  [INTERFACE_STATISTICS, 12],
  [ENHANCED_PACKET, 20],
  [DECRYPTION_SECRETS, 8],
])

const BODY = 8
/** Type and both lengths: the shortest block. */
export const BLOCK_MIN = 12
const SECTION_MAJOR = 12
/** Bytes of an enhanced packet block besides the packet. */
const AROUND_PACKET = 32
const TLS_KEY_LOG = 0x544c534b
/** Drop count of an older packet block that does not know it. */
const UNKNOWN_DROPS = 0xffff

type Outcome = 'packet' | 'other' | 'wrong'

export function isUnderstood(type: number): boolean {
  return BODY_MIN.has(type)
}

export class Section {
  littleEndian = false
  readonly linkTypes = new Set<number>()
  /** Key logs in the NSS format, as text. */
  readonly keyLogs: string[] = []
  dropped: number | null = null
  /** Why the last block is `wrong`. */
  wrong = ''
  wrongCode: CaptureProblemCode = 'corrupt'
  /** An interface description may have been lost to damage: the numbers of later ones are uncertain. */
  interfacesUncertain = false
  private interfaces: Interface[] = []
  /** That of the packet read last. */
  private last: Interface | null = null
  private keyLogLength = 0
  private readonly clock: RelativeClock

  constructor(clock: RelativeClock) {
    this.clock = clock
  }

  /** Reads the block of `total` bytes at `start`. Fills `packet` when the result is `packet`. */
  read(packet: PacketView, bytes: Uint8Array, start: number, total: number, type: number): Outcome {
    if (type === ENHANCED_PACKET) return this.enhancedPacket(packet, bytes, start, total)
    const bodyMin = BODY_MIN.get(type)
    if (bodyMin === undefined) return 'other'
    if (total < BLOCK_MIN + bodyMin) return this.isWrong(`pcapng block length ${total} in a block of type ${type}`)
    switch (type) {
      case SECTION_HEADER:
        return this.begin(bytes, start)
      case INTERFACE_DESCRIPTION:
        return this.description(bytes, start, total)
      case INTERFACE_STATISTICS:
        return this.statistics(bytes, start, total)
      case SIMPLE_PACKET:
        return this.simplePacket(packet, bytes, start, total)
      case DECRYPTION_SECRETS:
        return this.secrets(bytes, start, total)
      default:
        return this.olderPacket(packet, bytes, start, total)
    }
  }

  /**
   * How enhanced packet blocks of the interface that had the last packet are read; null before it, and where its times
   * take big integers.
   */
  get layoutOfLast(): { readonly layout: PcapngLayout; readonly linkType: number } | null {
    const { last, littleEndian } = this
    if (last === null || last.nanosecondsPerTick === 0) return null
    const { index: interfaceIndex, nanosecondsPerTick: nanosecondsPerUnit, offsetSeconds, linkType } = last
    const unitsPerSecond = 1e9 / nanosecondsPerUnit
    const format = 'pcapng'
    const layout = { format, littleEndian, nanosecondsPerUnit, unitsPerSecond, interfaceIndex, offsetSeconds } as const
    return { layout, linkType }
  }

  /** Whether the packet block at `start`, found behind damage, belongs to a known interface. */
  knows(bytes: Uint8Array, start: number, total: number): boolean {
    const index = u32(bytes, start + BODY, this.littleEndian)
    return index < this.interfaces.length && u32(bytes, start + 20, this.littleEndian) <= total - AROUND_PACKET
  }

  private begin(bytes: Uint8Array, start: number): Outcome {
    const major = u16(bytes, start + SECTION_MAJOR, this.littleEndian)
    const minor = u16(bytes, start + SECTION_MAJOR + 2, this.littleEndian)
    // Some programs write 1.2, which the draft declares equal to 1.0.
    if (major !== 1 || (minor !== 0 && minor !== 2))
      return this.isWrong(`pcapng version ${major}.${minor}`, 'unsupported')
    this.interfaces = []
    this.last = null
    this.interfacesUncertain = false
    return 'other'
  }

  private description(bytes: Uint8Array, start: number, total: number): Outcome {
    if (this.interfacesUncertain) return this.isWrong('an interface that follows damage has no certain number')
    if (this.interfaces.length === INTERFACES_MAX) {
      return this.isWrong(`more than ${INTERFACES_MAX} interfaces in a pcapng section`, 'unsupported')
    }
    const described = readDescription(bytes, start + BODY, start + total - 4, this.littleEndian, this.interfaces.length)
    if (typeof described === 'string') return this.isWrong(described)
    this.interfaces.push(described)
    this.linkTypes.add(described.linkType)
    return 'other'
  }

  private statistics(bytes: Uint8Array, start: number, total: number): Outcome {
    const from = this.interfaceAt(u32(bytes, start + BODY, this.littleEndian))
    if (from === undefined) return 'wrong'
    const dropped = readDropped(bytes, start + BODY, start + total - 4, this.littleEndian)
    if (typeof dropped === 'string') return this.isWrong(dropped)
    if (dropped !== null) this.lost(from, dropped)
    return 'other'
  }

  /** secrets type 4 | length 4 | secrets. Other kinds than TLS are ignored. */
  private secrets(bytes: Uint8Array, start: number, total: number): Outcome {
    const length = u32(bytes, start + BODY + 4, this.littleEndian)
    if (length > total - BLOCK_MIN - 8) return this.isWrong(`pcapng secrets of ${length} bytes do not fit their block`)
    if (u32(bytes, start + BODY, this.littleEndian) !== TLS_KEY_LOG) return 'other'
    this.keyLogLength += length
    if (this.keyLogLength > KEY_LOG_BYTES_MAX)
      return this.isWrong(`pcapng secrets of more than ${KEY_LOG_BYTES_MAX} bytes`)
    this.keyLogs.push(new TextDecoder('latin1').decode(bytes.subarray(start + BODY + 8, start + BODY + 8 + length)))
    return 'other'
  }

  /** interface 4 | ticks, high half 4 | low half 4 | captured length 4 | wire length 4 | packet | options */
  private enhancedPacket(packet: PacketView, bytes: Uint8Array, start: number, total: number): Outcome {
    const little = this.littleEndian
    if (total < AROUND_PACKET) return this.isWrong(`pcapng block length ${total} in a block of type ${ENHANCED_PACKET}`)
    const from = this.interfaceAt(u32(bytes, start + 8, little))
    if (from === undefined) return 'wrong'
    const length = u32(bytes, start + 20, little)
    if (length > total - AROUND_PACKET) return this.isTooLong(length, total)
    const optionsAt = start + 28 + ((length + 3) & ~3)
    if (optionsAt + 4 < start + total - 4) {
      const drops = readDropCount(bytes, optionsAt, start + total - 4, little)
      if (drops > 0) this.lost(from, from.dropped + drops)
    }
    stamp(packet, from, i32(bytes, start + 12, little), i32(bytes, start + 16, little), this.clock)
    return this.view(packet, bytes, start + 28, length, u32(bytes, start + 24, little), from)
  }

  /** Like the enhanced one, but: interface 2 | packets lost before this one 2. */
  private olderPacket(packet: PacketView, bytes: Uint8Array, start: number, total: number): Outcome {
    const little = this.littleEndian
    const from = this.interfaceAt(u16(bytes, start + 8, little))
    if (from === undefined) return 'wrong'
    const length = u32(bytes, start + 20, little)
    if (length > total - AROUND_PACKET) return this.isTooLong(length, total)
    const drops = u16(bytes, start + 10, little)
    if (drops > 0 && drops < UNKNOWN_DROPS) this.lost(from, from.dropped + drops)
    stamp(packet, from, i32(bytes, start + 12, little), i32(bytes, start + 16, little), this.clock)
    return this.view(packet, bytes, start + 28, length, u32(bytes, start + 24, little), from)
  }

  /** wire length 4 | packet. Always of the first interface. It has no time and takes that of the packet before. */
  private simplePacket(packet: PacketView, bytes: Uint8Array, start: number, total: number): Outcome {
    const from = this.interfaceAt(0)
    if (from === undefined) return 'wrong'
    const wireLength = u32(bytes, start + 8, this.littleEndian)
    const length = from.snapshotLength === 0 ? wireLength : Math.min(wireLength, from.snapshotLength)
    if (length > total - 16) return this.isTooLong(length, total)
    // A first packet without a time is at zero: this turns NO_TIME_NS into zero.
    packet.timeNs += 0
    return this.view(packet, bytes, start + 12, length, wireLength, from)
  }

  /** The interface has lost so many packets since the start of the capture. */
  private lost(from: Interface, count: number): void {
    this.dropped = (this.dropped ?? 0) + count - from.dropped
    from.dropped = count
  }

  private interfaceAt(index: number): Interface | undefined {
    const from = this.interfaces[index]
    if (from === undefined) this.isWrong(`pcapng interface ${index} of ${this.interfaces.length}`)
    return from
  }

  private isTooLong(length: number, total: number): Outcome {
    return this.isWrong(`pcapng captured length ${length} in a block of ${total} bytes`)
  }

  private isWrong(why: string, code: CaptureProblemCode = 'corrupt'): Outcome {
    this.wrong = why
    this.wrongCode = code
    return 'wrong'
  }

  private view(
    packet: PacketView,
    bytes: Uint8Array,
    at: number,
    length: number,
    wireLength: number,
    from: Interface,
  ): Outcome {
    packet.bytes = bytes
    packet.offset = at
    packet.length = length
    packet.wireLength = wireLength
    packet.linkType = from.linkType
    packet.tap = from.index
    this.last = from
    return 'packet'
  }
}
