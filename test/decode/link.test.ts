import { describe, expect, test } from 'vitest'
import { concat, numbers } from '../capture/build.ts'
import { decode, ethernet, ipv4, ipv6, packetOf, tcp } from './build.ts'

const IP = ipv4(tcp())
const IP6 = ipv6(tcp())

function expectNoop(bytes: Uint8Array, linkType: number) {
  expect(decode(packetOf(bytes, linkType))).toMatchObject({
    outcome: 'SEGMENT',
    payload: 'NOOP\r\n',
  })
  expect(decode(packetOf(bytes.subarray(0, bytes.length - IP.length), linkType)).outcome).toBe('UNDECODABLE')
}

describe('Ethernet', () => {
  test('IPv4 and IPv6', () => {
    expectNoop(ethernet(IP, 0x0800), 1)
    expect(decode(packetOf(ethernet(IP6, 0x86dd), 1))).toMatchObject({
      outcome: 'SEGMENT',
      payload: 'NOOP\r\n',
    })
  })

  test('VLAN tags, up to sixteen', () => {
    expectNoop(ethernet(IP, 0x8100, 0x0800), 1)
    expectNoop(ethernet(IP, 0x88a8, 0x8100, 0x0800), 1)
    expectNoop(ethernet(IP, 0x9100, 0x8100, 0x8100, 0x0800), 1)
    expectNoop(ethernet(IP, ...Array<number>(16).fill(0x8100), 0x0800), 1)
    expect(decode(packetOf(ethernet(IP, ...Array<number>(17).fill(0x8100), 0x0800), 1)).outcome).toBe('UNDECODABLE')
  })

  test('other protocols', () => {
    expect(decode(packetOf(ethernet(IP, 0x0806), 1)).outcome).toBe('NOT_TCP')
    expect(decode(packetOf(ethernet(IP, 0x0026), 1)).outcome).toBe('NOT_TCP')
    const discovery = concat([numbers(false, '1 1 2 2', 0x11, 0x09, 0, 0), new Uint8Array(20)])
    expect(decode(packetOf(ethernet(discovery, 0x8864), 1)).outcome).toBe('NOT_TCP')
  })
})

describe('PPP', () => {
  const ppp = (...octets: number[]) => decode(packetOf(concat([Uint8Array.from(octets), IP]), 9)).outcome

  test('with and without address and control, protocol field of one or two octets', () => {
    for (const address of [[], [0xff, 3], [0, 3], [1, 3]]) {
      expect(ppp(...address, 0, 0x21)).toBe('SEGMENT')
      expect(ppp(...address, 0x21)).toBe('SEGMENT')
    }
    expect(decode(packetOf(concat([Uint8Array.of(0x57), IP6]), 9)).outcome).toBe('SEGMENT')
    expect(ppp(0x02, 0x81, 0, 1, 1, 9)).toBe('SEGMENT')
  })

  test('control protocols, and protocols that hide IP', () => {
    expect(ppp(0xff, 3, 0xc0, 0x21)).toBe('NOT_TCP')
    for (const protocol of [0x2d, 0x3d, 0x53, 0xfd]) expect(ppp(0xff, 3, 0, protocol)).toBe('UNDECODABLE')
  })
})

describe('802.11', () => {
  const frame = (control: number, flags: number, extra: number, filler = 0) =>
    concat([
      Uint8Array.of(control, flags),
      new Uint8Array(22 + extra).fill(filler),
      Uint8Array.of(0xaa, 0xaa, 3, 0, 0, 0, 8, 0),
      IP,
    ])
  const outcome = (bytes: Uint8Array, linkType = 105) => decode(packetOf(bytes, linkType)).outcome

  test('data frames', () => {
    expect(outcome(frame(0x08, 0, 0))).toBe('SEGMENT')
    expect(outcome(frame(0x88, 0x01, 2))).toBe('SEGMENT')
    expect(outcome(frame(0x88, 0x83, 6 + 2 + 4))).toBe('SEGMENT')
  })

  test('frames without data, and those that cannot be read', () => {
    expect(outcome(frame(0x80, 0, 0))).toBe('NOT_TCP')
    expect(outcome(frame(0x48, 0, 0))).toBe('NOT_TCP')
    expect(outcome(frame(0x08, 0x41, 0))).toBe('UNDECODABLE')
    expect(outcome(frame(0x88, 0, 2, 0x80))).toBe('UNDECODABLE')
  })

  test('with headers of drivers', () => {
    const avs = numbers(false, '4 4', 0x80211001, 64)
    expect(outcome(concat([avs, new Uint8Array(56), frame(0x08, 0, 0)]), 163)).toBe('SEGMENT')
    expect(outcome(concat([avs, new Uint8Array(56), frame(0x08, 0, 0)]), 119)).toBe('SEGMENT')
    expect(outcome(concat([new Uint8Array(144), frame(0x08, 0, 0)]), 119)).toBe('SEGMENT')
    const twice = Uint8Array.of(0, 0, 13, 0, 2, 0, 0, 0x80, 0, 0, 0, 0, 0)
    expect(outcome(concat([twice, frame(0x08, 0, 0)]), 127)).toBe('SEGMENT')
    expect(outcome(concat([Uint8Array.of(0, 0, 7, 0, 0, 0, 0, 0), frame(0x08, 0, 0)]), 127)).toBe('UNDECODABLE')
  })
})

describe('headers of the capturing system', () => {
  test('NFLOG in either byte order', () => {
    for (const littleEndian of [true, false]) {
      const fields = numbers(littleEndian, '2 2 4 2 2', 8, 1, 0, 4 + IP.length, 9)
      expectNoop(concat([Uint8Array.of(2, 0, 0, 1), fields, IP]), 239)
      const empty = numbers(littleEndian, '2 2 4', 0, 1, 0)
      expect(decode(packetOf(concat([Uint8Array.of(2, 0, 0, 1), empty, IP]), 239)).outcome).toBe('UNDECODABLE')
    }
    expect(decode(packetOf(concat([Uint8Array.of(7, 0, 0, 1), new Uint8Array(8), IP]), 239)).outcome).toBe('NOT_TCP')
  })

  test('PKTAP around a link, an event, itself', () => {
    const pktap = (kind: number, linkType: number, length = 12) =>
      decode(packetOf(concat([numbers(true, '4 4 4', length, kind, linkType), IP]), 258)).outcome
    expect(pktap(1, 101)).toBe('SEGMENT')
    expect(pktap(1, 12)).toBe('SEGMENT')
    expect(pktap(0, 101)).toBe('NOT_TCP')
    expect(pktap(1, 258)).toBe('UNDECODABLE')
    expect(pktap(1, 101, 11)).toBe('UNDECODABLE')
    expect(pktap(1, 101, 0xffffffff)).toBe('UNDECODABLE')
  })
})

describe('serial lines and rings', () => {
  const outcome = (linkType: number, ...octets: number[]) =>
    decode(packetOf(concat([Uint8Array.from(octets), IP]), linkType)).outcome

  test('frame relay: other protocols, and an address without end', () => {
    expect(outcome(107, 0x18, 0x41, 3, 0x81)).toBe('NOT_TCP')
    expect(outcome(107, 0x19)).toBe('NOT_TCP')
    expect(outcome(107, 0x18, 0x40, 0x40, 0x40, 0x41, 3, 0xcc)).toBe('NOT_TCP')
  })

  test('token ring and FDDI: frames of the ring itself', () => {
    expect(outcome(6, 0x10, 0x00, ...Array<number>(20).fill(0))).toBe('NOT_TCP')
    expect(outcome(10, 0xc2, ...Array<number>(20).fill(0))).toBe('NOT_TCP')
  })

  test('ARCNET: packets that were split, and other protocols', () => {
    expect(outcome(129, 1, 2, 0, 0, 212, 1, 0, 9)).toBe('UNDECODABLE')
    expect(outcome(129, 1, 2, 0, 0, 213, 0, 0, 9)).toBe('NOT_TCP')
  })

  test('SunATM: signalling', () => {
    expect(outcome(123, 0x86, 0, 0, 5)).toBe('NOT_TCP')
  })
})

describe('headers of routers, cards and systems', () => {
  const outcome = (linkType: number, ...octets: number[]) =>
    decode(packetOf(concat([Uint8Array.from(octets), IP]), linkType)).outcome
  const zeros = (count: number) => Array<number>(count).fill(0)

  test('Juniper without its magic number, without IP, with extensions beyond the end', () => {
    expect(outcome(178, 0x4d, 0x47, 0x44, 0, ...zeros(12), 8, 0)).toBe('UNDECODABLE')
    expect(outcome(178, 0x4d, 0x47, 0x43, 2, ...zeros(4), 0xfe)).toBe('NOT_TCP')
    expect(outcome(178, 0x4d, 0x47, 0x43, 0x80, 0xff, 0xff)).toBe('UNDECODABLE')
    expect(outcome(137, 0x4d, 0x47, 0x43, 0, 0x47, ...zeros(7))).toBe('SEGMENT')
  })

  test('PPI and ERF with link types that cannot be inside', () => {
    expect(outcome(192, 0, 0, 8, 0, 192, 0, 0, 0)).toBe('UNDECODABLE')
    expect(outcome(192, 0, 0, 7, 0, 101, 0, 0, 0)).toBe('UNDECODABLE')
    expect(outcome(192, 0, 0, 8, 0, 178, 0, 0, 0)).toBe('UNDECODABLE')
    expect(outcome(197, ...zeros(8), 21, ...zeros(7))).toBe('NOT_TCP')
    expect(decode(packetOf(new Uint8Array(64).fill(0x82), 197)).outcome).toBe('UNDECODABLE')
  })

  test('other address families', () => {
    expect(outcome(109, 0, 0, 0, 7, ...zeros(8))).toBe('NOT_TCP')
    expect(outcome(226, 1, 30, ...zeros(22))).toBe('NOT_TCP')
  })
})

describe('Linux cooked', () => {
  test('v1', () => {
    expectNoop(concat([new Uint8Array(14), numbers(false, '2', 0x0800), IP]), 113)
    expectNoop(concat([new Uint8Array(14), numbers(false, '2 2 2', 0x8100, 5, 0x0800), IP]), 113)
    expect(decode(packetOf(concat([new Uint8Array(14), numbers(false, '2', 4), IP]), 113)).outcome).toBe('NOT_TCP')
  })

  test('v2', () => {
    expectNoop(concat([numbers(false, '2', 0x0800), new Uint8Array(18), IP]), 276)
  })
})

describe('without or almost without a header', () => {
  test('raw IP', () => {
    for (const linkType of [12, 14, 101, 228, 229]) expectNoop(IP, linkType)
    expect(decode(packetOf(IP6, 101)).outcome).toBe('SEGMENT')
  })

  test('loopback, in either byte order', () => {
    for (const linkType of [0, 108]) {
      for (const littleEndian of [true, false]) {
        expectNoop(concat([numbers(littleEndian, '4', 2), IP]), linkType)
        for (const family of [10, 24, 28, 30]) {
          expect(decode(packetOf(concat([numbers(littleEndian, '4', family), IP6]), linkType)).outcome).toBe('SEGMENT')
        }
        expect(decode(packetOf(concat([numbers(littleEndian, '4', 7), IP]), linkType)).outcome).toBe('NOT_TCP')
      }
    }
  })

  test('unknown link types', () => {
    for (const linkType of [2, 147, 4321]) expect(decode(packetOf(IP, linkType)).outcome).toBe('UNDECODABLE')
  })
})
