// An IP packet -> the same without addresses, in place, whatever is inside what: tunnels from the inside out, so that
// every checksum is computed over what it covers. Payloads of TCP are redacted before.
//
// Options say what addresses a packet passed, keys and tags: those that are not known to be harmless become padding.
import { u8, u16 } from '../decode/bytes.ts'
import { folded, sumOf } from '../decode/checksum.ts'
import { behindTunnel, isTunnel } from '../decode/tunnels.ts'
import type { Addresses } from './stand-in-addresses.ts'
import { innerAddressesAt } from './tunnel-ethernet.ts'

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
/** End, no operation, segment size, window scale, SACK permitted, SACK, timestamps. */
const HARMLESS_TCP_OPTIONS: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5, 8])

/** A packet inside which something stands that is not understood so far as to be kept: where the innermost IP header is. */
type Outcome = { readonly kept: true } | { readonly kept: false; readonly innerAt: number }

const KEPT: Outcome = { kept: true }

/** The packet at `[at, end)`, which went on to `wireEnd`. */
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
    // Its first four octets say what follows, how long it is, and of which kind.
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

/** What an IP packet carries: `[payloadAt, end)` as captured, on the wire up to `wireEnd`. */
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
  // RFC 6935: zero says that there is none, for tunnels over IPv6 too.
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
  // What was not captured cannot be summed: zero then says that nobody vouches for it.
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
