// Ethernet inside tunnels. What comes in: what IP carries, at `at`, and where the inner IP header is. What goes out: where
// the two addresses of machines stand, -1 where there are none, null where that cannot be told. Headers: `decode/tunnels.ts`.
import { u8, u16 } from '../decode/bytes.ts'

const UDP = 17
const GRE = 47
const ETHERNET = 97
/** IP in IP, both versions. */
const PLAIN: ReadonlySet<number> = new Set([4, 41, 94])
const BRIDGED = 0x6558
const IP: ReadonlySet<number> = new Set([0x0800, 0x86dd])
const PPTP = 0x880b
const ERSPAN_II = 0x88be
const ERSPAN_III = 0x22eb
const VXLAN: ReadonlySet<number> = new Set([4789, 8472])
const GENEVE = 6081
const ETHERNET_HEADER = 14

export function innerAddressesAt(bytes: Uint8Array, protocol: number, at: number, innerAt: number): number | null {
  if (PLAIN.has(protocol)) return -1
  const found =
    protocol === ETHERNET ? at + 2 : protocol === GRE ? inGre(bytes, at) : protocol === UDP ? inUdp(bytes, at) : null
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
