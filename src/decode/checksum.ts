// Checksums: RFC 1071, RFC 791 section 3.1, RFC 9293 section 3.1, RFC 8200 section 8.1. A segment that was not captured
// completely cannot be checked.
import { u8, u16 } from './bytes.ts'
import { TCP } from './ip.ts'
import type { SegmentView } from './segment.ts'

/** Offset of the source address in an IPv4 header. */
const IPV4_SOURCE = 12

/** False when the checksum of the IPv4 header or of the TCP segment is wrong. */
export function checksumsHold(segment: SegmentView): boolean {
  const { bytes, sourceAt, addressLength, headerAt, offset, length, wireLength, packet } = segment
  if (length < wireLength) return true
  // The header of a reassembled datagram was constructed by us and has no valid checksum.
  if (addressLength === 4 && bytes === packet.bytes) {
    const at = sourceAt - IPV4_SOURCE
    if (folded(sumOf(bytes, at, at + (u8(bytes, at) & 15) * 4)) !== 0xffff) return false
  }
  const tcpLength = offset + length - headerAt
  const pseudo = sumOf(bytes, sourceAt, sourceAt + 2 * addressLength) + TCP + tcpLength
  return folded(pseudo + sumOf(bytes, headerAt, headerAt + tcpLength)) === 0xffff
}

/**
 * The sum of the 16-bit words in `[from, to)`, not folded; an odd octet counts as the first of a pair. Exact, since a
 * datagram has at most 32768 words.
 */
export function sumOf(bytes: Uint8Array, from: number, to: number): number {
  let total = 0
  let at = from
  for (; at + 1 < to; at += 2) total += u16(bytes, at)
  return at < to ? total + (u8(bytes, at) << 8) : total
}

/** Folds the carries into 16 bits. */
export function folded(total: number): number {
  let rest = total
  while (rest > 0xffff) rest = (rest & 0xffff) + Math.floor(rest / 0x10000)
  return rest
}
