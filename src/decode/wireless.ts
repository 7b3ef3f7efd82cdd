// IEEE 802.11. Input: a captured frame `[at, end)`, with or without a header of the capturing system. Result: where the
// IP header starts, or NOT_IP or UNREADABLE.
//
//   radiotap  version 1 | padding 1 | length 2 | presence 4 … | fields         all little-endian
//   Prism     code 4 | length 4 | …                          AVS  version 4 | length 4 | …
//   802.11    control 2 | duration 2 | addresses 6, 6, 6 | sequence 2 | [address 6] | [service 2] | [throughput 4]
import { u8, u16, u16le, u32 } from './bytes.ts'
import { behindEtherType, LLC, NOT_IP, UNREADABLE } from './ethertype.ts'

const RADIOTAP_HEADER = 8
const MORE_PRESENCE = 0x80
const TIME_PRESENT = 0x01
const FLAGS_PRESENT = 0x02
/** The frame body is aligned to a multiple of four. */
const BODY_IS_PADDED = 0x20

const PRISM_HEADER = 144
const AVS_MAGIC = 0x80211000

const FRAME_HEADER = 24
const TYPE = 0x0c
const DATA = 0x08
const NO_DATA = 0x40
const WITH_SERVICE = 0x80
const BETWEEN_STATIONS = 0x03
const PROTECTED = 0x40
const ORDER = 0x80
const AGGREGATED = 0x80

export function behindRadiotap(bytes: Uint8Array, at: number, end: number): number {
  if (at + RADIOTAP_HEADER > end) return UNREADABLE
  const frameAt = at + u16le(bytes, at + 2)
  if (frameAt < at + RADIOTAP_HEADER || frameAt >= end) return UNREADABLE
  return behindWireless(bytes, frameAt, end, radiotapSaysPadded(bytes, at, frameAt))
}

/** The flags are the first field, or the second after an 8-octet timestamp. Fields are aligned to their size. */
function radiotapSaysPadded(bytes: Uint8Array, at: number, headerEnd: number): boolean {
  const present = u8(bytes, at + 4)
  if ((present & FLAGS_PRESENT) === 0) return false
  let fieldsAt = at + RADIOTAP_HEADER
  while (fieldsAt < headerEnd && (u8(bytes, fieldsAt - 1) & MORE_PRESENCE) !== 0) fieldsAt += 4
  const flagsAt = (present & TIME_PRESENT) === 0 ? fieldsAt : at + ((fieldsAt - at + 7) & ~7) + 8
  return flagsAt < headerEnd && (u8(bytes, flagsAt) & BODY_IS_PADDED) !== 0
}

/** Files of this link type may contain AVS headers instead, which start with a magic number. */
export function behindPrism(bytes: Uint8Array, at: number, end: number): number {
  if (at + 8 > end) return UNREADABLE
  if ((u32(bytes, at) & 0xfffff000) >>> 0 === AVS_MAGIC) return behindAvs(bytes, at, end)
  return behindWireless(bytes, at + PRISM_HEADER, end, false)
}

export function behindAvs(bytes: Uint8Array, at: number, end: number): number {
  if (at + 8 > end) return UNREADABLE
  return behindWireless(bytes, at + u32(bytes, at + 4), end, false)
}

export function behindWireless(bytes: Uint8Array, at: number, end: number, bodyIsPadded: boolean): number {
  if (at + 2 > end) return UNREADABLE
  const control = u8(bytes, at)
  const flags = u8(bytes, at + 1)
  if ((control & TYPE) !== DATA || (control & NO_DATA) !== 0) return NOT_IP
  if ((flags & PROTECTED) !== 0) return UNREADABLE
  let length = FRAME_HEADER
  if ((flags & BETWEEN_STATIONS) === BETWEEN_STATIONS) length += 6
  if ((control & WITH_SERVICE) !== 0) {
    // Aggregated packets are not split.
    if (at + length >= end || (u8(bytes, at + length) & AGGREGATED) !== 0) return UNREADABLE
    length += 2
    if ((flags & ORDER) !== 0) length += 4
  }
  if (bodyIsPadded) length = (length + 3) & ~3
  if (at + length + 8 > end) return UNREADABLE
  // Without LLC and SNAP the frame does not carry IP.
  return u16(bytes, at + length) === 0xaaaa ? behindEtherType(bytes, LLC, at + length, end) : NOT_IP
}
