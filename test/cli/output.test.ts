// What is delivered is whole or is not there, and what cannot be delivered is said: `-o`, full disks, closed pipes.
import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const program = join(root, 'dist/run/cli.js')
const sample = join(root, 'samples/frontbridge.pcap')

function pipelint(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], { cwd: root, encoding: 'utf8' })
  return { status, stdout, stderr }
}

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('-o', () => {
  test.each([['check'], ['check', '--format', 'json'], ['transcript']])(
    '%s %s %s writes what it would print',
    (...words) => {
      const file = join(folder, 'out')
      const printed = pipelint(...words, sample)
      expect(pipelint(...words, '-o', file, sample)).toEqual({ ...printed, stdout: '' })
      expect(readFileSync(file, 'utf8')).toBe(printed.stdout)
      expect(readdirSync(folder)).toEqual(['out'])
    },
  )

  test('- is standard output', () => expect(pipelint('-o', '-', sample)).toEqual(pipelint(sample)))

  test('replaces a file, keeps its mode, and follows links', () => {
    const file = join(folder, 'old')
    writeFileSync(file, 'old', { mode: 0o600 })
    chmodSync(file, 0o600)
    symlinkSync(file, join(folder, 'link'))
    pipelint('-o', join(folder, 'link'), sample)
    expect(readFileSync(file, 'utf8')).toContain('1 session: 1 violation')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder).sort()).toEqual(['link', 'old'])
  })

  test('creates what a link points to', () => {
    symlinkSync('first', join(folder, 'link'))
    symlinkSync('new', join(folder, 'first'))
    pipelint('-o', join(folder, 'link'), sample)
    expect(readFileSync(join(folder, 'new'), 'utf8')).toContain('1 session: 1 violation')
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true)
    symlinkSync('loop', join(folder, 'loop'))
    expect(pipelint('-o', join(folder, 'loop'), sample)).toMatchObject({ status: 4 })
  })

  test('never replaces what is no plain file', () => {
    expect(pipelint('-o', '/dev/null', sample).status).toBe(1)
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
  })

  test.each([
    ['a folder that is not there', 'none/out', 'ENOENT: no such file or directory'],
    ['a folder', '', 'it is a directory'],
  ])('%s: 4', (_, name, reason) => {
    const path = join(folder, name)
    expect(pipelint('-o', path, sample)).toEqual({
      status: 4,
      stdout: '',
      stderr: `pipelint: ${path}: cannot be written: ${reason}\n`,
    })
    expect(readdirSync(folder)).toEqual([])
  })

  test.runIf(existsSync('/dev/full'))('a full disk: 4', () => {
    for (const words of [['check'], ['transcript']]) {
      const { status, stderr } = pipelint(...words, '-o', '/dev/full', sample)
      expect({ status, stderr }).toEqual({
        status: 4,
        stderr: 'pipelint: /dev/full: cannot be written: ENOSPC: no space left on device\n',
      })
    }
  })

  test('a capture that is to be read is never written over', () => {
    const capture = join(folder, 'mail.pcap')
    writeFileSync(capture, readFileSync(sample))
    symlinkSync(capture, join(folder, 'link'))
    for (const output of [capture, join(folder, 'link')]) {
      expect(pipelint('-o', output, capture)).toMatchObject({ status: 2, stdout: '' })
    }
    expect(readFileSync(capture)).toEqual(readFileSync(sample))
  })
})

describe('standard output', () => {
  test.runIf(existsSync('/dev/full'))('on a full disk: 4', () => {
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', `"$0" "$1" "$2" > /dev/full`, process.execPath, program, sample],
      {
        encoding: 'utf8',
      },
    )
    expect(status).toBe(4)
    expect(stderr).toMatch(/^pipelint: standard output cannot be written: ENOSPC.*\n$/)
  })

  test('closed by its reader: 4', async () => {
    const child = spawn(process.execPath, [program, 'transcript', ...Array.from({ length: 3 }, () => sample)], {
      cwd: root,
    })
    child.stdout.destroy()
    let complaints = ''
    child.stderr.on('data', (piece) => {
      complaints += piece
    })
    const status = await new Promise((resolve) => child.on('close', resolve))
    expect({ status, complaints }).toEqual({
      status: 4,
      complaints: 'pipelint: standard output was closed: write EPIPE\n',
    })
  })
})
