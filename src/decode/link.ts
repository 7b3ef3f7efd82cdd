// The link layer. Input: a captured packet `[at, end)` and its link type. Result: where its IP header starts, or that
// there is none.
//
//   Ethernet   target 6 | source 6 | protocol 2
//   cooked v1  type 2 | address type 2 | address length 2 | address 8 | protocol 2
//   cooked v2  protocol 2 | reserved 2 | interface 4 | address type 2 | type 1 | address length 1 | address 8
//   loopback   address family 4, in the byte order of the capturing host (NULL) or of the network (LOOP)
//   PPP, Cisco   address 1 | control 1 | protocol 2                      RFC 1662; 0f or 8f is Cisco's address
//   frame relay  address 2 to 4, its last octet odd | control 1 | [pad 1] | NLPID 1      RFC 2427
//                address 2 to 4 | EtherType 2                            Cisco's variant
//   SLIP         direction 1 | compressed header 15 | IP                 RFC 1055
//   token ring  access 1 | control 1 | target 6 | source 6 | [route: length, … 2 to 30] | LLC      IEEE 802.5
//   FDDI        control 1 | target 6 | source 6 | LLC                                               RFC 1390
//   ARCNET      protocol 1 | [flag 1 | sequence 2]                                                  RFC 1051, 1201
//   ATM         LLC, or IP itself                                                                   RFC 2684, 2225
//   SunATM      direction, kind 1 | path 1 | channel 2
//   radiotap  version 1 | padding 1 | length 2 | presence 4 … | fields         all little-endian
//   Prism     code 4 | length 4 | …                          AVS  version 4 | length 4 | …
//   802.11    control 2 | duration 2 | addresses 6, 6, 6 | sequence 2 | [address 6] | [service 2] | [throughput 4]
import { u8, u16, u16le, u32 } from './bytes.ts'
import {
  encPayloadAt,
  erfPayloadAt,
  erfPayloadLink,
  ipnetPayloadAt,
  isIpFamily,
  isJuniper,
  juniperPayloadAt,
  juniperPayloadLink,
  nflogPayloadAt,
  pflogPayloadAt,
  pktapPayloadAt,
  pktapPayloadLink,
  ppiPayloadAt,
  ppiPayloadLink,
} from './capture-headers.ts'
import {
  BRIDGED_ETHERNET,
  behindEtherType,
  behindNlpid,
  behindProtocol,
  LLC,
  MPLS,
  NOT_IP,
  PPP,
  PPPOE_SESSION,
  UNREADABLE,
} from './ethertype.ts'
import { LINK } from './link-types.ts'

const UNNUMBERED_INFORMATION = 0x03
const NLPID_SNAP = 0x80
const SLIP_HEADER = 16
/** The organisation code of bridged frames, and two of its types: Ethernet with and without frame check sequence. */
const BRIDGED = 0x80c2
const BRIDGED_WITH_FCS = 0x0001
const BRIDGED_WITHOUT_FCS = 0x0007

/** PPP, or Cisco's HDLC framing, which has other address octets. */
function behindSerial(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return UNREADABLE
  const address = u8(bytes, at)
  const cisco = address === 0x0f || address === 0x8f
  return cisco ? behindProtocol(bytes, at + 2, at + 4, end) : behindEtherType(bytes, PPP, at, end)
}

function behindFrameRelay(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  // The lowest bit is set only in the last octet of the address.
  while (at < from + 4 && at < end && (u8(bytes, at) & 1) === 0) at += 1
  at += 1
  if (at + 2 >= end) return UNREADABLE
  if (at < from + 2 || at > from + 4) return NOT_IP
  if (u8(bytes, at) !== UNNUMBERED_INFORMATION) return behindProtocol(bytes, at, at + 2, end)
  at += u8(bytes, at + 1) === 0 ? 2 : 1
  if (at + 1 >= end) return UNREADABLE
  if (u8(bytes, at) !== NLPID_SNAP) return behindNlpid(bytes, at, end)
  if (at + 6 >= end) return UNREADABLE
  return isBridged(bytes, at + 1) ? behindBridge(bytes, at + 6, end) : behindProtocol(bytes, at + 4, at + 6, end)
}

/** Whether the organisation code (3) and protocol (2) at `at` announce an Ethernet frame: RFC 2427, 2684. */
function isBridged(bytes: Uint8Array, at: number): boolean {
  if (u8(bytes, at) !== 0 || u16(bytes, at + 1) !== BRIDGED) return false
  const kind = u16(bytes, at + 3)
  return kind === BRIDGED_WITH_FCS || kind === BRIDGED_WITHOUT_FCS
}

function behindBridge(bytes: Uint8Array, at: number, end: number): number {
  return behindEtherType(bytes, BRIDGED_ETHERNET, at, end)
}

/** The capturing system has already undone the compression of RFC 1144. */
function behindSlip(at: number, end: number): number {
  return at + SLIP_HEADER < end ? at + SLIP_HEADER : UNREADABLE
}

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

function behindTokenRing(bytes: Uint8Array, at: number, end: number): number {
  if (at + 15 > end) return UNREADABLE
  if ((u8(bytes, at + 1) & FRAME_TYPE) !== LLC_FRAME) return NOT_IP
  const isRouted = (u8(bytes, at + 8) & HAS_ROUTE) !== 0
  const routeLength = isRouted ? u8(bytes, at + 14) & ROUTE_LENGTH : 0
  return behindEtherType(bytes, LLC, at + 14 + routeLength, end)
}

/** A bit of the control octet gives the length of addresses, which is always 6 octets in networks with IP. */
function behindFddi(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return UNREADABLE
  return (u8(bytes, at) & FRAME_TYPE) === LLC_FRAME ? behindEtherType(bytes, LLC, at + 13, end) : NOT_IP
}

/** `at`: the protocol field, after the addresses and further octets that depend on the system. */
function behindArcnet(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end) return UNREADABLE
  const protocol = u8(bytes, at)
  if (protocol === ARCNET_OLD_IP) return at + 1
  if (protocol !== ARCNET_IP) return NOT_IP
  const flagAt = u8(bytes, at + 1) === ARCNET_EXCEPTION ? at + 5 : at + 1
  // Packets split over several frames are not reassembled.
  return flagAt + 3 < end && u8(bytes, flagAt) === ARCNET_WHOLE ? flagAt + 3 : UNREADABLE
}

/** Either LLC, or one protocol per circuit, which then is IP. */
function behindAtm(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return UNREADABLE
  const version = u8(bytes, at) >> 4
  if (version === 4 || version === 6) return at
  // Bridged frames have two octets of padding.
  if (at + LLC_HEADER + 2 < end && isBridged(bytes, at + 3)) return behindBridge(bytes, at + LLC_HEADER + 2, end)
  return behindEtherType(bytes, LLC, at, end)
}

/** Kind 1 is emulated Ethernet, preceded by the client's number; kind 2 has LLC. */
function behindSunAtm(bytes: Uint8Array, at: number, end: number): number {
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

function behindRadiotap(bytes: Uint8Array, at: number, end: number): number {
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
function behindPrism(bytes: Uint8Array, at: number, end: number): number {
  if (at + 8 > end) return UNREADABLE
  if ((u32(bytes, at) & 0xfffff000) >>> 0 === AVS_MAGIC) return behindAvs(bytes, at, end)
  return behindWireless(bytes, at + PRISM_HEADER, end, false)
}

function behindAvs(bytes: Uint8Array, at: number, end: number): number {
  if (at + 8 > end) return UNREADABLE
  return behindWireless(bytes, at + u32(bytes, at + 4), end, false)
}

function behindWireless(bytes: Uint8Array, at: number, end: number, bodyIsPadded: boolean): number {
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

/** The offset of the IP header, below `end`; NOT_IP or UNREADABLE. */
export function networkLayerAt(bytes: Uint8Array, at: number, end: number, linkType: number): number {
  switch (linkType) {
    case LINK.ETHERNET:
      return behindProtocol(bytes, at + 12, at + 14, end)
    case LINK.LINUX_SLL:
      return behindProtocol(bytes, at + 14, at + 16, end)
    case LINK.LINUX_SLL2:
      return behindProtocol(bytes, at, at + 20, end)
    case LINK.NULL:
    case LINK.LOOP:
      return behindFamily(bytes, at, end)
    // Raw IP, under its own number, under those of some systems, and for one IP version only.
    case LINK.RAW:
    case LINK.RAW_BSD:
    case LINK.RAW_OPENBSD:
    case LINK.IPV4:
    case LINK.IPV6:
      return at < end ? at : UNREADABLE
    default:
      return behindCaptureHeader(bytes, at, end, linkType)
  }
}

/** Link types with a header that the capturing system adds. */
function behindCaptureHeader(bytes: Uint8Array, at: number, end: number, linkType: number): number {
  switch (linkType) {
    case LINK.RADIOTAP:
      return behindRadiotap(bytes, at, end)
    case LINK.PRISM:
      return behindPrism(bytes, at, end)
    case LINK.AVS:
      return behindAvs(bytes, at, end)
    case LINK.PFLOG:
      return pflogPayloadAt(bytes, at, end)
    case LINK.NFLOG:
      return nflogPayloadAt(bytes, at, end)
    case LINK.ENC:
      return encPayloadAt(bytes, at, end)
    case LINK.IPNET:
      return ipnetPayloadAt(bytes, at, end)
    case LINK.PKTAP:
    case LINK.USER2:
      return packetInside(bytes, pktapPayloadAt(bytes, at, end), end, pktapPayloadLink(bytes, at))
    case LINK.PPI:
      return packetInside(bytes, ppiPayloadAt(bytes, at, end), end, ppiPayloadLink(bytes, at))
    case LINK.ERF:
      return packetInside(bytes, erfPayloadAt(bytes, at, end), end, erfPayloadLink(bytes, at))
    case LINK.NETANALYZER:
      return packetInside(bytes, at + 4, end, LINK.ETHERNET)
    case LINK.NETANALYZER_TRANSPARENT:
      return packetInside(bytes, at + 12, end, LINK.ETHERNET)
    default:
      if (!isJuniper(linkType)) return behindLocalArea(bytes, at, end, linkType)
      return packetInside(
        bytes,
        juniperPayloadAt(bytes, at, end, linkType),
        end,
        juniperPayloadLink(bytes, at, linkType),
      )
  }
}

function behindLocalArea(bytes: Uint8Array, at: number, end: number, linkType: number): number {
  switch (linkType) {
    case LINK.WIRELESS:
      return behindWireless(bytes, at, end, false)
    case LINK.TOKEN_RING:
      return behindTokenRing(bytes, at, end)
    case LINK.FDDI:
      return behindFddi(bytes, at, end)
    case LINK.ARCNET_BSD:
      return behindArcnet(bytes, at + 2, end)
    case LINK.ARCNET_LINUX:
      return behindArcnet(bytes, at + 4, end)
    case LINK.IP_OVER_FC:
      return behindEtherType(bytes, LLC, at + 16, end)
    case LINK.FIREWIRE:
      return behindProtocol(bytes, at + 16, at + 18, end)
    case LINK.IP_OVER_INFINIBAND:
      return behindProtocol(bytes, at + 40, at + 44, end)
    // Switch chips insert a tag of 4 or 8 octets before the frame or after the addresses.
    case LINK.SWITCH_BROADCOM_IN_FRONT:
      return behindProtocol(bytes, at + 16, at + 18, end)
    case LINK.SWITCH_BROADCOM:
    case LINK.SWITCH_MARVELL:
      return behindProtocol(bytes, at + 16, at + 18, end)
    case LINK.SWITCH_MARVELL_ETHERTYPE:
    case LINK.SWITCH_MAXLINEAR:
      return behindProtocol(bytes, at + 20, at + 22, end)
    default:
      return behindWideArea(bytes, at, end, linkType)
  }
}

function behindWideArea(bytes: Uint8Array, at: number, end: number, linkType: number): number {
  switch (linkType) {
    case LINK.PPP:
    case LINK.PPP_HDLC:
    case LINK.PPP_PPPD:
      return behindSerial(bytes, at, end)
    case LINK.PPP_WITH_DIRECTION:
      return behindSerial(bytes, at + 1, end)
    case LINK.PPP_ETHER:
      return behindEtherType(bytes, PPPOE_SESSION, at, end)
    case LINK.C_HDLC:
      return behindProtocol(bytes, at + 2, at + 4, end)
    case LINK.C_HDLC_WITH_DIRECTION:
      return behindProtocol(bytes, at + 3, at + 5, end)
    case LINK.FRAME_RELAY:
      return behindFrameRelay(bytes, at, end)
    case LINK.FRAME_RELAY_WITH_DIRECTION:
      return behindFrameRelay(bytes, at + 1, end)
    case LINK.SLIP:
      return behindSlip(at, end)
    case LINK.MPLS:
      return behindEtherType(bytes, MPLS, at, end)
    case LINK.ATM:
    case LINK.ATM_BSD:
    case LINK.CLIP:
    case LINK.CLIP_OLD:
    case LINK.CLIP_LINUX:
      return behindAtm(bytes, at, end)
    case LINK.SUNATM:
      return behindSunAtm(bytes, at, end)
    default:
      return UNREADABLE
  }
}

/** The family is a small number, so its non-zero octet is at one end in either byte order. */
function behindFamily(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 >= end) return UNREADABLE
  const family = u8(bytes, at) === 0 ? u8(bytes, at + 3) : u8(bytes, at)
  return isIpFamily(family) ? at + 4 : NOT_IP
}

/** The packet within a header that names the packet's link type, which must not be of such a kind again. */
function packetInside(bytes: Uint8Array, payloadAt: number, end: number, linkType: number): number {
  if (payloadAt < 0) return payloadAt
  if (payloadAt >= end || namesLinkType(linkType)) return UNREADABLE
  return networkLayerAt(bytes, payloadAt, end, linkType)
}

function namesLinkType(linkType: number): boolean {
  switch (linkType) {
    case LINK.PKTAP:
    case LINK.USER2:
    case LINK.PPI:
    case LINK.ERF:
      return true
    default:
      return isJuniper(linkType)
  }
}
