import { describe, expect, test } from 'vitest'
import { concat, numbers } from '../capture/build.ts'
import { ENCAPSULATIONS, type Encapsulation } from '../support/encapsulations.ts'
import { RARE_LINKS } from '../support/links.ts'
import { decode, ethernet, ipv4, ipv6, PAYLOAD, packetOf, tcp } from './build.ts'

const IP = ipv4(tcp())
const IP6 = ipv6(tcp())
const outcomeOf = (bytes: Uint8Array, linkType = 101) => decode(packetOf(bytes, linkType)).outcome
const octets = (...values: number[]) => Uint8Array.from(values)

function udp(port: number, payload: Uint8Array): Uint8Array {
  return ipv4(concat([numbers(false, '2 2 2 2', 50_000, port, 8 + payload.length, 0), payload]), { protocol: 17 })
}

const gre = (flags: number, protocol: number, ...rest: readonly Uint8Array[]) =>
  ipv4(concat([numbers(false, '2 2', flags, protocol), ...rest]), { protocol: 47 })

describe('every encapsulation', () => {
  for (const [name, { linkType, six, wrap }] of Object.entries<Encapsulation>({ ...ENCAPSULATIONS, ...RARE_LINKS })) {
    const inner = six ? IP6 : IP
    const whole = wrap(Buffer.from(inner), true)

    test(`${name}: the segment inside`, () => {
      const { outcome, segment, payload } = decode(packetOf(whole, linkType))
      expect(outcome).toBe('SEGMENT')
      expect(payload).toBe('NOOP\r\n')
      expect(segment).toMatchObject({ sourcePort: 4025, targetPort: 25, ttl: six ? 58 : 61, ipId: six ? -1 : 777 })
    })

    test(`${name}: cut inside its headers`, () => {
      const innerEnd = whole.lastIndexOf(inner) + inner.length
      for (let length = 0; length < innerEnd - PAYLOAD.length; length += 1) {
        expect(decode(packetOf(whole.subarray(0, length), linkType, whole.length)).outcome).not.toBe('SEGMENT')
      }
      const headless = whole.subarray(0, innerEnd - inner.length)
      expect(decode(packetOf(headless, linkType, whole.length)).outcome).toBe('UNDECODABLE')
    })

    test(`${name}: cut inside the payload`, () => {
      const innerEnd = whole.lastIndexOf(inner) + inner.length
      const cut = decode(packetOf(whole.subarray(0, innerEnd - 2), linkType, whole.length))
      expect(cut.segment).toMatchObject({ length: 4, wireLength: 6 })
    })
  }
})

describe('nesting', () => {
  const nested = (depth: number) =>
    Array.from({ length: depth }).reduce<Uint8Array>((ip) => ipv4(ip, { protocol: 4 }), IP)

  test('eight nested tunnels and no more', () => {
    expect(outcomeOf(nested(8))).toBe('SEGMENT')
    expect(outcomeOf(nested(9))).toBe('UNDECODABLE')
  })

  test('sixteen labels and tags and no more', () => {
    const labels = (count: number) =>
      ethernet(concat([...Array<Uint8Array>(count - 1).fill(octets(0, 1, 0, 9)), octets(0, 1, 1, 9), IP]), 0x8847)
    expect(outcomeOf(labels(16), 1)).toBe('SEGMENT')
    expect(outcomeOf(labels(17), 1)).toBe('UNDECODABLE')
  })

  test('a packet that consists of labels costs no more', () => {
    expect(outcomeOf(ethernet(new Uint8Array(1 << 16), 0x8847), 1)).toBe('UNDECODABLE')
  })
})

describe('GRE', () => {
  test('source routes and unknown versions', () => {
    expect(outcomeOf(gre(0x4000, 0x0800, new Uint8Array(8), IP))).toBe('UNDECODABLE')
    expect(outcomeOf(gre(0x0002, 0x0800, IP))).toBe('UNDECODABLE')
  })

  test('a keepalive, and other protocols', () => {
    expect(outcomeOf(gre(0, 0))).toBe('UNDECODABLE')
    expect(outcomeOf(gre(0, 0, new Uint8Array(20)))).toBe('NOT_TCP')
    expect(outcomeOf(gre(0, 0x86dd, IP6))).toBe('SEGMENT')
  })

  test('version 1 carries PPP, or only acknowledges', () => {
    const ppp = concat([octets(0xff, 3, 0, 0x21), IP])
    expect(outcomeOf(gre(0x3081, 0x880b, new Uint8Array(12), ppp))).toBe('SEGMENT')
    expect(outcomeOf(gre(0x2081, 0x880b, new Uint8Array(8)))).toBe('NOT_TCP')
    expect(outcomeOf(gre(0x3001, 0x880b, new Uint8Array(8), octets(0, 0xfd, 1, 2)))).toBe('UNDECODABLE')
  })

  test('WCCP with and without its own header', () => {
    expect(outcomeOf(gre(0, 0x883e, IP))).toBe('SEGMENT')
    expect(outcomeOf(gre(0, 0x883e, octets(0, 0, 0, 0), IP))).toBe('SEGMENT')
  })

  test('ERSPAN III names what it mirrors', () => {
    const header = (kind: number) => concat([new Uint8Array(10), octets(kind << 2, 0)])
    expect(outcomeOf(gre(0x1000, 0x22eb, new Uint8Array(4), header(2), IP))).toBe('SEGMENT')
  })
})

describe('UDP', () => {
  const vxlan = (flags: number) => concat([octets(flags, 0, 0, 0, 0, 0, 1, 0), ethernet(IP, 0x0800)])

  test('other ports, and no ports at all', () => {
    expect(outcomeOf(udp(4789, vxlan(8)))).toBe('SEGMENT')
    expect(outcomeOf(udp(53, vxlan(8)))).toBe('NOT_TCP')
    expect(outcomeOf(ipv4(octets(1, 2), { protocol: 17 }))).toBe('NOT_TCP')
  })

  test("packets to a tunnel's port that are no tunnel", () => {
    expect(outcomeOf(udp(4789, vxlan(0)))).toBe('NOT_TCP')
    expect(outcomeOf(udp(6081, concat([octets(0x40, 0, 8, 0, 0, 0, 0, 0), IP])))).toBe('NOT_TCP')
    expect(outcomeOf(udp(2152, concat([octets(0x30, 1, 0, 0, 0, 0, 0, 0), IP])))).toBe('NOT_TCP')
    expect(outcomeOf(udp(2152, concat([octets(0x50, 255, 0, 0, 0, 0, 0, 0), IP])))).toBe('NOT_TCP')
  })

  test('L2TP: control messages, and version 3 with a cookie of unknown length', () => {
    expect(outcomeOf(udp(1701, concat([octets(0xc8, 2, 0, 12), new Uint8Array(8)])))).toBe('NOT_TCP')
    expect(outcomeOf(udp(1701, concat([octets(0, 3, 0, 0, 0, 0, 0, 1), IP])))).toBe('UNDECODABLE')
    expect(outcomeOf(udp(1701, concat([octets(0, 7, 0, 0, 0, 0, 0, 1), IP])))).toBe('NOT_TCP')
  })

  test('L2TP and Teredo from their port as well as to it', () => {
    const from = (port: number, payload: Uint8Array) =>
      outcomeOf(ipv4(concat([numbers(false, '2 2 2 2', port, 50_000, 8, 0), payload]), { protocol: 17 }))
    expect(from(1701, concat([octets(0, 2, 0, 1, 0, 2, 0, 0x21), IP]))).toBe('SEGMENT')
    expect(from(3544, IP6)).toBe('SEGMENT')
    expect(from(3544, IP)).toBe('NOT_TCP')
  })

  test('VXLAN-GPE: Ethernet without next protocol, nothing with an unknown one', () => {
    expect(outcomeOf(udp(4790, concat([octets(8, 0, 0, 0, 0, 0, 1, 0), ethernet(IP, 0x0800)])))).toBe('SEGMENT')
    expect(outcomeOf(udp(4790, concat([octets(12, 0, 0, 9, 0, 0, 1, 0), IP])))).toBe('NOT_TCP')
  })

  test('GTP-U: endless and empty extensions', () => {
    const gtp = (...extensions: Uint8Array[]) =>
      udp(2152, concat([octets(0x34, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x85), ...extensions, IP]))
    const more = octets(1, 0, 0, 0x85)
    const last = octets(1, 0, 0, 0)
    expect(outcomeOf(gtp(...Array<Uint8Array>(7).fill(more), last))).toBe('SEGMENT')
    expect(outcomeOf(gtp(...Array<Uint8Array>(8).fill(more), last))).toBe('UNDECODABLE')
    expect(outcomeOf(gtp(octets(0, 0, 0, 0)))).toBe('UNDECODABLE')
  })
})

describe('IPsec', () => {
  const header = (next: number, words: number) =>
    concat([octets(next, words, 0, 0), new Uint8Array(8 + (words - 1) * 4)])

  test('authentication without encryption is read', () => {
    expect(outcomeOf(ipv4(concat([header(6, 4), tcp()]), { protocol: 51 }))).toBe('SEGMENT')
    expect(outcomeOf(ipv4(concat([header(4, 4), IP]), { protocol: 51 }))).toBe('SEGMENT')
    expect(outcomeOf(ipv4(concat([header(1, 4), IP]), { protocol: 51 }))).toBe('NOT_TCP')
    expect(outcomeOf(ipv4(concat([header(6, 255)]).subarray(0, 40), { protocol: 51 }))).toBe('UNDECODABLE')
  })

  test('encrypted or compressed payload is undecodable', () => {
    for (const protocol of [50, 108, 115]) {
      expect(outcomeOf(ipv4(tcp(), { protocol }))).toBe('UNDECODABLE')
      expect(outcomeOf(ipv6(tcp(), [], protocol))).toBe('UNDECODABLE')
      expect(outcomeOf(ipv4(concat([header(protocol, 4), tcp()]), { protocol: 51 }))).toBe('UNDECODABLE')
    }
  })
})

test('encrypted MACsec', () => {
  expect(outcomeOf(ethernet(concat([octets(0x2c, 0, 0, 0, 0, 1), new Uint8Array(8), IP]), 0x88e5), 1)).toBe(
    'UNDECODABLE',
  )
})

test('Ethernet and labels by their IP protocol numbers', () => {
  expect(outcomeOf(ipv4(concat([octets(0x30, 0), ethernet(IP, 0x0800)]), { protocol: 97 }))).toBe('SEGMENT')
  expect(outcomeOf(ipv4(concat([octets(0, 1, 1, 9), IP6]), { protocol: 137 }))).toBe('SEGMENT')
})

describe('after MPLS labels', () => {
  const label = octets(0, 1, 1, 9)
  const mpls = (...parts: Uint8Array[]) => outcomeOf(ethernet(concat([label, ...parts]), 0x8847), 1)

  test('Ethernet with and without a control word', () => {
    expect(mpls(octets(0, 0, 0, 0), ethernet(IP, 0x0800))).toBe('SEGMENT')
    expect(mpls(ethernet(IP, 0x0800))).toBe('SEGMENT')
  })

  test('an associated channel', () => {
    expect(mpls(octets(0x10, 0, 0, 7), new Uint8Array(20))).toBe('NOT_TCP')
  })
})
