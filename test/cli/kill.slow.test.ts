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
import { generate } from '../bench/generate.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const sample = readFileSync(join(root, 'samples/frontbridge.pcap'))
const folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
afterAll(() => rmSync(folder, { recursive: true }))

const MOMENTS = 10
/** Longer than any of the commands takes for the sample. */
const LAST_MS = 700

/** So many faulty sessions that documents of them wait in a temporary file (SPILL_BYTES_MAX). */
const many = join(folder, 'many.pcap')
generate(many, { seed: 8, sessions: 800, mails: 1, size: 0, open: 64, faulty: 100 })

interface Command {
  readonly words: readonly string[]
  /** What it reads; null: the sample, from a pipe that closes half-way through the time. */
  readonly capture: string | null
  /** Of what it writes besides standard output. */
  readonly files: readonly string[]
}

const piped = (...words: string[]): Command => ({ words: [...words, '-o', 'out'], capture: null, files: ['out'] })
const ofMany = (...words: string[]): Command => ({ words: [...words, '-o', 'out'], capture: many, files: ['out'] })

const COMMANDS: readonly Command[] = [
  ...['table', 'json', 'ndjson', 'csv', 'junit', 'sarif', 'github'].map((format) => piped('check', '--format', format)),
  ...['json', 'junit', 'sarif'].map((format) => ofMany('check', '--format', format)),
  { words: ['check', '--baseline', 'accepted.json'], capture: null, files: ['accepted.json'] },
  piped('transcript'),
  ...['table', 'json', 'csv'].map((format) => piped('triage', '--format', format)),
  ...['html', 'md'].map((format) => piped('report', '--format', format)),
  {
    ...piped('report', '--evidence', 'evidence.pcap', '--redact'),
    files: ['out', 'evidence.pcap'],
  },
  piped('evidence'),
  piped('evidence', '--redact'),
  piped('compare', '--format', 'html', join(root, 'samples/frontbridge.pcap')),
  { words: ['watch'], capture: join(root, 'samples/frontbridge.pcap'), files: [] },
]
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** What is left, by name: of what the command writes the contents, else null. A command that watches ends by a signal. */
async function left(command: Command, signal: (typeof SIGNALS)[number] | null, milliseconds: number) {
  const { words, capture, files } = command
  const place = mkdtempSync(join(folder, 'run-'))
  mkdirSync(join(place, 'tmp'))
  const child = spawn(process.execPath, [join(root, 'dist/run/cli.js'), ...words, capture ?? '-'], {
    cwd: place,
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
  return new Map(
    names.map((name) => [name, files.includes(name) ? readFileSync(join(place, name)).toString('latin1') : null]),
  )
}

for (const command of COMMANDS) {
  const name = [...command.words.slice(0, 3), ...(command.capture === many ? ['of many sessions'] : [])].join(' ')
  test.concurrent.each(SIGNALS)(`${name.replace(root, '')}: %s at ten moments`, async (signal) => {
    const whole = command.files.length === 0 ? new Map() : await left(command, null, 0)
    for (let moment = 1; moment <= MOMENTS; moment++) {
      const milliseconds = (LAST_MS * moment) / MOMENTS
      const rest = await left(command, signal, milliseconds)
      const unfinished = [...rest.keys()].filter((file) => !command.files.includes(file))
      expect(unfinished, `${milliseconds} ms`).toEqual([])
      // After Ctrl-C what was read before is judged and printed.
      if (signal === 'SIGINT') continue
      for (const [file, contents] of rest) {
        expect(contents === whole.get(file), `${file}, ${milliseconds} ms`).toBe(true)
      }
    }
  })
}
