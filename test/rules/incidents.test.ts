// Which findings are one incident, what it is called, and how incidents add up to faults.
import { expect, test } from 'vitest'
import type { FindingRecord } from '../../src/rules/analysis.ts'
import { addFaults, addIncidents, byWeight, type FaultSums, faultRecords } from '../../src/rules/fault-sums.ts'
import { incidentsOf } from '../../src/rules/incidents.ts'
import { RULES } from '../../src/rules/index.ts'
import { FINDING } from '../report/fixtures.ts'

const finding = (id: string, rule: string, more: Partial<FindingRecord> = {}): FindingRecord => ({
  ...{ ...FINDING, id, rule, headline: RULES.find((one) => one.id === rule)?.headline ?? rule },
  ...more,
})
const [rcpt, rset] = FINDING.commands as [FindingRecord['commands'][number], FindingRecord['commands'][number]]
const apart = { commands: [{ ...rcpt, index: 9 }], replies: [] }

const shown = (findings: readonly FindingRecord[]) =>
  incidentsOf(findings).map(({ rule, symptoms }) => [rule, ...symptoms.map(({ finding }) => finding)])

test('findings about the same command are one incident, named after the one that explains the others', () => {
  const findings = [
    finding('s1.1', 'reply-out-of-order'),
    finding('s1.2', 'input-lost', { commands: [rcpt], replies: [] }),
    finding('s1.3', 'premature-close', { commands: [rset], replies: [] }),
  ]
  expect(shown(findings)).toEqual([['input-lost', 's1.2', 's1.1', 's1.3']])
  expect(incidentsOf(findings)[0]?.headline).toBe('lost pipelined commands and closed the connection')
})

test('a finding that joins two makes one incident of them', () => {
  const findings = [
    finding('s1.1', 'input-lost', { commands: [rcpt], replies: [] }),
    finding('s1.2', 'premature-close', { commands: [rset], replies: [] }),
    finding('s1.3', 'reply-out-of-order', { commands: [rcpt, rset], replies: [] }),
  ]
  expect(shown(findings)).toEqual([['input-lost', 's1.1', 's1.2', 's1.3']])
})

test('other commands, the other side, and what was sent rather than when, are other incidents', () => {
  expect(shown([finding('s1.1', 'input-lost'), finding('s1.2', 'reply-missing', apart)])).toHaveLength(2)
  expect(shown([finding('s1.1', 'input-lost'), finding('s1.2', 'mail-before-ehlo', { party: 'client' })])).toHaveLength(
    2,
  )
  const client = { party: 'client' as const }
  const both = [finding('s1.1', 'pipelining-not-advertised', client), finding('s1.2', 'bare-newline-sent', client)]
  expect(shown(both)).toHaveLength(2)
})

test('the time grows with the number of findings, not with its square', () => {
  const many = Array.from({ length: 20_000 }, (_, i) =>
    finding(`s1.${i + 1}`, 'input-lost', { commands: [{ ...rcpt, index: i }], replies: [] }),
  )
  const before = performance.now()
  expect(incidentsOf(many)).toHaveLength(20_000)
  expect(performance.now() - before).toBeLessThan(5000)
})

test('what is proved names the incident, and what is only suspected is no part of its name', () => {
  const findings = [
    finding('s1.1', 'input-lost', { certainty: 'suspected' }),
    finding('s1.2', 'premature-close', { headline: 'closed the connection with 1 reply outstanding' }),
  ]
  expect(incidentsOf(findings)).toMatchObject([
    { certainty: 'proved', headline: 'closed the connection with 1 reply outstanding' },
  ])
  const suspected = [finding('s1.1', 'input-lost'), finding('s1.2', 'premature-close', { certainty: 'suspected' })]
  expect(incidentsOf(suspected)).toMatchObject([{ headline: 'lost pipelined commands' }])
})

test('findings of severity info are no incidents, but the client that gave up belongs to the one it waited for', () => {
  const gaveUp = finding('s1.2', 'client-gave-up', { party: 'client', severity: 'info', commands: [rset] })
  expect(shown([gaveUp])).toEqual([])
  expect(shown([finding('s1.1', 'reply-missing'), gaveUp])).toEqual([['reply-missing', 's1.1', 's1.2']])
})

test('every headline can follow "may have"', () => {
  const UNCHANGED = new Set(['sent', 'lost', 'held', 'left', 'read', 'reset'])
  for (const { id, headline } of RULES) {
    const [verb = ''] = headline.split(' ')
    const isParticiple = verb.endsWith('ed') || UNCHANGED.has(verb)
    expect(isParticiple || headline.startsWith('never '), `${id}: ${headline}`).toBe(true)
  }
})

test('a rule counts once a session, with its gravest incidents', () => {
  const sums: FaultSums = new Map()
  const lost = finding('s1.1', 'input-lost', { headline: 'lost 1 of 2 pipelined commands' })
  addIncidents(sums, incidentsOf([lost, finding('s1.2', 'input-lost', { ...apart, certainty: 'suspected' })]), '')
  expect(faultRecords(sums, { accused: 'a', name: null, of: 3 }, RULES)).toMatchObject([
    { certainty: 'proved', sessions: 1, incidents: 1, headline: 'lost 1 of 2 pipelined commands', of: 3 },
  ])
})

test('parts in any order give the same faults; where they differ the headline is general', () => {
  const at = (time: string, headline: string, closes: boolean) => {
    const commands = [{ ...rcpt, at: time }]
    return incidentsOf([
      finding('s1.1', 'input-lost', { headline, commands, replies: [] }),
      ...(closes ? [finding('s1.2', 'premature-close', { commands, replies: [] })] : []),
    ])
  }
  const parts = [
    at('2026-01-01T00:00:02.000000Z', 'lost 1 of 2 pipelined commands', true),
    at('2026-01-01T00:00:01.000000Z', 'lost 2 of 4 pipelined commands', false),
    at('2026-01-01T00:00:03.000000Z', 'lost 1 of 2 pipelined commands', false),
  ].map((incidents) => {
    const sums: FaultSums = new Map()
    addIncidents(sums, incidents, '')
    return sums
  })
  for (const order of [
    [0, 1, 2],
    [2, 0, 1],
    [1, 2, 0],
  ]) {
    const sum: FaultSums = new Map()
    for (const part of order) addFaults(sum, structuredClone(parts[part] as FaultSums))
    expect(faultRecords(sum, { accused: 'a', name: null, of: 9 }, RULES)).toMatchObject([
      {
        headline: 'lost pipelined commands, and closed the connection 1 of 3 times',
        ...{ sessions: 3, incidents: 3, firstAt: '2026-01-01T00:00:01.000000Z', lastAt: '2026-01-01T00:00:03.000000Z' },
      },
    ])
  }
})

test('proved errors come before suspected ones, those before warnings, then the most frequent', () => {
  const sums: FaultSums = new Map()
  const all: readonly (readonly [string, Partial<FindingRecord>])[] = [
    ['talk-before-greeting', { severity: 'warning' }],
    ['reply-missing', { certainty: 'suspected' }],
    ['input-lost', {}],
  ]
  for (const [rule, more] of all) addIncidents(sums, incidentsOf([finding('s1.1', rule, more)]), '')
  const records = faultRecords(sums, { accused: 'a', name: null, of: 9 }, RULES).sort(byWeight)
  expect(records.map(({ rule }) => rule)).toEqual(['input-lost', 'reply-missing', 'talk-before-greeting'])
})
