// Headers that a capturing machine puts in front of a packet. What comes in: a captured packet `[at, end)`. What goes
// out: where the packet itself starts, or NOT_IP or UNREADABLE.
//
//   pflog  length 1 | address family 1 | …, padded to 4
//   nflog  address family 1 | version 1 | group 2 | fields: length 2, type 2, value, padded to 4
//   pktap  length 4 | kind 4 | link type 4 | …, little-endian
import { u8, u16, u16le, u32le } from './bytes.ts'
import { NOT_IP, UNREADABLE } from './ethertype.ts'

const NFLOG_HEADER = 4
const NFLOG_PAYLOAD = 9

const PKTAP_HEADER = 12
const PKTAP_PACKET = 1
const PKTAP_LINK_TYPE = 8

/** AF_INET and AF_INET6, as all systems number them. */
export function isIpFamily(family: number): boolean {
  switch (family) {
    case 2: // AF_INET everywhere
    case 10: // AF_INET6 of Linux
    case 24: // of NetBSD, OpenBSD
    case 28: // of FreeBSD
    case 30: // of macOS
      return true
    default:
      return false
  }
}

export function pflogPayloadAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 > end) return UNREADABLE
  if (!isIpFamily(u8(bytes, at + 1))) return NOT_IP
  const payloadAt = at + ((u8(bytes, at) + 3) & ~3)
  return payloadAt < end ? payloadAt : UNREADABLE
}

/**
 * Lengths and types are in the byte order of the file, which is not known here; but no type needs more than one octet,
 * so the order shows where the other one is zero.
 */
export function nflogPayloadAt(bytes: Uint8Array, from: number, end: number): number {
  if (from + NFLOG_HEADER + 4 > end) return UNREADABLE
  if (!isIpFamily(u8(bytes, from))) return NOT_IP
  const little = u8(bytes, from + NFLOG_HEADER + 2) !== 0
  let at = from + NFLOG_HEADER
  while (at + 4 < end) {
    const length = little ? u16le(bytes, at) : u16(bytes, at)
    const type = little ? u16le(bytes, at + 2) : u16(bytes, at + 2)
    if (type === NFLOG_PAYLOAD) return at + 4
    if (length < 4) return UNREADABLE
    at += (length + 3) & ~3
  }
  return UNREADABLE
}

export function pktapPayloadAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + PKTAP_HEADER > end) return UNREADABLE
  const payloadAt = at + u32le(bytes, at)
  if (payloadAt < at + PKTAP_HEADER || payloadAt >= end) return UNREADABLE
  return u32le(bytes, at + 4) === PKTAP_PACKET ? payloadAt : NOT_IP
}

/** The link type of the packet, once `pktapPayloadAt` has found it. */
export function pktapPayloadLink(bytes: Uint8Array, at: number): number {
  return u32le(bytes, at + PKTAP_LINK_TYPE)
}
