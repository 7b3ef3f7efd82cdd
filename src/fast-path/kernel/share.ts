// Of several threads that read the same captures each follows a share of the connections. A few bytes of a packet say whose
// it is: so a pass over some records writes down those that are to be taken here, without a branch for each.

import { IPV4_HEADER, isPlainTcp, plainHeader, TCP_HEADER } from './decode'
import { placeOf } from './flows'
import { SIFTED, SIFTED_BYTES } from './memory'
import { EXPIRE_EVERY, PLACES_OF_SHARES, shareFrom, shareLength } from './settings'

/** Whether connections between these end points are followed here. */
export function isOfShare(addresses: usize, isIpv6: bool, ports: u32): bool {
  return shareLength == PLACES_OF_SHARES || placeOf(addresses, isIpv6, ports) - shareFrom < shareLength
}

/** Whether there are other shares, and the link is one that `sift` knows. */
export function mayBeSifted(): bool {
  return shareLength != PLACES_OF_SHARES && plainHeader != 0
}

/** A record that is to be taken. */
@unmanaged
export class Sifted {
  at: u32
  /** The record in front of it. */
  before: u32
  /** How many of the sifted records are in front of it. */
  passed: u32
}

// What was sifted: where it ends, the last record, and how many there are.
export let siftedTo: usize = 0
export let siftedLast: usize = 0
export let siftedCount: u32 = 0

const RECORD_HEADER: usize = 16
const DAY: u64 = (<u64>86_400) << 32

/**
 * Sifts little-endian records from `at` on, the packet `number` and those that follow, as far as there is no doubt about
 * them: each is a whole packet with a proper time, not before that of the record in front. All are written down but those
 * with an IPv4 segment that `decode` can read and that is of another share; and every packet with which the engine may end
 * something. Returns the end of the list.
 */
export function sift(at: usize, end: usize, last: usize, number: u32, most: u32, longest: u32, units: u32): usize {
  const ipAt = RECORD_HEADER + plainHeader
  const shortest = <u32>(ipAt - RECORD_HEADER) + IPV4_HEADER + TCP_HEADER
  const from = shareFrom
  const places = shareLength
  let list = SIFTED
  let latest = rotr<u64>(load<u64>(last), 32)
  let count: u32 = 0
  let isPlain = most != 0
  while (isPlain) {
    // Seconds in the upper half.
    const time = rotr<u64>(load<u64>(at), 32)
    const length = load<u32>(at, 8)
    const behind = at + RECORD_HEADER + length
    isPlain = length == load<u32>(at, 12) && length - 1 < longest && behind <= end
    isPlain = isPlain && time >= latest && time - latest <= DAY && <u32>time < units
    if (isPlain) {
      store<u32>(list, <u32>at)
      store<u32>(list, <u32>last, 4)
      store<u32>(list, count, 8)
      const ip = at + ipAt
      const headerLength = (<u32>load<u8>(ip, 32) >> 4) << 2
      const total = <u32>bswap<u16>(load<u16>(ip, 2))
      const isSegment = u32(headerLength >= TCP_HEADER) & u32(total >= IPV4_HEADER + headerLength)
      const isKnown = isPlainTcp(ip) & isSegment & u32(length >= shortest) & u32((number & <u32>EXPIRE_EVERY) != 0)
      const place = placeOf(ip + 12, false, load<u32>(ip, 20))
      list += <usize>((isKnown & u32(place - from >= places)) ^ 1) * SIFTED_BYTES
      last = at
      latest = time
      at = behind
      number++
      isPlain = ++count < most
    }
  }
  siftedTo = at
  siftedLast = last
  siftedCount = count
  return list
}
