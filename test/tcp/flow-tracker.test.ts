// Connections and their directions: order, loss, overlap, closing, reuse of ports.
import { describe, expect, test } from 'vitest'
import { OUT_OF_ORDER_BYTES_MAX } from '../../src/limits.ts'
import { ACK, FIN, PSH, RST, SYN } from '../support/packets.ts'
import { collect, said } from './collect.ts'
import { C, handshake, S, SECOND, segment } from './segments.ts'

describe('one direction', () => {
  test('in order, with the frame and the acknowledgement of each segment', () => {
    const [seen = []] = collect([...handshake(), S(501, 101, 'hello'), C(101, 506, 'abc'), C(104, 506, 'def')])
    expect(said(seen, 0)).toBe('abcdef')
    expect(seen.filter(({ side, kind }) => side === 0 && kind === 'bytes')).toMatchObject([
      { position: 0, frame: 5, peerAcked: 5 },
      { position: 3, frame: 6, peerAcked: 5 },
    ])
  })

  test('bytes acknowledged but not captured are a gap, also before the first payload', () => {
    const syn = S(500, 101, '', { flags: SYN | ACK })
    const [seen = []] = collect([syn, S(501, 111), S(501, 111, 'hello')])
    expect(said(seen, 1)).toBe('<10>')
    expect(seen.map(({ kind }) => kind)).toEqual(['gap', 'ack', 'bytes'])
  })

  test('out of order: bytes keep the frame that carried them', () => {
    const [seen = []] = collect([...handshake(), C(104, 501, 'def'), C(101, 501, 'abc')])
    expect(said(seen, 0)).toBe('abcdef')
    expect(seen.filter(({ kind }) => kind === 'bytes').map(({ frame }) => frame)).toEqual([5, 4])
  })

  test('a retransmission adds nothing', () => {
    const [seen = []] = collect([...handshake(), C(101, 501, 'abc'), C(101, 501, 'abc'), C(104, 501, 'd')])
    expect(said(seen, 0)).toBe('abcd')
    expect(seen.some(({ kind }) => kind === 'conflict')).toBe(false)
  })

  test('an overlap adds what is new', () => {
    const [seen = []] = collect([...handshake(), C(101, 501, 'abc'), C(102, 501, 'bcde')])
    expect(said(seen, 0)).toBe('abcde')
  })

  test('a differing copy is reported as a conflict, the first copy counts', () => {
    const [seen = []] = collect([...handshake(), C(101, 501, 'abc'), C(101, 501, 'aXc')])
    expect(said(seen, 0)).toBe('abc')
    expect(seen.filter(({ kind }) => kind === 'conflict')).toMatchObject([{ side: 0, frame: 5 }])
  })

  test('a keep-alive with one wrong octet is no conflict', () => {
    const [seen = []] = collect([...handshake(), C(101, 501, 'abc'), C(103, 501, '\0')])
    expect(seen.some(({ kind }) => kind === 'conflict')).toBe(false)
  })

  test('sequence numbers wrap', () => {
    const [seen = []] = collect([
      ...handshake(0xfffffffe),
      C(0xffffffff, 501, 'abc'),
      C(2, 501, 'def'),
      S(501, 5, 'ok'),
    ])
    expect(said(seen, 0)).toBe('abcdef')
    expect(said(seen, 1)).toBe('ok')
  })
})

describe('what is missing', () => {
  test('acknowledged but not captured: a gap, with the frame that shows it', () => {
    const [seen = []] = collect([...handshake(), S(501, 111, 'ok'), C(111, 503, 'next', { after: 2 * SECOND })])
    expect(said(seen, 0)).toBe('<10>next')
    expect(seen.find(({ kind }) => kind === 'gap')).toMatchObject({ side: 0, position: 0, frame: 4 })
  })

  test('never acknowledged, but later bytes were captured: a gap at the end that was not delivered', () => {
    const [seen = []] = collect([...handshake(), C(111, 501, 'later'), S(501, 101, 'ok')])
    expect(said(seen, 0)).toBe('<10>later')
    expect(said(seen, 1)).toBe('ok')
    expect(seen.find(({ kind }) => kind === 'gap')).toMatchObject({ acknowledged: false, trailing: false })
  })

  test('only sequence numbers show that a side sent more: a gap at the end', () => {
    const [seen = []] = collect([...handshake(), S(501, 101, 'ok'), C(111, 503), C(111, 503, '', { flags: RST })])
    expect(said(seen, 0)).toBe('<10>')
    expect(seen.at(-1)).toMatchObject({ kind: 'gap', acknowledged: false, trailing: true })
  })

  test('a gap of which a part was acknowledged', () => {
    const [seen = []] = collect([...handshake(), C(121, 501, 'later'), S(501, 111, 'ok')])
    expect(said(seen, 0)).toBe('<10><10>later')
    expect(seen.filter(({ kind }) => kind === 'gap').map(({ acknowledged }) => acknowledged)).toEqual([true, false])
  })

  test('one more sequence number than bytes, and nothing after it: an implied FIN', () => {
    const [seen = []] = collect([...handshake(), C(101, 501, 'ab\n'), S(501, 105, 'bye'), C(105, 504)])
    expect(said(seen, 0)).toBe('ab\n')
    expect(seen.map(({ side, kind }) => `${side} ${kind}`)).toEqual(['0 bytes', '0 fin', '1 bytes', '0 ack'])
    expect(seen[1]).toMatchObject({ implied: true, frame: 5 })
  })

  test('bytes after an implied FIN: it was a byte', () => {
    const [seen = []] = collect([
      ...handshake(),
      C(101, 501, 'ab\n'),
      S(501, 105, 'ok'),
      S(503, 105, 'ok', { after: 2 * SECOND }),
      C(105, 505, 'def'),
      S(505, 108, 'ok'),
    ])
    expect(said(seen, 0)).toBe('ab\n<1>def')
    expect(said(seen, 1)).toBe('okokok')
  })

  test('an acknowledgement beyond an implied FIN: it was a byte', () => {
    const late = { after: 2 * SECOND }
    const [seen = []] = collect([...handshake(), C(101, 501, 'ab\n'), S(501, 105), S(501, 108, '', late)])
    expect(said(seen, 0)).toBe('ab\n<1><3>')
    expect(seen.map(({ kind }) => kind)).toContain('no-fin')
  })

  test('no FIN is implied inside a line: the rest of the line is missing', () => {
    const [seen = []] = collect([...handshake(), C(101, 501, 'QUIT\r'), S(501, 107, 'bye'), C(107, 504)])
    expect(said(seen, 0)).toBe('QUIT\r<1>')
  })

  test('a reply captured before its command waits for it', () => {
    const [seen = []] = collect([...handshake(), S(501, 104, 'ok'), C(101, 501, 'abc')])
    expect(seen.filter(({ kind }) => kind === 'bytes').map(({ text }) => text)).toEqual(['abc', 'ok'])
    expect(seen.some(({ kind }) => kind === 'gap')).toBe(false)
  })

  test('late bytes are used although later segments of their side are held', () => {
    const [seen = []] = collect([
      ...handshake(),
      S(501, 104, 'ok'),
      C(104, 503, 'def'),
      S(503, 107, 'bye'),
      C(107, 506, '', { flags: FIN | ACK }),
      C(101, 501, 'abc'),
    ])
    expect(seen.filter(({ kind }) => kind === 'bytes').map(({ text }) => text)).toEqual(['abc', 'ok', 'def', 'bye'])
    expect(seen.some(({ kind }) => kind === 'gap')).toBe(false)
  })

  test('a late FIN is used, also when it was implied before', () => {
    const fin = { flags: FIN | ACK }
    const start = [...handshake(), C(101, 501, 'ab\n')]
    const late = [C(104, 505, '', fin), S(505, 105), S(501, 104, 'ok\n'), S(504, 104, '', fin)]
    const [seen = []] = collect([...start, ...late])
    const told = seen.filter(({ kind }) => kind !== 'ack')
    expect(told.map(({ side, kind }) => `${side} ${kind}`)).toEqual(['0 bytes', '1 bytes', '1 fin', '0 fin'])
    const [again = []] = collect([...start, C(104, 502), S(502, 105, '', { after: 2 * SECOND }), C(104, 502, '', fin)])
    expect(again.filter(({ kind }) => kind === 'fin').map(({ implied }) => implied)).toContain(false)
  })

  test('if only the retransmission was captured, it is unknown what the original acknowledged', () => {
    const [seen = []] = collect([...handshake(), S(501, 104, 'ok'), C(101, 503, 'abcdef'), S(503, 107, 'bye')])
    expect(seen.filter(({ kind }) => kind === 'bytes')).toMatchObject([
      { text: 'abc', peerAcked: -1 },
      { text: 'ok' },
      { text: 'def', peerAcked: 2 },
      { text: 'bye' },
    ])
  })

  test('for bytes retransmitted together with later ones, the first acknowledgement is unknown', () => {
    // The capture lacks the first transmission of `you`.
    const again = [C(104, 503, 'there'), C(101, 503, 'youthere'), S(503, 109, 'bye')]
    const [seen = []] = collect([...handshake(), S(501, 101, 'ok'), ...again])
    expect(seen.filter(({ kind, side }) => kind === 'bytes' && side === 0)).toMatchObject([
      { text: 'you', peerAcked: -1, frame: 6 },
      { text: 'there', peerAcked: 2, frame: 5 },
    ])
  })

  test('with only one direction captured, its own losses are found', () => {
    const client = [segment({ seq: 100, flags: SYN }), C(101, 501), C(101, 501, 'abc'), C(114, 520, 'def')]
    const [seen = []] = collect(client)
    expect(said(seen, 0)).toBe('abc<10>def')
  })
})

describe('an ACK of bytes that were never sent', () => {
  const spoken = () => [...handshake(), S(501, 101, 'hello'), C(101, 506, 'abc')]
  const later = () => [S(506, 104, 'ok'), C(104, 508, 'def'), S(508, 107, 'bye'), C(107, 511)]
  const whole = ['abcdef', 'hellookbye']
  const forged = {
    'by one octet': () => S(506, 105),
    'by much': () => S(506, 900_000),
    'with a FIN': () => S(506, 105, '', { flags: FIN | ACK }),
    'of the client': () => C(104, 507),
    'of an old number': () => S(490, 900_000),
  }
  for (const [what, ack] of Object.entries(forged)) {
    test(`${what}: neither delays anything nor makes a gap`, () => {
      const [seen = []] = collect([...spoken(), ack(), ...later()])
      expect([said(seen, 0), said(seen, 1)]).toEqual(whole)
      const bytes = seen.filter(({ kind }) => kind === 'bytes')
      expect(bytes.map(({ text, peerAcked }) => `${text} ${peerAcked}`)).toEqual([
        'hello 0',
        'abc 5',
        'ok 3',
        'def 7',
        'bye 6',
      ])
    })
  }

  test('with data that the peer acknowledges, up to its FIN: no order that is read from it is certain', () => {
    const end = [
      S(506, 107, 'bye'),
      S(509, 107, '', { flags: FIN | ACK }),
      C(107, 510, '', { flags: FIN | ACK }),
      S(510, 108),
    ]
    const [seen = []] = collect([...spoken(), C(104, 900, 'def'), C(107, 506), ...end])
    expect([said(seen, 0), said(seen, 1)]).toEqual(['abcdef', 'hellobye'])
    expect(seen.some(({ kind }) => kind === 'conflict')).toBe(true)
  })

  test('a segment in conflict with the stream does not extend it', () => {
    const [seen = []] = collect([...spoken(), S(508, 104, 'xxxxxx'), S(506, 104, 'okbye'), C(104, 511)])
    expect(said(seen, 1)).toBe('hellookbye<3>')
    expect(seen.some(({ kind }) => kind === 'conflict')).toBe(true)
  })
})

describe('the end', () => {
  test('FIN of both sides, each reported once', () => {
    const [seen = []] = collect([
      ...handshake(),
      S(501, 101, 'bye'),
      S(504, 101, '', { flags: FIN | ACK }),
      C(101, 505, '', { flags: FIN | ACK }),
      C(101, 505, '', { flags: FIN | ACK }),
      S(505, 102),
    ])
    expect(seen.filter(({ kind }) => kind === 'fin').map(({ side, frame }) => [side, frame])).toEqual([
      [1, 5],
      [0, 6],
    ])
  })

  test('a FIN before missing bytes waits for them', () => {
    const [seen = []] = collect([...handshake(), C(104, 501, '', { flags: FIN | ACK }), C(101, 501, 'abc')])
    expect(seen.map(({ kind }) => kind).filter((kind) => kind !== 'ack')).toEqual(['bytes', 'fin'])
  })

  test('bytes after a FIN are not passed on, and their number is limited', () => {
    const text = 'x'.repeat(60_000)
    const beyond = Array.from({ length: Math.ceil(OUT_OF_ORDER_BYTES_MAX / text.length) + 1 }, (_, n) =>
      C(200 + n * text.length, 501, text),
    )
    const [seen = []] = collect([...handshake(), C(101, 501, 'abc', { flags: FIN | ACK | PSH }), ...beyond])
    expect(said(seen, 0)).toBe('abc')
    const kinds = seen.map(({ kind }) => kind).filter((kind) => kind !== 'ack')
    expect(new Set(kinds)).toEqual(new Set(['bytes', 'fin', 'overflow']))
  })

  test('a reply in flight when the client resets is still passed on', () => {
    const [seen = []] = collect([...handshake(), C(101, 501, 'q'), C(102, 501, '', { flags: RST }), S(501, 102, 'bye')])
    expect(said(seen, 1)).toBe('bye')
  })

  test('reused ports start another connection', () => {
    const connections = collect([
      ...handshake(),
      C(101, 501, 'one'),
      ...handshake(70_000, 90_000),
      C(70_001, 90_001, 'two'),
    ])
    expect(connections.map((seen) => said(seen, 0))).toEqual(['one', 'two'])
  })

  test('late segments after the end start no connection', () => {
    const connections = collect([
      ...handshake(),
      C(101, 501, 'q', { flags: FIN | ACK | PSH }),
      S(501, 103, '', { flags: FIN | ACK }),
      C(103, 502),
      C(101, 502, 'q'),
    ])
    expect(connections).toHaveLength(1)
  })

  test('a closed window is reported when it closes and when it opens', () => {
    const [seen = []] = collect([...handshake(), C(101, 501, 'q'), S(501, 102, '', { window: 0 }), S(501, 102)])
    expect(seen.filter(({ kind }) => kind === 'window').map(({ side, length }) => [side, length])).toEqual([
      [1, 0],
      [1, 1],
    ])
  })
})
