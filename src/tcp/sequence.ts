// Arithmetic on 32-bit sequence numbers (RFC 9293 section 3.4). Positions are plain numbers that never wrap: offsets
// from the first byte of the stream.

/** Signed distance from `a` to `b` in [-2^31, 2^31), across wrap-around. */
export function distance(a: number, b: number): number {
  return (b - a) | 0
}

/** The sequence number `n` bytes after `seq`, as a signed number: an unsigned one above 2^31 would be boxed. */
export function advance(seq: number, n: number): number {
  return (seq + n) | 0
}
