// Clocks that disagree, and boxes that take their time: what is concluded of it, and what cannot be told apart.
import { describe, expect, test } from 'vitest'
import type { SessionReport } from '../../src/analyze.ts'
import { type Conversation, type Turn, transcriptOf } from '../support/proxy.ts'
import { BEFORE, BEHIND, compareReports, sideOf } from '../support/sides.ts'

const SECOND = 1000
const HOUR = 3600 * SECOND
const DAY = 24 * HOUR
const start = (ms: number) => `start ${new Date(Date.UTC(2010, 10, 28, 7) + ms).toISOString()}`
const before = (n: number, ms: number) => [`client 192.0.2.${1 + n}:${49152 + n}`, 'server 198.51.100.1:25', start(ms)]
const behind = (n: number, ms: number) => [`client 10.0.0.1:${20000 + n}`, 'server 10.0.0.2:10025', start(ms)]

interface Made {
  /** What tells the message from others; null: no header tells. */
  readonly id: string | null
  /** The reply to the message. */
  readonly accepted: string
  readonly acceptedMs?: number
}

/** One client sends to the same recipient each time. */
function mail({ id, accepted, acceptedMs = 1 }: Made): Conversation {
  const header = id === null ? 'Subject: report' : `Message-ID: <${id}@example.com>`
  const turns: Turn[] = [
    { commands: ['EHLO client.example.com'], replies: ['250-mx.example.net\n250 PIPELINING'] },
    { commands: ['MAIL FROM:<cron@example.com>'], replies: ['250 Ok'] },
    { commands: ['RCPT TO:<root@example.net>'], replies: ['250 Ok'] },
    { commands: ['DATA'], replies: ['354 Go ahead'] },
    { commands: [`${header}\nC| \nC| text\nC| .`], replies: [accepted], waitMs: acceptedMs },
    { commands: ['QUIT'], replies: ['221 Bye'] },
  ]
  return { greeting: '220 mx.example.net ESMTP', turns }
}

const side = (
  initial: readonly [number, number],
  conversations: readonly Conversation[],
  options: (n: number) => readonly string[],
) =>
  sideOf(
    conversations.map((each, n) => transcriptOf(each, options(n))),
    initial,
  )

function told(here: readonly SessionReport[], there: readonly SessionReport[]) {
  const { pairs, summary } = compareReports(here, there)
  return { boxes: [...new Set(pairs.map(({ box }) => box))], pairs: pairs.length, clock: summary.clock }
}

const five = [0, 1, 2, 3, 4]
const when = (n: number) => 60 * SECOND * n + ((n * 7919) % 5000)

describe('every session begins behind the box long after the one before it is over', () => {
  const at = async (made: (n: number) => Made, there: (n: number) => Made, aheadMs: number) =>
    told(
      await side(
        BEFORE,
        five.map((n) => mail(made(n))),
        (n) => before(n, when(n)),
      ),
      await side(
        BEHIND,
        five.map((n) => mail(there(n))),
        (n) => behind(n, when(n) + aheadMs),
      ),
    )
  const plain = (n: number): Made => ({ id: `${n}`, accepted: '250 Ok' })

  test('what only the server can have said was said at once: the clocks differ', async () => {
    const queued = (n: number): Made => ({ id: `${n}`, accepted: `250 Ok: queued as 4F1B2C${n}` })
    expect(await at(queued, queued, 30 * SECOND)).toEqual({
      boxes: ['tcp-relay'],
      pairs: 5,
      clock: { aheadMs: 30_000, basis: 'measured' },
    })
  })

  test('nothing shows whether the clocks differ or the box takes so long', async () => {
    expect(await at(plain, plain, 30 * SECOND)).toEqual({
      boxes: ['unknown'],
      pairs: 5,
      clock: { aheadMs: 30_000, basis: 'clock-or-delay' },
    })
  })

  test('the client had its reply sooner than the server took for it: the box stores', async () => {
    const slow = (n: number): Made => ({ id: `${n}`, accepted: '250 Ok, taken', acceptedMs: 900 })
    expect((await at(plain, slow, 30 * SECOND)).boxes).toEqual(['store-and-forward'])
  })

  test('before it began: no box does that', async () => {
    expect(await at(plain, plain, -30 * SECOND)).toEqual({
      boxes: ['tcp-relay'],
      pairs: 5,
      clock: { aheadMs: -30_000, basis: 'measured' },
    })
  })
})

describe('a client that sends to the same recipient every day', () => {
  const one = async (made: Made, there: Made, aheadMs: number) => {
    const here = await side(BEFORE, [mail(made)], () => before(0, 0))
    return told(here, await side(BEHIND, [mail(there)], () => behind(0, aheadMs)))
  }

  test('another message is another session', async () => {
    const [monday, tuesday] = ['1', '2'].map((id): Made => ({ id, accepted: '250 Ok' }))
    if (monday === undefined || tuesday === undefined) throw new Error('no message')
    for (const aheadMs of [DAY, HOUR, -HOUR, 20 * SECOND]) expect((await one(monday, tuesday, aheadMs)).pairs).toBe(0)
    expect(await one(monday, monday, DAY)).toMatchObject({ pairs: 1, clock: { basis: 'clock-or-delay' } })
  })

  test('without anything that tells messages apart, one pair is a guess, and none a day later', async () => {
    const same: Made = { id: null, accepted: '250 Ok' }
    for (const aheadMs of [DAY, -DAY]) expect((await one(same, same, aheadMs)).pairs).toBe(0)
    expect(await one(same, same, HOUR)).toMatchObject({ pairs: 1, clock: { aheadMs: HOUR, basis: 'guessed' } })
  })
})

test('clocks that run at different rates', async () => {
  const many = Array.from({ length: 30 }, (_, n) => n)
  const apart = (n: number) => 10 * 60 * SECOND * n + ((n * 7919) % 60_000)
  const queued = (n: number) => mail({ id: `${n}`, accepted: `250 Ok: queued as 4F1B2C${n}` })
  const here = await side(BEFORE, many.map(queued), (n) => before(n, apart(n)))
  for (const ppm of [100, -100]) {
    for (const ahead of [0, 37 * SECOND, -2 * HOUR]) {
      const there = await side(BEHIND, many.map(queued), (n) => behind(n, apart(n) * (1 + ppm / 1e6) + ahead))
      expect(told(here, there)).toMatchObject({ boxes: ['tcp-relay'], pairs: 30 })
    }
  }
})
