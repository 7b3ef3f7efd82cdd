// Two connections between the same end points at the same time, as on a host that passes on what it hears: numbers tell
// them apart, then where and from how far segments arrive; where nothing does, nothing is proved of either.
import { describe, expect, test } from 'vitest'
import { ACK, FIN, RST, type Segment, SYN } from '../support/packets.ts'
import { collect, type Seen, said } from './collect.ts'
import { C, handshake, S, segment } from './segments.ts'

const both = (seen: readonly Seen[] = []) => [said(seen, 0), said(seen, 1)]
const isMixed = (seen: readonly Seen[]) => seen.some(({ kind }) => kind === 'conflict')
const farther = (segments: readonly Segment[]) => segments.map((one): Segment => ({ ...one, far: true }))

/** What is said on a leg whose sides number from there on. */
const leg = (client: number, server: number) => ({
  opening: handshake(client, server),
  rest: [
    S(server + 1, client + 1, '220 a'),
    C(client + 1, server + 6, 'EHLO'),
    S(server + 6, client + 5, '250 b'),
    C(client + 5, server + 11, 'QUIT'),
    C(client + 9, server + 11, '', { flags: FIN | ACK }),
    S(server + 11, client + 10, '', { flags: FIN | ACK }),
    C(client + 10, server + 12),
  ],
})
const SAID = ['EHLOQUIT', '220 a250 b']

/** Each segment on the near leg, then on the far one; the far one's `first` are missing. */
function interleaved(near: readonly Segment[], far: readonly Segment[], first = 0): Segment[] {
  return near.flatMap((one, i) => (i < first ? [one] : [one, far[i] as Segment]))
}

describe('sequence numbers within one window', () => {
  const near = leg(100, 500)
  for (const by of [1, 4, 9, 300, 30_000]) {
    const far = leg(100 + by, 500 + by)
    test(`${by} apart, from different distances`, () => {
      const second = [...farther(far.opening), ...farther(far.rest)]
      const connections = collect(interleaved([...near.opening, ...near.rest], second))
      expect(connections.map(both)).toEqual([SAID, SAID])
      expect(connections.map(isMixed)).toEqual([false, false])
    })

    test(`${by} apart, and nothing else that tells`, () => {
      const connections = collect(interleaved([...near.opening, ...near.rest], [...far.opening, ...far.rest]))
      expect(connections.some((seen) => !isMixed(seen))).toBe(false)
    })
  }

  test('far apart nothing else is needed', () => {
    const far = leg(5_000_000, 9_000_000)
    const connections = collect(interleaved([...near.opening, ...near.rest], [...far.opening, ...far.rest]))
    expect(connections.map(both)).toEqual([SAID, SAID])
    expect(connections.map(isMixed)).toEqual([false, false])
  })
})

describe('a firewall that answers SYNs itself: the numbers of the client are those of both legs', () => {
  const near = leg(100, 500)
  for (const server of [700_000, 0x80000000, 480]) {
    const far = leg(100, server)
    test(`the server begins at ${server}`, () => {
      const [syn, ...answered] = farther(far.opening)
      const all = [...near.opening, syn as Segment, ...answered, ...interleaved(near.rest, farther(far.rest))]
      const connections = collect(all)
      expect(connections.map((seen) => both(seen).sort())).toEqual([[...SAID].sort(), [...SAID].sort()])
      expect(connections.map(isMixed)).toEqual([false, false])
    })
  }

  test('without either SYN-ACK one side acknowledges back and forth, as no receiver does', () => {
    const far = leg(100, 40_000)
    const [seen = []] = collect([segment({ seq: 100, flags: SYN }), ...interleaved(near.rest, far.rest)])
    expect(isMixed(seen)).toBe(true)
  })
})

describe('a forged SYN-ACK', () => {
  const { opening, rest } = leg(100, 500)
  const forged = (seq: number) => S(seq, 101, '', { flags: SYN | ACK })

  test('begins a connection that stays silent', () => {
    const connections = collect([...opening, forged(900_000), ...rest])
    expect(connections.map(both)).toEqual([SAID])
    expect(connections.map(isMixed)).toEqual([false])
  })

  test('however often', () => {
    const many = Array.from({ length: 20 }, (_, n) => forged(900_000 + n * 100_000))
    expect(collect([...opening, ...many, ...rest]).map(both)).toEqual([SAID])
  })

  test('and its answer, an RST of the client, ends nothing', () => {
    const refused = segment({ seq: 101, flags: RST })
    expect(collect([...opening, forged(900_000), refused, ...rest]).map(both)).toEqual([SAID])
  })
})

describe('the client opens another connection while one is open', () => {
  const asked = () => [...handshake(), S(501, 101, '220 a'), C(101, 506, 'RCPT'), S(506, 105)]
  const opened = () => [segment({ seq: 900_000, flags: SYN }), S(700_000, 900_001, '', { flags: SYN | ACK })]
  const reset = () => S(506, 105, '', { flags: RST | ACK })
  const isActive = (seen: readonly Seen[] = []) => seen.find(({ kind }) => kind === 'rst')?.active

  test('what the server resets then answers that', () => {
    const [seen] = collect([...asked(), ...opened(), reset()])
    expect(isActive(seen)).toBe(false)
  })

  test('unless the client goes on', () => {
    const [seen] = collect([...asked(), ...opened(), C(105, 506, 'QUIT'), reset()])
    expect(isActive(seen)).toBe(true)
  })
})

describe('ports used again, and the SYN was not captured', () => {
  const first = leg(100, 500)
  const second = leg(200_000, 900_000)
  const withoutSyn = [...second.opening.slice(1), ...second.rest]
  const turned = [...SAID].reverse()

  test('while the first connection seems open', () => {
    const connections = collect([...first.opening, ...first.rest.slice(0, 4), ...withoutSyn])
    expect(connections.map(both).map((texts) => texts.sort())).toEqual([[...SAID].sort(), [...SAID].sort()])
  })

  test('when it has closed', () => {
    const connections = collect([...first.opening, ...first.rest, ...withoutSyn])
    expect(connections.map(both)).toEqual([SAID, turned])
    expect(connections[1]?.some(({ kind }) => kind === 'gap')).toBe(false)
  })

  test('an old SYN-ACK that comes again begins nothing', () => {
    const [, answer] = first.opening
    expect(collect([...first.opening, ...first.rest, answer as Segment]).map(both)).toEqual([SAID])
  })
})
