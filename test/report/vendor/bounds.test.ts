// The bounds of a report, reached: bins, those who are accused, controls, kinds of faults, groups of an excerpt; and which
// names make one service.
import { describe, expect, test } from 'vitest'
import {
  REPORT_ACCUSED_MAX,
  REPORT_ALIKE_MAX,
  REPORT_BINS_MAX,
  REPORT_CHAPTERS_MAX,
  REPORT_CONTROLS_MAX,
  REPORT_SAMPLES_MAX,
} from '../../../src/limits.ts'
import { FirstPass } from '../../../src/report/vendor/first-pass.ts'
import { planOf, serviceOf } from '../../../src/report/vendor/report-plan.ts'
import { Excerpt, timelineOf, timelineScale, timesOf } from '../../../src/report/vendor/second-pass.ts'
import type { FindingRecord, ServerRecord } from '../../../src/rules/analysis.ts'
import type { SessionReport } from '../../../src/rules/session-report.ts'
import type { Group } from '../../../src/smtp/records.ts'
import { FINDING, SESSION } from '../fixtures.ts'

const SERVER: ServerRecord = {
  ...{ server: '10.0.0.1:25', serverName: null, sessions: 1, findings: {}, shapes: [] },
  ...{ serverAtFault: 0, clientAtFault: 0 },
  ...{ violation: 1, suspected: 0, inconclusive: 0, conforming: 0 },
}

const endpoint = (n: number) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}:25`

function sessionOf(n: number, more: Partial<SessionReport> = {}): SessionReport {
  const server = endpoint(n)
  const base: SessionReport = {
    ...{ id: `s${n + 1}`, server, serverName: null, verdict: 'violation', opaque: false, limits: [] },
    ...{ encryption: 'none', closedBy: 'client-fin', unanswered: 0 },
    ...{
      findings: [{ ...FINDING, id: `s${n + 1}.1`, session: `s${n + 1}` }],
      greeting: null,
      proxyHeader: null,
      malformed: [],
      groups: [],
      shapes: [],
    },
    ...{ close: null, fingerprint: null, isReversed: false, tls: null, firstFrame: n + 1, closedFrame: null },
    ...{ startNs: 0, endNs: 0, lastFrame: 1, packets: 1 },
    ...{ client: '192.0.2.1:1025', clientName: null, software: null, pipelined: false },
    base: { seconds: 0, nanoseconds: 0 },
    record: { ...SESSION, id: `s${n + 1}`, server },
  }
  return { ...base, ...more }
}

const firstPass = () =>
  new FirstPass({ accuses: () => true, findings: null, information: false, parties: new Set(['server', 'client']) })

describe('bins', () => {
  test('a day is given in hours or less, a century in years', () => {
    for (const seconds of [10, 3600, 86_400, 86_400 * 365, 86_400 * 36_500]) {
      const times = timesOf(timelineScale())
      for (let i = 0; i <= 1000; i++) {
        times.proved.add(1_290_930_000 + (seconds * i) / 1000, i % 10 === 0)
        times.suspected.add(1_290_930_000 + (seconds * i) / 1000, i % 10 === 1)
      }
      const told = timelineOf('', times)?.bins ?? []
      expect(told.length).toBeLessThanOrEqual(REPORT_BINS_MAX)
      expect(told.length).toBeGreaterThan(1)
      expect(told.reduce((sum, { sessions }) => sum + sessions, 0)).toBe(1001)
      expect(told.reduce((sum, { proved }) => sum + proved, 0)).toBe(101)
      expect(told.reduce((sum, { suspected }) => sum + suspected, 0)).toBe(100)
    }
  })

  test('the order of sessions makes no difference', () => {
    const moments = Array.from({ length: 500 }, (_, i) => 1_290_930_000 + ((i * 7919) % 5000) * 60)
    const told = (order: readonly number[]) => {
      const times = timesOf(timelineScale())
      for (const at of order) {
        times.proved.add(at, at % 3 === 0)
        times.suspected.add(at, at % 3 === 1)
      }
      return timelineOf('', times)
    }
    expect(told(moments)).toEqual(told([...moments].sort((a, b) => b - a)))
  })
})

test('those who are accused beyond the bound are counted, and chapters are few', () => {
  const met = firstPass()
  for (let n = 0; n < REPORT_ACCUSED_MAX + 5; n++) met.session(sessionOf(n))
  expect(met.accusedParties.size).toBe(REPORT_ACCUSED_MAX)
  expect(met.uncharged).toBe(5)
  const servers = Array.from({ length: 40 }, (_, n) => ({ ...SERVER, server: endpoint(n), serverName: null }))
  const { cases, more } = planOf(met, servers)
  expect(cases).toHaveLength(1)
  expect(more).toEqual([])
  const [all] = cases
  expect(all?.alike).toBe(true)
  expect(all?.affected).toBe(REPORT_ACCUSED_MAX)
  expect(all?.listed).toHaveLength(REPORT_ALIKE_MAX)
  expect(all?.samples).toHaveLength(1)
})

test('of very many cases the gravest have chapters', () => {
  const met = firstPass()
  for (let n = 0; n < REPORT_CHAPTERS_MAX + 5; n++)
    for (const again of [0, 1]) met.session(sessionOf(2 * n + again, { server: endpoint(n) }))
  const { cases, more } = planOf(met, [])
  expect(cases).toHaveLength(REPORT_CHAPTERS_MAX)
  expect(more).toHaveLength(5)
})

describe('parties that did the same in one session each form one case', () => {
  const rules = (...ids: string[]) => ids.map((rule) => ({ ...FINDING, rule }) as FindingRecord)
  const plan = (sessions: readonly FindingRecord[][]) => {
    const met = firstPass()
    for (const [n, findings] of sessions.entries()) met.session(sessionOf(n, { findings }))
    return planOf(met, []).cases.map(({ alike, accusedParties }) => [alike, accusedParties.length])
  }

  test('three of them, two not', () => {
    const lost = rules('input-lost')
    expect(plan([lost, lost])).toEqual([
      [false, 1],
      [false, 1],
    ])
    expect(plan([lost, lost, lost])).toEqual([[true, 3]])
  })

  test('neither another rule nor another certainty', () => {
    const [lost, early] = [rules('input-lost'), rules('reply-before-command')]
    const doubtful = lost.map((finding) => ({ ...finding, certainty: 'suspected' as const }))
    expect(plan([lost, lost, lost, early, early, early, doubtful, doubtful, doubtful])).toEqual([
      [true, 3],
      [true, 3],
      [true, 3],
    ])
  })
})

test('sessions are remembered as controls up to the bound', () => {
  const met = firstPass()
  const shapes = Array.from({ length: 64 }, (_, i) => ({ shape: `X${i}`, well: 1, failed: 0, unjudged: 0, rules: {} }))
  const many = REPORT_CONTROLS_MAX / 64
  for (let n = 0; n <= many; n++) met.session(sessionOf(n, { findings: [], verdict: 'conforming', shapes }))
  expect(met.wellAt(endpoint(many - 1), 'X63')).toBe(`s${many}`)
  expect(met.wellAt(endpoint(many), 'X0')).toBeNull()
})

test('of faults each kind is shown once, and not all kinds', () => {
  const met = firstPass()
  const rules = ['input-lost', 'premature-close', 'reply-missing', 'reply-out-of-order', 'reply-unexpected']
  for (const [n, rule] of rules.entries())
    for (const again of [0, 1])
      met.session(sessionOf(2 * n + again, { server: endpoint(1), findings: [{ ...FINDING, rule } as FindingRecord] }))
  const [only] = planOf(met, [{ ...SERVER, server: endpoint(1), sessions: 10 }]).cases
  expect(only?.affected).toBe(10)
  expect(only?.samples.map(({ id }) => id)).toEqual(['s1', 's3', 's5'])
  expect(only?.samples).toHaveLength(REPORT_SAMPLES_MAX)
})

test('of a million groups those around the faults are kept', () => {
  const excerpt = new Excerpt({ groups: new Set([500_000]), commands: new Set([900_000]) })
  for (let index = 1; index <= 1_000_000; index++)
    excerpt.add({ index, exchanges: [{ command: { index } }] } as unknown as Group)
  expect(excerpt.groups().map(({ index }) => index)).toEqual([
    ...[1, 2, 3, 4, 499_999, 500_000, 500_001, 899_999, 900_000, 900_001, 999_999, 1_000_000],
  ])
})

test.each([
  ['DB3EHSMHS006.bigfish.com', 'bigfish.com'],
  ['mx1.mail.example.co.uk.', 'mail.example.co.uk'],
  ['mail.example.co.uk', 'example.co.uk'],
  ['example.co.uk', null],
  ['example.com', null],
  ['mail', null],
  ['192.0.2.1', null],
  ['[192.0.2.1]', null],
  ['a.\\x1b.com', null],
  [null, null],
])('the service of %s is %s', (name, service) => expect(serviceOf(name)).toBe(service))
