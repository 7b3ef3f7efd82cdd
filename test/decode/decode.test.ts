import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Decoded, SegmentDecoder } from '../../src/decode/decode.ts'
import { concat, numbers } from '../capture/build.ts'
import { ENCAPSULATIONS, type Encapsulation } from '../support/encapsulations.ts'
import { RARE_LINKS } from '../support/links.ts'
import { decode, ethernet, ipv4, ipv6, PAYLOAD, packetOf, tcp } from './build.ts'

describe('TCP', () => {
  test('options are skipped', () => {
    const { segment, payload } = decode(packetOf(ipv4(tcp(PAYLOAD, new Uint8Array(40).fill(1)))))
    expect(payload).toBe('NOOP\r\n')
    expect(segment).toMatchObject({ length: 6, wireLength: 6 })
  })

  test('a header that is too short or longer than the segment', () => {
    expect(decode(packetOf(ipv4(tcp(PAYLOAD, new Uint8Array(0), 4)))).outcome).toBe('UNDECODABLE')
    expect(decode(packetOf(ipv4(tcp(PAYLOAD, new Uint8Array(0), 7)))).outcome).toBe('UNDECODABLE')
  })
})

describe('a snapshot length', () => {
  const whole = ethernet(ipv4(tcp(PAYLOAD, new Uint8Array(12))), 0x0800)
  const headers = whole.length - PAYLOAD.length

  test('inside the payload leaves the length on the wire', () => {
    for (let kept = 0; kept <= PAYLOAD.length; kept += 1) {
      const { outcome, segment } = decode(packetOf(whole.subarray(0, headers + kept), 1, whole.length))
      expect(outcome).toBe('SEGMENT')
      expect(segment).toMatchObject({
        length: kept,
        wireLength: PAYLOAD.length,
      })
    }
  })

  test('inside the options leaves the fields before them', () => {
    for (let kept = headers - 12; kept < headers; kept += 1) {
      const { outcome, segment } = decode(packetOf(whole.subarray(0, kept), 1, whole.length))
      expect(outcome).toBe('SEGMENT')
      expect(segment).toMatchObject({
        sourcePort: 4025,
        targetPort: 25,
        flags: 0x18,
        length: 0,
        wireLength: PAYLOAD.length,
      })
    }
  })

  test('inside the headers leaves nothing to read', () => {
    for (let kept = 0; kept < headers - 12; kept += 1) {
      expect(decode(packetOf(whole.subarray(0, kept), 1, whole.length)).outcome).toBe('UNDECODABLE')
    }
  })

  test('a capture that does not record the original length: the IP header has it', () => {
    const cut = whole.subarray(0, whole.length - 2)
    expect(decode(packetOf(cut, 1)).segment).toMatchObject({
      length: 4,
      wireLength: 6,
    })
  })

  test('a wire length below the captured length is ignored', () => {
    expect(decode(packetOf(whole, 1, 10)).segment).toMatchObject({
      length: 6,
      wireLength: 6,
    })
  })
})

const encapsulations: readonly Encapsulation[] = Object.values({ ...ENCAPSULATIONS, ...RARE_LINKS })
const plausible = fc.oneof(
  fc.constant(ipv4(tcp())),
  fc.constant(
    ipv6(tcp(), [
      [0, new Uint8Array(7)],
      [44, new Uint8Array(7)],
      [51, new Uint8Array(11)],
    ]),
  ),
  fc.constant(ethernet(ipv4(tcp()), 0x88a8, 0x8100, 0x0800)),
  fc.constant(concat([numbers(false, '2', 0x86dd), new Uint8Array(18), ipv6(tcp())])),
  fc.constantFrom(...encapsulations).map(({ six, wrap }) => wrap(Buffer.from(six ? ipv6(tcp()) : ipv4(tcp())), true)),
)
const linkTypes = [
  ...new Set([0, 1, 12, 101, 108, 113, 119, 163, 276, 9999, ...encapsulations.map((one) => one.linkType)]),
]

test('no bytes cause an exception, and the payload lies within the packet', () => {
  const decoder = new SegmentDecoder()
  fc.assert(
    fc.property(
      fc.oneof(plausible, fc.uint8Array({ maxLength: 150 })),
      fc.array(fc.tuple(fc.nat(150), fc.nat(255)), { maxLength: 6 }),
      fc.constantFrom(...linkTypes),
      fc.nat(100_000),
      fc.nat(120),
      (original, changes, linkType, wireLength, cut) => {
        const bytes = original.slice(0, cut < 60 ? cut : original.length)
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
        const packet = packetOf(bytes, linkType, wireLength)
        if (decoder.decode(packet) !== Decoded.SEGMENT) return
        const { segment } = decoder
        // A datagram completed by fragments of earlier runs has a buffer of its own.
        const isPacket = segment.bytes === packet.bytes
        const start = isPacket ? packet.offset : 0
        const end = isPacket ? packet.offset + packet.length : segment.bytes.length
        expect(segment.length).toBeGreaterThanOrEqual(0)
        expect(segment.wireLength).toBeGreaterThanOrEqual(segment.length)
        expect(segment.offset).toBeGreaterThanOrEqual(start + 40)
        expect(segment.offset + segment.length).toBeLessThanOrEqual(end)
        expect(segment.sourceAt).toBeGreaterThanOrEqual(start)
        expect(segment.targetAt + segment.addressLength).toBeLessThanOrEqual(segment.offset - 20)
        expect(segment.seq).toBeGreaterThanOrEqual(0)
        expect(segment.ack).toBeGreaterThanOrEqual(0)
      },
    ),
    { numRuns: 10_000 },
  )
})
