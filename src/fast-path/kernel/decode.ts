// A packet -> its TCP segment, for the usual links and headers. Everything else is the engine's: tunnels, fragments,
// extension headers, rare links, and what was not captured whole. As `decode/` reads them.

// LINKTYPE_ numbers.
const NULL: u32 = 0
const ETHERNET: u32 = 1
const RAW_BSD: u32 = 12
const RAW_OPENBSD: u32 = 14
const RAW: u32 = 101
const LOOP: u32 = 108
const LINUX_SLL: u32 = 113
const IPV4: u32 = 228
const IPV6: u32 = 229
const LINUX_SLL2: u32 = 276

// EtherTypes, in the byte order of the wire.
const ETHER_IPV4: u32 = 0x0008
const ETHER_IPV6: u32 = 0xdd86
const VLAN: u32 = 0x0081
const SERVICE_VLAN: u32 = 0xa888
const VLANS_MAX: u32 = 4

export const TCP: u32 = 6
export const TCP_HEADER: u32 = 20
/** More fragments, and the offset of a fragment, in the byte order of the wire. */
export const FRAGMENTED: u32 = 0xff3f

export const FIN: u32 = 1
export const SYN: u32 = 2
export const RST: u32 = 4
export const ACK: u32 = 16

// The segment of the latest packet:
export let isIpv6: bool = false
/** Where the source address stands; the target address follows it. */
export let addressesAt: usize = 0
/** Source and target port as on the wire, in one word. */
export let ports: u32 = 0
export let seq: u32 = 0
export let ack: u32 = 0
export let flags: u32 = 0
export let window: u32 = 0
export let payloadAt: usize = 0
export let payloadLength: u32 = 0
/** Whether all of it was captured. */
export let isWhole: bool = false
/** The time to live, or hop limit. */
export let hops: u32 = 0

// Where `decodeNetwork` finds the TCP header, and the end of the IP packet:
let tcpAt: usize = 0
let datagramEnd: usize = 0

// The usual headers are compared as two numbers of 4 bytes, with masks. The EtherType and the first byte behind it: IPv4
// with a header of 20 bytes. The fragment fields, the time to live and the protocol: no fragment, TCP.
const TYPE_BITS: u32 = 0xffffff
const IPV4_WITHOUT_OPTIONS: u32 = 0x450008
const PROTOCOL_BITS: u32 = 0xff000000 | FRAGMENTED
const PROTOCOL: u32 = TCP << 24
export const IPV4_HEADER: u32 = 20

let linkType: u32 = ETHERNET
/** Bytes in front of the IP header, the last two of which are the EtherType; 0 for links that are not so simple. */
export let plainHeader: usize = 14

/** `type`: the LINKTYPE_ number of the packets that follow. */
export function setLinkType(type: u32): void {
  linkType = type
  plainHeader = type == ETHERNET ? 14 : type == LINUX_SLL ? 16 : 0
}

/** 1 if behind `plainHeader` bytes, at `ip`, there is an IPv4 header without options, of TCP, of no fragment; 0 if not. */
export function isPlainTcp(ip: usize): u32 {
  const isIpv4 = (load<u32>(ip - 2) & TYPE_BITS) == IPV4_WITHOUT_OPTIONS
  return u32(isIpv4) & u32((load<u32>(ip, 6) & PROTOCOL_BITS) == PROTOCOL)
}

/** Reads the packet `[at, end)`; the wire had no more of it. False when the engine has to decode it. */
export function decode(at: usize, end: usize): bool {
  const ip = at + plainHeader
  let tcp = ip + IPV4_HEADER
  let behind: usize
  const isLong = u32(tcp + TCP_HEADER <= end) & u32(plainHeader != 0)
  if ((isLong & isPlainTcp(ip)) != 0) {
    const total = <usize>bswap<u16>(load<u16>(ip, 2))
    behind = total == 0 ? end : ip + total
    addressesAt = ip + 12
    hops = load<u8>(ip, 8)
    isIpv6 = false
  } else {
    if (!decodeNetwork(at, end)) return false
    tcp = tcpAt
    behind = datagramEnd
  }
  const headerLength = (<usize>load<u8>(tcp, 12) >> 4) << 2
  const payload = tcp + headerLength
  if (headerLength < TCP_HEADER || payload > behind) return false
  isWhole = behind <= end
  ports = load<u32>(tcp)
  const asSent = v128.load64_zero(tcp + 4)
  const numbers = i8x16.shuffle(asSent, asSent, 3, 2, 1, 0, 7, 6, 5, 4, 3, 2, 1, 0, 7, 6, 5, 4)
  seq = i32x4.extract_lane(numbers, 0)
  ack = i32x4.extract_lane(numbers, 1)
  flags = load<u8>(tcp, 13)
  window = load<u16>(tcp, 14)
  payloadAt = payload
  payloadLength = <u32>(behind - payload)
  return true
}

/** Finds the TCP header, whatever is in front of it. False when the engine has to. */
function decodeNetwork(at: usize, end: usize): bool {
  const ip = networkLayerAt(at, end)
  if (ip == 0 || ip + 20 > end) return false
  const version = load<u8>(ip)
  if (version >> 4 == 4) {
    const headerLength = (<usize>version & 15) << 2
    if (load<u8>(ip, 9) != TCP || headerLength < IPV4_HEADER || (<u32>load<u16>(ip, 6) & FRAGMENTED) != 0) return false
    const total = <usize>bswap<u16>(load<u16>(ip, 2))
    tcpAt = ip + headerLength
    datagramEnd = total == 0 ? end : ip + total
    addressesAt = ip + 12
    hops = load<u8>(ip, 8)
    isIpv6 = false
  } else if (version >> 4 == 6) {
    if (ip + 40 > end || load<u8>(ip, 6) != TCP) return false
    const total = <usize>bswap<u16>(load<u16>(ip, 4))
    tcpAt = ip + 40
    datagramEnd = total == 0 ? end : tcpAt + total
    addressesAt = ip + 8
    hops = load<u8>(ip, 7)
    isIpv6 = true
  } else return false
  return tcpAt + TCP_HEADER <= end && tcpAt + TCP_HEADER <= datagramEnd
}

/** Where the IP header starts; 0 where the engine has to find it. */
function networkLayerAt(at: usize, end: usize): usize {
  if (plainHeader != 0) return behindProtocol(at + plainHeader - 2, at + plainHeader, end)
  if (linkType == LINUX_SLL2) return behindProtocol(at, at + 20, end)
  if (linkType == NULL || linkType == LOOP) return behindFamily(at, end)
  const isRaw = linkType == RAW || linkType == RAW_BSD || linkType == RAW_OPENBSD
  return isRaw || linkType == IPV4 || linkType == IPV6 ? at : 0
}

function behindProtocol(typeAt: usize, from: usize, end: usize): usize {
  if (from + 20 > end) return 0
  let type = <u32>load<u16>(typeAt)
  let at = from
  for (let tags: u32 = 0; type == VLAN || type == SERVICE_VLAN; tags++) {
    if (tags == VLANS_MAX || at + 24 > end) return 0
    type = <u32>load<u16>(at, 2)
    at += 4
  }
  return type == ETHER_IPV4 || type == ETHER_IPV6 ? at : 0
}

/** The address family is a small number in the byte order of either machine. */
function behindFamily(at: usize, end: usize): usize {
  if (at + 24 > end) return 0
  const word = load<u32>(at)
  const family = (word & 0xff) == 0 ? word >> 24 : word & 0xff
  return family == 2 || family == 10 || family == 24 || family == 28 || family == 30 ? at + 4 : 0
}
