// The Internet layer: RFC 791, RFC 8200. What comes in: a packet and where its IP header starts. What goes out: the
// addresses, and `[offset, offset + length)` of the segment view narrowed to what IP carries.
//
//   IPv4  version, header words 1 | service 1 | total length 2 | id 2 | fragment 2 | TTL 1 | protocol 1 | sum 2 | addresses 4, 4
//   IPv6  version, class, flow 4 | payload length 2 | next header 1 | hop limit 1 | addresses 16, 16
import { IPV6_EXTENSIONS_MAX } from '../limits.ts'
import { u8, u16 } from './bytes.ts'
import { Decoded } from './decoded.ts'
import type { SegmentView } from './segment.ts'

const TCP = 6

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
 * Reads the IP header at `at` of `segment.bytes`. The packet was captured up to `end` and went on to `wireEnd`.
 * SEGMENT says that TCP is what it carries; the TCP header is not looked at.
 */
export function readIp(segment: SegmentView, at: number, end: number, wireEnd: number): Decoded {
  const version = u8(segment.bytes, at) >> 4
  if (version === 4) return readIpv4(segment, at, end, wireEnd)
  if (version === 6) return readIpv6(segment, at, end, wireEnd)
  return Decoded.UNDECODABLE
}

function readIpv4(segment: SegmentView, at: number, end: number, wireEnd: number): Decoded {
  const { bytes } = segment
  if (at + IPV4_HEADER > end) return Decoded.UNDECODABLE
  if (u8(bytes, at + 9) !== TCP) return Decoded.NOT_TCP
  const headerLength = (u8(bytes, at) & 0x0f) * 4
  const totalLength = u16(bytes, at + 2)
  if (headerLength < IPV4_HEADER || at + headerLength > end) return Decoded.UNDECODABLE
  if ((u16(bytes, at + 6) & MORE_FRAGMENTS_OR_OFFSET) !== 0) return Decoded.UNDECODABLE
  // A zero is what a packet shows that the network card will cut into segments: it goes on as far as the packet.
  const datagramEnd = totalLength === 0 ? wireEnd : at + totalLength
  segment.sourceAt = at + 12
  segment.targetAt = at + 16
  segment.addressLength = 4
  segment.ttl = u8(bytes, at + 8)
  segment.ipId = u16(bytes, at + 4)
  return narrow(segment, at + headerLength, end, datagramEnd)
}

function readIpv6(segment: SegmentView, at: number, end: number, wireEnd: number): Decoded {
  const { bytes } = segment
  if (at + IPV6_HEADER > end) return Decoded.UNDECODABLE
  const payloadLength = u16(bytes, at + 4)
  // Zero: a jumbogram (RFC 2675), or a packet that the network card will cut into segments.
  const datagramEnd = payloadLength === 0 ? wireEnd : at + IPV6_HEADER + payloadLength
  segment.sourceAt = at + 8
  segment.targetAt = at + 24
  segment.addressLength = 16
  segment.ttl = u8(bytes, at + 7)
  segment.ipId = -1
  const next = u8(bytes, at + 6)
  if (next === TCP) return narrow(segment, at + IPV6_HEADER, end, datagramEnd)
  return behindExtensions(segment, next, at + IPV6_HEADER, end, datagramEnd)
}

/** Every extension header starts with the next header and its own length, and is at least 8 octets long. */
function behindExtensions(
  segment: SegmentView,
  first: number,
  from: number,
  end: number,
  datagramEnd: number,
): Decoded {
  const { bytes } = segment
  let next = first
  let at = from
  for (let extensions = 0; extensions <= IPV6_EXTENSIONS_MAX; extensions += 1) {
    if (next === TCP) return narrow(segment, at, end, datagramEnd)
    const known =
      next === HOP_BY_HOP || next === ROUTING || next === FRAGMENT || next === AUTHENTICATION || next === DESTINATION
    if (!known) return Decoded.NOT_TCP
    if (at + 8 > end) return Decoded.UNDECODABLE
    const kind = next
    next = u8(bytes, at)
    if (kind === FRAGMENT) {
      if ((u16(bytes, at + 2) & FRAGMENT_OFFSET_OR_MORE) !== 0)
        return next === TCP ? Decoded.UNDECODABLE : Decoded.NOT_TCP
      at += 8
    } else if (kind === AUTHENTICATION) {
      at += (u8(bytes, at + 1) + 2) * 4
    } else {
      at += (u8(bytes, at + 1) + 1) * 8
    }
  }
  return Decoded.UNDECODABLE
}

/** What lies behind the end of the datagram is padding of the link; what lies behind `end` was not captured. */
function narrow(segment: SegmentView, payloadAt: number, end: number, datagramEnd: number): Decoded {
  if (payloadAt > datagramEnd) return Decoded.UNDECODABLE
  segment.offset = payloadAt
  segment.length = Math.min(datagramEnd, end) - payloadAt
  segment.wireLength = datagramEnd - payloadAt
  return Decoded.SEGMENT
}
