// Point-to-point links. Input: a captured frame `[at, end)`. Result: where the IP header starts, or NOT_IP or
// UNREADABLE.
//
//   PPP, Cisco   address 1 | control 1 | protocol 2                      RFC 1662; 0f or 8f is Cisco's address
//   frame relay  address 2 to 4, its last octet odd | control 1 | [pad 1] | NLPID 1      RFC 2427
//                address 2 to 4 | EtherType 2                            Cisco's variant
//   SLIP         direction 1 | compressed header 15 | IP                 RFC 1055
import { u8, u16 } from './bytes.ts'
import { BRIDGED_ETHERNET, behindEtherType, behindNlpid, behindProtocol, NOT_IP, PPP, UNREADABLE } from './ethertype.ts'

const UNNUMBERED_INFORMATION = 0x03
const NLPID_SNAP = 0x80
const SLIP_HEADER = 16
/** The organisation code of bridged frames, and two of its types: Ethernet with and without frame check sequence. */
const BRIDGED = 0x80c2
const BRIDGED_WITH_FCS = 0x0001
const BRIDGED_WITHOUT_FCS = 0x0007

/** PPP, or Cisco's HDLC framing, which has other address octets. */
export function behindSerial(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return UNREADABLE
  const address = u8(bytes, at)
  const cisco = address === 0x0f || address === 0x8f
  return cisco ? behindProtocol(bytes, at + 2, at + 4, end) : behindEtherType(bytes, PPP, at, end)
}

export function behindFrameRelay(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  // The lowest bit is set only in the last octet of the address.
  while (at < from + 4 && at < end && (u8(bytes, at) & 1) === 0) at += 1
  at += 1
  if (at + 2 >= end) return UNREADABLE
  if (at < from + 2 || at > from + 4) return NOT_IP
  if (u8(bytes, at) !== UNNUMBERED_INFORMATION) return behindProtocol(bytes, at, at + 2, end)
  at += u8(bytes, at + 1) === 0 ? 2 : 1
  if (at + 1 >= end) return UNREADABLE
  if (u8(bytes, at) !== NLPID_SNAP) return behindNlpid(bytes, at, end)
  if (at + 6 >= end) return UNREADABLE
  return isBridged(bytes, at + 1) ? behindBridge(bytes, at + 6, end) : behindProtocol(bytes, at + 4, at + 6, end)
}

/** Whether the organisation code (3) and protocol (2) at `at` announce an Ethernet frame: RFC 2427, 2684. */
export function isBridged(bytes: Uint8Array, at: number): boolean {
  if (u8(bytes, at) !== 0 || u16(bytes, at + 1) !== BRIDGED) return false
  const kind = u16(bytes, at + 3)
  return kind === BRIDGED_WITH_FCS || kind === BRIDGED_WITHOUT_FCS
}

export function behindBridge(bytes: Uint8Array, at: number, end: number): number {
  return behindEtherType(bytes, BRIDGED_ETHERNET, at, end)
}

/** The capturing system has already undone the compression of RFC 1144. */
export function behindSlip(at: number, end: number): number {
  return at + SLIP_HEADER < end ? at + SLIP_HEADER : UNREADABLE
}
