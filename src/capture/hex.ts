// Octets as hexadecimal digits, and whether octets are the same.

export function hexOf(octets: Uint8Array): string {
  let digits = ''
  for (const octet of octets) digits += octet.toString(16).padStart(2, '0')
  return digits
}

/** Of an even number of digits. */
export function octetsOf(digits: string): Uint8Array {
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16))
}

export function isSame(some: Uint8Array, others: Uint8Array): boolean {
  return some.length === others.length && some.every((octet, i) => octet === others[i])
}
