// The link layer. Input: a captured packet `[at, end)` and its link type. Result: where its IP header starts, or that
// there is none.
//
//   Ethernet   target 6 | source 6 | protocol 2
//   cooked v1  type 2 | address type 2 | address length 2 | address 8 | protocol 2
//   cooked v2  protocol 2 | reserved 2 | interface 4 | address type 2 | type 1 | address length 1 | address 8
//   loopback   address family 4, in the byte order of the capturing host (NULL) or of the network (LOOP)

import { u8 } from './bytes.ts'
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
import { behindEtherType, behindProtocol, LLC, MPLS, NOT_IP, PPPOE_SESSION, UNREADABLE } from './ethertype.ts'
import { behindArcnet, behindAtm, behindFddi, behindSunAtm, behindTokenRing } from './legacy-lan.ts'
import { LINK } from './link-types.ts'
import { behindFrameRelay, behindSerial, behindSlip } from './ppp-hdlc.ts'
import { behindAvs, behindPrism, behindRadiotap, behindWireless } from './wireless.ts'

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
      return behindMachine(bytes, at, end, linkType)
  }
}

/** Link types with a header that the capturing system adds. */
function behindMachine(bytes: Uint8Array, at: number, end: number, linkType: number): number {
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
      return within(bytes, pktapPayloadAt(bytes, at, end), end, pktapPayloadLink(bytes, at))
    case LINK.PPI:
      return within(bytes, ppiPayloadAt(bytes, at, end), end, ppiPayloadLink(bytes, at))
    case LINK.ERF:
      return within(bytes, erfPayloadAt(bytes, at, end), end, erfPayloadLink(bytes, at))
    case LINK.NETANALYZER:
      return within(bytes, at + 4, end, LINK.ETHERNET)
    case LINK.NETANALYZER_TRANSPARENT:
      return within(bytes, at + 12, end, LINK.ETHERNET)
    default:
      if (!isJuniper(linkType)) return behindLocalArea(bytes, at, end, linkType)
      return within(bytes, juniperPayloadAt(bytes, at, end, linkType), end, juniperPayloadLink(bytes, at, linkType))
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
function within(bytes: Uint8Array, payloadAt: number, end: number, linkType: number): number {
  if (payloadAt < 0) return payloadAt
  if (payloadAt >= end || namesAnother(linkType)) return UNREADABLE
  return networkLayerAt(bytes, payloadAt, end, linkType)
}

function namesAnother(linkType: number): boolean {
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
