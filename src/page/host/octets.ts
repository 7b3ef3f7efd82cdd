// Searching octets and decoding them, with what a browser has.

/** Arguments of one call. */
const PIECE = 4096

/** One character per octet. TextDecoder knows no ISO 8859-1: it takes the name for windows-1252. */
export function latin1(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let at = from; at < to; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, Math.min(to, at + PIECE)))
  return text
}

export function indexOfOctets(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const [first = 0] = wanted
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    let same = 1
    while (same < wanted.length && bytes[at + same] === wanted[same]) same++
    if (same === wanted.length) return at
  }
  return -1
}
