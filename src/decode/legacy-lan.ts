// Local networks other than Ethernet. Input: a captured frame `[at, end)`. Result: where the IP header starts, or
// NOT_IP or UNREADABLE.
//
//   token ring  access 1 | control 1 | target 6 | source 6 | [route: length, … 2 to 30] | LLC      IEEE 802.5
//   FDDI        control 1 | target 6 | source 6 | LLC                                               RFC 1390
//   ARCNET      protocol 1 | [flag 1 | sequence 2]                                                  RFC 1051, 1201
//   ATM         LLC, or IP itself                                                                   RFC 2684, 2225
//   SunATM      direction, kind 1 | path 1 | channel 2
import { u8 } from './bytes.ts'
import { behindEtherType, LLC, NOT_IP, UNREADABLE } from './ethertype.ts'
import { behindBridge, isBridged } from './ppp-hdlc.ts'

const FRAME_TYPE = 0xc0
const LLC_FRAME = 0x40
const HAS_ROUTE = 0x80
const ROUTE_LENGTH = 0x1f

const ARCNET_OLD_IP = 240
const ARCNET_IP = 212
const ARCNET_WHOLE = 0
/** Padding instead of a flag, in frames that are too long for the short format and too short for the long one. */
const ARCNET_EXCEPTION = 0xff

const LLC_HEADER = 8

export function behindTokenRing(bytes: Uint8Array, at: number, end: number): number {
  if (at + 15 > end) return UNREADABLE
  if ((u8(bytes, at + 1) & FRAME_TYPE) !== LLC_FRAME) return NOT_IP
  const isRouted = (u8(bytes, at + 8) & HAS_ROUTE) !== 0
  const routeLength = isRouted ? u8(bytes, at + 14) & ROUTE_LENGTH : 0
  return behindEtherType(bytes, LLC, at + 14 + routeLength, end)
}

/** A bit of the control octet gives the length of addresses, which is always 6 octets in networks with IP. */
export function behindFddi(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return UNREADABLE
  return (u8(bytes, at) & FRAME_TYPE) === LLC_FRAME ? behindEtherType(bytes, LLC, at + 13, end) : NOT_IP
}

/** `at`: the protocol field, after the addresses and further octets that depend on the system. */
export function behindArcnet(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end) return UNREADABLE
  const protocol = u8(bytes, at)
  if (protocol === ARCNET_OLD_IP) return at + 1
  if (protocol !== ARCNET_IP) return NOT_IP
  const flagAt = u8(bytes, at + 1) === ARCNET_EXCEPTION ? at + 5 : at + 1
  // Packets split over several frames are not reassembled.
  return flagAt + 3 < end && u8(bytes, flagAt) === ARCNET_WHOLE ? flagAt + 3 : UNREADABLE
}

/** Either LLC, or one protocol per circuit, which then is IP. */
export function behindAtm(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return UNREADABLE
  const version = u8(bytes, at) >> 4
  if (version === 4 || version === 6) return at
  // Bridged frames have two octets of padding.
  if (at + LLC_HEADER + 2 < end && isBridged(bytes, at + 3)) return behindBridge(bytes, at + LLC_HEADER + 2, end)
  return behindEtherType(bytes, LLC, at, end)
}

/** Kind 1 is emulated Ethernet, preceded by the client's number; kind 2 has LLC. */
export function behindSunAtm(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 >= end) return UNREADABLE
  switch (u8(bytes, at) & 0x0f) {
    case 1:
      return behindBridge(bytes, at + 6, end)
    case 2:
      return behindAtm(bytes, at + 4, end)
    default:
      return NOT_IP
  }
}
