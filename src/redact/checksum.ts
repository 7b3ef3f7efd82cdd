// The Internet checksum (RFC 1071). What comes in: ranges of octets. What goes out: what their checksum field must hold.
import { u8, u16 } from '../network/bytes.ts'

/** The sum over `[from, to)`, not yet folded; an odd octet counts as the first of a pair. */
export function sumOf(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0
  let at = from
  for (; at + 2 <= to; at += 2) sum += u16(bytes, at)
  return at < to ? sum + (u8(bytes, at) << 8) : sum
}

/** Writes the complement of the folded sum. */
export function putChecksum(bytes: Uint8Array, at: number, sum: number): void {
  let folded = sum
  while (folded > 0xffff) folded = Math.floor(folded / 0x10000) + (folded & 0xffff)
  bytes[at] = (~folded >> 8) & 0xff
  bytes[at + 1] = ~folded & 0xff
}
