// Standard output without a stream of Node: everything arrives, in order, whatever it is.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { invoke } from '../support/invoke.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const program = join(root, 'dist/run/cli.js')
const samples = join(root, 'samples')
const folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs a line of the shell, in which "$@" is the command. */
function shell(line: string, ...words: string[]) {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', line, process.execPath, program, ...words], {
    cwd: root,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

/** Some kilobytes, and more than is written without a stream, in several pieces. */
const COMMANDS = [['check'], ['transcript', '--frames'], ['check', '--format', 'json'], ['report', '--format', 'html']]

describe.runIf(process.platform !== 'win32')('standard output', () => {
  test.each(COMMANDS.map((words) => [words.join(' '), words] as const))('%s', async (_, words) => {
    const out = join(folder, words.join('-'))
    const { printed } = await invoke(...words, samples)
    shell(`"$0" "$@" > '${out}'`, ...words, samples)
    expect(readFileSync(out, 'utf8')).toBe(printed)
    expect(shell('"$0" "$@" | cat', ...words, samples).stdout).toBe(printed)
    // As `spawn` makes it: a socket.
    expect(shell('"$0" "$@"', ...words, samples).stdout).toBe(printed)
    expect(shell('"$0" "$@" > /dev/null', ...words, samples)).toMatchObject({ stdout: '', stderr: expect.any(String) })
  })

  test('appends to a file that others write, too', () => {
    const out = join(folder, 'appended')
    writeFileSync(out, 'before\n')
    shell(`{ "$0" "$@"; "$0" "$@"; } >> '${out}'`, 'check', samples)
    const [, ...rest] = readFileSync(out, 'utf8').split('\n')
    expect(rest.slice(0, rest.length / 2)).toEqual(rest.slice(rest.length / 2, -1))
  })

  test('a pipe whose reader has gone: 4', () => {
    const line = '{ sleep 0.5; "$0" "$@"; echo "$?" >&2; } | true'
    expect(shell(line, 'check', samples).stderr).toBe('pipelint: standard output was closed: write EPIPE\n4\n')
  })

  test('a pipe that does not wait, and is full', async () => {
    const script = `
      const { spawn } = require('node:child_process')
      const { writeSync } = require('node:fs')
      // The stream makes the pipe one that does not wait.
      process.stdout
      let filled = 0
      try { for (;;) filled += writeSync(1, '.') } catch {}
      process.stderr.write(filled + '\\n')
      spawn(process.execPath, process.argv.slice(1), { stdio: 'inherit' })`
    const line = `"$0" -e "$SCRIPT" "$@" | { sleep 2; cat; }`
    const child = spawn('bash', ['-c', line, process.execPath, program, 'check', samples], {
      cwd: root,
      env: { ...process.env, SCRIPT: script },
    })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (piece) => {
      stdout += piece
    })
    child.stderr.on('data', (piece) => {
      stderr += piece
    })
    await new Promise((resolve) => child.on('close', resolve))
    const { printed } = await invoke('check', samples)
    expect(Number(stderr)).toBeGreaterThan(0)
    expect(stdout).toBe('.'.repeat(Number(stderr)) + printed)
  })
})
