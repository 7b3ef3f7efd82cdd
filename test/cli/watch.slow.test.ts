// `watch`: what is shown while captures grow, on a terminal, in a log, and to machines.
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import type { CliContext } from '../../src/cli/cli-context.ts'
import { DRAW_MS, FOLLOW_POLL_MS } from '../../src/limits.ts'
import { PLAIN } from '../../src/report/format-text.ts'
import { renderScreen, type WatchState } from '../../src/report/watch-screen.ts'
import { incidentsOf } from '../../src/rules/incidents.ts'
import { FINDING, frontbridge, SESSION } from '../report/fixtures.ts'
import { invokeIn } from '../support/invoke.ts'
import { isLine } from '../support/validators.ts'

const FAULT = readFileSync('samples/frontbridge.pcap')
const folder = mkdtempSync(join(tmpdir(), 'pipelint-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Watches a file that gets its second half while it is watched, until Ctrl-C. */
async function watched(changes: Partial<CliContext>, ...words: string[]) {
  const end = new AbortController()
  const path = join(folder, 'mail.pcap')
  writeFileSync(path, FAULT.subarray(0, 700))
  const running = invokeIn({ interruption: () => end.signal, ...changes }, 'watch', ...words, path)
  await pause(FOLLOW_POLL_MS)
  appendFileSync(path, FAULT.subarray(700))
  await pause(FOLLOW_POLL_MS * 3 + DRAW_MS)
  end.abort()
  return running
}

test('a log has a line for a new incident, and ends with the answer', async () => {
  const { printed, warnings, exitCode } = await watched({})
  expect(exitCode).toBe(0)
  expect(warnings).toEqual([`watching ${folder}/mail.pcap`])
  const [incident, answer] = printed.split('\n')
  expect(incident).toBe(
    `2010-11-28T07:47:08Z ERROR server 203.0.113.25 (DB3EHSMHS006.bigfish.com) lost 2 of 4 pipelined commands and closed the connection (proved; s1 from 192.0.2.1:49152, frames 9, 10, 11, 12)`,
  )
  expect(answer).toContain('server 203.0.113.25 (DB3EHSMHS006.bigfish.com) lost 2 of 4 pipelined commands')
})

test('frames are those of their capture', async () => {
  const end = new AbortController()
  const path = join(folder, 'ring.pcap')
  writeFileSync(path, FAULT.subarray(0, 24))
  appendFileSync(path, readFileSync('samples/exchange-2007.pcap').subarray(24))
  const running = invokeIn({ interruption: () => end.signal }, 'watch', path)
  await pause(FOLLOW_POLL_MS)
  writeFileSync(`${path}1`, FAULT)
  await pause(FOLLOW_POLL_MS * 4)
  end.abort()
  const { printed, warnings } = await running
  expect(printed).toContain('s16 from 192.0.2.1:49152, frames ring.pcap1: 9, 10, 11, 12)')
  expect(warnings).toEqual([`watching ${path}`])
})

test('ndjson is that of check', async () => {
  const { printed } = await watched({}, '--format', 'ndjson')
  const lines = printed
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  for (const line of lines) expect(isLine(line), JSON.stringify(isLine.errors)).toBe(true)
  expect(lines[0]).toMatchObject({ type: 'session', id: 's1', verdict: 'violation' })
  expect(lines.map(({ type }) => type)).toContain('incident')
  expect(lines.at(-1)).toMatchObject({ type: 'summary', sessions: 1 })
})

test('--redact replaces names and paths', async () => {
  const { printed } = await watched({}, '--redact')
  expect(printed).not.toContain('bigfish')
  expect(printed).not.toContain(folder)
})

test('a terminal is drawn anew in place, and shows the answer at the end', async () => {
  const { printed } = await watched({ screen: () => ({ width: 80, height: 24 }) })
  const screens = printed.replaceAll('\u001b[2K', '').split('\u001b[J')
  expect(screens.length).toBeGreaterThan(1)
  // In front of the answer the last screen is erased.
  expect(screens.at(-3)).toContain('Latest\n07:47:08 UTC server 203.0.113.25')
  expect(screens.at(-1)).toMatch(/^server 203\.0\.113\.25 .* lost 2 of 4/)
})

test('standard input is followed to its end', async () => {
  async function* input(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < FAULT.length; at += 100) yield FAULT.subarray(at, at + 100)
  }
  const { printed, exitCode } = await invokeIn({ input: input() }, 'watch', '-')
  expect(exitCode).toBe(0)
  expect(printed).toContain('frames 9, 10, 11, 12)')
})

test.each([
  [['no-such.pcap'], 'no such file'],
  [['--format', 'json', '-'], 'Allowed choices are text, ndjson'],
  [[], "missing required argument 'capture'"],
])('watch %j is refused', (words, sentence) => expect(invokeIn({}, 'watch', ...words)).rejects.toThrow(sentence))

describe('the screen', () => {
  const { faults, summary } = frontbridge()
  const [incident] = incidentsOf([FINDING])
  const quiet: WatchState = { capture: 'mail.pcap3', captures: 4, lastAt: null, summary, faults: [], incidents: [] }
  const seen = incident === undefined ? [] : [{ incident, session: SESSION, frames: 'frames mail.pcap3: 9, 10' }]
  const many: WatchState = {
    ...quiet,
    lastAt: SESSION.endedAt,
    faults: Array.from({ length: 40 }, () => faults).flat(),
    incidents: Array.from({ length: 90 }, () => seen).flat(),
  }

  test.each([
    [60, 10],
    [80, 24],
    [120, 50],
    [40, 3],
  ])('of %d columns and %d lines is never too large', (width, height) => {
    for (const state of [quiet, many]) {
      const lines = renderScreen(state, { width, height, style: PLAIN })
      expect(lines.length).toBeLessThanOrEqual(height)
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(width)
    }
  })

  test('says what is watched, and the gravest fault first', () => {
    const text = renderScreen(many, { width: 80, height: 24, style: PLAIN }).join('\n')
    expect(text).toMatch(/^watching mail\.pcap3 \(capture 4\), last packet 07:47:08 UTC\n1 session: 1 violation/)
    expect(text).toMatch(/\nand \d+ more faults\n/)
    expect(text).toContain('\nLatest\n')
  })

  test('says that nothing was found', () =>
    expect(renderScreen(quiet, { width: 80, height: 24, style: PLAIN })).toContain('No fault so far.'))
})
