// A word for an address, with or without a port -> the same, spelled as records spell it.
import { isIPv4, isIPv6 } from 'node:net'

/** `192.0.2.1`, `192.0.2.1:25`, `2001:db8::1`, `[2001:db8::1]:25`; null for anything else, a host name too. */
export function toEndpoint(word: string): string | null {
  if (isIPv6(word)) return canonical(word)
  const [, bracketed, plain = '', port] = /^(?:\[(.+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(word) ?? []
  const address =
    bracketed === undefined ? (isIPv4(plain) ? plain : null) : isIPv6(bracketed) ? canonical(bracketed) : null
  if (address === null || port === undefined) return address
  if (!isPort(port)) return null
  return bracketed === undefined ? `${address}:${Number(port)}` : `[${address}]:${Number(port)}`
}

export function isPort(word: string): boolean {
  return /^\d{1,5}$/.test(word) && Number(word) >= 1 && Number(word) <= 65_535
}

/** As RFC 5952 wants it, which is how the URL standard writes an IPv6 address; null with a zone, which no packet has. */
function canonical(address: string): string | null {
  return address.includes('%') ? null : new URL(`http://[${address}]`).hostname.slice(1, -1)
}
