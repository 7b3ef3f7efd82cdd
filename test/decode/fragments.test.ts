import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Decoded, SegmentDecoder } from '../../src/decode/decode.ts'
import { FRAGMENT_BYTES_MAX, FRAGMENT_NS, FRAGMENTED_DATAGRAMS_MAX } from '../../src/limits.ts'
import { type Cut, fragments } from '../support/fragments.ts'
import { ipv4, ipv6, outcomes, packetOf, tcp } from './build.ts'

const TEXT = 'a line of the message that is long enough to be cut\r\n'.repeat(20)
const IP = Buffer.from(ipv4(tcp(new TextEncoder().encode(TEXT))))
const IP6 = Buffer.from(ipv6(tcp(new TextEncoder().encode(TEXT))))
const cut = (ip: Buffer, options: Partial<Cut> = {}) => fragments(ip, { size: 256, id: 5, ...options })

/** Decodes packets in order. Returns the outcomes as text, and the payloads of the segments. */
function run(
  packets: readonly Uint8Array[],
  given: { decoder?: SegmentDecoder; timeNs?: number; cutTo?: number } = {},
) {
  const decoder = given.decoder ?? new SegmentDecoder()
  const seen: string[] = []
  const payloads: string[] = []
  let differs = false
  for (const packet of packets) {
    const captured = packet.subarray(0, given.cutTo ?? packet.length)
    const decoded = decoder.decode({ ...packetOf(captured, 101, packet.length), timeNs: given.timeNs ?? 0 })
    seen.push(outcomes.find((name) => Decoded[name] === decoded) ?? '')
    if (decoded !== Decoded.SEGMENT) continue
    const { bytes, offset, length, fragmentsDiffer } = decoder.segment
    payloads.push(new TextDecoder().decode(bytes.subarray(offset, offset + length)))
    differs ||= fragmentsDiffer
  }
  return { decoder, seen, payloads, differs }
}

describe('a datagram in fragments', () => {
  for (const [version, ip] of [
    ['IPv4', IP],
    ['IPv6', IP6],
  ] as const) {
    test(`${version}: in order, the last fragment completes the segment`, () => {
      const { decoder, seen, payloads, differs } = run(cut(ip))
      expect(seen).toEqual(['FRAGMENT', 'FRAGMENT', 'FRAGMENT', 'FRAGMENT', 'SEGMENT'])
      expect(payloads).toEqual([TEXT])
      expect(differs).toBe(false)
      expect(decoder.segment).toMatchObject({ sourcePort: 4025, targetPort: 25, wireLength: TEXT.length })
      expect(decoder.segment).toMatchObject(version === 'IPv4' ? { ttl: 61, ipId: 5 } : { ttl: 58, ipId: -1 })
      expect(decoder.finish()).toBe(0)
    })

    test(`${version}: in any order, repeated and overlapping`, () => {
      const property = fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(0, 8, 16, 64),
        fc.infiniteStream(fc.nat()),
        (words, overlap, random) => {
          const parts = cut(ip, { size: words * 8, overlap })
          const again = parts.filter(() => (random.next().value ?? 0) % 3 === 0)
          const shuffled = [...parts, ...again]
            .map((part) => ({ part, key: random.next().value ?? 0 }))
            .sort((one, other) => one.key - other.key)
            .map(({ part }) => part)
          // Datagrams of more than 64 pieces are given up; another test shows that.
          if (parts.length > 64) return
          const { decoder, payloads, differs } = run(shuffled)
          expect(payloads).toEqual([TEXT])
          expect(differs).toBe(false)
          expect(decoder.finish()).toBe(0)
        },
      )
      fc.assert(property, { numRuns: 300 })
    })

    test(`${version}: a fragment that is missing`, () => {
      const parts = cut(ip)
      for (let missing = 0; missing < parts.length; missing += 1) {
        const { decoder, payloads } = run(parts.filter((_, i) => i !== missing))
        expect(payloads).toEqual([])
        expect(decoder.finish()).toBe(parts.length - 1)
      }
    })
  }

  test('extension headers in front of the fragments', () => {
    const [first, second] = cut(IP6, { size: 1024 }) as [Buffer, Buffer]
    // Hop-by-hop options before the fragment header.
    const withOptions = (part: Buffer) => {
      const whole = Buffer.concat([part.subarray(0, 40), Buffer.from([44, 0, 1, 4, 0, 0, 0, 0]), part.subarray(40)])
      whole[6] = 0
      whole.writeUInt16BE(part.length - 40 + 8, 4)
      return whole
    }
    expect(run([first, second].map(withOptions)).payloads).toEqual([TEXT])
  })

  test('other datagrams in between do not mix', () => {
    const one = cut(IP, { id: 1 })
    const other = cut(IP, { id: 2 })
    const { payloads } = run(one.flatMap((part, i) => [part, other[i] as Buffer]))
    expect(payloads).toEqual([TEXT, TEXT])
  })

  test('the first copy counts, and a differing second one is reported', () => {
    const parts = cut(IP)
    const forged = Buffer.from(parts[1] as Buffer).fill(0x58, 20)
    const { payloads, differs } = run([parts[0] as Buffer, parts[1] as Buffer, forged, ...parts.slice(2)])
    expect(payloads).toEqual([TEXT])
    expect(differs).toBe(true)
    const reversed = run([forged, ...parts])
    expect(reversed.payloads[0]).toContain('XXXX')
    expect(reversed.differs).toBe(true)
  })

  test('a copy of a complete datagram is ignored, and its identification can be reused', () => {
    const parts = cut(IP)
    const { decoder, payloads } = run([...parts, ...parts])
    expect(payloads).toEqual([TEXT])
    const next = Buffer.from(IP)
    next.writeUInt32BE(77, 24)
    expect(run(cut(next), { decoder }).payloads).toEqual([TEXT])
    expect(decoder.segment.seq).toBe(77)
    expect(decoder.finish()).toBe(0)
  })

  test('a truncated fragment ends the segment at the first octet that was not captured', () => {
    const { decoder, payloads } = run(cut(IP), { cutTo: 200 })
    expect(payloads).toEqual([TEXT.slice(0, 200 - 40)])
    expect(decoder.segment.wireLength).toBe(TEXT.length)
  })
})

describe('fragments that form no datagram', () => {
  const fragment = (place: number, payload: Uint8Array) => ipv4(payload, { fragment: place })
  const octets = (count: number) => new Uint8Array(count)

  test('contradictory fragments', () => {
    const cases = [
      [fragment(0x2000, octets(8)), fragment(2, octets(8)), fragment(3, octets(8))],
      [fragment(2, octets(8)), fragment(0x2003, octets(8))],
      [fragment(0x2003, octets(8)), fragment(1, octets(8))],
    ]
    for (const packets of cases) {
      const { decoder, seen } = run(packets)
      expect(new Set(seen)).toEqual(new Set(['FRAGMENT']))
      expect(decoder.finish()).toBe(packets.length)
    }
  })

  test('lengths that no fragment can have', () => {
    const { decoder } = run([fragment(0x2000, octets(9)), fragment(0x2001, octets(0)), fragment(0x1fff, octets(16))])
    expect(decoder.finish()).toBe(3)
  })

  test('longer than a datagram can be', () => {
    const parts = [fragment(0x2000, octets(32_768)), fragment(0x1000, octets(32_760))]
    const { decoder, seen } = run(parts)
    expect(seen).toEqual(['FRAGMENT', 'FRAGMENT'])
    expect(decoder.finish()).toBe(2)
  })

  test('too many pieces', () => {
    const holes = Array.from({ length: 70 }, (_, i) => fragment(0x2000 | (i * 2), octets(8)))
    const { decoder } = run(holes)
    expect(decoder.finish()).toBe(70)
  })
})

describe('bounds', () => {
  const first = (id: number) => cut(IP, { id })[0] as Buffer

  test('fragments older than receivers wait are dropped', () => {
    const parts = cut(IP)
    const { decoder } = run(parts.slice(0, 1))
    expect(run(parts.slice(1), { decoder, timeNs: FRAGMENT_NS }).payloads).toEqual([])
    expect(run(parts.slice(0, 1), { decoder, timeNs: FRAGMENT_NS + 1 }).payloads).toEqual([TEXT])
    expect(decoder.finish()).toBe(1)
  })

  test('datagrams', () => {
    const decoder = new SegmentDecoder()
    for (let id = 0; id <= FRAGMENTED_DATAGRAMS_MAX; id += 1) run([first(id)], { decoder })
    expect(run(cut(IP, { id: 0 }).slice(1), { decoder }).payloads).toEqual([])
    expect(run(cut(IP, { id: FRAGMENTED_DATAGRAMS_MAX }).slice(1), { decoder }).payloads).toEqual([TEXT])
  })

  test('bytes', () => {
    const decoder = new SegmentDecoder()
    const large = ipv4(new Uint8Array(65_000), { fragment: 0x2000 })
    const many = FRAGMENT_BYTES_MAX / 65_536 + 2
    run([first(9999)], { decoder })
    for (let id = 0; id < many; id += 1) {
      const packet = Buffer.from(large)
      packet.writeUInt16BE(id, 4)
      run([packet], { decoder })
    }
    expect(run(cut(IP, { id: 9999 }).slice(1), { decoder }).payloads).toEqual([])
  })
})
