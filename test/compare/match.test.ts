// Sessions of both sides, of boxes of every kind: which belong together, why, and what kind of box it is.
import { describe, expect, test } from 'vitest'
import type { SessionReport } from '../../src/analyze.ts'
import { type Conversation, conversation, transcriptOf } from '../support/proxy.ts'
import { BEFORE, BEHIND, client, compareReports, server, sideOf } from '../support/sides.ts'

const numbers = [0, 1, 2, 3]
const whole = (n: number) => conversation(n, 1 + (n % 3))
const clientSide = () =>
  sideOf(
    numbers.map((n) => transcriptOf(whole(n), client(n))),
    BEFORE,
  )

/** Sessions as they are behind the box; `options` as in a transcript, one list for each. */
const behind = (
  conversations: readonly Conversation[],
  options: (n: number) => readonly string[],
  initial: readonly [number, number] = BEHIND,
) =>
  sideOf(
    conversations.map((each, n) => transcriptOf(each, options(n))),
    initial,
  )

const told = (here: readonly SessionReport[], there: readonly SessionReport[]) =>
  compareReports(here, there).pairs.map((pair) => [
    pair.before.session,
    pair.behind.length,
    pair.by,
    pair.box,
    pair.outcome,
  ])

const all =
  (...what: readonly string[]) =>
  (id: unknown) => [id, 1, ...what]

describe('the same TCP connection', () => {
  test('a capture is paired with itself', async () => {
    const here = await clientSide()
    expect(told(here, here)).toEqual(here.map(({ id }) => all('connection', 'path', 'same')(id)))
  })

  test('behind address translation it is known by its numbers', async () => {
    const here = await clientSide()
    const there = await behind(numbers.map(whole), server, BEFORE)
    expect(told(here, there)).toEqual(here.map(({ id }) => all('translated', 'path', 'same')(id)))
  })

  describe('new sequence numbers, the same timestamps', () => {
    const apart = (n: number): readonly [number, number] => [3_000_000_000 + 40_000 * n, 17_000 + 40_000 * n]
    const at = (options: (n: number) => readonly string[], initial: readonly [number, number], timestamps = apart) =>
      sideOf(
        numbers.map((n) => transcriptOf(whole(n), options(n))),
        initial,
        timestamps,
      )

    test('one connection, translated or not', async () => {
      const here = await at(client, BEFORE)
      for (const options of [client, server])
        expect(told(here, await at(options, BEHIND))).toEqual(
          here.map(({ id }) => all('timestamps', 'path', 'same')(id)),
        )
    })

    test('around the wrap', async () => {
      const wrapped = (n: number): readonly [number, number] => [2 ** 32 - 1 - n, 2 ** 31 - 2 + 5 * n]
      const there = await at(server, BEHIND, wrapped)
      expect(told(await at(client, BEFORE, wrapped), there).map(([, , by]) => by)).toEqual(
        numbers.map(() => 'timestamps'),
      )
    })

    test('connections of one tick are told apart by what they say, or not by timestamps', async () => {
      const tick = (): readonly [number, number] => [3_000_000_000, 17_000]
      const [here, there] = [await at(client, BEFORE, tick), await at(server, BEHIND, tick)]
      expect(told(here, there)).toEqual(here.map(({ id }) => all('timestamps', 'path', 'same')(id)))
      const same = (options: (n: number) => readonly string[], initial: readonly [number, number]) =>
        sideOf(
          numbers.map((n) => transcriptOf(whole(1), options(n))),
          initial,
          tick,
        )
      const equals = told(await same(client, BEFORE), await same(server, BEHIND))
      expect(equals.filter(([, , by]) => by === 'timestamps')).toEqual([])
    })

    test('a proxy has timestamps of its own, or the same where one clock stamps all of them', async () => {
      const there = await at(server, BEHIND, (n) => [apart(n)[0], apart(n)[1] + 1])
      expect(told(await at(client, BEFORE), there).map(([, , by]) => by)).toEqual(numbers.map(() => 'content'))
      const one = (n: number): readonly [number, number] => [70_000 * n, 70_000 * n]
      const machine = told(await at(client, BEFORE, one), await at(server, BEHIND, one))
      expect(machine.map(([, , by]) => by)).toEqual(numbers.map(() => 'content'))
    })

    test('without the option on one side they tell nothing', async () => {
      const here = await at(client, BEFORE)
      const there = await behind(numbers.map(whole), server)
      expect(told(here, there).map(([, , by]) => by)).toEqual(numbers.map(() => 'content'))
    })
  })

  test('an unacknowledged command that is not on the other side was lost in between', async () => {
    const cut = { ...whole(1), turns: whole(1).turns.slice(0, 3) }
    const stuck = { ...cut, turns: [...cut.turns, { commands: ['NOOP'], replies: [null] }] }
    const here = await sideOf([transcriptOf(stuck, [...client(1), 'no-close'])], BEFORE)
    const there = await sideOf([transcriptOf(cut, [...client(1), 'no-close'])], BEFORE)
    const [pair] = compareReports(here, there).pairs
    expect(pair?.box).toBe('path')
    expect(pair?.differences.filter(({ place }) => place !== 'in')).toEqual([])
  })
})

describe('another TCP connection', () => {
  test('a relay passes the same bytes', async () => {
    const here = await clientSide()
    const there = await behind(numbers.map(whole), server)
    expect(told(here, there)).toEqual(here.map(({ id }) => all('content', 'tcp-relay', 'same')(id)))
  })

  test('a proxy names the client that it speaks for', async () => {
    const here = await clientSide()
    const introduced = numbers.map((n): Conversation => {
      const [hello, ...turns] = whole(n).turns
      const [, address = '', port = ''] = /client (.*):(\d+)/.exec(client(n)[0] as string) ?? []
      const names = { commands: [`XFORWARD ADDR=${address} PORT=${port}`], replies: ['250 2.0.0 Ok'] }
      return { ...whole(n), turns: hello === undefined ? [names, ...turns] : [hello, names, ...turns] }
    })
    const there = await behind(introduced, (n) => [...server(n).slice(0, 2), client(n)[2] as string])
    expect(told(here, there)).toEqual(here.map(({ id }) => all('named', 'line-proxy', 'different')(id)))
  })

  test('a relay that stores messages first is known by them, though no session shares a moment', async () => {
    const message = (n: number): Conversation => {
      const content = `Message-ID: <${n}.${n * 7}@example.com>\nC| Subject: ${n}\nC| \nC| text ${n}\nC| .`
      const turns = whole(n).turns.map((turn, i) => (i === 2 ? { ...turn, commands: [content] } : turn))
      return { ...whole(n), turns }
    }
    const later = (n: number) => {
      const at = new Date(Date.UTC(2010, 10, 28, 7, n, 11 + 13 * n * n)).toISOString()
      return [...server(n).slice(0, 2), `start ${at}`]
    }
    const here = await sideOf(
      numbers.map((n) => transcriptOf(message(n), client(n))),
      BEFORE,
    )
    const there = await behind(numbers.map(message), later)
    expect(told(here, there).map((pair) => pair.slice(1, 4))).toEqual(
      numbers.map(() => [1, 'content', 'store-and-forward']),
    )
  })

  test('a session for each message: nothing is lost', async () => {
    const [hello, group, content, , , , quit] = whole(1).turns
    if (!hello || !group || !content || !quit) throw new Error('another conversation')
    const again = (turn: typeof group, n: number) => ({
      ...turn,
      commands: turn.commands.map((line) => line.replace('r1.', `r${n}.`)),
      replies: turn.replies.map((line) => line?.replace('r1.', `r${n}.`) ?? null),
    })
    const messages = [1, 2, 3].map((n) => [again(group, n), content])
    const here = await sideOf(
      [transcriptOf({ ...whole(1), turns: [hello, ...messages.flat(), quit] }, client(1))],
      BEFORE,
    )
    const apart = messages.map((turns): Conversation => ({ ...whole(1), turns: [hello, ...turns, quit] }))
    const there = await behind(apart, () => [...server(1).slice(0, 2), client(1)[2] as string])
    const [pair, ...more] = compareReports(here, there).pairs
    expect(more).toEqual([])
    expect(pair?.behind.length).toBe(3)
    expect(pair?.differences.filter(({ kind }) => kind === 'lost')).toEqual([])
    expect(pair?.differences.map(({ kind }) => kind)).toContain('sessions')
  })
})
