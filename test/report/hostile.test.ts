// A session and file names made to do harm, through every format and command: all of it is shown, none of it obeyed.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FORMATS } from '../../src/report/format-names.ts'
import { RULES } from '../../src/rules/index.ts'
import { invoke } from '../support/invoke.ts'
import { toCapture } from '../support/judge.ts'
import { parseTranscript } from '../support/transcript.ts'
import { isSarif, xsdErrors } from '../support/validators.ts'
import { commandsIn } from './fixtures.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Clears the screen, retitles the window, reverses the line, opens an element, ends a section, runs a program. */
const HARM = String.raw`\x1b[2J\x1b]0;owned\x07\x9b31m\xe2\x80\xae<script>alert(1)</script>]]>&amp;"'|[a](javascript:b){0}=cmd|'/C calc'!A0`
const SESSION = `
S> 220 ${HARM} ESMTP
C> EHLO =cmd|'/C calc'!A0${HARM}
S> 250-@SUM(1)${HARM}
S| 250 PIPELINING
C> MAIL FROM:<"${HARM}"@example.com>
C| RCPT TO:<${HARM}>
C| RSET ${HARM}
C| +1-1 ${HARM}
C| QUIT ${HARM}
S> 250 -1+1 ${HARM}
S| 250-${HARM}
S| ${HARM}
S| 221 ${HARM}
S> [fin]`

const NAME = 'a\x1b[2J\n\x9b\u202e<script>]]>&"\'`|[b](c){0}=cmd,;.pcap'
const FORMULA_NAME = '=cmd|.pcap'

let folder = ''
let captures: readonly string[] = []
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
  // At different times: the same packets at the same time would be one session, seen by several taps.
  const at = (hour: number) => toCapture(parseTranscript(SESSION, [`start 2010-11-28T0${hour}:47:08Z`]))
  captures = [join(folder, NAME), join(folder, FORMULA_NAME), join(folder, `cut ${NAME}`)]
  for (const [i, path] of captures.entries()) writeFileSync(path, i === 2 ? at(i).subarray(0, -7) : at(i))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** CSV ends its lines with CRLF; nothing else prints a CR. */
const obeyed = (printed: string, format = '') =>
  commandsIn(format === 'csv' ? printed.replaceAll('\r\n', '\n') : printed)

describe('check', () => {
  test('the session draws findings that quote it', async () => {
    const { printed } = await invoke('check', '--format', 'json', ...captures)
    const { findings, captures: records } = JSON.parse(printed)
    expect(findings.length).toBeGreaterThan(2)
    expect(JSON.stringify(findings)).toContain('<script>alert(1)')
    expect(records.map(({ path }: { path: string }) => path)).toEqual(captures)
  })

  test.each(FORMATS)('%s: a terminal obeys nothing', async (format) => {
    for (const more of [[], ['--all', '--explain', '--profile', 'exim']]) {
      const { printed, warnings } = await invoke('check', '--format', format, ...more, ...captures)
      expect(obeyed(printed, format)).toEqual([])
      expect(warnings.join('\n')).toContain('cut off at byte')
      expect(warnings.flatMap((line) => commandsIn(line.replaceAll('\n', '\r')))).toEqual([])
    }
  })

  test('csv: a spreadsheet computes nothing', async () => {
    const { printed } = await invoke('check', '--format', 'csv', ...captures)
    const rows: string[][] = parse(printed, { record_delimiter: '\r\n' })
    expect(rows.length).toBeGreaterThan(3)
    expect(new Set(rows.map(({ length }) => length)).size).toBe(1)
    expect(rows.flat().filter((cell) => /^\s*[=+\-@\t\r]/.test(cell))).toEqual([])
    expect(rows.flat()).toContainEqual(expect.stringMatching(/^'=cmd\|/))
  })

  test('junit: no element of theirs', async () => {
    const { printed } = await invoke('check', '--format', 'junit', ...captures)
    expect(await xsdErrors(printed)).toEqual([])
    const names = new Set([...printed.matchAll(/<\/?([^\s>/]+)/g)].map(([, name]) => name))
    const own = ['?xml', 'testsuites', 'testsuite', 'testcase', 'failure', 'error', 'skipped', 'system-out']
    expect([...names].filter((name) => !own.includes(name ?? ''))).toEqual([])
  })

  test('sarif: no link and no placeholder of theirs, and paths that lead back to the files', async () => {
    const { printed } = await invoke('check', '--format', 'sarif', ...captures)
    const log = JSON.parse(printed)
    expect(isSarif(log), JSON.stringify(isSarif.errors)).toBe(true)
    const [{ results, artifacts, invocations }] = log.runs
    for (const { message } of [...results, ...invocations[0].toolExecutionNotifications]) {
      expect(message.text).not.toMatch(/(?<!\\)\[/)
      expect(message.text.replaceAll('{{', '').replaceAll('}}', '')).not.toMatch(/[{}]/)
    }
    const paths = artifacts.map(({ location }: { location: { uri: string } }) => fileURLToPath(location.uri))
    expect(paths).toEqual(captures)
  })
})

test.each([[[]], [['--frames']]])('transcript %j: a terminal obeys nothing', async (more) => {
  const { printed, warnings } = await invoke('transcript', ...more, ...captures)
  expect(printed).toContain('\\x1b[2J')
  expect(commandsIn([printed, ...warnings].join('\n'))).toEqual([])
})

describe('triage', () => {
  test.each([['table'], ['json'], ['csv']])('%s: a terminal obeys nothing', async (format) => {
    for (const by of ['server', 'client', 'rule', 'hour']) {
      const { printed, warnings } = await invoke('triage', '--all', '--by', by, '--format', format, ...captures)
      expect(printed.length).toBeGreaterThan(100)
      expect(obeyed(printed, format)).toEqual([])
      expect(warnings.flatMap((line) => commandsIn(line.replaceAll('\n', '\r')))).toEqual([])
    }
  })

  test('csv: a spreadsheet computes nothing', async () => {
    const { printed } = await invoke('triage', '--format', 'csv', '--by', 'client', ...captures)
    const rows: string[][] = parse(printed, { record_delimiter: '\r\n' })
    expect(rows.flat().filter((cell) => /^\s*[=+\-@\t\r]/.test(cell))).toEqual([])
    expect(rows.flat()).toContainEqual(expect.stringMatching(/^'=cmd\|/))
  })
})

test.each([['text'], ['json']])('compare --format %s: a terminal obeys nothing', async (format) => {
  const [one = '', other = ''] = captures
  for (const sides of [
    [one, other],
    [one, join(root, 'samples/frontbridge.pcap')],
  ]) {
    const { printed, warnings } = await invoke('compare', '--all', '--format', format, ...sides)
    expect(commandsIn([printed, ...warnings].join('\n'))).toEqual([])
  }
})

test('rules: a terminal obeys nothing', async () => {
  for (const words of [[], ...RULES.map(({ id }) => [id])])
    expect(commandsIn((await invoke('rules', ...words)).printed)).toEqual([])
})

describe('complaints', () => {
  test.each([
    ['a file that is not there', [NAME]],
    ['a glob', [`*${NAME}`]],
    ['an unknown option', [`--${NAME}`]],
    ['an unknown format', ['--format', NAME, '-']],
    ['no port', ['--port', NAME, '-']],
    ['no address', ['--server', NAME, '-']],
    ['no session', ['--session', NAME, '-']],
    ['no rule', ['--rule', NAME, '-']],
    ['no time', ['--since', NAME, '-']],
    ['rules', ['rules', NAME]],
    ['an output that cannot be', ['-o', `${NAME}/x`, join(root, 'samples/frontbridge.pcap')]],
  ])('%s: one line, nothing obeyed', (_, words) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist/run/cli.js'), ...words], {
      cwd: root,
      encoding: 'utf8',
    })
    expect([2, 4]).toContain(status)
    expect(stdout).toBe('')
    expect(commandsIn(stderr)).toEqual([])
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })
})
