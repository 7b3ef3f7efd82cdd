// The link layer. What comes in: a captured packet `[at, end)` and its link type. What goes out: where its IP header
// starts, or that there is none.
//
//   Ethernet   target 6 | source 6 | protocol 2
//   cooked v1  type 2 | address type 2 | address length 2 | address 8 | protocol 2
//   cooked v2  protocol 2 | reserved 2 | interface 4 | address type 2 | type 1 | address length 1 | address 8
//   Cisco      address 1 | control 1 | protocol 2
//   loopback   address family 4, in the byte order of whoever captured (NULL) or of the network (LOOP)
import { u8, u16 } from './bytes.ts'
import { behindEtherType, NOT_IP, PPP, PPPOE_SESSION, UNREADABLE } from './ethertype.ts'
import { isIpFamily, nflogPayloadAt, pflogPayloadAt, pktapPayloadAt, pktapPayloadLink } from './pseudo.ts'
import { behindAvs, behindPrism, behindRadiotap, behindWireless } from './wireless.ts'

const LINK = {
  NULL: 0,
  ETHERNET: 1,
  PPP: 9,
  PPP_HDLC: 50,
  PPP_ETHER: 51,
  C_HDLC: 104,
  WIRELESS: 105,
  LOOP: 108,
  LINUX_SLL: 113,
  PFLOG: 117,
  PRISM: 119,
  RADIOTAP: 127,
  /** What older systems of Apple write for PKTAP: the second number that is free for private use. */
  USER2: 149,
  AVS: 163,
  PPP_PPPD: 166,
  PPP_WITH_DIRECTION: 204,
  NFLOG: 239,
  PKTAP: 258,
  LINUX_SLL2: 276,
} as const

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
    // Raw IP, by its own number and by those that some systems wrote into files; of one version only.
    case 12:
    case 14:
    case 101:
    case 228:
    case 229:
      return at < end ? at : UNREADABLE
    default:
      return behindRareLink(bytes, at, end, linkType)
  }
}

function behindRareLink(bytes: Uint8Array, at: number, end: number, linkType: number): number {
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
    case LINK.WIRELESS:
      return behindWireless(bytes, at, end, false)
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
    case LINK.PKTAP:
    case LINK.USER2:
      return behindPktap(bytes, at, end)
    default:
      return UNREADABLE
  }
}

/** `protocolAt` is where the header names its protocol, `payloadAt` where the header ends. */
function behindProtocol(bytes: Uint8Array, protocolAt: number, payloadAt: number, end: number): number {
  return payloadAt < end ? behindEtherType(bytes, u16(bytes, protocolAt), payloadAt, end) : UNREADABLE
}

/** PPP, or Cisco's framing of the same lines, which has another address octet. */
function behindSerial(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return UNREADABLE
  const address = u8(bytes, at)
  const cisco = address === 0x0f || address === 0x8f
  return cisco ? behindProtocol(bytes, at + 2, at + 4, end) : behindEtherType(bytes, PPP, at, end)
}

/** The family is a small number, so one of its ends tells it in either byte order. */
function behindFamily(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 >= end) return UNREADABLE
  const family = u8(bytes, at) === 0 ? u8(bytes, at + 3) : u8(bytes, at)
  return isIpFamily(family) ? at + 4 : NOT_IP
}

/** It names the link type of what it describes, and may not describe itself. */
function behindPktap(bytes: Uint8Array, at: number, end: number): number {
  const payloadAt = pktapPayloadAt(bytes, at, end)
  if (payloadAt < 0) return payloadAt
  const linkType = pktapPayloadLink(bytes, at)
  if (linkType === LINK.PKTAP || linkType === LINK.USER2) return UNREADABLE
  return networkLayerAt(bytes, payloadAt, end, linkType)
}
