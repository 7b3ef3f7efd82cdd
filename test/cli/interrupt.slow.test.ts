// Ctrl-C, progress, and the number of threads: what the user sees of a reading that takes long.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { CliContext } from '../../src/cli/cli-context.ts'
import { analyzeOn, withProgress } from '../../src/cli/progress.ts'
import { PLAIN } from '../../src/report/format-text.ts'
import { invoke } from '../support/invoke.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const capture = join(root, 'samples/frontbridge.pcap')

/** Runs the program with a capture on standard input that never ends, and interrupts it so often. */
async function interrupted(words: readonly string[], bytes: Uint8Array) {
  const child = spawn(process.execPath, [join(root, 'dist/run/cli.js'), ...words, '-'])
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (piece) => (stdout += piece))
  child.stderr.on('data', (piece) => (stderr += piece))
  child.stdin.on('error', () => {})
  child.stdin.write(bytes)
  // Who streams has said something by then; the others need a moment to read what there is.
  if (words.includes('ndjson')) while (!stdout.includes('"session"')) await once(child.stdout, 'data')
  else await new Promise((resolve) => setTimeout(resolve, 3000))
  child.kill('SIGINT')
  const [exitCode] = await once(child, 'close')
  return { stdout, stderr, exitCode }
}

describe('Ctrl-C', () => {
  test('ends a reading that waits for a silent pipe: what was read is judged', async () => {
    const { stdout, stderr, exitCode } = await interrupted(['check'], readFileSync(capture))
    expect(exitCode).toBe(130)
    expect(stdout).toContain('1 session: 1 violation.')
    expect(stderr).toBe(
      'pipelint: reading the rest of standard input; Ctrl-C again stops\n' +
        'pipelint: interrupted: only what was read is judged (<standard input> up to byte 1540)\n',
    )
  })

  test.each(['check', 'triage', 'transcript'])('%s reads the rest that tcpdump writes after it', async (command) => {
    const bytes = readFileSync(capture)
    const child = spawn(process.execPath, [join(root, 'dist/run/cli.js'), command, '-'])
    let stdout = ''
    child.stdout.on('data', (piece) => (stdout += piece))
    child.stdin.write(bytes.subarray(0, 900))
    await new Promise((resolve) => setTimeout(resolve, 1500))
    child.kill('SIGINT')
    await new Promise((resolve) => setTimeout(resolve, 300))
    child.stdin.end(bytes.subarray(900))
    const [exitCode] = await once(child, 'close')
    expect(exitCode).toBe(command === 'check' ? 1 : 0)
    expect(stdout).toContain('bigfish.com')
  })

  test('is reported in the record of the capture', async () => {
    const { stdout, exitCode } = await interrupted(['check', '--format', 'json'], readFileSync(capture))
    expect(exitCode).toBe(130)
    const { captures } = JSON.parse(stdout)
    expect(captures).toMatchObject([{ complete: false, packets: 15, error: { code: 'interrupted' } }])
  })
})

describe('progress', () => {
  const around = (progress: NodeJS.WritableStream | null): CliContext => ({
    print: async () => {},
    isTerminal: true,
    warn: () => {},
    hint: () => {},
    progress,
    interruption: () => new AbortController().signal,
    width: 80,
    screen: null,
    style: PLAIN,
    input: process.stdin,
  })

  class Terminal extends Writable {
    readonly isTTY = true
    readonly columns = 120
    text = ''
    override _write(piece: Buffer, _encoding: string, done: () => void): void {
      this.text += piece.toString()
      done()
    }
  }

  /** Work that tells of progress for so long. */
  const shownFor = async (milliseconds: number, streams: boolean): Promise<string> => {
    const terminal = new Terminal()
    await withProgress(around(terminal), [capture], streams, async ({ onProgress }) => {
      for (let bytes = 0; bytes < milliseconds; bytes += 50) {
        onProgress?.({ bytes, packets: bytes * 1000, lastNs: null, sessions: 12, errors: 3 })
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    })
    return terminal.text
  }

  test('is shown for what takes longer than a second, and taken away', async () => {
    const text = await shownFor(1600, false)
    expect(text).toMatch(/\d+ % {2}1\.\d kB of 1\.5 kB {2}\d+ s left {2}\d+ k packets\/s {2}12 sessions {2}3 errors/)
    // The cursor is seen again, and the line is clear.
    expect(text.slice(text.lastIndexOf('errors'))).toContain('\u001b[?25h')
    expect(text.endsWith('\u001b[1G\u001b[2K')).toBe(true)
  })

  test('is not shown for what takes less, nor where results are printed meanwhile', async () => {
    expect(await shownFor(100, false)).toBe('')
    expect(await shownFor(1600, true)).toBe('')
  })
})

describe('--threads', () => {
  test('does not change the output', async () => {
    const words = ['check', '--format', 'json', join(root, 'samples/five-dialogues.pcap')]
    const one = await invoke(...words)
    expect(JSON.parse(one.printed).summary.sessions).toBe(5)
    expect(await invoke(...words, '--threads', '1')).toEqual(one)
  })

  test.each(['0', '-1', 'two', '1.5', '257', ''])('%s is no number of threads', async (word) => {
    await expect(invoke('--threads', word, capture)).rejects.toThrow('must be a number from 1 to 256')
  })

  test('are not asked where the sessions must be read in order', async () => {
    const { summary } = await analyzeOn(2, [capture], { shapes: true })
    expect(summary.sessions).toBe(1)
  })
})
