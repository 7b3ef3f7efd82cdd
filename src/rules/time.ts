// Capture time -> RFC 3339.
import type { TimeBase } from '../capture/packet.ts'

/** The last second of the year 9999. */
const LAST_SECOND = 253_402_300_799
const PER_SECOND = 1_000_000_000

/** Cache of the last conversion: times come in order, thousands per second. */
let lastSecond = -1
let lastText = ''

/** `2010-11-28T07:47:08.000000Z`: microseconds, truncated rather than rounded. */
export function isoTime(base: TimeBase, ns: number): string {
  const total = base.nanoseconds + ns
  const carry = Math.floor(total / PER_SECOND)
  const rest = total - carry * PER_SECOND
  // A wrong clock can give times beyond the range of Date: clamped to the years 1970 to 9999.
  const second = Math.max(0, Math.min(LAST_SECOND, base.seconds + carry))
  if (second !== lastSecond) {
    lastSecond = second
    lastText = new Date(second * 1000).toISOString().slice(0, 19)
  }
  return `${lastText}.${String(Math.floor(rest / 1000)).padStart(6, '0')}Z`
}

/** Nanoseconds since the Unix epoch. */
export function epochNs(base: TimeBase, ns: number): bigint {
  return BigInt(base.seconds) * 1_000_000_000n + BigInt(base.nanoseconds + Math.round(ns))
}
