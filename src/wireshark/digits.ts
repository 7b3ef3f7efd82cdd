// Numbers as text that a Lua string holds without escapes: base 45, the most significant digit first. All digits but the
// last have 45 added. The characters are those from `#` to `~`, without the backslash.

export const FIRST_DIGIT = 35
export const BACKSLASH = 92 - FIRST_DIGIT
export const BASE = 45

const DIGITS = Array.from({ length: 2 * BASE }, (_, digit) =>
  String.fromCharCode(FIRST_DIGIT + digit + (digit >= BACKSLASH ? 1 : 0)),
)

/** One of the 90 digits. */
export const digit = (value: number): string => DIGITS[value] as string

/** A whole number from 0 to 2^53. */
export function digits(value: number): string {
  let text = DIGITS[value % BASE] as string
  for (let rest = Math.floor(value / BASE); rest > 0; rest = Math.floor(rest / BASE))
    text = (DIGITS[BASE + (rest % BASE)] as string) + text
  return text
}

/** A whole number that may be negative. */
export function signedDigits(value: number): string {
  return digits(value < 0 ? -2 * value - 1 : 2 * value)
}
