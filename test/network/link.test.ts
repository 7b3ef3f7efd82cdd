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

  test('VLAN tags, up to eight', () => {
    expectNoop(ethernet(IP, 0x8100, 0x0800), 1)
    expectNoop(ethernet(IP, 0x88a8, 0x8100, 0x0800), 1)
    expectNoop(ethernet(IP, 0x9100, 0x8100, 0x8100, 0x0800), 1)
    expectNoop(ethernet(IP, ...Array<number>(8).fill(0x8100), 0x0800), 1)
    expect(decode(packetOf(ethernet(IP, ...Array<number>(9).fill(0x8100), 0x0800), 1)).outcome).toBe('UNDECODABLE')
  })

  test('other protocols', () => {
    expect(decode(packetOf(ethernet(IP, 0x0806), 1)).outcome).toBe('NOT_TCP')
    expect(decode(packetOf(ethernet(IP, 0x0026), 1)).outcome).toBe('NOT_TCP')
    expect(decode(packetOf(ethernet(IP, 0x8847), 1)).outcome).toBe('UNDECODABLE')
    expect(decode(packetOf(ethernet(IP, 0x8864), 1)).outcome).toBe('UNDECODABLE')
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

describe('without or nearly without a header', () => {
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
    for (const linkType of [9, 105, 127, 4321]) expect(decode(packetOf(IP, linkType)).outcome).toBe('UNDECODABLE')
  })
})
