// What a build relies on: exit code 2 where nothing was judged, rules that are ignored, a baseline of known faults,
// annotations, and names that are the same in every run.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { faultKey, faultOf, stableEndpoint } from '../../src/report/fault.ts'
import { githubCommands } from '../../src/report/github.ts'
import { analysisOf, FINDING, SESSION } from '../report/fixtures.ts'
import { invoke } from '../support/invoke.ts'

const FAULT = 'samples/frontbridge.pcap'
const CONTROL = 'samples/exchange-2007.pcap'
const folder = mkdtempSync(join(tmpdir(), 'pipelint-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('--require-sessions', () => {
  test.each([
    [['--port', '99', CONTROL], 0],
    [['--format', 'json', '--port', '99', CONTROL], 0],
    [['--format', 'junit', '--port', '99', CONTROL], 2],
    [['--format', 'sarif', '--port', '99', CONTROL], 2],
    [['--format', 'github', '--port', '99', CONTROL], 2],
    [['--format', 'junit', '--require-sessions', '0', '--port', '99', CONTROL], 0],
    [['--require-sessions', '1', CONTROL], 0],
    [['--require-sessions', '2', CONTROL], 2],
    // A proved fault and a capture that ends early are more than a number.
    [['--require-sessions', '9', FAULT], 1],
    [['--require-sessions', '9', 'test/cli/files/cut.pcap'], 3],
  ])('%j exits with %d', async (words, code) => {
    const { exitCode, warnings } = await invoke('check', ...words)
    expect(exitCode).toBe(code)
    expect(warnings.some((line) => line.includes('--require-sessions'))).toBe(code === 2)
  })

  test('must be a number', () =>
    expect(invoke('--require-sessions', 'all', CONTROL)).rejects.toThrow('--require-sessions all: not a number'))
})

describe('--ignore', () => {
  test('rules that are ignored are not run', async () => {
    const { printed, exitCode } = await invoke('--format', 'json', '--ignore', 'input-lost,premature-close', FAULT)
    expect(exitCode).toBe(1)
    const rules = JSON.parse(printed).findings.map(({ rule }: { rule: string }) => rule)
    expect(rules).toEqual(['reply-out-of-order'])
  })

  test('without a rule that is broken the session conforms', async () => {
    const ignored = ['--ignore', 'input-lost', '--ignore', 'premature-close,reply-out-of-order']
    const { printed, exitCode } = await invoke('check', ...ignored, FAULT)
    expect(exitCode).toBe(0)
    expect(printed).toContain('1 conforming')
  })

  test('evidence is verified with the same rules', async () => {
    const output = join(folder, 'evidence.pcapng')
    const { warnings, exitCode } = await invoke('evidence', '--ignore', 'input-lost', '-o', output, FAULT)
    expect(exitCode).toBe(0)
    expect(warnings[0]).toContain('2 findings of 1 session')
  })

  test.each([
    [['--ignore', 'input-lots'], 'did you mean input-lost?'],
    [['--rule', 'input-lost', '--ignore', 'input-lost'], '--ignore: no rule is left'],
  ])('%j is refused', (words, sentence) => expect(invoke(...words, FAULT)).rejects.toThrow(sentence))

  test('compare refuses it', () =>
    expect(invoke('compare', '--ignore', 'input-lost', FAULT, CONTROL)).rejects.toThrow('--ignore: compare does not'))
})

describe('--baseline', () => {
  const path = join(folder, 'baseline.json')
  const check = (...words: string[]) => invoke('check', '--baseline', path, ...words)

  test('is written at first, when everything is new', async () => {
    const { exitCode, warnings } = await check('--rule', 'input-lost', FAULT)
    expect(exitCode).toBe(1)
    expect(warnings).toEqual([`wrote the baseline ${path}: 1 fault`])
    expect(JSON.parse(readFileSync(path, 'utf8')).faults).toEqual([
      { rule: 'input-lost', party: 'server', by: '203.0.113.25:25', commands: 'RCPT RSET', certainty: 'proved' },
    ])
  })

  test('known faults do not fail', async () => {
    const { exitCode, warnings } = await check('--rule', 'input-lost', FAULT)
    expect(exitCode).toBe(0)
    expect(warnings).toEqual([`baseline ${path}: 0 new faults, 1 of 1 known fault found again`])
  })

  test('new faults fail in every format, and are named', async () => {
    for (const format of ['table', 'json', 'ndjson', 'csv', 'junit', 'sarif', 'github']) {
      const { exitCode, warnings } = await check('--format', format, FAULT)
      expect([format, exitCode]).toEqual([format, 1])
      expect(warnings[0]).toBe(`baseline ${path}: 2 new faults, 1 of 1 known fault found again`)
      expect(warnings[2]).toBe('new: premature-close server 203.0.113.25:25 RCPT RSET (1 session, first s1)')
    }
  })

  test('known faults are no failure of JUnit and no annotation', async () => {
    const { printed } = await check('--format', 'junit', '--rule', 'input-lost', FAULT)
    expect(printed).toContain('failures="0"')
    const annotated = await check('--format', 'github', FAULT)
    expect(annotated.printed).not.toContain('title=input-lost')
    expect(annotated.printed).toContain('1 finding in the baseline')
  })

  test('--update-baseline accepts what is found', async () => {
    expect(await check('--update-baseline', FAULT)).toMatchObject({ exitCode: 0 })
    expect(JSON.parse(readFileSync(path, 'utf8')).faults).toHaveLength(3)
    expect(await check(FAULT)).toMatchObject({ exitCode: 0 })
  })

  test('a suspicion that is known does not excuse a proof', async () => {
    writeFileSync(path, readFileSync(path, 'utf8').replace('"proved"', '"suspected"'))
    expect(await check(FAULT)).toMatchObject({ exitCode: 1 })
  })

  test('what is no baseline is refused, and stays as it is', async () => {
    for (const text of ['', '{}', '[1]', '{"schema":"pipelint.baseline/1","faults":[{"rule":1}]}']) {
      writeFileSync(path, text)
      await expect(check(FAULT)).rejects.toThrow('not a baseline of pipelint')
      expect(readFileSync(path, 'utf8')).toBe(text)
    }
    await expect(invoke('--baseline', folder, FAULT)).rejects.toThrow(`--baseline ${folder}`)
    await expect(invoke('--update-baseline', FAULT)).rejects.toThrow('name the file with --baseline')
    await expect(check('--redact', FAULT)).rejects.toThrow('--redact')
  })

  test('is not written where the command line is wrong', async () => {
    const absent = join(folder, 'absent.json')
    await expect(invoke('--baseline', absent, 'no-such.pcap')).rejects.toThrow('no such file')
    expect(existsSync(absent)).toBe(false)
  })
})

describe('names and fingerprints', () => {
  const again = { ...SESSION, id: 's900', client: '192.0.2.1:50001', startedAt: '2011-01-01T00:00:00.000000Z' }

  test('a fault is the same in the next run, with another number of recipients', () => {
    const commands = FINDING.commands.map((command) => ({ ...command, verb: 'RCPT' }))
    const [command] = commands
    const more = { ...FINDING, commands: command === undefined ? [] : [...commands, command] }
    const key = faultKey(faultOf({ ...FINDING, commands }, SESSION))
    expect(key).toBe('input-lost server 203.0.113.25:25 RCPT×n')
    expect(faultKey(faultOf(more, again))).toBe(key)
  })

  test.each([
    ['127.0.0.1:25', '127.0.0.1:25'],
    ['127.0.0.1:10025', '127.0.0.1:10025'],
    ['127.0.0.1:41234', '127.0.0.1'],
    ['[2001:db8::1]:60001', '2001:db8::1'],
    ['[2001:db8::1]:25', '[2001:db8::1]:25'],
  ])('the server %s is called %s', (endpoint, name) => expect(stableEndpoint(endpoint)).toBe(name))

  test('no name of JUnit depends on time, ports of clients, or order in the capture', async () => {
    const names = async (...captures: string[]) => {
      const { printed } = await invoke('check', '--format', 'junit', ...captures)
      return [...printed.matchAll(/<testcase classname="([^"]*)" name="([^"]*)"/g)].map(([, suite, name]) => [
        suite,
        name,
      ])
    }
    expect((await names(FAULT))[1]).toEqual(['203.0.113.25:25', 'session 1 from 192.0.2.1'])
    expect(await names(CONTROL, FAULT)).toContainEqual(['203.0.113.25:25', 'session 1 from 192.0.2.1'])
  })

  test('SARIF names the fault, not the time', async () => {
    const { printed } = await invoke('check', '--format', 'sarif', FAULT)
    const prints = JSON.parse(printed).runs[0].results.map(
      (result: { partialFingerprints: object }) => result.partialFingerprints,
    )
    const fault = 'input-lost server 203.0.113.25:25 RCPT RSET'
    expect(prints[1]).toEqual({ 'fault/v2': fault, primaryLocationLineHash: fault })
  })
})

describe('--format github', () => {
  const print = (analysis: ReturnType<typeof analysisOf>, all = false) =>
    [...githubCommands(analysis, { fails: ({ certainty }) => certainty === 'proved', isKnown: () => false, all })].join(
      '',
    )

  test('annotates a fault once, whatever the number of sessions', () => {
    const second = { ...SESSION, id: 's2' }
    const printed = print(analysisOf([SESSION, second], [FINDING, { ...FINDING, id: 's2.1', session: 's2' }]))
    expect(printed.match(/^::error /gm)).toHaveLength(1)
    expect(printed).toContain('In 2 sessions, first in s1 ')
  })

  test('a suspicion is a warning that says so', () => {
    const printed = print(analysisOf([SESSION], [{ ...FINDING, certainty: 'suspected' }]))
    expect(printed).toMatch(/^::warning file=samples\/frontbridge\.pcap,title=input-lost%3A server .* \(suspected\)::/)
  })

  test('information is a notice, where it is wanted', () => {
    const analysis = analysisOf([SESSION], [{ ...FINDING, severity: 'info', certainty: 'suspected' }])
    expect(print(analysis)).not.toContain('input-lost')
    expect(print(analysis, true)).toMatch(/^::notice file=.*title=input-lost/)
  })

  test('no text ends a command or a property', () => {
    const session = { ...SESSION, serverName: 'a,b:c%0Ad' }
    const printed = print(analysisOf([session], [{ ...FINDING, message: '100% lost\n::error::x' }]))
    expect(printed).toContain('(a%2Cb%3Ac%250Ad)::100%25 lost%0A::error::x.')
    expect(printed.trimEnd().split('\n')).toHaveLength(2)
  })
})
