// Addresses as text (dotted decimal; RFC 5952 for IPv6), and a cache of formatted addresses.
import { KNOWN_HOSTS } from '../limits.ts'

/** `192.0.2.1`, `2001:db8::1`. */
export function formatAddress(octets: Uint8Array): string {
  // Three times as fast as `join`; every session formats two.
  if (octets.length === 4) return `${octets[0]}.${octets[1]}.${octets[2]}.${octets[3]}`
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push(((octets[i] as number) << 8) | (octets[i + 1] as number))
  let bestAt = -1
  let bestLength = 1
  for (let i = 0; i < 8; i++) {
    let length = 0
    while (i + length < 8 && groups[i + length] === 0) length++
    if (length > bestLength) {
      bestAt = i
      bestLength = length
    }
  }
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':')
  if (bestAt < 0) return hex(groups)
  return `${hex(groups.slice(0, bestAt))}::${hex(groups.slice(bestAt + bestLength))}`
}

/**
 * Converts an address as headers and commands write it (`2001:DB8:0::1`, `::ffff:192.0.2.1`) to the form of
 * `formatAddress`; null when it is not an address. An IPv4-mapped address, which a dual-stack program reports for an
 * IPv4 client, becomes IPv4.
 */
export function canonicalAddress(text: string): string | null {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return text
  if (!/^[0-9a-f.:]*:[0-9a-f.:]*$/i.test(text) || !URL.canParse(`http://[${text}]`)) return null
  // The URL standard formats IPv6 like RFC 5952, but writes the last 32 bits in hexadecimal.
  const address = new URL(`http://[${text}]`).hostname.slice(1, -1)
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(address) ?? []
  if (high === undefined || low === undefined) return address
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)]
  return formatAddress(Uint8Array.of(a >> 8, a, b >> 8, b))
}

/** `192.0.2.1:25`, `[2001:db8::1]:25`. */
export function formatEndpoint(octets: Uint8Array, port: number): string {
  const address = formatAddress(octets)
  return octets.length === 4 ? `${address}:${port}` : `[${address}]:${port}`
}

/** As words: small, for the cache outlives the sessions for which it is asked. */
export class CachedAddress {
  private readonly length: number
  private readonly a: number
  private readonly b: number
  private readonly c: number
  private readonly d: number
  private port = -1
  private endpoint = ''

  constructor(length: number, a: number, b: number, c: number, d: number) {
    this.length = length
    this.a = a
    this.b = b
    this.c = c
    this.d = d
  }

  /** The address: 4 or 16 octets. */
  get octets(): Uint8Array {
    const octets = new Uint8Array(this.length)
    write(octets, 0, this.a)
    if (this.length > 4) {
      write(octets, 4, this.b)
      write(octets, 8, this.c)
      write(octets, 12, this.d)
    }
    return octets
  }

  /** `192.0.2.1:25`, `[2001:db8::1]:25`. Repeated calls with the same port return the same string. */
  at(port: number): string {
    if (port !== this.port) {
      this.endpoint = formatEndpoint(this.octets, port)
      this.port = port
    }
    return this.endpoint
  }

  /** Whether the address consists of these words. */
  has(length: number, a: number, b: number, c: number, d: number): boolean {
    if (length !== this.length || a !== this.a) return false
    return length === 4 || (b === this.b && c === this.c && d === this.d)
  }
}

/** Recently used addresses by hash. A new address replaces an older one in the same slot. */
const known: (CachedAddress | undefined)[] = new Array(KNOWN_HOSTS).fill(undefined)

/** The cached address of `length` octets (4 or 16), given as one or four words in network byte order. */
export function cachedAddress(length: number, a: number, b: number, c: number, d: number): CachedAddress {
  let hash = Math.imul(length ^ a, 0x9e3779b1)
  if (length > 4) {
    hash = Math.imul(hash ^ (hash >>> 15) ^ b, 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13) ^ c, 0xc2b2ae35)
    hash = Math.imul(hash ^ (hash >>> 16) ^ d, 0x9e3779b1)
  }
  const place = (hash ^ (hash >>> 15)) & (KNOWN_HOSTS - 1)
  const found = known[place]
  if (found?.has(length, a, b, c, d)) return found
  const host = new CachedAddress(length, a, b, c, d)
  known[place] = host
  return host
}

function write(octets: Uint8Array, at: number, word: number): void {
  octets[at] = word >>> 24
  octets[at + 1] = word >>> 16
  octets[at + 2] = word >>> 8
  octets[at + 3] = word
}

/** The address without the port, which differs in each connection. */
export function addressOf(endpoint: string): string {
  const colon = endpoint.lastIndexOf(':')
  return endpoint.startsWith('[') ? endpoint.slice(1, colon - 1) : endpoint.slice(0, colon)
}
