// Sessions -> a triage: who is named first and with what words, what is never held against anybody, and its bounds.
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import { TRIAGE_BINS_MAX, TRIAGE_HOURS_MAX, TRIAGE_ROWS_MAX, TRIAGE_SEQUENCES_MAX } from '../../src/limits.ts'
import { PLAIN } from '../../src/report/format-text.ts'
import { renderTriage } from '../../src/report/triage-formats.ts'
import type { FindingRecord, SequenceCount } from '../../src/rules/analysis.ts'
import { OTHER_SHAPES } from '../../src/rules/command-sequences.ts'
import type { SessionReport } from '../../src/rules/session-report.ts'
import { type By, OTHERS, Triage, type TriageResult } from '../../src/triage/triage.ts'
import { expectGolden } from '../support/golden.ts'
import { invoke } from '../support/invoke.ts'
import { isTriage, triageSchema } from '../support/validators.ts'

const root = new URL('../../', import.meta.url)
const WAYS: readonly By[] = ['server', 'client', 'rule', 'hour']
const HOUR_NS = 3_600_000_000_000

const CAPTURES = readdirSync(new URL('test/captures', root))
  .filter((name) => /\.pcap(?:ng)?$/.test(name))
  .map((name) => new URL(`test/captures/${name}`, root).pathname)

const finding = (about: Partial<FindingRecord>): FindingRecord =>
  ({
    rule: 'input-lost',
    party: 'server',
    severity: 'error',
    certainty: 'proved',
    commands: [],
    ...about,
  }) as FindingRecord

/** A session in which nothing happened but what is said. */
function session(about: Partial<SessionReport>): SessionReport {
  return {
    ...{ server: '203.0.113.25:25', serverName: null, client: '192.0.2.1:49152', clientName: null, software: null },
    ...{ verdict: 'conforming', pipelined: true, findings: [], limits: [], shapes: [] },
    ...{ base: { seconds: Date.UTC(2010, 10, 28, 7) / 1000, nanoseconds: 0 }, startNs: 0, endNs: 1_000_000_000 },
    ...about,
  } as SessionReport
}

function triageOf(sessions: Iterable<SessionReport>, by: By = 'server'): TriageResult {
  const triage = new Triage(by)
  for (const each of sessions) triage.add(each)
  return triage.result()
}

const violated = (...findings: FindingRecord[]) => session({ verdict: 'violation', findings })

describe('what to look at first', () => {
  test('who broke rules in most sessions, the server before the client of fewer', () => {
    const broken = (server: string) => ({ ...violated(finding({})), server })
    const { first } = triageOf([
      broken('203.0.113.1:25'),
      ...[1, 2, 3].map(() => broken('203.0.113.2:25')),
      ...[1, 2].map(() => violated(finding({ rule: 'auth-not-last', party: 'client' }))),
    ])
    expect(first.map(({ party, key, affected, sessions }) => [party, key, affected, sessions])).toEqual([
      ['server', '203.0.113.2:25', 3, 3],
      ['client', '192.0.2.1', 2, 6],
      ['server', '203.0.113.1:25', 1, 1],
    ])
  })

  test('what is proved before what is suspected, however often', () => {
    const doubted = session({ verdict: 'suspected', findings: [finding({ certainty: 'suspected' })] })
    const proved = { ...violated(finding({ rule: 'reply-missing' })), server: '203.0.113.9:25' }
    const { first, rows } = triageOf([doubted, doubted, proved])
    expect(first.map(({ key, certainty, affected }) => [key, certainty, affected])).toEqual([
      ['203.0.113.9:25', 'proved', 1],
      ['203.0.113.25:25', 'suspected', 2],
    ])
    expect(rows.map(({ accused }) => accused)).toEqual([
      { proved: 1, suspected: 0 },
      { proved: 0, suspected: 2 },
    ])
  })

  test('what could not be judged, what is a warning, and what the other party did are no error', () => {
    const { first, rows } = triageOf([
      session({ verdict: 'inconclusive' }),
      session({ findings: [finding({ severity: 'warning' }), finding({ rule: 'capture-loss', party: 'path' })] }),
      violated(finding({ rule: 'auth-not-last', party: 'client' })),
    ])
    expect(first.map(({ party }) => party)).toEqual(['client'])
    expect(rows[0]).toMatchObject({ inconclusive: 1, violation: 1, accused: { proved: 0, suspected: 0 } })
  })

  test('what clients gave up waiting for, which is no fault', () => {
    const gaveUp = (...verbs: string[]) =>
      session({
        findings: verbs.map((verb) =>
          finding({
            ...{ rule: 'client-gave-up', party: 'client', severity: 'info' },
            commands: [{ verb }, { verb: 'RSET' }] as unknown as FindingRecord['commands'],
          }),
        ),
        shapes: [{ shape: 'MAIL RCPT×n', well: 3, failed: 0, unjudged: 0, rules: {} }],
      })
    const result = triageOf([gaveUp('BDAT'), gaveUp('BDAT', 'BDAT'), gaveUp('CONTENT'), gaveUp('RCPT'), session({})])
    expect(result.first).toEqual([])
    const [quiet] = result.quiet
    expect(quiet).toMatchObject({ key: '203.0.113.25:25', sessions: 5 })
    expect(quiet?.givenUp).toEqual([
      { verb: 'BDAT', sessions: 2, answered: 0 },
      { verb: '.', sessions: 1, answered: 0 },
      { verb: 'RCPT', sessions: 1, answered: 12 },
    ])
  })

  test('in hours that are put together, what was given up on stays counted', () => {
    const waits = (hour: number) =>
      session({
        startNs: hour * HOUR_NS,
        endNs: hour * HOUR_NS,
        findings: [
          finding({
            ...{ rule: 'client-gave-up', party: 'client', severity: 'info' },
            commands: [{ verb: 'BDAT' }] as unknown as FindingRecord['commands'],
          }),
        ],
      })
    const { rows } = triageOf(
      Array.from({ length: TRIAGE_HOURS_MAX + 1 }, (_, hour) => waits(hour)),
      'hour',
    )
    expect(rows.length).toBeLessThan(TRIAGE_HOURS_MAX)
    expect(rows.reduce((sum, { givenUp }) => sum + (givenUp[0]?.sessions ?? 0), 0)).toBe(TRIAGE_HOURS_MAX + 1)
  })

  test('a rule that is proved only as a warning is no proved error', () => {
    const mixed = [finding({ certainty: 'suspected' }), finding({ severity: 'warning' })]
    const { first } = triageOf([session({ verdict: 'suspected', findings: mixed })])
    expect(first).toMatchObject([{ certainty: 'suspected', rules: [{ severity: 'error', certainty: 'suspected' }] }])
  })

  test('groups fail by what is proved in their session, else they count as not judged', () => {
    const failing = (shape: string, rule: string): SequenceCount => ({
      shape,
      well: 0,
      failed: 1,
      unjudged: 0,
      rules: { [rule]: 1 },
    })
    const well: SequenceCount = { shape: 'QUIT', well: 7, failed: 0, unjudged: 0, rules: {} }
    const other: SequenceCount = { ...well, shape: 'EHLO' }
    const { first, rows } = triageOf([
      {
        ...violated(finding({}), finding({ rule: 'reply-missing', certainty: 'suspected' })),
        shapes: [
          failing('RCPT QUIT', 'input-lost'),
          { ...failing('MAIL', 'reply-missing'), suspected: 1, suspectedRules: { 'reply-missing': 1 } },
          ...[well, other],
        ],
      },
    ])
    expect(first[0]?.fails.map(({ shape }) => shape)).toEqual(['RCPT QUIT'])
    expect(first[0]?.works.map(({ shape }) => shape)).toEqual(['QUIT'])
    expect(rows[0]?.shapes.find(({ shape }) => shape === 'MAIL')).toMatchObject({ failed: 0, unjudged: 1, rules: {} })
  })
})

describe('rows', () => {
  test('of a rule: only its own findings, and whom it met', () => {
    const both = violated(finding({}), finding({ rule: 'auth-not-last', party: 'client' }))
    const { rows } = triageOf([both, { ...both, server: '203.0.113.9:25' }, violated(finding({}))], 'rule')
    expect(
      rows.map(({ key, sessions, rules, servers, clients }) => [key, sessions, rules.length, servers, clients]),
    ).toEqual([
      ['input-lost', 3, 1, 2, 1],
      ['auth-not-last', 2, 1, 2, 1],
    ])
  })

  test('of a client: its ports are one, and IPv6 needs no brackets', () => {
    const from = (client: string) => session({ client, clientName: 'c.example' })
    const { rows } = triageOf([from('192.0.2.1:1'), from('192.0.2.1:2'), from('[2001:db8::1]:3')], 'client')
    expect(rows.map(({ key, sessions }) => [key, sessions])).toEqual([
      ['192.0.2.1', 2],
      ['2001:db8::1', 1],
    ])
  })

  test('of an hour: by when a session began, in UTC', () => {
    const { rows, hours } = triageOf([session({ startNs: HOUR_NS - 1 }), session({ startNs: HOUR_NS })], 'hour')
    expect([hours, rows.map(({ key }) => key)]).toEqual([
      1,
      ['2010-11-28T07:00:00.000000Z', '2010-11-28T08:00:00.000000Z'],
    ])
  })

  test('all programs that a server sounds like are named', () => {
    const { rows } = triageOf([
      session({ software: 'Exim' }),
      session({ software: 'Postfix' }),
      session({ software: 'Exim' }),
    ])
    expect(rows[0]?.software).toEqual(['Exim', 'Postfix'])
  })
})

describe('bounds', () => {
  test('beyond so many servers the rest is one row, without priorities', () => {
    const many = function* () {
      for (let n = 0; n < TRIAGE_ROWS_MAX + 2; n++)
        yield { ...violated(finding({})), server: `server-${n}:25`, serverName: 'x' }
    }
    const { rows, first } = triageOf(many())
    expect(rows).toHaveLength(TRIAGE_ROWS_MAX + 1)
    expect(rows.find(({ key }) => key === OTHERS)).toMatchObject({ sessions: 2, name: null })
    expect(first.map(({ key }) => key)).not.toContain(OTHERS)
  })

  test('beyond so many clients the rest is one, or is not told apart', () => {
    const many = function* () {
      for (let n = 0; n < TRIAGE_ROWS_MAX + 2; n++)
        yield { ...violated(finding({ party: 'client', rule: 'auth-not-last' })), client: `client-${n}:1` }
    }
    expect(triageOf(many(), 'client').rows.find(({ key }) => key === OTHERS)).toMatchObject({ sessions: 2 })
    expect(triageOf(many()).first).toHaveLength(TRIAGE_ROWS_MAX)
  })

  test('beyond so many shapes the rest of a row is one', () => {
    const shaped = (n: number) =>
      Array.from({ length: 128 }, (_, i) => ({ shape: `S${n} ${i}`, well: 1, failed: 0, unjudged: 0, rules: {} }))
    const servers = TRIAGE_SEQUENCES_MAX / 128
    const many = function* () {
      for (let n = 0; n <= servers; n++) yield session({ server: `s-${n}:25`, shapes: shaped(n) })
    }
    const { rows } = triageOf(many())
    const last = rows.find(({ key }) => key === `s-${servers}:25`)
    expect(last?.shapes).toEqual([{ shape: OTHER_SHAPES, well: 128, failed: 0, unjudged: 0, rules: {} }])
  })

  test('stretches of time grow, and every session stays counted', () => {
    const times = [0, 0.5, 1, 31, 32, 100, 1000].map((seconds) => seconds * 1_000_000_000)
    const { rows, timeline } = triageOf(times.map((startNs) => ({ ...violated(finding({})), startNs })))
    expect(timeline).toEqual({ from: '2010-11-28T07:00:00.000000Z', seconds: 32, bins: 32 })
    const { sessions = [], violation = [] } = rows[0]?.bins ?? {}
    expect(sessions).toHaveLength(TRIAGE_BINS_MAX)
    expect(sessions.slice(0, 5)).toEqual([4, 1, 0, 1, 0])
    expect(violation).toEqual(sessions)
  })

  test('beyond so many hours a row is several', () => {
    const hours = (number: number) =>
      triageOf(
        Array.from({ length: number }, (_, hour) => session({ startNs: hour * HOUR_NS })),
        'hour',
      )
    expect(hours(TRIAGE_HOURS_MAX)).toMatchObject({ hours: 1, rows: { length: TRIAGE_HOURS_MAX } })
    const longer = hours(TRIAGE_HOURS_MAX * 13)
    expect(longer.hours).toBe(24)
    expect(longer.rows.reduce((sum, { sessions }) => sum + sessions, 0)).toBe(TRIAGE_HOURS_MAX * 13)
    expect(longer.rows[1]?.key).toBe('2010-11-29T00:00:00.000000Z')
  })
})

describe('documents', () => {
  test('the published schema is the one that holds them', () =>
    expectGolden(new URL('src/report/triage.schema.json', root).pathname, `${JSON.stringify(triageSchema, null, 2)}\n`))

  test.each(WAYS)('by %s: valid, and the same whatever the order of the captures', async (by) => {
    const words = ['triage', '--by', by, '--format', 'json']
    const { printed, exitCode } = await invoke(...words, ...CAPTURES)
    const document = JSON.parse(printed)
    expect(isTriage(document) ? [] : isTriage.errors).toEqual([])
    expect(printed).toBe(`${JSON.stringify(document, null, 2)}\n`)
    expect(exitCode).toBe(0)
    expect((await invoke(...words, ...[...CAPTURES].reverse())).printed).toBe(printed)
  })

  test('without a session: valid, and the table says what to try', async () => {
    const none = ['--port', '26', CAPTURES[0] ?? '']
    const { printed } = await invoke('triage', '--format', 'json', ...none)
    expect(isTriage(JSON.parse(printed)) ? [] : isTriage.errors).toEqual([])
    expect((await invoke('triage', ...none)).printed).toMatch(/^No SMTP session matches the selection\./)
  })

  test('sums agree with those of the analysis', async () => {
    const triage = new Triage('server')
    const analysis = await analyze(CAPTURES, { shapes: true, onSession: (each) => triage.add(each) })
    const { rows } = triage.result()
    for (const { server, serverName, sessions, violation, suspected, inconclusive, conforming } of analysis.servers) {
      const row = rows.find(({ key }) => key === server)
      expect(row).toMatchObject({ name: serverName, sessions, violation, suspected, inconclusive, conforming })
    }
    expect(rows).toHaveLength(analysis.servers.length)
  })
})

describe('on a terminal', () => {
  test('no line is wider, however narrow', async () => {
    const triages = WAYS.map((by) => new Triage(by))
    const analysis = await analyze(CAPTURES, {
      shapes: 'sessions',
      onSession: (each) => {
        for (const triage of triages) triage.add(each)
      },
    })
    for (const width of [40, 60, 80, 120, 160]) {
      for (const triage of triages) {
        for (const all of [false, true]) {
          const text = renderTriage(triage.result(), analysis, { width, style: PLAIN, all })
          // Columns that always have a place need a little more than the narrowest terminal has.
          expect(text.split('\n').filter((line) => line.length > Math.max(width, 48))).toEqual([])
        }
      }
    }
  })
})
