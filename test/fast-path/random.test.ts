// Generated traffic draws the same, byte for byte, with the fast path and without it; and where nothing is wrong with it,
// the fast path takes nearly all of it.
import { describe, expect, inject, test } from 'vitest'
import { Dice } from '../fuzz/dice.ts'
import { bothWays, difference, piped } from './both-ways.ts'
import { FORMATS, fileOf } from './files.ts'
import { randomCase } from './random.ts'
import { FAIR, LINKS, linkTypeOf, traffic } from './traffic.ts'

const { all, seed } = inject('scope')
/** Cases in one test. */
const EACH = 10
const CASES = all ? 1000 : 30

describe(`random traffic from seed ${seed}`, () => {
  for (let first = 0; first < CASES; first += EACH) {
    test(`cases ${first} to ${first + EACH - 1}`, async () => {
      for (let n = first; n < first + EACH; n++) {
        const one = randomCase(seed * 4096 + n)
        const ways = await bothWays(one.inputs(one.packets), one.options, one.checkpointEvery)
        expect(difference(ways), `randomCase(${seed * 4096 + n})`).toBe('')
      }
    })
  }
})

describe('the fast path takes ordinary sessions', () => {
  const sessions = 60
  const fair = (link: (typeof LINKS)[number]) =>
    traffic(new Dice(seed), { sessions, weather: FAIR, link, hosts: 400, spanNs: 1e9 })

  test.each(LINKS)('in %s', async (link) => {
    const bytes = fileOf(fair(link), linkTypeOf(link))
    const ways = await bothWays(() => [piped(bytes)])
    expect(difference(ways)).toBe('')
    expect(ways.sessions).toBe(sessions)
    expect(ways.taken).toBeGreaterThan(0.7 * sessions)
    expect(ways.takenPackets).toBeGreaterThan(0)
    const fingerprinted = await bothWays(() => [piped(bytes)], { fingerprints: true })
    expect(difference(fingerprinted)).toBe('')
    expect(fingerprinted.taken).toBeGreaterThan(0.5 * sessions)
  })

  test.each(FORMATS.filter((format) => format !== 'pcapng-two'))('in %s', async (format) => {
    const bytes = fileOf(fair('ethernet'), 1, format)
    for (const chunk of [Number.POSITIVE_INFINITY, 5000]) {
      const ways = await bothWays(() => [piped(bytes, 'test.pcap', chunk)])
      expect(difference(ways)).toBe('')
      expect(ways.taken).toBeGreaterThan(0.7 * sessions)
    }
  })

  test('in captures in sequence, for connections that go on in the next one too', async () => {
    const packets = fair('ethernet')
    const cuts = [0, 0.3, 0.5, 1].map((part) => Math.floor(part * packets.length))
    const files = cuts.slice(1).map((to, i) => fileOf(packets.slice(cuts[i], to), 1))
    const ways = await bothWays(() => files.map((bytes, i) => piped(bytes, `${i}.pcap`)))
    expect(difference(ways)).toBe('')
    expect(ways.taken).toBeGreaterThan(0.7 * sessions)
  })
})
