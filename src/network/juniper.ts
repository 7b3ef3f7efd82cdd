// What Junos puts in front of a packet. What comes in: a captured packet `[at, end)` and its link type. What goes out:
// where the packet itself starts and its link type, or NOT_IP or UNREADABLE.
//
//   "MGC" 3 | flags 1 | [length 2 | extensions] | [cookie 4 or 8, by the kind of interface]
//   the same without a link layer: 4 octets more, then IP
import { u8, u16 } from './bytes.ts'
import { NOT_IP, UNREADABLE } from './ethertype.ts'
import { LINK } from './linktypes.ts'

const HEADER = 4
const FLAGS = 3
const NO_LINK_LAYER = 0x02
const HAS_EXTENSIONS = 0x80
/** The first octet of a cookie of the services card, which is longer than others. */
const SERVICES_COOKIE = 0x47
const SERVICES_COOKIE_LENGTH = 8

export function isJuniper(linkType: number): boolean {
  return linkInside(linkType) !== 0
}

/** Where the packet starts, perhaps beyond `end`. */
export function juniperPayloadAt(bytes: Uint8Array, at: number, end: number, linkType: number): number {
  if (at + HEADER + 2 > end || u16(bytes, at) !== 0x4d47 || u8(bytes, at + 2) !== 0x43) return UNREADABLE
  const flags = u8(bytes, at + FLAGS)
  const extended = (flags & HAS_EXTENSIONS) !== 0
  const linkAt = at + HEADER + (extended ? 2 + u16(bytes, at + HEADER) : 0)
  const bare = (flags & NO_LINK_LAYER) !== 0
  const cookie = bare ? 4 : cookieLength(linkType, linkAt < end ? u8(bytes, linkAt) : 0)
  const payloadAt = linkAt + cookie
  // Where nothing else names a protocol, the version tells IP.
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

/** 0 for a link type that is none of Juniper's, or not read. */
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
