// Commands that write, ended at ten moments each by every signal that can be caught: whenever it comes, nothing is left
// beside whole documents.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const sample = readFileSync(join(root, 'samples/frontbridge.pcap'))
const folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
afterAll(() => rmSync(folder, { recursive: true }))

const MOMENTS = 10
/** Longer than any of the commands takes for the sample. */
const LAST_MS = 700

const COMMANDS = [
  ['check', '--format', 'json'],
  ['check', '--format', 'junit'],
  ['transcript'],
  ['triage', '--format', 'json'],
  ['report'],
  ['report', '--format', 'md'],
  ['evidence'],
  ['evidence', '--redact'],
  ['compare', '--format', 'html', join(root, 'samples/frontbridge.pcap')],
] as const
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * The names of the files that are left; of the document, what it holds. The capture comes from a pipe, which closes half-way through the time, so that signals meet
 * every part of the work.
 */
async function left(words: readonly string[], signal: (typeof SIGNALS)[number] | null, milliseconds: number) {
  const place = mkdtempSync(join(folder, 'run-'))
  mkdirSync(join(place, 'tmp'))
  const child = spawn(process.execPath, [join(root, 'dist/run/cli.js'), ...words, '-o', join(place, 'out'), '-'], {
    env: { ...process.env, TMPDIR: join(place, 'tmp') },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.stdin.on('error', () => {})
  child.stdin.write(sample.subarray(0, sample.length >> 1))
  const closed = once(child, 'close')
  await setTimeout(milliseconds / 2)
  child.stdin.end(sample.subarray(sample.length >> 1))
  await setTimeout(milliseconds / 2)
  if (signal !== null) child.kill(signal)
  await closed
  const names = readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((name) => name !== 'tmp')
  return names.map((name) => (name === 'out' ? readFileSync(join(place, name)).toString('latin1') : name))
}

for (const words of COMMANDS) {
  test.concurrent.each(SIGNALS)(`${words.slice(0, 3).join(' ')}: %s at ten moments`, async (signal) => {
    const whole = await left(words, null, 0)
    for (let moment = 1; moment <= MOMENTS; moment++) {
      const milliseconds = (LAST_MS * moment) / MOMENTS
      const files = await left(words, signal, milliseconds)
      const unfinished = files.filter((name) => /^(?:out\.|tmp)/.test(name))
      expect(unfinished, `${milliseconds} ms`).toEqual([])
      // After Ctrl-C what was read before is judged and printed.
      if (signal !== 'SIGINT' && files.length > 0) expect(files, `${milliseconds} ms`).toEqual(whole)
    }
  })
}
