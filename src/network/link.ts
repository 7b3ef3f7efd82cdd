// The link layer. What comes in: a captured packet `[at, end)` and its link type. What goes out: where its IP header
// starts, or that there is none.
//
//   Ethernet   target 6 | source 6 | protocol 2
//   VLAN tag   (protocol 0x8100, 0x88a8, …) tag 2 | protocol 2
//   cooked v1  type 2 | address type 2 | address length 2 | address 8 | protocol 2
//   cooked v2  protocol 2 | reserved 2 | interface 4 | address type 2 | type 1 | address length 1 | address 8
//   loopback   address family 4, in the byte order of whoever captured (NULL) or of the network (LOOP)
import { VLAN_TAGS_MAX } from '../limits.ts'
import { u8, u16 } from './bytes.ts'

/** No IP packet: ARP, LLC, … */
export const NOT_IP = -1
/** A cut header, or a protocol that carries IP in a way that is not read. */
export const UNREADABLE = -2

const NULL = 0
const ETHERNET = 1
const LOOP = 108
const LINUX_SLL = 113
const LINUX_SLL2 = 276

const IPV4 = 0x0800
const IPV6 = 0x86dd
const VLAN = 0x8100
const SERVICE_VLAN = 0x88a8
const OLD_SERVICE_VLAN = 0x9100
const MPLS = 0x8847
const MPLS_MULTICAST = 0x8848
const PPPOE_SESSION = 0x8864

/** The offset of the IP header, below `end`; NOT_IP or UNREADABLE. */
export function networkLayerAt(bytes: Uint8Array, at: number, end: number, linkType: number): number {
  switch (linkType) {
    case ETHERNET:
      return behindProtocol(bytes, at + 12, at + 14, end)
    case LINUX_SLL:
      return behindProtocol(bytes, at + 14, at + 16, end)
    case LINUX_SLL2:
      return behindProtocol(bytes, at, at + 20, end)
    case NULL:
    case LOOP:
      return behindFamily(bytes, at, end)
    case 12:
    case 14:
    case 101:
    case 228:
    case 229:
      return at < end ? at : UNREADABLE
    default:
      return UNREADABLE
  }
}

/** `protocolAt` is where the header names its protocol, `payloadAt` where the header ends: behind it stand any tags. */
function behindProtocol(bytes: Uint8Array, protocolAt: number, payloadAt: number, end: number): number {
  if (payloadAt >= end) return UNREADABLE
  let protocol = u16(bytes, protocolAt)
  let at = payloadAt
  for (let tags = 0; protocol === VLAN || protocol === SERVICE_VLAN || protocol === OLD_SERVICE_VLAN; tags += 1) {
    if (tags === VLAN_TAGS_MAX || at + 4 >= end) return UNREADABLE
    protocol = u16(bytes, at + 2)
    at += 4
  }
  if (protocol === IPV4 || protocol === IPV6) return at
  return protocol === MPLS || protocol === MPLS_MULTICAST || protocol === PPPOE_SESSION ? UNREADABLE : NOT_IP
}

/** The family is a small number, so one of its ends tells it in either byte order. */
function behindFamily(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 >= end) return UNREADABLE
  const family = u8(bytes, at) === 0 ? u8(bytes, at + 3) : u8(bytes, at)
  switch (family) {
    case 2: // AF_INET everywhere
    case 10: // AF_INET6 of Linux
    case 24: // of NetBSD, OpenBSD
    case 28: // of FreeBSD
    case 30: // of macOS
      return at + 4
    default:
      return NOT_IP
  }
}
