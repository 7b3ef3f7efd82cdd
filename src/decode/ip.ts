// The Internet layer: RFC 791, RFC 8200. Input: a packet and where its IP header starts. Result: the protocol of the
// payload, the addresses, and the payload as `[offset, offset + length)` of the segment view.
//
//   IPv4  version, header words 1 | service 1 | total length 2 | id 2 | fragment 2 | TTL 1 | protocol 1 | sum 2 | addresses 4, 4
//   IPv6  version, class, flow 4 | payload length 2 | next header 1 | hop limit 1 | addresses 16, 16
import { IPV6_EXTENSIONS_MAX } from '../limits.ts'
import { u8, u16, u32 } from './bytes.ts'
import type { FragmentView, SegmentView } from './segment.ts'
import { hidesIp, isTunnel } from './tunnels.ts'

export const TCP = 6

/** Returned instead of a protocol number: a protocol of no interest, a truncated or invalid header, a fragment. */
export const OTHER = -1
export const UNREADABLE_IP = -2
export const FRAGMENTED = -3

const IPV4_HEADER = 20
const MORE_FRAGMENTS = 0x2000
const FRAGMENT_OFFSET = 0x1fff

const IPV6_HEADER = 40
const HOP_BY_HOP = 0
const ROUTING = 43
const FRAGMENT = 44
const AUTHENTICATION = 51
const AUTHENTICATION_HEADER = 12
const DESTINATION = 60
/** Offset and M flag of a fragment header. Both are zero in an atomic fragment (RFC 6946), which is a whole packet. */
const FRAGMENT_OFFSET_OR_MORE = 0xfff9
const FRAGMENT_HEADER = 8

/**
 * Reads the IP header at `at` of `segment.bytes`. The packet was captured up to `end`; on the wire it ended at
 * `wireEnd`. Returns the protocol number (TCP or a tunnel) or one of the values above. The payload is not examined.
 * With FRAGMENTED, `fragment` is filled in, too.
 */
export function readIp(segment: SegmentView, fragment: FragmentView, at: number, end: number, wireEnd: number): number {
  const version = u8(segment.bytes, at) >> 4
  if (version === 4) return readIpv4(segment, fragment, at, end, wireEnd)
  if (version === 6) return readIpv6(segment, fragment, at, end, wireEnd)
  return UNREADABLE_IP
}

function readIpv4(segment: SegmentView, fragment: FragmentView, at: number, end: number, wireEnd: number): number {
  const { bytes } = segment
  if (at + IPV4_HEADER > end) return UNREADABLE_IP
  const protocol = u8(bytes, at + 9)
  if (!isOfInterest(protocol)) return hidesIp(protocol) ? UNREADABLE_IP : OTHER
  const headerLength = (u8(bytes, at) & 0x0f) * 4
  const totalLength = u16(bytes, at + 2)
  if (headerLength < IPV4_HEADER || at + headerLength > end) return UNREADABLE_IP
  // Zero in packets that the network card is still to segment: the datagram then extends to the end of the packet.
  const datagramEnd = totalLength === 0 ? wireEnd : at + totalLength
  segment.sourceAt = at + 12
  segment.targetAt = at + 16
  segment.addressLength = 4
  segment.ttl = u8(bytes, at + 8)
  segment.ipId = u16(bytes, at + 4)
  if (!narrow(segment, at + headerLength, end, datagramEnd)) return UNREADABLE_IP
  const place = u16(bytes, at + 6) & (MORE_FRAGMENTS | FRAGMENT_OFFSET)
  if (place === 0) return protocol === AUTHENTICATION ? behindAuthentication(segment) : protocol
  fragment.headerAt = at
  fragment.headerLength = headerLength
  fragment.protocolAt = at + 9
  fragment.protocol = protocol
  fragment.id = segment.ipId
  fragment.position = (place & FRAGMENT_OFFSET) * 8
  fragment.more = (place & MORE_FRAGMENTS) !== 0
  return FRAGMENTED
}

/** The Authentication Header in IPv4. Its payload is not encrypted (RFC 4302). */
function behindAuthentication(segment: SegmentView): number {
  const { bytes, offset: at } = segment
  if (segment.length < AUTHENTICATION_HEADER) return UNREADABLE_IP
  const next = u8(bytes, at)
  const length = extensionLength(bytes, at, AUTHENTICATION)
  if (!isOfInterest(next) || next === AUTHENTICATION) return hidesIp(next) ? UNREADABLE_IP : OTHER
  return narrow(segment, at + length, at + segment.length, at + segment.wireLength) ? next : UNREADABLE_IP
}

/** TCP, or a protocol that can contain it. */
function isOfInterest(protocol: number): boolean {
  return protocol === TCP || protocol === AUTHENTICATION || isTunnel(protocol)
}

function readIpv6(segment: SegmentView, fragment: FragmentView, at: number, end: number, wireEnd: number): number {
  const { bytes } = segment
  if (at + IPV6_HEADER > end) return UNREADABLE_IP
  const payloadLength = u16(bytes, at + 4)
  // Zero: a jumbogram (RFC 2675), or a packet that the network card is still to segment.
  const datagramEnd = payloadLength === 0 ? wireEnd : at + IPV6_HEADER + payloadLength
  segment.sourceAt = at + 8
  segment.targetAt = at + 24
  segment.addressLength = 16
  segment.ttl = u8(bytes, at + 7)
  segment.ipId = -1
  if (u8(bytes, at + 6) === TCP) return narrow(segment, at + IPV6_HEADER, end, datagramEnd) ? TCP : UNREADABLE_IP
  return behindExtensions(segment, fragment, at, end, datagramEnd)
}

/** Every extension header starts with the next header and its own length, and is at least 8 octets long. */
function behindExtensions(
  segment: SegmentView,
  fragment: FragmentView,
  headerAt: number,
  end: number,
  datagramEnd: number,
): number {
  const { bytes } = segment
  let nextAt = headerAt + 6
  let at = headerAt + IPV6_HEADER
  for (let extensions = 0; extensions <= IPV6_EXTENSIONS_MAX; extensions += 1) {
    const next = u8(bytes, nextAt)
    if (next === TCP || isTunnel(next)) return narrow(segment, at, end, datagramEnd) ? next : UNREADABLE_IP
    if (!isExtension(next)) return hidesIp(next) ? UNREADABLE_IP : OTHER
    if (at + 8 > end) return UNREADABLE_IP
    if (next === FRAGMENT && (u16(bytes, at + 2) & FRAGMENT_OFFSET_OR_MORE) !== 0) {
      const carried = u8(bytes, at)
      if (carried !== TCP && !isTunnel(carried) && !isExtension(carried)) return OTHER
      fragment.headerAt = headerAt
      fragment.headerLength = at - headerAt
      fragment.protocolAt = nextAt
      readFragmentHeader(fragment, bytes, at)
      return narrow(segment, at + FRAGMENT_HEADER, end, datagramEnd) ? FRAGMENTED : UNREADABLE_IP
    }
    nextAt = at
    at += extensionLength(bytes, at, next)
  }
  return UNREADABLE_IP
}

function isExtension(kind: number): boolean {
  return kind === HOP_BY_HOP || kind === ROUTING || kind === FRAGMENT || kind === AUTHENTICATION || kind === DESTINATION
}

function extensionLength(bytes: Uint8Array, at: number, kind: number): number {
  if (kind === FRAGMENT) return FRAGMENT_HEADER
  return kind === AUTHENTICATION ? (u8(bytes, at + 1) + 2) * 4 : (u8(bytes, at + 1) + 1) * 8
}

/** next header 1 | reserved 1 | offset, more 2 | identification 4 */
function readFragmentHeader(fragment: FragmentView, bytes: Uint8Array, at: number): void {
  const place = u16(bytes, at + 2)
  fragment.protocol = u8(bytes, at)
  fragment.id = u32(bytes, at + 4)
  fragment.position = place & 0xfff8
  fragment.more = (place & 1) !== 0
}

/**
 * Sets the payload range. Bytes after the end of the datagram are link padding; those after `end` were not captured.
 */
function narrow(segment: SegmentView, payloadAt: number, end: number, datagramEnd: number): boolean {
  if (payloadAt > datagramEnd || payloadAt > end) return false
  segment.offset = payloadAt
  segment.length = Math.min(datagramEnd, end) - payloadAt
  segment.wireLength = datagramEnd - payloadAt
  return true
}
