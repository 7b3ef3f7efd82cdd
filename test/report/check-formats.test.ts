// The formats for machines: valid by their published schemas, and all saying the same.
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'csv-parse/sync'
import { beforeAll, describe, expect, test } from 'vitest'
import type { FindingRecord } from '../../src/analyze.ts'
import { FORMATS } from '../../src/report/format-names.ts'
import { junitDocument } from '../../src/report/junit.ts'
import { sarifDocument } from '../../src/report/sarif.ts'
import type { Analysis, IncidentRecord } from '../../src/rules/analysis.ts'
import { RULES } from '../../src/rules/index.ts'
import { expectGolden } from '../support/golden.ts'
import { invoke } from '../support/invoke.ts'
import { isDocument, isLine, isSarif, lineSchema, xsdErrors } from '../support/validators.ts'
import { analysisOf, CAPTURE, FINDING, SESSION } from './fixtures.ts'

const path = (name: string) => new URL(`../../${name}`, import.meta.url).pathname

const samples = readdirSync(path('samples'))
  .filter((name) => name.endsWith('.pcap'))
  .map((name) => `samples/${name}`)
const real = readdirSync(path('test/captures'))
  .filter((name) => /\.pcap(ng)?$/.test(name))
  .map((name) => `test/captures/${name}`)
const SETS: readonly (readonly [string, readonly string[]])[] = [
  ['the samples', samples.map(path)],
  ['captures of real servers', real.map(path)],
  [
    'captures that are cut, empty, or none',
    ['cut.pcap', 'empty.pcap', 'not-a-capture.txt'].map((name) => path(`test/cli/files/${name}`)),
  ],
]

const byNumber = <T extends { id: string }>(records: readonly T[]) =>
  [...records].sort((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)))

test('the schema of a line is that of the document with a type', () =>
  expectGolden(path('src/report/ndjson.schema.json'), `${JSON.stringify(lineSchema, null, 2)}\n`))

describe.each(SETS)('%s', (_, captures) => {
  let document: Analysis & { incidents: readonly IncidentRecord[] }
  let exitCode = 0

  beforeAll(async () => {
    const whole = await invoke('check', '--format', 'json', ...captures)
    document = JSON.parse(whole.printed)
    exitCode = whole.exitCode
    expect(isDocument(document), JSON.stringify(isDocument.errors)).toBe(true)
  })

  test.each(FORMATS)('%s exits as json does', async (format) => {
    expect((await invoke('check', '--format', format, ...captures)).exitCode).toBe(exitCode)
  })

  test('ndjson', async () => {
    const { printed } = await invoke('check', '--format', 'ndjson', ...captures)
    const lines = printed
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    for (const line of lines) expect(isLine(line), JSON.stringify(isLine.errors)).toBe(true)
    const of = (type: string) => lines.filter((line) => line.type === type).map(({ type: _, ...members }) => members)
    expect(byNumber(of('session'))).toEqual(document.sessions)
    expect(
      of('finding')
        .map(({ id }) => id)
        .sort(),
    ).toEqual(document.findings.map(({ id }) => id).sort())
    const ids = (records: readonly { id: string }[]) => records.map(({ id }) => id).sort()
    expect(ids(of('incident') as { id: string }[])).toEqual(ids(document.incidents))
    expect(of('fault')).toEqual(document.faults)
    expect(of('capture')).toEqual(document.captures)
    const [{ schema, tool, ...summary }] = of('summary') as [Record<string, unknown>]
    expect(summary).toEqual(document.summary)
    expect(lines.at(-1).type).toBe('summary')
  })

  test('ndjson: findings and incidents follow their session', async () => {
    const { printed } = await invoke('check', '--format', 'ndjson', ...captures)
    let session = ''
    for (const line of printed
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))) {
      if (line.type === 'session') session = line.id
      if (line.type === 'finding' || line.type === 'incident') expect(line.session).toBe(session)
    }
  })

  test('csv', async () => {
    const { printed } = await invoke('check', '--format', 'csv', ...captures)
    expect(printed.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    const rows: FindingRecord[] = parse(printed, { columns: true, record_delimiter: '\r\n' })
    const short = ({ id, rule, party, message, certainty }: FindingRecord) => [id, rule, party, message, certainty]
    expect(rows.map(short).sort()).toEqual(document.findings.map(short).sort())
  })

  test('junit', async () => {
    const { printed } = await invoke('check', '--format', 'junit', ...captures)
    expect(await xsdErrors(printed)).toEqual([])
    const { violation, suspected, inconclusive, sessions } = document.summary
    const broken = document.captures.filter(({ complete }) => !complete).length
    expect(printed).toContain(
      `<testsuites name="pipelint" tests="${sessions + captures.length}" failures="${violation}" errors="${broken}">`,
    )
    expect([...printed.matchAll(/<skipped>/g)]).toHaveLength(suspected + inconclusive)
  })

  test('sarif', async () => {
    const { printed } = await invoke('check', '--format', 'sarif', ...captures)
    const log = JSON.parse(printed)
    expect(isSarif(log), JSON.stringify(isSarif.errors)).toBe(true)
    const [run] = log.runs
    expect(run.invocations[0].executionSuccessful).toBe(document.captures.every(({ complete }) => complete))
    expect(run.results.map(({ properties }: { properties: FindingRecord }) => properties.id)).toEqual(
      document.findings.map(({ id }) => id),
    )
    for (const { ruleId, ruleIndex, locations, properties } of run.results) {
      expect(run.tool.driver.rules[ruleIndex].id).toBe(ruleId)
      expect(locations.length).toBeGreaterThan(0)
      for (const { physicalLocation } of locations) {
        const { uri, index } = physicalLocation.artifactLocation
        expect(fileURLToPath(uri)).toBe(document.captures[index]?.path)
        // The session may run on from one file to the next; it cannot have begun after its file ended.
        expect(properties.startedAt <= (document.captures[index]?.lastPacketAt ?? '')).toBe(true)
      }
    }
  })
})

describe('junit', () => {
  const print = (analysis: Analysis, fails: (finding: FindingRecord) => boolean) =>
    [...junitDocument(analysis, fails)].join('')

  test('what is suspected is skipped, and fails where it counts', () => {
    const suspicion = { ...FINDING, certainty: 'suspected' as const }
    const analysis = analysisOf([{ ...SESSION, verdict: 'suspected' }], [suspicion])
    expect(print(analysis, () => false)).toContain('<skipped>suspected, not proved: 2 commands')
    expect(print(analysis, () => true)).toContain('<failure type="input-lost"')
  })

  test('what could not be judged is skipped, with the reason', () => {
    const limits = [{ code: 'gap-client' as const, frame: 12, rules: ['input-lost'] }]
    const analysis = analysisOf([{ ...SESSION, verdict: 'inconclusive', limits }], [])
    expect(print(analysis, () => false)).toContain(
      '<skipped>inconclusive: gap-client in frame 12: bytes from the client',
    )
  })

  test('findings that do not fail are listed', () => {
    const analysis = analysisOf([{ ...SESSION, verdict: 'conforming' }], [{ ...FINDING, severity: 'warning' }])
    expect(print(analysis, () => false)).toMatch(
      /<system-out>session s1: .*\n\nWARNING input-lost \(server, proved\): 2 commands/,
    )
  })
})

test('the schemas refuse what is wrong', async () => {
  expect(isSarif({ version: '2.1.0', runs: [{ tool: { driver: {} } }] })).toBe(false)
  expect(isLine({ type: 'session', id: 's1' })).toBe(false)
  expect(
    await xsdErrors('<testsuites><testsuite name="a" tests="1"><testcase/></testsuite></testsuites>'),
  ).toHaveLength(1)
})

test('sarif describes every rule of the catalogue', async () => {
  const { printed } = await invoke('check', '--format', 'sarif', path('samples/frontbridge.pcap'))
  const { rules } = JSON.parse(printed).runs[0].tool.driver
  expect(rules.map(({ id }: { id: string }) => id)).toEqual(RULES.map(({ id }) => id))
})

test.each([
  ['/srv/a b%20.pcap', 'file:///srv/a%20b%2520.pcap'],
  ['mx/a:b.pcap', 'mx/a%3Ab.pcap'],
  ['https://[::1]:8443/mx/a b%20.pcap', 'https://[::1]:8443/mx/a%20b%20.pcap'],
  ['s3://bucket/mx/a b%20.pcap', 's3://bucket/mx/a%20b%2520.pcap'],
])('sarif names %s as a URI', (name, uri) => {
  const analysis = { ...analysisOf([SESSION], [FINDING]), captures: [{ ...CAPTURE, path: name }] }
  const printed = [...sarifDocument(analysis, RULES, '1.0.0')].join('')
  expect(JSON.parse(printed).runs[0].artifacts[0].location.uri).toBe(uri)
})
