// The interfaces of a pcapng section. What comes in: interface description and statistics blocks that lie whole in the
// window. What goes out: per interface its link type, its snapshot length, how to read its times, what it lost.
//
//   description  link type 2 | reserved 2 | snapshot length 4 | options
//   statistics   interface 4 | time 8 | options
//   option       code 2 | length 2 | value, padded to 4
import { u8, u16, u32 } from './bytes.ts'
import type { Clock } from './clock.ts'
import type { PacketView } from './packet.ts'

export interface Interface {
  /** Its number in its section. */
  readonly index: number
  readonly linkType: number
  /** 0: no limit. */
  readonly snapshotLength: number
  readonly ticksPerSecond: bigint
  /** Whole nanoseconds, as with every power of ten down to 10^-9; 0 where only big integers are exact. */
  readonly nanosecondsPerTick: number
  readonly offsetSeconds: number
  /** The high half of the latest time, and what it amounts to: seconds and the ticks that remain. */
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

/** The description in `[at, end)` of interface `index`, or the sentence that says what is wrong with it. */
export function readDescription(
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
 * The packets lost according to the statistics in `[at, end)`, by the interface and by the system behind it; null when
 * they do not say, or what is wrong with them.
 */
export function readDropped(bytes: Uint8Array, at: number, end: number, little: boolean): number | null | string {
  let dropped: number | null = null
  const wrong = eachOption(bytes, at + STATISTICS_OPTIONS, end, little, (code, valueAt, length) => {
    if (code !== ISB_IFDROP && code !== ISB_OSDROP) return null
    if (length !== 8) return `${code === ISB_IFDROP ? 'isb_ifdrop' : 'isb_osdrop'} of ${length} bytes`
    dropped = (dropped ?? 0) + count64(bytes, valueAt, little)
    return null
  })
  return wrong ?? dropped
}

/** The packets lost between a packet and the one before it, as the packet's options in `[at, end)` say. */
export function readDropCount(bytes: Uint8Array, at: number, end: number, little: boolean): number {
  let lost = 0
  // Of a packet nothing else is needed than its bytes: options that do not fit are no reason to lose them.
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

/** High and low half: in files of the other byte order the low half stands first. */
function u64(bytes: Uint8Array, at: number, little: boolean): readonly [number, number] {
  return little
    ? [u32(bytes, at + 4, little), u32(bytes, at, little)]
    : [u32(bytes, at, little), u32(bytes, at + 4, little)]
}

/** Counts above 2^53 lose their last digits, and nobody minds. */
function count64(bytes: Uint8Array, at: number, little: boolean): number {
  const [high, low] = u64(bytes, at, little)
  return high * 2 ** 32 + low
}

/**
 * Writes the time of a packet, given as the halves of 64 bits of ticks, both signed (`i32`). The high half changes every
 * few seconds at most, so it is divided once and kept; what is left for each packet is exact in a double.
 */
export function stamp(packet: PacketView, from: Interface, signedHigh: number, signedLow: number, clock: Clock): void {
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

function slowStamp(packet: PacketView, from: Interface, high: number, low: number, clock: Clock): void {
  const ticks = (BigInt(high) << 32n) | BigInt(low)
  const seconds = Number(ticks / from.ticksPerSecond)
  const nanoseconds = Number(((ticks % from.ticksPerSecond) * 1_000_000_000n) / from.ticksPerSecond)
  clock.stamp(packet, seconds + from.offsetSeconds, nanoseconds)
}
