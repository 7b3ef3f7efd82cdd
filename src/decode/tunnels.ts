// Tunnels: packets inside packets. Input: the IP payload `[at, end)` as captured, and its protocol number. Result:
// where the inner IP header starts, or NOT_IP or UNREADABLE.
//
//   GRE      flags, version 2 | protocol 2 | [sum 2, reserved 2] | [key 4] | [sequence 4]     RFC 2784, 2890
//   PPTP     the same in version 1, where [acknowledgement 4] follows, and carries PPP        RFC 2637
//   ERSPAN   II: version, VLAN, … 8    III: version, VLAN, … 12 | [platform 8]    I: nothing  draft-foschiano-erspan-03
//   UDP      ports 2, 2 | length 2 | sum 2
//   VXLAN    flags 1 | reserved 3 | network 3 | reserved 1                                    RFC 7348
//   GENEVE   version, option words 1 | flags 1 | protocol 2 | network 3 | reserved 1          RFC 8926
//   VXLAN-GPE  flags 1 | reserved 2 | next 1 | network 3 | reserved 1                         draft-ietf-nvo3-vxlan-gpe
//   LISP     flags 1 | nonce 3 | locators 4                                                   RFC 9300
//   L2TP     flags, version 2 | [length 2] | tunnel 2 | session 2 | [numbers 4] | [offset 2 | padding] | PPP      RFC 2661
//   Teredo   [authentication 0001, lengths 2, …, nonce 8, confirmation 1] | [origin 0000, 6] | IPv6      RFC 4380
//   GTP-U    flags 1 | message 1 | length 2 | tunnel 4 | [sequence 2, number 1, next 1]       TS 29.281
import { GTP_EXTENSIONS_MAX } from '../limits.ts'
import { u8, u16 } from './bytes.ts'
import {
  BRIDGED_ETHERNET,
  behindEtherType,
  behindServicePath,
  IPV4,
  IPV6,
  MPLS,
  NOT_IP,
  PPP,
  UNREADABLE,
} from './ethertype.ts'

/** IP protocol numbers. */
const PROTOCOL = {
  IPV4: 4,
  UDP: 17,
  IPV6: 41,
  GRE: 47,
  ENCRYPTED: 50,
  OLD_IPV4: 94,
  ETHERNET: 97,
  COMPRESSED: 108,
  L2TP: 115,
  MPLS: 137,
  ETHERNET_OF_SEGMENT: 143,
} as const

const GRE_CHECKSUM = 0x8000
const GRE_ROUTING = 0x4000
const GRE_KEY = 0x2000
const GRE_SEQUENCE = 0x1000
const GRE_ACKNOWLEDGEMENT = 0x0080
const GRE_VERSION = 0x0007
const ERSPAN_I_OR_II = 0x88be
const ERSPAN_III = 0x22eb

const UDP_HEADER = 8
const VXLAN_PORT = 4789
/** The port that Linux used before IANA assigned one. */
const VXLAN_LINUX_PORT = 8472
const GENEVE_PORT = 6081
const GTP_PORT = 2152

const VXLAN_GPE_PORT = 4790
const LISP_PORT = 4341
const L2TP_PORT = 1701
const TEREDO_PORT = 3544
const MPLS_PORT = 6635

const L2TP_CONTROL = 0x8000
const L2TP_LENGTH = 0x4000
const L2TP_SEQUENCE = 0x0800
const L2TP_OFFSET = 0x0200
const L2TP_VERSION = 0x000f
const L2TP_3 = 0x0003

const TEREDO_AUTHENTICATION = 0x0001
const TEREDO_ORIGIN = 0x0000

const VXLAN_HAS_NETWORK = 0x08
const VXLAN_GPE_HAS_NEXT = 0x04
const GTP_VERSION_AND_TYPE = 0xf0
const GTP_1 = 0x30
const GTP_HAS_OPTIONS = 0x07
const GTP_PACKET = 255

/** Whether packets of this protocol can contain TCP, so that they must be reassembled and examined. */
export function isTunnel(protocol: number): boolean {
  switch (protocol) {
    case PROTOCOL.IPV4:
    case PROTOCOL.UDP:
    case PROTOCOL.IPV6:
    case PROTOCOL.GRE:
    case PROTOCOL.OLD_IPV4:
    case PROTOCOL.ETHERNET:
    case PROTOCOL.MPLS:
    case PROTOCOL.ETHERNET_OF_SEGMENT:
      return true
    default:
      return false
  }
}

/**
 * Whether the protocol can contain TCP but cannot be read: encrypted, compressed, or with a header of negotiated
 * length.
 */
export function hidesIp(protocol: number): boolean {
  return protocol === PROTOCOL.ENCRYPTED || protocol === PROTOCOL.COMPRESSED || protocol === PROTOCOL.L2TP
}

/** The offset of the inner IP header, below `end`; NOT_IP or UNREADABLE. */
export function behindTunnel(bytes: Uint8Array, protocol: number, at: number, end: number): number {
  switch (protocol) {
    case PROTOCOL.UDP:
      return behindUdp(bytes, at, end)
    case PROTOCOL.GRE:
      return behindGre(bytes, at, end)
    case PROTOCOL.ETHERNET:
      return behindEtherType(bytes, BRIDGED_ETHERNET, at + 2, end)
    case PROTOCOL.MPLS:
      return behindEtherType(bytes, MPLS, at, end)
    case PROTOCOL.ETHERNET_OF_SEGMENT:
      return behindEtherType(bytes, BRIDGED_ETHERNET, at, end)
    default:
      return behindEtherType(bytes, IPV4, at, end)
  }
}

function behindGre(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return UNREADABLE
  const flags = u16(bytes, at)
  const protocol = u16(bytes, at + 2)
  const version = flags & GRE_VERSION
  // RFC 2784 removed source routes, and their length is not known.
  if (version > 1 || (flags & GRE_ROUTING) !== 0) return UNREADABLE
  let length = 4
  if ((flags & GRE_CHECKSUM) !== 0) length += 4
  if ((flags & GRE_KEY) !== 0) length += 4
  if ((flags & GRE_SEQUENCE) !== 0) length += 4
  if (version === 1) {
    if ((flags & GRE_ACKNOWLEDGEMENT) !== 0) length += 4
    // A packet without sequence number only acknowledges.
    return (flags & GRE_SEQUENCE) === 0 ? NOT_IP : behindEtherType(bytes, PPP, at + length, end)
  }
  if (protocol === ERSPAN_I_OR_II) return behindErspan(bytes, at + length, end, (flags & GRE_SEQUENCE) !== 0)
  if (protocol === ERSPAN_III) return behindErspanIII(bytes, at + length, end)
  return behindEtherType(bytes, protocol, at + length, end)
}

/** Type II has a header, and GRE then has a sequence number. Type I has none. */
function behindErspan(bytes: Uint8Array, at: number, end: number, hasHeader: boolean): number {
  return behindEtherType(bytes, BRIDGED_ETHERNET, hasHeader ? at + 8 : at, end)
}

/**
 * The last octets give the kind of payload (0: frame, 2: IP packet), and whether a platform-specific header follows.
 */
function behindErspanIII(bytes: Uint8Array, at: number, end: number): number {
  if (at + 12 > end) return UNREADABLE
  const kind = (u8(bytes, at + 10) & 0x7c) >> 2
  const payloadAt = at + ((u8(bytes, at + 11) & 1) === 1 ? 20 : 12)
  return behindEtherType(bytes, kind === 2 ? IPV4 : BRIDGED_ETHERNET, payloadAt, end)
}

/**
 * Packets to other ports are not tunnels. A header cut before the port is counted as other UDP, which is far more
 * likely.
 */
function behindUdp(bytes: Uint8Array, at: number, end: number): number {
  if (at + UDP_HEADER > end) return NOT_IP
  switch (u16(bytes, at + 2)) {
    case VXLAN_PORT:
    case VXLAN_LINUX_PORT:
      return behindVxlan(bytes, at + UDP_HEADER, end)
    case GENEVE_PORT:
      return behindGeneve(bytes, at + UDP_HEADER, end)
    case GTP_PORT:
      return behindGtp(bytes, at + UDP_HEADER, end)
    default:
      return behindRareUdp(bytes, u16(bytes, at), u16(bytes, at + 2), at + UDP_HEADER, end)
  }
}

/** Replies of L2TP and Teredo come from the well-known port. */
function behindRareUdp(bytes: Uint8Array, source: number, target: number, at: number, end: number): number {
  if (target === VXLAN_GPE_PORT) return behindVxlanGpe(bytes, at, end)
  if (target === MPLS_PORT) return behindEtherType(bytes, MPLS, at, end)
  if (target === LISP_PORT) return behindVersion(bytes, at + 8, end)
  if (target === L2TP_PORT || source === L2TP_PORT) return behindL2tp(bytes, at, end)
  if (target === TEREDO_PORT || source === TEREDO_PORT) return behindTeredo(bytes, at, end)
  return NOT_IP
}

/** Only the version field shows that the payload is IP. */
function behindVersion(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return UNREADABLE
  const version = u8(bytes, at) >> 4
  return version === 4 || version === 6 ? at : NOT_IP
}

function behindVxlanGpe(bytes: Uint8Array, at: number, end: number): number {
  if (at + 8 > end) return UNREADABLE
  const hasNext = (u8(bytes, at) & VXLAN_GPE_HAS_NEXT) !== 0
  return behindEtherType(bytes, hasNext ? behindServicePath(u8(bytes, at + 3)) : BRIDGED_ETHERNET, at + 8, end)
}

/** Version 3 has a cookie of negotiated length. */
function behindL2tp(bytes: Uint8Array, from: number, end: number): number {
  if (from + 6 > end) return UNREADABLE
  const flags = u16(bytes, from)
  if (flags === L2TP_3) return UNREADABLE
  if ((flags & L2TP_CONTROL) !== 0 || (flags & L2TP_VERSION) !== 2) return NOT_IP
  let at = from + 6
  if ((flags & L2TP_LENGTH) !== 0) at += 2
  if ((flags & L2TP_SEQUENCE) !== 0) at += 4
  if ((flags & L2TP_OFFSET) !== 0) {
    if (at + 2 > end) return UNREADABLE
    at += 2 + u16(bytes, at)
  }
  return behindEtherType(bytes, PPP, at, end)
}

function behindTeredo(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  if (at + 4 > end) return UNREADABLE
  if (u16(bytes, at) === TEREDO_AUTHENTICATION) at += 13 + u8(bytes, at + 2) + u8(bytes, at + 3)
  if (at + 2 <= end && u16(bytes, at) === TEREDO_ORIGIN) at += 8
  if (at >= end) return UNREADABLE
  return u8(bytes, at) >> 4 === 6 ? behindEtherType(bytes, IPV6, at, end) : NOT_IP
}

function behindVxlan(bytes: Uint8Array, at: number, end: number): number {
  if (at + 8 > end) return UNREADABLE
  if ((u8(bytes, at) & VXLAN_HAS_NETWORK) === 0) return NOT_IP
  return behindEtherType(bytes, BRIDGED_ETHERNET, at + 8, end)
}

function behindGeneve(bytes: Uint8Array, at: number, end: number): number {
  if (at + 8 > end) return UNREADABLE
  const first = u8(bytes, at)
  if (first >> 6 !== 0) return NOT_IP
  return behindEtherType(bytes, u16(bytes, at + 2), at + 8 + (first & 0x3f) * 4, end)
}

/** If any of the three options is present, there is space for all of them. Extensions give their length in words. */
function behindGtp(bytes: Uint8Array, from: number, end: number): number {
  if (from + 8 > end) return UNREADABLE
  const flags = u8(bytes, from)
  if ((flags & GTP_VERSION_AND_TYPE) !== GTP_1 || u8(bytes, from + 1) !== GTP_PACKET) return NOT_IP
  let at = from + 8
  if ((flags & GTP_HAS_OPTIONS) !== 0) {
    at += 4
    for (let extensions = 0; at < end && u8(bytes, at - 1) !== 0; extensions += 1) {
      const length = u8(bytes, at) * 4
      if (length === 0 || extensions === GTP_EXTENSIONS_MAX) return UNREADABLE
      at += length
    }
  }
  return behindEtherType(bytes, IPV4, at, end)
}
