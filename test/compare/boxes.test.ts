// Boxes that open other sessions than they accept, and captures that make equals hard to tell apart: who is whose partner.
import { describe, expect, test } from 'vitest'
import type { SessionReport } from '../../src/analyze.ts'
import { clientNamedIn } from '../../src/compare/session-view.ts'
import { type Conversation, type Turn, transcriptOf } from '../support/proxy.ts'
import { BEFORE, BEHIND, compareReports, sideOf, withOther } from '../support/sides.ts'

const HOUR = 3_600_000
const start = (ms: number) => `start ${new Date(Date.UTC(2010, 10, 28, 7) + ms).toISOString()}`
const before = (n: number, ms: number) => [`client 192.0.2.${1 + n}:${49152 + n}`, 'server 198.51.100.1:25', start(ms)]
const behind = (n: number, ms: number) => [`client 10.0.0.1:${20000 + n}`, 'server 10.0.0.2:10025', start(ms)]

const hello = (name: string): Turn => ({ commands: [`EHLO ${name}`], replies: ['250-mx.example.net\n250 PIPELINING'] })
const reset: Turn = { commands: ['RSET'], replies: ['250 2.0.0 Ok'] }
const quit: Turn = { commands: ['QUIT'], replies: ['221 2.0.0 Bye'] }

/** A message of its own to recipients `rcpts`; `waitMs`: before its first reply. */
function message(n: number, rcpts: readonly number[] = [0], waitMs = 1): Turn[] {
  const head = `Message-ID: <${n}@example.com>\nC| Date: Sun, 28 Nov 2010 07:00:${10 + n} +0000`
  return [
    { commands: [`MAIL FROM:<s${n}@example.com>`], replies: ['250 2.1.0 Ok'], waitMs },
    ...rcpts.map((r) => ({ commands: [`RCPT TO:<r${n}.${r}@example.net>`], replies: ['250 2.1.5 Ok'] })),
    { commands: ['DATA'], replies: ['354 Go ahead'] },
    { commands: [`${head}\nC| \nC| text ${n}\nC| .`], replies: [`250 2.0.0 Ok: queued as Q${n}`] },
  ]
}

const talk = (turns: readonly Turn[], closes: Conversation['closes'] = null): Conversation => {
  return { greeting: '220 mx.example.net ESMTP', turns, closes }
}
const plain = (n: number) => talk([hello('client.example.com'), ...message(n), quit])

type Session = readonly [Conversation, readonly string[]]
const side = (initial: readonly [number, number], sessions: readonly Session[]) =>
  sideOf(
    sessions.map(([conversation, options]) => transcriptOf(conversation, options)),
    initial,
  )

/** The numbers of the clients, by their ports, with those of their partners, and why. */
function partners(here: readonly SessionReport[], there: readonly SessionReport[]): string[] {
  const number = ({ client }: { readonly client: string }) => Number(/\d+$/.exec(client)?.[0]) % 1000
  const of = ({ client }: { readonly client: string }) =>
    client.startsWith('192.') ? number({ client }) - 152 : number({ client })
  return compareReports(here, there).pairs.map(
    (pair) => `${of(pair.before)} ${pair.behind.map(of)} ${pair.by} ${pair.box}`,
  )
}

const lost = (here: readonly SessionReport[], there: readonly SessionReport[]) =>
  compareReports(here, there).pairs.flatMap(({ differences }) =>
    differences.filter(({ kind }) => kind === 'lost').map(({ before }) => before?.text.split(' ')[0]),
  )

const three = [1, 2, 3]

test('a cached connection takes the mail of several clients, one after the other', async () => {
  const here = await side(
    BEFORE,
    three.map((n) => [plain(n), before(n, 1000 * n)]),
  )
  for (const between of [[], [reset]]) {
    const mails = three.flatMap((n) => [...message(n, [0], n === 1 ? 1 : 980), ...between])
    for (const ahead of [0, HOUR, -HOUR]) {
      const there = await side(BEHIND, [[talk([hello('box'), ...mails], 'C'), behind(7, 1000 + ahead)]])
      expect(partners(here, there)).toEqual(three.map((n) => `${n} 7 content line-proxy`))
      expect(new Set(lost(here, there))).toEqual(new Set(['EHLO', 'QUIT']))
    }
  }
})

test('two cached connections', async () => {
  const all = [1, 2, 3, 4, 5, 6]
  const here = await side(
    BEFORE,
    all.map((n) => [plain(n), before(n, 1000 * n)]),
  )
  const cached = (odd: number) => all.filter((n) => n % 2 === odd).flatMap((n) => message(n, [0], n < 3 ? 1 : 1950))
  const there = await side(BEHIND, [
    [talk([hello('box'), ...cached(1), quit]), behind(1, 1000)],
    [talk([hello('box'), ...cached(0), quit]), behind(2, 2000)],
  ])
  expect(partners(here, there).sort()).toEqual(all.map((n) => `${n} ${2 - (n % 2)} content line-proxy`))
})

test('a relay that stores messages and hands on each recipient by itself', async () => {
  const talks = (n: number) => talk([hello('client.example.com'), ...message(n, [0, 1, 2]), quit])
  const here = await side(BEFORE, [
    [talks(1), before(1, 0)],
    [talks(2), before(2, 4000)],
  ])
  const apart = [1, 2].flatMap((n) =>
    [0, 1, 2].map(
      (r): Session => [talk([hello('box'), ...message(n, [r]), quit]), behind(10 * n + r, 4000 * n - 2000 + 700 * r)],
    ),
  )
  const there = await side(BEHIND, apart)
  expect(partners(here, there)).toEqual([
    '1 10,11,12 content store-and-forward',
    '2 20,21,22 content store-and-forward',
  ])
  expect(lost(here, there)).toEqual([])
})

test('a relay that stores messages and hands on several in one session', async () => {
  const here = await side(BEFORE, [
    [plain(1), before(1, 0)],
    [plain(2), before(2, 4000)],
  ])
  const there = await side(BEHIND, [[talk([hello('box'), ...message(1), ...message(2), quit]), behind(5, 9200)]])
  expect(partners(here, there)).toEqual(['1 5 content store-and-forward', '2 5 content store-and-forward'])
})

test('a client that is named without its port', async () => {
  const here = await side(
    BEFORE,
    three.map((n) => [plain(1), before(n, 0)]),
  )
  const named = (n: number) => [
    hello('box'),
    { commands: [`XCLIENT ADDR=192.0.2.${1 + n} NAME=[UNAVAILABLE]`], replies: ['220 mx.example.net ESMTP'] },
    hello('client.example.com'),
    ...message(1),
    quit,
  ]
  const there = await side(
    BEHIND,
    three.map((n) => [talk(named(n)), behind(n, 5)]),
  )
  expect(partners(here, there)).toEqual(three.map((n) => `${n} ${n} named line-proxy`))
})

test('a client with an IPv6 address, however the box spells it', async () => {
  const alike = await side(
    BEFORE,
    three.map((n) => [plain(1), before(n, 0)]),
  )
  const here = alike.map((report, i) => withOther(report, { client: `[2001:db8::${1 + i}]:${49153 + i}` }))
  const names = (spelled: string) => [
    (n: number) => `XCLIENT ADDR=IPV6:${spelled}${n} PORT=${49152 + n}`,
    (n: number) => `XFORWARD ADDR=ipv6:${spelled.toUpperCase()}${n} PORT=${49152 + n}`,
  ]
  for (const line of ['2001:db8::', '2001:db8:0:0:0:0:0:', '2001:0db8::000'].flatMap(names)) {
    const named = (n: number): Turn => ({ commands: [line(n)], replies: ['250 2.0.0 Ok'] })
    const there = await side(
      BEHIND,
      three.map((n) => [talk([hello('client.example.com'), named(n), ...message(1), quit]), behind(n, 5)]),
    )
    const found = compareReports(here, there).pairs.map(({ before: one, by, behind: [other] }) => {
      return [one.client, by, other?.client]
    })
    expect(found).toEqual(three.map((n) => [`[2001:db8::${n}]:${49152 + n}`, 'named', `10.0.0.1:${20000 + n}`]))
  }
  const at = { start: 0, end: 0, firstFrame: 1, lastFrame: 1, timeNs: 0 }
  const header = (text: string) => ({ version: 1 as const, text, at, lines: 1, replies: [] })
  for (const spelled of ['2001:DB8::1', '2001:db8:0:0:0:0:0:1'])
    expect(clientNamedIn(header(`PROXY TCP6 ${spelled} 2001:DB8::25 49153 25`))).toBe('[2001:db8::1]:49153')
  expect(clientNamedIn(header('PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.25 49153 25'))).toBe('192.0.2.1:49153')
})

describe('encrypted on both sides', () => {
  /** From some point on it cannot be read; `octets` of the client's in two records. */
  const hidden = (report: SessionReport, random: string, octets: number, moreFlights = 0): SessionReport => {
    const flight = (by: 'client' | 'server', bytes: number) => {
      return { by, records: 2, bytes, firstFrame: 5, lastFrame: 6, timeNs: 1e6 }
    }
    return withOther(report, {
      opaque: true,
      tls: {
        flights: [flight('client', octets), flight('server', 900)],
        moreFlights,
        alerted: [],
        clientRandoms: [random],
      },
      record: { ...report.record, encryption: 'opaque' },
    })
  }
  const sides = async (initial: readonly [number, number]) => {
    const talks = (n: number) => talk([hello('client.example.com'), ...message(n), quit])
    const here = await side(
      BEFORE,
      three.map((n) => [talks(1), before(n, n)]),
    )
    const there = await side(
      initial,
      three.map((n) => [talks(1), behind(n, n + HOUR)]),
    )
    return { here, there }
  }

  const one = async (initial: readonly [number, number], extensions: readonly string[]) => {
    const greets: Turn = {
      commands: ['EHLO client.example.com'],
      replies: [
        ['mx.example.net', ...extensions].map((line, i) => `250${i < extensions.length ? '-' : ' '}${line}`).join('\n'),
      ],
    }
    const optionsOf = initial === BEFORE ? before : behind
    const [report] = await side(initial, [[talk([greets, ...message(1), quit]), optionsOf(1, 0)]])
    if (report === undefined) throw new Error('no session')
    return report
  }
  const judged = (here: SessionReport, there: SessionReport) => {
    const [pair] = compareReports([here], [there]).pairs
    return {
      box: pair?.box,
      outcome: pair?.outcome,
      notes: pair?.notes,
      kinds: pair?.differences.map(({ kind }) => kind),
    }
  }

  test('a box that speaks TLS on one side only: where TLS ends, and how many bytes were sent', async () => {
    const [here, there] = [await one(BEFORE, ['PIPELINING']), await one(BEHIND, ['PIPELINING', 'STARTTLS'])]
    const [inTheClear, records] = [
      / bytes from the client and \d+ bytes from the server, not encrypted$/,
      / \(\d+ bytes\) from the client and /,
    ]
    expect(judged(here, hidden(there, 'aa', 800))).toMatchObject({
      box: 'tls-terminator',
      outcome: 'cannot-tell',
      notes: [
        'TLS ends in the box: the session is encrypted between the box and the server only',
        'the server offers STARTTLS, but the box does not offer it to the client',
        expect.stringMatching(inTheClear),
        expect.stringMatching(records),
      ],
      kinds: [],
    })
    expect(judged(hidden(there, 'aa', 800), here)).toMatchObject({
      box: 'tls-terminator',
      notes: [
        'TLS ends in the box: the session is encrypted between the client and the box only',
        expect.stringMatching(records),
        expect.stringMatching(inTheClear),
      ],
      kinds: [],
    })
    expect(judged(hidden(here, 'aa', 800), hidden(there, 'bb', 700))).toMatchObject({
      box: 'tls-terminator',
      outcome: 'cannot-tell',
      kinds: [],
    })
  })

  test('a box that passes TLS through: every record is the same', async () => {
    const [here, there] = [await one(BEFORE, ['STARTTLS']), await one(BEHIND, ['STARTTLS'])]
    expect(judged(hidden(here, 'aa', 800), hidden(there, 'aa', 800))).toMatchObject({
      box: 'tcp-relay',
      outcome: 'same',
    })
  })

  test('STARTTLS that is not offered to the client, without TLS on either side', async () => {
    const [here, there] = [await one(BEFORE, ['PIPELINING']), await one(BEHIND, ['PIPELINING', 'STARTTLS'])]
    const messages = compareReports([here], [there]).pairs.flatMap(({ differences }) =>
      differences.map((each) => each.message),
    )
    expect(messages).toEqual([expect.stringMatching(/without 250 STARTTLS; the client was not offered TLS$/)])
  })

  test('the random of the client tells equals apart', async () => {
    const { here, there } = await sides(BEHIND)
    const random = (n: number) => `0${n}`.repeat(32)
    const one = here.map((report, i) => hidden(report, random(i), 800))
    const other = there.map((report, i) => hidden(report, random(2 - i), 800))
    expect(partners(one, other)).toEqual(['1 3 content tcp-relay', '2 2 content tcp-relay', '3 1 content tcp-relay'])
    expect(compareReports(one, other).summary.differences).toEqual({ before: 0, in: 0, behind: 0 })
  })

  test('bytes are compared if TLS passes through, and only then', async () => {
    const { here, there } = await sides(BEHIND)
    const lacking = (report: SessionReport, hasGaps: boolean): SessionReport => {
      const { fingerprint } = report
      return withOther(report, { fingerprint: fingerprint === null ? null : { ...fingerprint, hasGaps } })
    }
    const differences = (random: string, more = 0, gaps = [false, false]) => {
      const [one, other] = [here, there].map(([report]) => report as SessionReport)
      if (one === undefined || other === undefined) throw new Error('no session')
      const [before, behind] = [hidden(one, 'aa', 800), hidden(other, random, 700, more)]
      const { pairs } = compareReports([lacking(before, gaps[0] === true)], [lacking(behind, gaps[1] === true)])
      return pairs.flatMap((pair) => pair.differences.map(({ message: text }) => text))
    }
    const lossy = ['the client sent 2 TLS records (800 bytes), but 2 TLS records (700 bytes) left the box']
    expect(differences('aa')).toEqual(lossy)
    expect(differences('aa', 1)).toEqual([])
    expect(differences('aa', 0, [true, false])).toEqual([])
    expect(differences('aa', 0, [false, true])).toEqual([])
    expect(differences('bb')).toEqual([])
  })
})

test('the same end points and other sequence numbers: equals are told apart by their addresses', async () => {
  const here = await side(
    BEFORE,
    three.map((n) => [plain(1), before(n, n % 2)]),
  )
  for (const ahead of [0, HOUR]) {
    const there = await side(
      BEHIND,
      three.map((n) => [plain(1), before(n, ahead + (n % 3))]),
    )
    expect(partners(here, there).sort()).toEqual(three.map((n) => `${n} ${n} addresses tcp-relay`))
  }
})

test('a port that another session used at another time says nothing', async () => {
  const here = await side(
    BEFORE,
    three.map((n) => [plain(n), before(n, 3000 * n)]),
  )
  for (const others of [[2], [2, 3, 1]]) {
    const there = await side(
      BEHIND,
      others.map((n, i) => [plain(n + 10), before(n, 2 * HOUR + 60_000 * i)]),
    )
    expect(partners(here, there)).toEqual([])
  }
})

test('equal sessions that are open at the same time are ambiguous', async () => {
  const many = [...Array(12).keys()]
  for (const apartMs of [0, 1, 5]) {
    const here = await side(
      BEFORE,
      many.map((n) => [plain(1), before(n, apartMs * n)]),
    )
    const there = await side(
      BEHIND,
      many.map((n) => [plain(1), behind(n, apartMs * n + 2)]),
    )
    expect(partners(here, there)).toEqual([])
    expect(compareReports(here, there).ambiguous.length).toBe(12)
  }
})

test('of captures that cover other times, equals are paired by one clock as long as it explains them', async () => {
  const when = (n: number) => 700 * n + 100 * (n % 3)
  const many = [...Array(20).keys()]
  const here = await side(
    BEFORE,
    many.slice(0, 12).map((n) => [plain(1), before(n, when(n))]),
  )
  const there = await side(
    BEHIND,
    many.slice(8).map((n) => [plain(1), behind(n, when(n) + 4)]),
  )
  expect(partners(here, there)).toEqual([8, 9, 10, 11].map((n) => `${n} ${n} content tcp-relay`))
})

test('probes that say the same every minute are told apart by what is uneven about them, or not at all', async () => {
  const probe = talk([hello('probe.example.com'), quit])
  const all = Array.from({ length: 20 }, (_, n) => n)
  const uneven = (n: number) => (n * n * 137) % 701
  const at = async (jitter: (n: number) => number, ahead: number, seen: readonly number[]) => {
    const here = await side(
      BEFORE,
      all.map((n) => [probe, before(n, 60_000 * n + jitter(n))]),
    )
    const there = await side(
      BEHIND,
      seen.map((n) => [probe, behind(n, 60_000 * n + jitter(n) + 1 + ahead)]),
    )
    return partners(here, there)
  }
  const late = all.slice(5)
  const early = all.slice(0, -5)
  for (const ahead of [5000, HOUR, -HOUR]) {
    for (const seen of [all, late, early])
      expect(await at(uneven, ahead, seen)).toEqual(seen.map((n) => `${n} ${n} content tcp-relay`))
    // The probe of this minute, or of the next?
    for (const seen of [late, early]) expect(await at(() => 0, ahead, seen)).toEqual([])
  }
})

test('two sessions at the same time with other messages are no pair, however much else they share', async () => {
  const rest = (n: number) => message(n).map((turn, i) => (i === 0 ? { ...turn, commands: ['MAIL FROM:<>'] } : turn))
  const talks = (n: number) => talk([hello('client.example.com'), ...rest(n), quit])
  const here = await side(BEFORE, [[talks(1), before(1, 0)]])
  expect(partners(here, await side(BEHIND, [[talks(2), behind(1, 3)]]))).toEqual([])
  expect(partners(here, await side(BEHIND, [[talks(1), behind(1, 3)]]))).toEqual(['1 1 content tcp-relay'])
})

describe('a command that comes again after a temporary failure', () => {
  const again = (n: number): Turn[] => {
    const [mail, rcpt, ...others] = message(n)
    if (mail === undefined || rcpt === undefined) throw new Error('no message')
    return [
      mail,
      { ...rcpt, replies: ['450 4.2.0 busy'] },
      { ...rcpt, replies: ['450 4.2.0 still busy'] },
      rcpt,
      ...others,
    ]
  }
  const [once, more] = [
    talk([hello('client.example.com'), ...message(1), quit]),
    talk([hello('client.example.com'), ...again(1), quit]),
  ]
  const kinds = async (front: Conversation, back: Conversation) =>
    compareReports(
      await side(BEFORE, [[front, before(1, 0)]]),
      await side(BEHIND, [[back, behind(1, 5)]]),
    ).pairs.flatMap(({ differences }) => differences.map(({ kind, what }) => `${kind} ${what}`))

  test('of the box', async () => expect(await kinds(once, more)).toEqual(['made command', 'made command']))
  test('of the client', async () => expect(await kinds(more, once)).toEqual(['lost command', 'lost command']))
})
