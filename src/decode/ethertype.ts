// Skips the headers between an EtherType and the IP header: tags, labels, and links within links. Input: the EtherType,
// and where its payload starts. Result: where the IP header starts, or that there is none.
//
//   VLAN tag    tag 2 | protocol 2                          IEEE 802.1Q, 802.1ad
//   service     flags, instance 4 | Ethernet                IEEE 802.1ah
//   MPLS label  label, class, bottom, TTL 4                 RFC 3032
//   PPPoE       version, type 1 | code 1 | session 2 | length 2 | PPP      RFC 2516
//   PPP         [address 1 | control 1] protocol 1 or 2     RFC 1661, 1662
//   LLC         aa aa 03 | organisation 3 | protocol 2      IEEE 802.2 with SNAP
//               06 06 03 | IP                               RFC 948
//               fe fe 03 | NLPID 1                          ISO 9577
//   MACsec      control 1 | length 1 | number 4 | [channel 8] | protocol 2, … | check value       IEEE 802.1AE
//   E-tag       tag 6 | protocol 2                          IEEE 802.1BR; VN-tag: tag 4
//   NSH         version, length 2 | kind 1 | next 1 | …     RFC 8300
//   WCCP        [redirection 4] | IP
import { LINK_HEADERS_MAX } from '../limits.ts'
import { u8, u16 } from './bytes.ts'

/** Not an IP packet: ARP, other LLC and PPP protocols, … */
export const NOT_IP = -1
/** A truncated header, or a protocol that may carry IP in an unsupported form. */
export const UNREADABLE = -2

export const IPV4 = 0x0800
export const IPV6 = 0x86dd
/** An Ethernet frame inside another protocol. */
export const BRIDGED_ETHERNET = 0x6558
export const PPP = 0x880b
export const MPLS = 0x8847
export const PPPOE_SESSION = 0x8864
const NSH = 0x894f
/** A pseudo EtherType: like an IEEE 802.3 length, it says that LLC follows. */
export const LLC = 0

const MPLS_MULTICAST = 0x8848
const VLAN = 0x8100
const SERVICE_VLAN = 0x88a8
const OLD_SERVICE_VLAN = 0x9100
const OTHER_SERVICE_VLAN = 0x9200
const VN_TAG = 0x8926
const E_TAG = 0x893f
const MACSEC = 0x88e5
/** Only used within GRE. */
const WCCP = 0x883e
const SERVICE_INSTANCE = 0x88e7
/** Values up to this are the length of an IEEE 802.2 frame. */
const LENGTH_MAX = 1500
const SNAP = 0xaaaa
const LLC_IP = 0x0606
const LLC_ISO = 0xfefe

const NLPID_IPV4 = 0xcc
const NLPID_IPV6 = 0x8e
const NLPID_PPP = 0xcf

const MACSEC_HAS_CHANNEL = 0x20
const MACSEC_ENCRYPTED_OR_CHANGED = 0x0c

const BOTTOM_LABEL = 1
/** An EtherType that no protocol has. */
const NO_PROTOCOL = 0xffff
/** Pseudo EtherTypes for what follows MPLS labels and has no EtherType. */
const CONTROL_WORD = 0x10000
const ASSOCIATED_CHANNEL = 0x10001

const PPP_IPV4 = 0x0021
const PPP_IPV6 = 0x0057
const PPP_MPLS = 0x0281
const PPP_MPLS_MULTICAST = 0x0283
/** Compressed TCP/IP headers (two kinds), multilink fragments, compressed and encrypted packets. */
const PPP_CARRIES_HIDDEN_IP: readonly number[] = [0x002d, 0x002f, 0x003d, 0x0053, 0x00fb, 0x00fd]

/** The offset of the IP header, below `end`; NOT_IP or UNREADABLE. */
export function behindEtherType(bytes: Uint8Array, first: number, from: number, end: number): number {
  let protocol = first
  let at = from
  for (let headers = 0; headers <= LINK_HEADERS_MAX && at < end; headers += 1) {
    switch (protocol) {
      case IPV4:
      case IPV6:
        return at
      case VLAN:
      case SERVICE_VLAN:
      case OLD_SERVICE_VLAN:
      case OTHER_SERVICE_VLAN:
        at += 4
        break
      case VN_TAG:
        at += 6
        break
      case E_TAG:
        at += 8
        break
      case MACSEC:
        if ((u8(bytes, at) & MACSEC_ENCRYPTED_OR_CHANGED) !== 0) return UNREADABLE
        at += (u8(bytes, at) & MACSEC_HAS_CHANNEL) !== 0 ? 16 : 8
        break
      case NSH:
        if (at + 8 > end) return UNREADABLE
        protocol = behindServicePath(u8(bytes, at + 3))
        at += (u8(bytes, at + 1) & 0x3f) * 4
        continue
      case WCCP:
        protocol = IPV4
        if (u8(bytes, at) >> 4 !== 4) at += 4
        continue
      case BRIDGED_ETHERNET:
        at += 14
        break
      case SERVICE_INSTANCE:
        at += 18
        break
      case MPLS:
      case MPLS_MULTICAST:
        if (at + 4 >= end) return UNREADABLE
        if ((u8(bytes, at + 2) & BOTTOM_LABEL) !== 0) protocol = behindLabels(bytes, at + 4, end)
        at += 4
        continue
      case CONTROL_WORD:
        protocol = BRIDGED_ETHERNET
        at += 4
        continue
      case PPPOE_SESSION:
        // A code other than zero marks discovery packets, not data.
        if (at + 6 < end && u8(bytes, at + 1) !== 0) return NOT_IP
        at += 6
        protocol = PPP
        continue
      case PPP:
        at = behindPppAddress(bytes, at, end)
        if (at + 2 >= end) return UNREADABLE
        protocol = pppProtocol(bytes, at)
        at += (u8(bytes, at) & 1) === 1 ? 1 : 2
        if (protocol < 0) return protocol
        continue
      default:
        if (protocol > LENGTH_MAX || at + 3 > end) return NOT_IP
        if (u16(bytes, at) !== SNAP) return behindOtherLlc(bytes, at, end)
        at += 8
    }
    if (at >= end) return UNREADABLE
    protocol = u16(bytes, at - 2)
  }
  return UNREADABLE
}

/** `protocolAt`: where the header names its protocol; `payloadAt`: where the header ends. */
export function behindProtocol(bytes: Uint8Array, protocolAt: number, payloadAt: number, end: number): number {
  return payloadAt < end ? behindEtherType(bytes, u16(bytes, protocolAt), payloadAt, end) : UNREADABLE
}

/** LLC without SNAP: IP by its LLC address, or an ISO protocol. */
function behindOtherLlc(bytes: Uint8Array, at: number, end: number): number {
  switch (u16(bytes, at)) {
    case LLC_IP:
      return at + 3 < end ? at + 3 : UNREADABLE
    case LLC_ISO:
      return behindNlpid(bytes, at + 3, end)
    default:
      return NOT_IP
  }
}

/** The payload after the ISO 9577 protocol identifier at `at`. */
export function behindNlpid(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end) return UNREADABLE
  switch (u8(bytes, at)) {
    case NLPID_IPV4:
    case NLPID_IPV6:
      return at + 1
    case NLPID_PPP:
      return behindEtherType(bytes, PPP, at + 1, end)
    default:
      return NOT_IP
  }
}

/** Maps a next-protocol number of NSH or VXLAN-GPE to the equivalent EtherType. */
export function behindServicePath(next: number): number {
  switch (next) {
    case 1:
      return IPV4
    case 2:
      return IPV6
    case 3:
      return BRIDGED_ETHERNET
    case 4:
      return NSH
    case 5:
      return MPLS
    default:
      return NO_PROTOCOL
  }
}

/**
 * MPLS labels do not name their payload. The first half octet shows it: 4 and 6 are IP, 1 is an associated channel, 0
 * may be a control word (RFC 4385), which Ethernet follows. Otherwise it is Ethernet without a control word.
 */
function behindLabels(bytes: Uint8Array, at: number, end: number): number {
  const half = u8(bytes, at) >> 4
  if (half === 4 || half === 6) return IPV4
  if (half === 1) return ASSOCIATED_CHANNEL
  return half === 0 && at + 18 <= end && carriesIp(u16(bytes, at + 16)) ? CONTROL_WORD : BRIDGED_ETHERNET
}

function carriesIp(etherType: number): boolean {
  return etherType === IPV4 || etherType === IPV6 || etherType === VLAN || etherType === SERVICE_VLAN
}

/**
 * Skips the "all stations" address and "unnumbered information" control. pppd writes the direction, 0 or 1, instead of
 * the address.
 */
function behindPppAddress(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 > end || u8(bytes, at + 1) !== 0x03) return at
  const address = u8(bytes, at)
  return address === 0xff || address <= 1 ? at + 2 : at
}

/** The equivalent EtherType; NOT_IP or UNREADABLE. If the first octet is odd, it is the whole protocol field. */
function pppProtocol(bytes: Uint8Array, at: number): number {
  const number = (u8(bytes, at) & 1) === 1 ? u8(bytes, at) : u16(bytes, at)
  switch (number) {
    case PPP_IPV4:
      return IPV4
    case PPP_IPV6:
      return IPV6
    case PPP_MPLS:
    case PPP_MPLS_MULTICAST:
      return MPLS
    default:
      return PPP_CARRIES_HIDDEN_IP.includes(number) ? UNREADABLE : NOT_IP
  }
}
