// Which FIN and RST end a connection: those that the receiver accepts, and whose side does not evidently go on.
import { describe, expect, test } from 'vitest'
import { ACK, FIN, RST, type Segment } from '../support/packets.ts'
import { collect, type Seen, said } from './collect.ts'
import { C, handshake, S } from './segments.ts'

const spoken = () => [...handshake(), S(501, 101, 'hello'), C(101, 506, 'abc')]
const closed = () => [C(104, 511, '', { flags: FIN | ACK }), S(511, 105, '', { flags: FIN | ACK }), C(105, 512)]
/** The closes that remain at the end, and the bytes of both sides. */
function told(segments: readonly Segment[]): (string | number)[] {
  return toldOf(collect(segments)[0] ?? [])
}

/** The same for each connection, in order of opening. */
function toldOfAll(segments: readonly Segment[]): (string | number)[][] {
  return collect(segments)
    .sort(([a], [b]) => (a?.frame ?? 0) - (b?.frame ?? 0))
    .map(toldOf)
}

function toldOf(seen: readonly Seen[]): (string | number)[] {
  const closes: string[] = []
  for (const { kind, side } of seen) {
    if (kind === 'fin' || kind === 'rst') closes.push(`${kind} ${side}`)
    if (kind === 'no-fin' || kind === 'no-rst') closes.splice(closes.indexOf(`${kind.slice(3)} ${side}`), 1)
  }
  return [...closes, said(seen, 0), said(seen, 1)]
}

describe('an RST in the name of a side that goes on', () => {
  const forged = {
    exact: () => S(506, 104, '', { flags: RST | ACK }),
    'without ACK': () => S(506, 0, '', { flags: RST }),
    'in the window': () => S(900, 104, '', { flags: RST | ACK }),
    'far in the window': () => S(3_000_000, 104, '', { flags: RST | ACK }),
    'of what was acknowledged': () => S(503, 104, '', { flags: RST | ACK }),
    'far from the window': () => S(5_000_000 + (1 << 24), 104, '', { flags: RST | ACK }),
    'behind the stream': () => S(506 - 90_000, 104, '', { flags: RST | ACK }),
  }
  for (const [what, rst] of Object.entries(forged)) {
    test(`${what}: ends nothing`, () => {
      expect(told([...spoken(), rst(), S(506, 104, 'later'), C(104, 511), ...closed()])).toEqual([
        'fin 0',
        'fin 1',
        'abc',
        'hellolater',
      ])
    })

    test(`${what}: ends nothing when its side acknowledges later bytes`, () => {
      const goesOn = [C(104, 506, 'def'), S(506, 107), S(506, 107, 'later')]
      expect(told([...spoken(), rst(), ...goesOn])).toEqual(['abcdef', 'hellolater'])
    })
  }

  test('seconds later', () => {
    const later = S(506, 104, 'later', { after: 8e9 })
    expect(told([...spoken(), S(506, 104, '', { flags: RST | ACK }), later])).toEqual(['abc', 'hellolater'])
  })
})

describe('a genuine RST', () => {
  test('after the captured bytes', () => {
    expect(told([...spoken(), S(506, 104, '', { flags: RST | ACK })])).toEqual(['rst 1', 'abc', 'hello'])
  })

  test('captured before bytes that were sent earlier', () => {
    const rst = () => S(511, 104, '', { flags: RST | ACK })
    expect(told([...spoken(), rst(), S(506, 104, 'later')])).toEqual(['rst 1', 'abc', 'hellolater'])
  })

  test('with ACK after one without: the first did not end the connection', () => {
    const [seen = []] = collect([...spoken(), S(506, 0, '', { flags: RST }), S(506, 104, '', { flags: RST | ACK })])
    const resets = seen.filter(({ kind }) => kind.endsWith('rst')).map(({ kind, frame }) => `${kind} ${frame}`)
    expect(resets).toEqual(['rst 6', 'no-rst 7', 'rst 7'])
  })

  test('followed by copies of earlier bytes of its side', () => {
    expect(told([...spoken(), S(506, 104, '', { flags: RST | ACK }), S(501, 101, 'hello')])).toEqual([
      'rst 1',
      'abc',
      'hello',
    ])
  })
})

describe('an RST with a number before the end of its stream', () => {
  const rst = (seq: number, flags: number) => S(seq, 104, '', { flags })

  test('is not genuine, whether its bytes were acknowledged or not', () => {
    for (const seq of [503, 506]) {
      const segments = [...spoken(), S(506, 104, 'later'), rst(seq, RST | ACK), C(104, 511)]
      expect(told(segments)).toEqual(['abc', 'hellolater'])
    }
  })

  test('answers a segment only if its peer had acknowledged up to there', () => {
    expect(told([...spoken(), S(506, 104, 'later'), rst(508, RST)])).toEqual(['abc', 'hellolater'])
    expect(told([...spoken(), S(506, 104, 'later'), rst(506, RST)])).toEqual(['rst 1', 'abc', 'hellolater'])
  })
})

describe('an RST without ACK after a FIN', () => {
  const fin = () => S(506, 104, '', { flags: FIN | ACK })
  const rst = () => S(507, 0, '', { flags: RST })

  test('shows a missing segment when no captured segment can have caused it', () => {
    expect(told([...spoken(), fin(), C(104, 507), rst()])).toEqual(['fin 1', 'rst 1', 'abc<1>', 'hello'])
    expect(told([...spoken(), fin(), fin(), C(104, 507), C(104, 507), rst()])).toEqual([
      'fin 1',
      'rst 1',
      'abc<1>',
      'hello',
    ])
  })

  test('answers captured bytes, a keep-alive or a FIN', () => {
    expect(told([...spoken(), fin(), C(104, 507, 'def'), rst()])).toEqual(['fin 1', 'rst 1', 'abcdef', 'hello'])
    expect(told([...spoken(), fin(), C(104, 507), C(103, 507), rst()])).toEqual(['fin 1', 'rst 1', 'abc', 'hello'])
    expect(told([...spoken(), fin(), C(104, 506, '', { flags: FIN | ACK }), rst()])).toEqual([
      'fin 1',
      'fin 0',
      'rst 1',
      'abc',
      'hello',
    ])
  })
})

describe('a FIN', () => {
  const fin = (seq: number) => S(seq, 104, '', { flags: FIN | ACK })

  test('of a side that goes on ends nothing', () => {
    expect(told([...spoken(), fin(506), S(506, 104, 'later'), C(104, 511), ...closed()])).toEqual([
      'fin 0',
      'fin 1',
      'abc',
      'hellolater',
    ])
  })

  test('beyond the end of the stream does not prevent the genuine one from ending it', () => {
    expect(told([...spoken(), fin(800), S(506, 104, 'later'), C(104, 511), ...closed()])).toEqual([
      'fin 0',
      'fin 1',
      'abc',
      'hellolater',
    ])
  })

  test('before bytes of its side is in conflict with them', () => {
    const [seen = []] = collect([...spoken(), S(506, 104, 'forged'), fin(506)])
    expect(seen.map(({ kind }) => kind)).toContain('conflict')
  })

  test('with unacknowledged bytes in its place is in conflict with them', () => {
    const [seen = []] = collect([...spoken(), fin(506), S(506, 104, 'forged'), C(104, 507)])
    expect(seen.map(({ kind }) => kind)).toContain('conflict')
  })

  test('with acknowledged bytes in its place was forged', () => {
    const [seen = []] = collect([...spoken(), fin(506), S(506, 104, 'later'), C(104, 511), ...closed()])
    expect(seen.map(({ kind }) => kind)).not.toContain('conflict')
  })

  test('inside the stream is ignored', () => {
    expect(told([...spoken(), fin(508), S(506, 104, 'later'), C(104, 511), ...closed()])).toEqual([
      'fin 0',
      'fin 1',
      'abc',
      'hellolater',
    ])
  })

  test('is valid although a keep-alive uses its sequence number', () => {
    expect(told([...spoken(), fin(506), C(104, 507), S(506, 104, '\0')])).toEqual(['fin 1', 'abc', 'hello'])
  })
})

describe('an RST without ACK when the ports are reused answers the new connection', () => {
  const stale = () => [C(101, 506, 'abc'), S(501, 104, 'hello')]
  const opening = () => handshake(70_000, 90_000)
  const goesOn = () => C(70_001, 90_001, 'new')
  const answers = {
    'of the client': () => C(104, 0, '', { flags: RST }),
    'of the server': () => S(506, 0, '', { flags: RST }),
    'of the client, to what it had acknowledged less of': () => C(101, 0, '', { flags: RST }),
  }
  for (const [what, rst] of Object.entries(answers)) {
    test(`${what}, after its SYN`, () => {
      const [syn, ...rest] = opening()
      const segments = [syn as Segment, ...stale(), rst(), ...rest, goesOn()]
      expect(toldOfAll([...spoken(), ...segments])).toEqual([
        ['abc', 'hello'],
        ['new', ''],
      ])
    })

    test(`${what}, with the SYN captured late`, () => {
      const [syn, synAck, ack] = opening() as [Segment, Segment, Segment]
      const told = (late: readonly Segment[]) => toldOfAll([...spoken(), ...stale(), rst(), ...late, goesOn()])
      expect(told([syn, synAck, ack])).toEqual([
        ['abc', 'hello'],
        ['new', ''],
      ])
      // The side that is captured first is side 0.
      expect(told([synAck, syn, ack])).toEqual([
        ['abc', 'hello'],
        ['', 'new'],
      ])
    })

    test(`${what}: changes nothing after both FINs`, () => {
      const fins = [C(104, 506, '', { flags: FIN | ACK }), S(506, 104, '', { flags: FIN | ACK })]
      expect(toldOfAll([...spoken(), ...fins, rst(), ...opening(), goesOn()])[0]).toEqual([
        'fin 0',
        'fin 1',
        'abc',
        'hello',
      ])
    })
  }

  test('one with ACK comes from a host that still has the old connection', () => {
    const [syn, ...rest] = opening()
    const rst = S(506, 104, '', { flags: RST | ACK })
    expect(toldOfAll([...spoken(), syn as Segment, rst, ...rest, goesOn()])[0]).toEqual(['rst 1', 'abc', 'hello'])
  })

  test('with the numbers of the new connection ends that one', () => {
    const rst = C(70_004, 0, '', { flags: RST })
    expect(toldOfAll([...spoken(), ...opening(), goesOn(), rst])).toEqual([
      ['abc', 'hello'],
      ['rst 0', 'new', ''],
    ])
  })
})
