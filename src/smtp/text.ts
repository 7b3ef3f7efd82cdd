// Bytes of the wire -> printable ASCII. The only way in which wire text becomes a string.
import { SHOWN_LINE_CHARACTERS_MAX } from '../limits.ts'

const HEX = '0123456789abcdef'

/** `[from, to)` as text: every control and non-ASCII octet as `\xNN`, cut where no human reads on. */
export function printable(bytes: Uint8Array, from: number, to: number): string {
  const end = Math.min(to, from + SHOWN_LINE_CHARACTERS_MAX)
  for (let i = from; i < end; i++) {
    const octet = bytes[i] as number
    if (octet < 0x20 || octet > 0x7e) return escaped(bytes, from, end, to)
  }
  const text = String.fromCharCode.apply(null, bytes.subarray(from, end) as unknown as number[])
  return end < to ? `${text}[... ${to - end} more]` : text
}

function escaped(bytes: Uint8Array, from: number, end: number, to: number): string {
  let text = ''
  for (let i = from; i < end; i++) {
    const octet = bytes[i] as number
    if (octet < 0x20 || octet > 0x7e) text += `\\x${HEX[octet >> 4]}${HEX[octet & 15]}`
    else text += String.fromCharCode(octet)
  }
  return end < to ? `${text}[... ${to - end} more]` : text
}
