// Redacts a packet: addresses in all headers, the payload by the redaction plan, and everything in the link layer that
// identifies the capturing machine. Lengths, ports, times and sequence numbers are kept; checksums are recomputed.
import { u8, u16 } from '../decode/bytes.ts'
import { folded, sumOf } from '../decode/checksum.ts'
import { behindTunnel, isTunnel } from '../decode/tunnels.ts'
import type { Addresses } from './pseudonyms.ts'

const ETHERIP = 97
/** IP in IP, for both versions. */
const PLAIN: ReadonlySet<number> = new Set([4, 41, 94])
const BRIDGED = 0x6558
const PPTP = 0x880b
const ERSPAN_II = 0x88be
const ERSPAN_III = 0x22eb
const VXLAN: ReadonlySet<number> = new Set([4789, 8472])
const GENEVE = 6081
const ETHERNET_HEADER = 14

function innerAddressesAt(bytes: Uint8Array, protocol: number, at: number, innerAt: number): number | null {
  if (PLAIN.has(protocol)) return -1
  const found =
    protocol === ETHERIP ? at + 2 : protocol === GRE ? inGre(bytes, at) : protocol === UDP ? inUdp(bytes, at) : null
  return found !== null && found >= 0 && found + ETHERNET_HEADER > innerAt ? null : found
}

function inUdp(bytes: Uint8Array, at: number): number | null {
  const port = u16(bytes, at + 2)
  if (VXLAN.has(port)) return at + 16
  if (port !== GENEVE) return -1
  return u16(bytes, at + 10) === BRIDGED ? at + 16 + (u8(bytes, at + 8) & 0x3f) * 4 : -1
}

function inGre(bytes: Uint8Array, at: number): number | null {
  const flags = u16(bytes, at)
  const protocol = u16(bytes, at + 2)
  if (IP.has(protocol) || protocol === PPTP) return -1
  const numbered = (flags & 0x1000) !== 0
  const payloadAt = at + 4 + ((flags & 0x8000) !== 0 ? 4 : 0) + ((flags & 0x2000) !== 0 ? 4 : 0) + (numbered ? 4 : 0)
  if (protocol === BRIDGED) return payloadAt
  if (protocol === ERSPAN_II) return numbered ? payloadAt + 8 : payloadAt
  if (protocol !== ERSPAN_III) return null
  if ((u8(bytes, payloadAt + 10) & 0x7c) >> 2 === 2) return -1
  return payloadAt + ((u8(bytes, payloadAt + 11) & 1) === 1 ? 20 : 12)
}

export const RAW_IP = 101

const ETHERNET = 1
const LINUX_SLL = 113
const LINUX_SLL2 = 276
/** Link types whose headers contain only protocol numbers and flags: PPP, Cisco HDLC, loopback, raw IP. */
const WITHOUT_ADDRESSES: ReadonlySet<number> = new Set([0, 9, 12, 14, 50, 51, 101, 104, 108, 166, 204, 228, 229])

/** The positions of the protocol and of addresses in an Ethernet or cooked header. */
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

/** Blanks the addresses. False when the header is not understood well enough to be kept. */
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

/** Whether only tags, labels, PPPoE or SNAP precede the IP header: they contain no address. */
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

const TCP = 6
const UDP = 17
const GRE = 47
const IPV4_HEADER = 20
const IPV6_HEADER = 40
const FRAGMENT = 44
const ROUTING = 43
const AUTHENTICATION = 51
const EXTENSIONS: ReadonlySet<number> = new Set([0, ROUTING, FRAGMENT, AUTHENTICATION, 60])
const NO_OPERATION = 1
/** The TCP options that are kept: end, no operation, segment size, window scale, SACK permitted, SACK, timestamps. */
const HARMLESS_TCP_OPTIONS: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5, 8])

/**
 * A packet inside which something stands that is not understood so far as to be kept: where the innermost IP header is.
 */
type Outcome = { readonly kept: true } | { readonly kept: false; readonly innerAt: number }

const KEPT: Outcome = { kept: true }

/** The packet at `[at, end)`. On the wire it ended at `wireEnd`. */
export function redactIp(bytes: Uint8Array, at: number, end: number, wireEnd: number, addresses: Addresses): Outcome {
  return u8(bytes, at) >> 4 === 4
    ? redactIpv4(bytes, at, end, wireEnd, addresses)
    : redactIpv6(bytes, at, end, wireEnd, addresses)
}

function redactIpv4(bytes: Uint8Array, at: number, end: number, wireEnd: number, addresses: Addresses): Outcome {
  const payloadAt = at + (u8(bytes, at) & 0x0f) * 4
  const total = u16(bytes, at + 2)
  const datagramEnd = total === 0 ? wireEnd : at + total
  bytes.fill(0, Math.min(datagramEnd, end), end)
  replaceAddresses(bytes, at + 12, 4, addresses)
  bytes.fill(NO_OPERATION, at + IPV4_HEADER, payloadAt)
  const isWhole = (u16(bytes, at + 6) & 0x3fff) === 0
  const outcome = isWhole
    ? redactPayload(
        bytes,
        u8(bytes, at + 9),
        { ipAt: at, payloadAt, end: Math.min(datagramEnd, end), wireEnd: datagramEnd },
        addresses,
      )
    : KEPT
  bytes.fill(0, at + 10, at + 12)
  putChecksum(bytes, at + 10, sumOf(bytes, at, payloadAt))
  return outcome
}

function redactIpv6(bytes: Uint8Array, at: number, end: number, wireEnd: number, addresses: Addresses): Outcome {
  const length = u16(bytes, at + 4)
  const datagramEnd = length === 0 ? wireEnd : at + IPV6_HEADER + length
  bytes.fill(0, Math.min(datagramEnd, end), end)
  replaceAddresses(bytes, at + 8, 16, addresses)
  let next = u8(bytes, at + 6)
  let payloadAt = at + IPV6_HEADER
  while (EXTENSIONS.has(next) && payloadAt + 8 <= end) {
    const kind = next
    next = u8(bytes, payloadAt)
    if (kind === FRAGMENT && (u16(bytes, payloadAt + 2) & 0xfff9) !== 0) return KEPT
    const size = extensionBytes(bytes, payloadAt, kind)
    // The first four bytes of an extension header are its next header, length and type.
    if (kind !== FRAGMENT) bytes.fill(0, payloadAt + 4, Math.min(payloadAt + size, end))
    payloadAt += size
  }
  const place = { ipAt: at, payloadAt, end: Math.min(datagramEnd, end), wireEnd: datagramEnd }
  return redactPayload(bytes, next, place, addresses)
}

function extensionBytes(bytes: Uint8Array, at: number, kind: number): number {
  if (kind === FRAGMENT) return 8
  return kind === AUTHENTICATION ? (u8(bytes, at + 1) + 2) * 4 : (u8(bytes, at + 1) + 1) * 8
}

/** The payload of an IP packet: `[payloadAt, end)` as captured; on the wire it ended at `wireEnd`. */
interface Place {
  readonly ipAt: number
  readonly payloadAt: number
  readonly end: number
  readonly wireEnd: number
}

function redactPayload(bytes: Uint8Array, protocol: number, place: Place, addresses: Addresses): Outcome {
  if (protocol === TCP) {
    redactTcp(bytes, place)
    return KEPT
  }
  if (!isTunnel(protocol)) return KEPT
  const { payloadAt, end, wireEnd } = place
  const innerAt = behindTunnel(bytes, protocol, payloadAt, end)
  if (innerAt < 0) return KEPT
  const inside = redactIp(bytes, innerAt, end, wireEnd, addresses)
  if (!inside.kept) return inside
  const macsAt = innerAddressesAt(bytes, protocol, payloadAt, innerAt)
  if (macsAt === null) return { kept: false, innerAt }
  if (macsAt >= 0) bytes.fill(0, macsAt, macsAt + 12)
  // RFC 6935: zero means no checksum, also for tunnels over IPv6.
  if (protocol === UDP) bytes.fill(0, payloadAt + 6, payloadAt + 8)
  if (protocol === GRE && (u8(bytes, payloadAt) & 0x80) !== 0) {
    bytes.fill(0, payloadAt + 4, payloadAt + 6)
    if (end === wireEnd) putChecksum(bytes, payloadAt + 4, sumOf(bytes, payloadAt, end))
  }
  return KEPT
}

function redactTcp(bytes: Uint8Array, { ipAt, payloadAt: at, end, wireEnd }: Place): void {
  const optionsEnd = Math.min(at + (u8(bytes, at + 12) >> 4) * 4, end)
  for (let option = at + 20; option < optionsEnd; ) {
    const kind = u8(bytes, option)
    const length = kind <= NO_OPERATION ? 1 : Math.max(2, option + 1 < optionsEnd ? u8(bytes, option + 1) : 2)
    if (!HARMLESS_TCP_OPTIONS.has(kind)) bytes.fill(NO_OPERATION, option, Math.min(option + length, optionsEnd))
    option += length
  }
  bytes.fill(0, at + 16, at + 18)
  // A checksum over bytes that were not captured cannot be computed: zero means none.
  if (end < wireEnd) return
  const isIpv4 = u8(bytes, ipAt) >> 4 === 4
  const pseudo = isIpv4 ? sumOf(bytes, ipAt + 12, ipAt + 20) : sumOf(bytes, ipAt + 8, ipAt + 40)
  putChecksum(bytes, at + 16, pseudo + TCP + (end - at) + sumOf(bytes, at, end))
}

function replaceAddresses(bytes: Uint8Array, at: number, length: number, addresses: Addresses): void {
  for (const from of [at, at + length]) bytes.set(addresses.of(bytes.slice(from, from + length)).octets, from)
}

/** Writes the complement of the folded sum. */
function putChecksum(bytes: Uint8Array, at: number, sum: number): void {
  const checksum = ~folded(sum)
  bytes[at] = (checksum >> 8) & 0xff
  bytes[at + 1] = checksum & 0xff
}
