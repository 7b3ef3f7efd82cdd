// Addresses that come again and again: a server has thousands of sessions, a client comes back. Each is kept once as long
// as it is heard of, compared to the octet, and formatted once.
import { KNOWN_HOSTS } from '../limits.ts'
import { formatEndpoint } from './address.ts'
import { i32 } from './bytes.ts'

export class Host {
  /** The address: 4 or 16 octets. */
  readonly octets: Uint8Array
  private port = -1
  private endpoint = ''

  constructor(octets: Uint8Array) {
    this.octets = octets
  }

  /** `192.0.2.1:25`, `[2001:db8::1]:25`: the same string again where the port is the one asked for last. */
  at(port: number): string {
    if (port !== this.port) {
      this.endpoint = formatEndpoint(this.octets, port)
      this.port = port
    }
    return this.endpoint
  }

  /** Whether its octets are these words. */
  has(length: number, a: number, b: number, c: number, d: number): boolean {
    const { octets } = this
    if (length !== octets.length || i32(octets, 0) !== a) return false
    return length === 4 || (i32(octets, 4) === b && i32(octets, 8) === c && i32(octets, 12) === d)
  }
}

/** The hosts heard of last, by hash: one that falls on the place of another takes it. */
const known: (Host | undefined)[] = new Array(KNOWN_HOSTS).fill(undefined)

/** The host whose address has so many octets, 4 or 16: one word in network byte order, or four. */
export function hostOf(length: number, a: number, b: number, c: number, d: number): Host {
  let hash = Math.imul(length ^ a, 0x9e3779b1)
  if (length > 4) {
    hash = Math.imul(hash ^ (hash >>> 15) ^ b, 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13) ^ c, 0xc2b2ae35)
    hash = Math.imul(hash ^ (hash >>> 16) ^ d, 0x9e3779b1)
  }
  const place = (hash ^ (hash >>> 15)) & (KNOWN_HOSTS - 1)
  const found = known[place]
  if (found?.has(length, a, b, c, d)) return found
  const octets = new Uint8Array(length)
  const view = new DataView(octets.buffer)
  for (const [i, word] of [a, b, c, d].slice(0, length / 4).entries()) view.setInt32(i * 4, word)
  const host = new Host(octets)
  known[place] = host
  return host
}
