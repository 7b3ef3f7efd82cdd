// Reads unsigned integers in network byte order, and little-endian ones of capture headers. Callers must have checked
// the offset. Only this file and capture/integers.ts index bytes without a check.

export function u8(bytes: Uint8Array, at: number): number {
  return bytes[at] as number
}

export function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
}

/**
 * 32 bits as a signed number; `>>> 0` makes it unsigned. When the call is not inlined, a result above 2^31 would be
 * boxed: one allocation per packet.
 */
export function i32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  )
}

/** Not for use per packet. */
export function u32(bytes: Uint8Array, at: number): number {
  return i32(bytes, at) >>> 0
}

export function u16le(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8)
}

export function u32le(bytes: Uint8Array, at: number): number {
  return (u16le(bytes, at) | (u16le(bytes, at + 2) << 16)) >>> 0
}
