// The servers listed separately are those whose first session closed first, in whatever order sessions and parts are
// added.
import { expect, test } from 'vitest'
import { SERVERS_APART_SLACK, SERVERS_MAX } from '../../src/limits.ts'
import type { SessionReport } from '../../src/rules/session-report.ts'
import { SummaryBuilder } from '../../src/rules/summary-builder.ts'

/** A session with the nth server, closed by packet `closedFrame`. */
const session = (n: number, closedFrame: number | null, serverName: string | null = null) =>
  ({
    ...{ server: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}:25`, serverName, verdict: 'conforming', opaque: false },
    ...{ findings: [], limits: [], shapes: [], closedFrame, firstFrame: n + 1 },
  }) as unknown as SessionReport

const told = (summaryBuilder: SummaryBuilder) =>
  summaryBuilder.serverRecords([]).map(({ server, serverName, sessions }) => [server, serverName, sessions])

test('servers beyond the limit are counted together', () => {
  const summaryBuilder = new SummaryBuilder(false)
  const all = SERVERS_MAX + 2 * SERVERS_APART_SLACK
  for (let n = 0; n < all; n++) summaryBuilder.add(session(n, n))
  // Two further sessions: of a server that is listed separately, and of one that is not.
  summaryBuilder.add(session(0, all))
  summaryBuilder.add(session(all - 1, all + 1))
  const records = summaryBuilder.serverRecords([])
  expect(records).toHaveLength(SERVERS_MAX + 1)
  expect(records.find(({ server }) => server === 'others')?.sessions).toBe(all - SERVERS_MAX + 1)
  expect(records.find(({ server }) => server === '10.0.0.0:25')?.sessions).toBe(2)
  expect(records.reduce((sum, { sessions }) => sum + sessions, 0)).toBe(all + 2)
})

test('all others have no name', () => {
  const summaryBuilder = new SummaryBuilder(false)
  const all = SERVERS_MAX + 3 * SERVERS_APART_SLACK
  for (let n = 0; n < all; n++) summaryBuilder.add(session(n, n, `mail${n}.example`))
  const others = summaryBuilder.serverRecords([]).find(({ server }) => server === 'others')
  expect(others).toMatchObject({ serverName: null, sessions: all - SERVERS_MAX })
})

test('a server that closed early and comes late has a row of its own', () => {
  const summaryBuilder = new SummaryBuilder(false)
  const all = SERVERS_MAX + 3 * SERVERS_APART_SLACK
  for (let n = 1; n < all; n++) summaryBuilder.add(session(n, n))
  summaryBuilder.add(session(0, 0))
  const records = summaryBuilder.serverRecords([])
  expect(records).toHaveLength(SERVERS_MAX + 1)
  expect(records.map(({ server }) => server)).toContain('10.0.0.0:25')
})

test('parts merged in any order give the same sums', () => {
  const sessions = Array.from({ length: SERVERS_MAX + SERVERS_APART_SLACK + 500 }, (_, n) =>
    session((n * 7919) % (SERVERS_MAX + 300), n % 97 === 0 ? null : n, n % 3 === 0 ? `mail${n}.example` : null),
  )
  const whole = new SummaryBuilder(false)
  for (const each of sessions) whole.add(each)
  const parts = [0, 1, 2].map((part) => {
    const summaryBuilder = new SummaryBuilder(false)
    const from = (part * sessions.length) / 3
    for (const each of sessions.slice(from, from + sessions.length / 3)) summaryBuilder.add(each)
    return summaryBuilder
  })
  for (const order of [
    [0, 1, 2],
    [2, 0, 1],
    [1, 2, 0],
  ]) {
    const sum = new SummaryBuilder(false)
    for (const part of order) sum.merge(structuredClone((parts[part] as SummaryBuilder).part()))
    expect(told(sum)).toEqual(told(whole))
  }
})
