// The Internet layer: RFC 791, RFC 8200. What comes in: a packet and where its IP header starts. What goes out: which
// protocol it carries, the addresses, and `[offset, offset + length)` of the segment view narrowed to what it carries.
//
//   IPv4  version, header words 1 | service 1 | total length 2 | id 2 | fragment 2 | TTL 1 | protocol 1 | sum 2 | addresses 4, 4
//   IPv6  version, class, flow 4 | payload length 2 | next header 1 | hop limit 1 | addresses 16, 16
import { IPV6_EXTENSIONS_MAX } from '../limits.ts'
import { u8, u16 } from './bytes.ts'
import type { SegmentView } from './segment.ts'
import { isTunnel } from './tunnels.ts'

export const TCP = 6

/** Instead of a protocol: one that is of no interest, and a cut or false header or a fragment. */
export const OTHER = -1
export const UNREADABLE_IP = -2

const IPV4_HEADER = 20
const MORE_FRAGMENTS_OR_OFFSET = 0x3fff

const IPV6_HEADER = 40
const HOP_BY_HOP = 0
const ROUTING = 43
const FRAGMENT = 44
const AUTHENTICATION = 51
const DESTINATION = 60
/** Offset and M flag of a fragment header; all zero in an atomic fragment (RFC 6946), which is a whole packet. */
const FRAGMENT_OFFSET_OR_MORE = 0xfff9

/**
 * Reads the IP header at `at` of `segment.bytes`. The packet was captured up to `end` and went on to `wireEnd`. Gives
 * the number of the protocol, TCP or that of a tunnel, or what stands instead; what it carries is not looked at.
 */
export function readIp(segment: SegmentView, at: number, end: number, wireEnd: number): number {
  const version = u8(segment.bytes, at) >> 4
  if (version === 4) return readIpv4(segment, at, end, wireEnd)
  if (version === 6) return readIpv6(segment, at, end, wireEnd)
  return UNREADABLE_IP
}

function readIpv4(segment: SegmentView, at: number, end: number, wireEnd: number): number {
  const { bytes } = segment
  if (at + IPV4_HEADER > end) return UNREADABLE_IP
  const protocol = u8(bytes, at + 9)
  if (protocol !== TCP && !isTunnel(protocol)) return OTHER
  const headerLength = (u8(bytes, at) & 0x0f) * 4
  const totalLength = u16(bytes, at + 2)
  if (headerLength < IPV4_HEADER || at + headerLength > end) return UNREADABLE_IP
  if ((u16(bytes, at + 6) & MORE_FRAGMENTS_OR_OFFSET) !== 0) return UNREADABLE_IP
  // A zero is what a packet shows that the network card will cut into segments: it goes on as far as the packet.
  const datagramEnd = totalLength === 0 ? wireEnd : at + totalLength
  segment.sourceAt = at + 12
  segment.targetAt = at + 16
  segment.addressLength = 4
  segment.ttl = u8(bytes, at + 8)
  segment.ipId = u16(bytes, at + 4)
  return narrow(segment, at + headerLength, end, datagramEnd) ? protocol : UNREADABLE_IP
}

function readIpv6(segment: SegmentView, at: number, end: number, wireEnd: number): number {
  const { bytes } = segment
  if (at + IPV6_HEADER > end) return UNREADABLE_IP
  const payloadLength = u16(bytes, at + 4)
  // Zero: a jumbogram (RFC 2675), or a packet that the network card will cut into segments.
  const datagramEnd = payloadLength === 0 ? wireEnd : at + IPV6_HEADER + payloadLength
  segment.sourceAt = at + 8
  segment.targetAt = at + 24
  segment.addressLength = 16
  segment.ttl = u8(bytes, at + 7)
  segment.ipId = -1
  const next = u8(bytes, at + 6)
  if (next === TCP) return narrow(segment, at + IPV6_HEADER, end, datagramEnd) ? TCP : UNREADABLE_IP
  return behindExtensions(segment, next, at + IPV6_HEADER, end, datagramEnd)
}

/** Every extension header starts with the next header and its own length, and is at least 8 octets long. */
function behindExtensions(segment: SegmentView, first: number, from: number, end: number, datagramEnd: number): number {
  const { bytes } = segment
  let next = first
  let at = from
  for (let extensions = 0; extensions <= IPV6_EXTENSIONS_MAX; extensions += 1) {
    if (next === TCP || isTunnel(next)) return narrow(segment, at, end, datagramEnd) ? next : UNREADABLE_IP
    const known =
      next === HOP_BY_HOP || next === ROUTING || next === FRAGMENT || next === AUTHENTICATION || next === DESTINATION
    if (!known) return OTHER
    if (at + 8 > end) return UNREADABLE_IP
    const kind = next
    next = u8(bytes, at)
    if (kind === FRAGMENT) {
      if ((u16(bytes, at + 2) & FRAGMENT_OFFSET_OR_MORE) !== 0) return next === TCP ? UNREADABLE_IP : OTHER
      at += 8
    } else if (kind === AUTHENTICATION) {
      at += (u8(bytes, at + 1) + 2) * 4
    } else {
      at += (u8(bytes, at + 1) + 1) * 8
    }
  }
  return UNREADABLE_IP
}

/** What lies behind the end of the datagram is padding of the link; what lies behind `end` was not captured. */
function narrow(segment: SegmentView, payloadAt: number, end: number, datagramEnd: number): boolean {
  if (payloadAt > datagramEnd) return false
  segment.offset = payloadAt
  segment.length = Math.min(datagramEnd, end) - payloadAt
  segment.wireLength = datagramEnd - payloadAt
  return true
}
