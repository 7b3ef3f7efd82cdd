// The address cache: one object per address, and never one object for two addresses.
import { expect, test } from 'vitest'
import { type CachedAddress, cachedAddress, canonicalAddress } from '../../src/decode/address.ts'
import { KNOWN_HOSTS } from '../../src/limits.ts'

/** The cached address of 4 or 16 octets. */
function host(...octets: number[]): CachedAddress {
  const view = new DataView(Uint8Array.from([...octets, ...new Array<number>(12).fill(0)]).buffer)
  return cachedAddress(octets.length, view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12))
}

test('an address is the same object wherever it occurs', () => {
  const one = host(192, 0, 2, 1)
  expect(one.at(25)).toBe('192.0.2.1:25')
  expect(host(192, 0, 2, 1)).toBe(one)
  expect(host(192, 0, 2, 2).at(25)).toBe('192.0.2.2:25')
  expect(one.at(587)).toBe('192.0.2.1:587')
  expect(one.at(25)).toBe('192.0.2.1:25')
})

test('more addresses than the cache holds are still distinguished', () => {
  const octets = (n: number) => [10, n >> 16, (n >> 8) & 255, n & 255]
  const mapped = (n: number) => [0x20, 1, 0xd, 0xb8, ...new Array<number>(8).fill(0), ...octets(n)]
  for (let round = 0; round < 2; round++) {
    for (let n = 0; n < KNOWN_HOSTS * 2; n++) {
      expect(host(...octets(n)).at(25)).toBe(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}:25`)
      expect(host(...mapped(n)).octets).toEqual(Uint8Array.from(mapped(n)))
    }
  }
})

test('an address in text is converted to the form used in records', () => {
  const spelled = ['192.0.2.1', '2001:DB8:0:0:0:0:0:1', '2001:db8::0001', '::FFFF:192.0.2.1', '::ffff:c000:201', '::1']
  const canonical = ['192.0.2.1', '2001:db8::1', '2001:db8::1', '192.0.2.1', '192.0.2.1', '::1']
  expect(spelled.map(canonicalAddress)).toEqual(canonical)
  expect(['', 'fe', '1.2.3', ':::', '1:2', '[::1]', '::1]:80/['].map(canonicalAddress)).toEqual(Array(7).fill(null))
})
