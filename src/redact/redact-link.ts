// The link header of a captured packet -> the same without the addresses of machines. What comes in: a packet and where
// its IP header starts. Headers that tell more, of interfaces, programs or radio, are not kept at all.
import { u8, u16 } from '../decode/bytes.ts'

export const RAW_IP = 101

const ETHERNET = 1
const LINUX_SLL = 113
const LINUX_SLL2 = 276
/** Links whose headers hold protocol numbers and flags only: PPP, Cisco HDLC, loopback, raw IP. */
const WITHOUT_ADDRESSES: ReadonlySet<number> = new Set([0, 9, 12, 14, 50, 51, 101, 104, 108, 166, 204, 228, 229])

/** Where an Ethernet or cooked header names its protocol, and which octets are addresses. */
const ADDRESSED: ReadonlyMap<
  number,
  { readonly protocolAt: number; readonly payloadAt: number; readonly from: number; readonly to: number }
> = new Map([
  [ETHERNET, { protocolAt: 12, payloadAt: 14, from: 0, to: 12 }],
  [LINUX_SLL, { protocolAt: 14, payloadAt: 16, from: 6, to: 14 }],
  [LINUX_SLL2, { protocolAt: 0, payloadAt: 20, from: 12, to: 20 }],
])

/** The link type that packets of this one have when they are redacted, unless what they carry is strange. */
export function redactedLinkType(linkType: number): number {
  return ADDRESSED.has(linkType) || WITHOUT_ADDRESSES.has(linkType) ? linkType : RAW_IP
}

/** Blanks the addresses. False when the header is not understood so far as to keep it. */
export function redactLink(bytes: Uint8Array, linkType: number, ipAt: number): boolean {
  if (WITHOUT_ADDRESSES.has(linkType)) return true
  const header = ADDRESSED.get(linkType)
  if (header === undefined || !isPlain(bytes, u16(bytes, header.protocolAt), header.payloadAt, ipAt)) return false
  bytes.fill(0, header.from, header.to)
  return true
}

const IP: ReadonlySet<number> = new Set([0x0800, 0x86dd])
const VLAN: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100])
const MPLS: ReadonlySet<number> = new Set([0x8847, 0x8848])
const PPPOE = 0x8864
const PPPOE_HEADERS_MAX = 10
const SNAP_HEADER = 8
const LENGTH_MAX = 1500

/** Whether nothing stands in front of IP but tags, labels, PPPoE or SNAP: none of them holds an address. */
function isPlain(bytes: Uint8Array, first: number, payloadAt: number, ipAt: number): boolean {
  let protocol = first
  let at = payloadAt
  while (VLAN.has(protocol) && at + 4 <= ipAt) {
    protocol = u16(bytes, at + 2)
    at += 4
  }
  if (IP.has(protocol)) return at === ipAt
  if (protocol === PPPOE) return ipAt - at <= PPPOE_HEADERS_MAX
  if (MPLS.has(protocol)) return (ipAt - at) % 4 === 0 && (u8(bytes, ipAt - 2) & 1) === 1
  return protocol <= LENGTH_MAX && ipAt - at === SNAP_HEADER
}
