// A packet -> its TCP segment, for the usual links and headers. Everything else is the engine's: tunnels, fragments,
// extension headers, rare links, and what was not captured whole. As `decode/` reads them.

import { linkType } from './settings'

// LINKTYPE_ numbers.
const NULL: u32 = 0
export const ETHERNET: u32 = 1
const RAW_BSD: u32 = 12
const RAW_OPENBSD: u32 = 14
const RAW: u32 = 101
const LOOP: u32 = 108
export const LINUX_SLL: u32 = 113
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

/** Reads the packet `[at, end)`; the wire had no more of it. False when the engine has to decode it. */
export function decode(at: usize, end: usize): bool {
  const ip = networkLayerAt(at, end)
  if (ip == 0 || ip + 20 > end) return false
  const version = load<u8>(ip)
  let tcp: usize
  let datagramEnd: usize
  if (version >> 4 == 4) {
    const headerLength = (<usize>version & 15) << 2
    if (load<u8>(ip, 9) != TCP || headerLength < 20 || (<u32>load<u16>(ip, 6) & FRAGMENTED) != 0) return false
    const total = <usize>bswap<u16>(load<u16>(ip, 2))
    tcp = ip + headerLength
    datagramEnd = total == 0 ? end : ip + total
    addressesAt = ip + 12
    hops = load<u8>(ip, 8)
    isIpv6 = false
  } else if (version >> 4 == 6) {
    if (ip + 40 > end || load<u8>(ip, 6) != TCP) return false
    const total = <usize>bswap<u16>(load<u16>(ip, 4))
    tcp = ip + 40
    datagramEnd = total == 0 ? end : tcp + total
    addressesAt = ip + 8
    hops = load<u8>(ip, 7)
    isIpv6 = true
  } else return false
  if (tcp + TCP_HEADER > end || tcp + TCP_HEADER > datagramEnd) return false
  const headerLength = (<u32>load<u8>(tcp, 12) >> 4) << 2
  payloadAt = tcp + headerLength
  if (headerLength < TCP_HEADER || payloadAt > datagramEnd) return false
  isWhole = datagramEnd <= end
  ports = load<u32>(tcp)
  seq = bswap<u32>(load<u32>(tcp, 4))
  ack = bswap<u32>(load<u32>(tcp, 8))
  flags = load<u8>(tcp, 13)
  window = load<u16>(tcp, 14)
  payloadLength = <u32>(datagramEnd - payloadAt)
  return true
}

/** Where the IP header starts; 0 where the engine has to find it. */
function networkLayerAt(at: usize, end: usize): usize {
  if (linkType == ETHERNET) return behindProtocol(at + 12, at + 14, end)
  if (linkType == LINUX_SLL) return behindProtocol(at + 14, at + 16, end)
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
