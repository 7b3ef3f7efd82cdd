// Addresses that come again and again: a server has thousands of sessions, a client comes back. Each is kept once as long
// as it is heard of, compared to the octet, and formatted once.
import { KNOWN_HOSTS } from '../limits.ts'
import { formatEndpoint } from './address.ts'
import { hashOctets } from './strides.ts'

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

  /** Whether `[from, from + length)` is its address. */
  has(bytes: Uint8Array, from: number, length: number): boolean {
    const { octets } = this
    if (length !== octets.length) return false
    for (let i = 0; i < length; i++) if (octets[i] !== bytes[from + i]) return false
    return true
  }
}

/** The hosts heard of last, by hash: one that falls on the place of another takes it. */
const known: (Host | undefined)[] = new Array(KNOWN_HOSTS).fill(undefined)

/** The host whose address is `[from, from + length)`. */
export function hostAt(bytes: Uint8Array, from: number, length: number): Host {
  const place = hashOctets(bytes, from, from + length) & (KNOWN_HOSTS - 1)
  const found = known[place]
  if (found?.has(bytes, from, length)) return found
  const host = new Host(bytes.slice(from, from + length))
  known[place] = host
  return host
}
