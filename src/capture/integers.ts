// Integers of capture files in either byte order, at offsets that were checked. This file and decode/bytes.ts are the
// only ones that index without a check.

export function u8(bytes: Uint8Array, at: number): number {
  return bytes[at] as number
}

export function u16(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  const first = bytes[at] as number
  const second = bytes[at + 1] as number
  return littleEndian ? (second << 8) | first : (first << 8) | second
}

/**
 * 32 bits as a signed number; `>>> 0` makes it unsigned. Where the call is not inlined, a result above 2^31 would be
 * boxed: one allocation per packet.
 */
export function i32(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  const first = bytes[at] as number
  const second = bytes[at + 1] as number
  const third = bytes[at + 2] as number
  const fourth = bytes[at + 3] as number
  return littleEndian
    ? (fourth << 24) | (third << 16) | (second << 8) | first
    : (first << 24) | (second << 16) | (third << 8) | fourth
}

/** For fields that are not read once per packet. */
export function u32(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  return i32(bytes, at, littleEndian) >>> 0
}
