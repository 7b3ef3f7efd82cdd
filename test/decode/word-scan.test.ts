// Processing four octets at a time gives the same results as one at a time, at every alignment.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { copyOctets, lineDot, nextBreak } from '../../src/decode/word-scan.ts'

const octet = fc.oneof(fc.constantFrom(0x0a, 0x0d, 0x2e, 0x40, 0x09, 0x00, 0x80, 0xff, 0x8d), fc.nat(255))
const text = fc.array(octet, { maxLength: 40 }).map((octets) => Uint8Array.from(octets))
const range = fc.tuple(text, fc.nat(40), fc.nat(40)).map(([bytes, a, b]) => {
  const [from, end] = [a % (bytes.length + 1), b % (bytes.length + 1)].sort((x, y) => x - y) as [number, number]
  return { bytes, from, end }
})

test('searches', () => {
  fc.assert(
    fc.property(range, ({ bytes, from, end }) => {
      const part = [...bytes.slice(from, end)]
      const at = part.findIndex((o) => o === 0x0a || o === 0x0d)
      expect(nextBreak(bytes, from, end)).toBe(at < 0 ? end : from + at)
      const dot = part.findIndex((o, i) => i > 0 && o === 0x2e && part[i - 1] === 0x0a)
      expect(lineDot(bytes, from, end)).toBe(dot < 0 ? -1 : from + dot)
    }),
    { numRuns: 2000 },
  )
})

test('long searches, with few and with many octets after the end', () => {
  const line = fc.tuple(fc.nat(90), fc.constantFrom('\r\n', '\n', '\r\n.', '\n.', '.'))
  const long = fc.tuple(
    fc.array(line, { minLength: 20, maxLength: 40 }),
    fc.nat(20),
    fc.constantFrom(0, 1, 2, 64, 65, 500),
  )
  fc.assert(
    fc.property(long, ([lines, dots, behind]) => {
      // A dot in the last position, and right after it.
      const said = lines
        .map(([length, end], i) => 'x'.repeat(length) + (i < dots ? end.replace('.', '') : end))
        .join('')
      const bytes = Buffer.from(`${said}\n${'.'.repeat(behind)}`)
      for (const end of [said.length, said.length + 1, Math.min(bytes.length, said.length + 2)]) {
        const at = said
          .concat('\n', behind > 0 ? '.' : '')
          .slice(0, end)
          .indexOf('\n.', 7)
        expect(lineDot(bytes, 7, end)).toBe(at < 0 ? -1 : at + 1)
      }
    }),
  )
})

test('copies', () => {
  fc.assert(
    fc.property(range, ({ bytes, from, end }) => {
      const copy = new DataView(new ArrayBuffer(64))
      copyOctets(bytes, from, copy, 3, end - from)
      expect([...new Uint8Array(copy.buffer, 3, end - from)]).toEqual([...bytes.slice(from, end)])
    }),
  )
})

test('lines that begin with a dot in a large buffer, found from any start', () => {
  const bytes = new Uint8Array(1 << 18)
  const dots = [5, 70_000, 70_002, 200_000, bytes.length - 1]
  for (const at of dots) bytes.set(Buffer.from('\n.'), at - 1)
  const first = (from: number, end: number) => dots.find((at) => at > from && at < end) ?? -1
  const ends = [5, 6, 69_999, 70_000, 70_001, 70_003, 199_999, 200_001, bytes.length - 1, bytes.length]
  for (const from of [0, 4, 5, 60_000, 69_999, 70_001, 150_000, 4, 200_000, 250_000, 3, 70_000]) {
    for (const end of ends.filter((one) => one > from))
      expect([from, end, lineDot(bytes, from, end)]).toEqual([from, end, first(from, end)])
  }
})
