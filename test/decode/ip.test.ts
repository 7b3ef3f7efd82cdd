import { describe, expect, test } from 'vitest'
import { concat } from '../capture/build.ts'
import { decode, ethernet, ipv4, ipv6, PAYLOAD, packetOf, tcp } from './build.ts'

const outcomeOf = (bytes: Uint8Array, wireLength?: number) => decode(packetOf(bytes, 101, wireLength)).outcome

describe('IPv4', () => {
  test('every field', () => {
    const { outcome, segment } = decode(packetOf(ipv4(tcp())))
    expect(outcome).toBe('SEGMENT')
    expect(segment).toMatchObject({
      sourceAt: 32 + 12,
      targetAt: 32 + 16,
      addressLength: 4,
      sourcePort: 4025,
      targetPort: 25,
      seq: 0xfffffff0,
      ack: 0x80000001,
      window: 501,
      flags: 0x18,
      ttl: 61,
      ipId: 777,
      offset: 32 + 40,
      length: 6,
      wireLength: 6,
    })
  })

  test('options', () => {
    expect(decode(packetOf(ipv4(tcp(), { options: new Uint8Array(40) }))).payload).toBe('NOOP\r\n')
  })

  test('the padding of a short Ethernet frame is not payload', () => {
    const padded = concat([ethernet(ipv4(tcp(new Uint8Array(0))), 0x0800), new Uint8Array(6)])
    expect(decode(packetOf(padded, 1)).segment).toMatchObject({
      length: 0,
      wireLength: 0,
    })
  })

  test('total length 0: up to the end of the packet', () => {
    const packet = packetOf(ipv4(tcp(), { totalLength: 0 }), 101, 40 + 9000)
    expect(decode(packet).segment).toMatchObject({
      length: 6,
      wireLength: 9000,
    })
  })

  test('fragments', () => {
    for (const fragment of [0x2000, 0x2001, 0x0001, 0x1fff]) {
      expect(outcomeOf(ipv4(tcp(), { fragment }))).toBe('FRAGMENT')
      expect(outcomeOf(ipv4(tcp(), { fragment, protocol: 1 }))).toBe('NOT_TCP')
    }
    expect(outcomeOf(ipv4(tcp(), { fragment: 0xc000 }))).toBe('SEGMENT')
  })

  test('invalid lengths', () => {
    expect(outcomeOf(ipv4(tcp(), { headerWords: 4 }))).toBe('UNDECODABLE')
    expect(outcomeOf(ipv4(tcp(new Uint8Array(0)), { headerWords: 15 }))).toBe('UNDECODABLE')
    expect(outcomeOf(ipv4(tcp(), { totalLength: 19 }))).toBe('UNDECODABLE')
    expect(outcomeOf(ipv4(tcp(), { totalLength: 39 }))).toBe('UNDECODABLE')
  })

  test('other protocols and versions', () => {
    expect(outcomeOf(ipv4(tcp(), { protocol: 17 }))).toBe('NOT_TCP')
    expect(outcomeOf(Uint8Array.of(0x55, ...ipv4(tcp()).subarray(1)))).toBe('UNDECODABLE')
  })
})

describe('IPv6', () => {
  const OPTIONS = new Uint8Array(7)
  const LONG_OPTIONS = Uint8Array.of(1, ...new Uint8Array(14))
  const FRAGMENT = (offsetAndMore: number) => Uint8Array.of(0, offsetAndMore >> 8, offsetAndMore & 0xff, 0, 0, 0, 9)

  test('every field', () => {
    expect(decode(packetOf(ipv6(tcp()))).segment).toMatchObject({
      sourceAt: 32 + 8,
      targetAt: 32 + 24,
      addressLength: 16,
      ttl: 58,
      ipId: -1,
      offset: 32 + 60,
      length: 6,
      wireLength: 6,
    })
  })

  test('extension headers', () => {
    const authentication = Uint8Array.of(4, ...new Uint8Array(22))
    const packet = ipv6(tcp(), [
      [0, OPTIONS],
      [60, LONG_OPTIONS],
      [43, LONG_OPTIONS],
      [44, FRAGMENT(0)],
      [51, authentication],
      [60, OPTIONS],
    ])
    expect(decode(packetOf(packet))).toMatchObject({
      outcome: 'SEGMENT',
      payload: 'NOOP\r\n',
    })
    for (let length = 0; length < packet.length - PAYLOAD.length; length += 1) {
      expect(decode(packetOf(packet.subarray(0, length))).outcome).toBe('UNDECODABLE')
    }
  })

  test('fragments', () => {
    expect(outcomeOf(ipv6(tcp(), [[44, FRAGMENT(1)]]))).toBe('FRAGMENT')
    expect(outcomeOf(ipv6(tcp(), [[44, FRAGMENT(8)]]))).toBe('FRAGMENT')
    expect(outcomeOf(ipv6(tcp(), [[44, FRAGMENT(6)]]))).toBe('SEGMENT')
    expect(outcomeOf(ipv6(tcp(), [[44, FRAGMENT(8)]], 58))).toBe('NOT_TCP')
  })

  test('more extension headers than eight', () => {
    const many = (count: number) => Array.from({ length: count }, () => [60, OPTIONS] as const)
    expect(outcomeOf(ipv6(tcp(), many(8)))).toBe('SEGMENT')
    expect(outcomeOf(ipv6(tcp(), many(9)))).toBe('UNDECODABLE')
  })

  test('payload length 0: up to the end of the packet', () => {
    const packet = packetOf(ipv6(tcp(), [], 6, 0), 101, 60 + 70_000)
    expect(decode(packet).segment).toMatchObject({
      length: 6,
      wireLength: 70_000,
    })
  })

  test('other protocols', () => {
    for (const protocol of [17, 58, 59]) expect(outcomeOf(ipv6(tcp(), [], protocol))).toBe('NOT_TCP')
  })
})
