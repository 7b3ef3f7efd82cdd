// Where streams begin, and which segments belong to a connection: by numbers, not by the order of capture.
import { describe, expect, test } from 'vitest'
import { ACK, FIN, PSH, RST, SYN } from '../support/packets.ts'
import { collect, said } from './collect.ts'
import { C, handshake, S, SECOND, segment } from './segments.ts'

const syn = (seq: number) => segment({ seq, flags: SYN })
const synAck = (seq: number, ack: number) => S(seq, ack, '', { flags: SYN | ACK })
const both = (seen: Parameters<typeof said>[0] = []) => [said(seen, 0), said(seen, 1)]

describe('an old connection between the same ports', () => {
  const old = {
    data: () => S(0x50000000, 0x60000000, 'old'),
    'data of the client': () => C(0x50000000, 0x60000000, 'old'),
    FIN: () => S(0x50000000, 0x60000000, '', { flags: FIN | ACK }),
    RST: () => S(0x50000000, 0x60000000, '', { flags: RST | ACK }),
    'an RST without ACK': () => S(0x50000000, 0, '', { flags: RST }),
    'SYN-ACK': () => synAck(0x50000000, 0x60000001),
    'data from just before': () => S(500 - 90_000, 100 - 90_000, 'old'),
  }
  for (const [what, stale] of Object.entries(old)) {
    test(`${what} between SYN and SYN-ACK is ignored`, () => {
      const [seen] = collect([
        syn(100),
        stale(),
        synAck(500, 101),
        C(101, 501),
        S(501, 101, 'hello'),
        C(101, 506, 'abc'),
      ])
      expect(both(seen)).toEqual(['abc', 'hello'])
      expect(seen?.some(({ kind }) => kind === 'fin' || kind === 'rst' || kind === 'gap')).toBe(false)
    })

    test(`${what} after the handshake is ignored`, () => {
      const [seen] = collect([...handshake(), S(501, 101, 'hello'), stale(), C(101, 506, 'abc'), S(506, 104, 'bye')])
      expect(both(seen)).toEqual(['abc', 'hellobye'])
      expect(seen?.some(({ kind }) => kind === 'fin' || kind === 'rst' || kind === 'gap')).toBe(false)
    })
  }

  test('its segment is refused, and the SYN is retransmitted', () => {
    const refusal = C(900_000, 0, '', { flags: RST })
    const [seen] = collect([
      syn(100),
      S(0x50000000, 900_000, 'old'),
      refusal,
      syn(100),
      synAck(500, 101),
      S(501, 101, 'hello'),
    ])
    expect(both(seen)).toEqual(['', 'hello'])
  })
})

describe('the order of capture', () => {
  test('data before the SYN-ACK', () => {
    const [seen] = collect([syn(100), C(101, 501), C(101, 506, 'abc'), S(501, 101, 'hello'), synAck(500, 101)])
    expect(both(seen)).toEqual(['abc', 'hello'])
    expect(seen?.filter(({ kind }) => kind === 'bytes').map(({ text }) => text)).toEqual(['hello', 'abc'])
  })

  test('one side before the other, the SYN last', () => {
    const [seen] = collect([synAck(500, 101), S(501, 101, 'hello'), syn(100), C(101, 501), C(101, 506, 'abc')])
    expect(seen?.filter(({ kind }) => kind === 'bytes').map(({ text }) => text)).toEqual(['hello', 'abc'])
  })

  test('data before its SYN', () => {
    const [seen] = collect([C(101, 501, 'abc'), syn(100), synAck(500, 101), C(101, 501), S(501, 104, 'ok')])
    expect(both(seen)).toEqual(['abc', 'ok'])
  })
})

describe('two halves of a capture joined in the wrong order', () => {
  const first = () => [...handshake(), S(501, 101, 'hello'), C(101, 506, 'abc'), S(506, 104, 'ok')]
  const second = (count: number) =>
    Array.from({ length: count }, (_, n) => [C(104 + n, 508 + n, 'c'), S(508 + n, 105 + n, 's')]).flat()

  test('a few segments before the SYN are held for it', () => {
    const connections = collect([...second(8), ...first()])
    expect(connections.map((seen) => [said(seen, 0), said(seen, 1)])).toEqual([['abccccccccc', 'hellookssssssss']])
  })

  test('many segments before the SYN are a connection without start, and the rest is another one', () => {
    const connections = collect([...second(20), ...first()])
    expect(connections.map((seen) => [said(seen, 0), said(seen, 1)])).toEqual([
      ['c'.repeat(20), 's'.repeat(20)],
      ['abc', 'hellook'],
    ])
  })
})

describe('without SYN-ACK', () => {
  test('bytes before the guessed origin of the server are reported', () => {
    const late = Array.from({ length: 20 }, (_, n) => S(520 + n, 101, 's'))
    const [seen] = collect([syn(100), C(101, 520), ...late, S(501, 101, 'hello')])
    expect(seen?.map(({ kind }) => kind)).toContain('conflict')
  })

  test("the client's acknowledgements show where the server began, whatever was captured first", () => {
    const [seen] = collect([syn(100), C(104, 520, 'def'), C(101, 501, 'abc'), S(520, 107, 'ok')])
    expect(both(seen)).toEqual(['abcdef', '<19>ok'])
  })

  test('a FIN is not the first segment of its side if the client acknowledged less', () => {
    const [seen] = collect([syn(100), S(541, 107, '', { flags: FIN | ACK }), C(101, 501, 'QUIT\r\n'), C(107, 542)])
    expect(said(seen ?? [], 1)).toBe('<40>')
  })

  test('a keep-alive before the first bytes adds none', () => {
    const [seen] = collect([C(101, 501), S(500, 101), S(501, 101, 'hello')])
    expect(said(seen ?? [], 1)).toBe('hello')
  })
})

describe('two connections between the same endpoints', () => {
  const front = () => handshake(100, 500)
  const back = () => handshake(0x20000000, 0x30000000)

  test('at the same time', () => {
    const connections = collect([
      ...front(),
      ...back(),
      S(501, 101, '220 a'),
      S(0x30000001, 0x20000001, '220 b'),
      C(101, 506, 'one'),
      C(0x20000001, 0x30000006, 'two'),
      C(104, 506, '', { flags: FIN | ACK }),
      C(0x20000004, 0x30000006, '', { flags: FIN | ACK }),
    ])
    expect(connections.map(both)).toEqual([
      ['one', '220 a'],
      ['two', '220 b'],
    ])
  })

  test('a SYN that is never answered neither starts nor ends a connection', () => {
    const challenge = S(501, 101)
    const connections = collect([...front(), syn(0x20000000), challenge, S(501, 101, 'hello'), C(101, 506, 'abc')])
    expect(connections.map(both)).toEqual([['abc', 'hello']])
  })

  test('the first was silent for long when the second is established: its end was not captured', () => {
    const late = () => segment({ seq: 0x20000000, flags: SYN, after: 70 * SECOND })
    const connections = collect([
      ...front(),
      C(101, 501, 'abc'),
      late(),
      synAck(0x30000000, 0x20000001),
      C(104, 501, 'x'),
    ])
    expect(connections[0]?.map(({ text }) => text).join('')).toBe('abc')
  })

  test('neither SYN was captured', () => {
    const connections = collect([
      S(501, 101, '250 a'),
      S(0x30000001, 0x20000001, '250 b'),
      C(101, 506, 'one', { flags: ACK | PSH }),
      C(0x20000001, 0x30000006, 'two'),
    ])
    expect(connections.map((seen) => [said(seen, 0), said(seen, 1)].sort())).toEqual([
      ['250 a', 'one'],
      ['250 b', 'two'],
    ])
  })
})
