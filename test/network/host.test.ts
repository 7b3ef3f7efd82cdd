// Hosts: one for each address as long as it is heard of, and never one for two.
import { expect, test } from 'vitest'
import { KNOWN_HOSTS } from '../../src/limits.ts'
import { hostAt } from '../../src/network/host.ts'

const bytes = Uint8Array.of(7, 192, 0, 2, 1, 192, 0, 2, 2)

test('an address is one host, whatever packet it stands in', () => {
  const host = hostAt(bytes, 1, 4)
  expect(host.at(25)).toBe('192.0.2.1:25')
  expect(hostAt(Uint8Array.of(192, 0, 2, 1), 0, 4)).toBe(host)
  expect(hostAt(bytes, 5, 4).at(25)).toBe('192.0.2.2:25')
  expect(host.at(587)).toBe('192.0.2.1:587')
  expect(host.at(25)).toBe('192.0.2.1:25')
})

test('more addresses than are remembered are told apart', () => {
  const octets = (n: number) => Uint8Array.of(10, n >> 16, (n >> 8) & 255, n & 255)
  const mapped = (n: number) => Uint8Array.from([0x20, 1, 0xd, 0xb8, ...new Array<number>(8).fill(0), ...octets(n)])
  for (let round = 0; round < 2; round++) {
    for (let n = 0; n < KNOWN_HOSTS * 2; n++) {
      expect(hostAt(octets(n), 0, 4).at(25)).toBe(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}:25`)
      expect(hostAt(mapped(n), 0, 16).octets).toEqual(mapped(n))
    }
  }
})
