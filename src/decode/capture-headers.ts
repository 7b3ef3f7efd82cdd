// Headers that the capturing system adds before a packet. Input: a captured packet `[at, end)`. Result: where the
// packet itself starts, and its link type, or NOT_IP or UNREADABLE.
//
//   pflog  length 1 | address family 1 | …, padded to 4
//   nflog  address family 1 | version 1 | group 2 | fields: length 2, type 2, value, padded to 4
//   pktap  length 4 | kind 4 | link type 4 | …, little-endian
//   ppi    version 1 | flags 1 | length 2 | link type 4 | …, little-endian
//   enc    address family 4, in either byte order | security parameters index 4 | flags 4
//   ipnet  version 1 | address family 1 | … 22
//   erf    time 8 | kind 1 | flags 1 | length 2 | lost 2 | wire length 2 | [extensions, each 8] | [Ethernet padding 2]
//   Junos  "MGC" 3 | flags 1 | [length 2 | extensions] | [cookie 4 or 8, by interface type]; without link layer 4 more bytes, then IP
import { u8, u16, u16le, u32, u32le } from './bytes.ts'
import { NOT_IP, UNREADABLE } from './ethertype.ts'
import { LINK } from './link-types.ts'

const NFLOG_HEADER = 4
const NFLOG_PAYLOAD = 9

const PKTAP_HEADER = 12
const PKTAP_PACKET = 1
const PKTAP_LINK_TYPE = 8

const PPI_HEADER = 8
const ENC_HEADER = 12

const IPNET_HEADER = 24
const IPNET_IPV4 = 2
const IPNET_IPV6 = 26

const ERF_HEADER = 16
const ERF_KIND = 8
const ERF_MORE = 0x80
const ERF_EXTENSION = 8

/** AF_INET and AF_INET6 with the numbers of all systems. */
export function isIpFamily(family: number): boolean {
  switch (family) {
    case 2: // AF_INET on all systems
    case 10: // AF_INET6 on Linux
    case 24: // NetBSD, OpenBSD
    case 28: // FreeBSD
    case 30: // macOS
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
 * Lengths and types are in the byte order of the file, which is unknown here. All types are below 256, so the position
 * of the zero octet shows the byte order.
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

export function ppiPayloadAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + PPI_HEADER > end) return UNREADABLE
  const length = u16le(bytes, at + 2)
  return length < PPI_HEADER ? UNREADABLE : at + length
}

/** The link type of the packet, once `ppiPayloadAt` has found it. */
export function ppiPayloadLink(bytes: Uint8Array, at: number): number {
  return u32le(bytes, at + 4)
}

/** OpenBSD: packets before IPsec encryption or after decryption. */
export function encPayloadAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + ENC_HEADER >= end) return UNREADABLE
  const family = u32(bytes, at) > 0xff ? u32le(bytes, at) : u32(bytes, at)
  return isIpFamily(family) ? at + ENC_HEADER : NOT_IP
}

/** Solaris: traffic between zones of a host. Address families have numbers of their own. */
export function ipnetPayloadAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + IPNET_HEADER >= end) return UNREADABLE
  const family = u8(bytes, at + 1)
  return family === IPNET_IPV4 || family === IPNET_IPV6 ? at + IPNET_HEADER : NOT_IP
}

/** Where the packet of an Endace record starts, possibly beyond `end`. */
export function erfPayloadAt(bytes: Uint8Array, from: number, end: number): number {
  if (from + ERF_HEADER > end) return UNREADABLE
  let at = from + ERF_HEADER
  let more = (u8(bytes, from + ERF_KIND) & ERF_MORE) !== 0
  while (more && at < end) {
    more = (u8(bytes, at) & ERF_MORE) !== 0
    at += ERF_EXTENSION
  }
  const linkType = erfPayloadLink(bytes, from)
  if (linkType === 0) return NOT_IP
  return linkType === LINK.ETHERNET ? at + 2 : at
}

/** The link type of the packet, once `erfPayloadAt` has found it; 0 for records of other networks. */
export function erfPayloadLink(bytes: Uint8Array, at: number): number {
  switch (u8(bytes, at + ERF_KIND) & 0x7f) {
    case 1: // HDLC, plain or with results computed by the card
    case 10:
    case 15:
    case 19:
      return LINK.PPP
    case 2: // Ethernet, likewise
    case 11:
    case 16:
    case 20:
      return LINK.ETHERNET
    case 22:
    case 23:
      return LINK.RAW
    default:
      return 0
  }
}

const HEADER = 4
const FLAGS = 3
const NO_LINK_LAYER = 0x02
const HAS_EXTENSIONS = 0x80
/** The first octet of a services card's cookie, which is longer than others. */
const SERVICES_COOKIE = 0x47
const SERVICES_COOKIE_LENGTH = 8

export function isJuniper(linkType: number): boolean {
  return linkInside(linkType) !== 0
}

/** Where the packet starts, possibly beyond `end`. */
export function juniperPayloadAt(bytes: Uint8Array, at: number, end: number, linkType: number): number {
  if (at + HEADER + 2 > end || u16(bytes, at) !== 0x4d47 || u8(bytes, at + 2) !== 0x43) return UNREADABLE
  const flags = u8(bytes, at + FLAGS)
  const extended = (flags & HAS_EXTENSIONS) !== 0
  const linkAt = at + HEADER + (extended ? 2 + u16(bytes, at + HEADER) : 0)
  const bare = (flags & NO_LINK_LAYER) !== 0
  const cookie = bare ? 4 : cookieLength(linkType, linkAt < end ? u8(bytes, linkAt) : 0)
  const payloadAt = linkAt + cookie
  // Nothing names the protocol, so the version field must show IP.
  if (payloadAt < end && linkInsideOf(linkType, bare) === LINK.RAW && !startsIp(bytes, payloadAt)) return NOT_IP
  return payloadAt
}

/** The link type of the packet, once `juniperPayloadAt` has found it. */
export function juniperPayloadLink(bytes: Uint8Array, at: number, linkType: number): number {
  return linkInsideOf(linkType, (u8(bytes, at + FLAGS) & NO_LINK_LAYER) !== 0)
}

function linkInsideOf(linkType: number, bare: boolean): number {
  return bare ? LINK.RAW : linkInside(linkType)
}

/** 0 for link types that are not Juniper's or not supported. */
function linkInside(linkType: number): number {
  switch (linkType) {
    case LINK.JUNIPER_ETHER:
    case LINK.JUNIPER_PPPOE:
      return LINK.ETHERNET
    case LINK.JUNIPER_PPP:
      return LINK.PPP
    case LINK.JUNIPER_FRAME_RELAY:
      return LINK.FRAME_RELAY
    case LINK.JUNIPER_C_HDLC:
      return LINK.C_HDLC
    case LINK.JUNIPER_ATM1:
    case LINK.JUNIPER_ATM2:
      return LINK.ATM
    case LINK.JUNIPER_GGSN:
    case LINK.JUNIPER_MONITOR:
    case LINK.JUNIPER_SERVICES:
      return LINK.RAW
    default:
      return 0
  }
}

function cookieLength(linkType: number, first: number): number {
  switch (linkType) {
    case LINK.JUNIPER_ATM1:
      return first === SERVICES_COOKIE ? SERVICES_COOKIE_LENGTH : 4
    case LINK.JUNIPER_ATM2:
    case LINK.JUNIPER_GGSN:
    case LINK.JUNIPER_MONITOR:
    case LINK.JUNIPER_SERVICES:
      return SERVICES_COOKIE_LENGTH
    default:
      return 0
  }
}

function startsIp(bytes: Uint8Array, at: number): boolean {
  const version = u8(bytes, at) >> 4
  return version === 4 || version === 6
}
