// Searching octets and decoding them, with what is fastest in Node. The page does the same with what a browser has
// (`page/host/octets.ts`).

/** One character per octet. */
export function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.prototype.latin1Slice.call(bytes, from, to)
}

/** Where `wanted` is next, at `from` or behind it; -1 where it is not. */
export function indexOfOctets(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  return Buffer.prototype.indexOf.call(bytes, wanted, from)
}
