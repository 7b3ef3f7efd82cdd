// One digit that is computed from the time of a packet, by which the Lua program notices that the capture that is open is
// another one than was judged: frame numbers would then accuse others. It computes the time as Wireshark does, in seconds
// as a floating point number.
import type { TimeBase } from '../capture/packet.ts'
import { digit } from './digits.ts'

/** The digits 0 to 88 stand for times. */
export const CHECKS = 89
/** For a packet whose time is not known. */
export const NO_CHECK = digit(CHECKS)

const PER_SECOND = 1_000_000_000
/** Steps of about a microsecond. A power of two, so that the product is exact. */
const STEPS_PER_SECOND = 2 ** 20

/** `ns`: nanoseconds since `base`. */
export function checkOf({ seconds, nanoseconds }: TimeBase, ns: number): string {
  const total = nanoseconds + ns
  const carry = Math.floor(total / PER_SECOND)
  const time = seconds + carry + (total - carry * PER_SECOND) / PER_SECOND
  const steps = Math.floor(time * STEPS_PER_SECOND)
  return digit(((steps % CHECKS) + CHECKS) % CHECKS)
}
