// `pipelint evidence` and `--redact` at the command line: files, pipes, words that make no sense.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const sample = join(root, 'samples/frontbridge.pcap')

function pipelint(words: readonly string[], input?: Buffer) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist/run/cli.js'), ...words], { input })
  return { status, stdout, stderr: stderr.toString() }
}

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('evidence', () => {
  test('to a file: said on standard error, nothing else left behind', () => {
    const file = join(folder, 'evidence.pcapng')
    expect(pipelint(['evidence', sample, '-o', file])).toEqual({
      status: 0,
      stdout: Buffer.alloc(0),
      stderr: `pipelint: wrote ${file}: 3 findings of 1 session in 15 packets\n`,
    })
    expect(readdirSync(folder)).toEqual(['evidence.pcapng'])
  })

  test('from a pipe to a pipe: the same packets', () => {
    const { status, stdout } = pipelint(['evidence', '--pcap', '-'], readFileSync(sample))
    expect(status).toBe(0)
    const file = join(folder, 'evidence.pcap')
    writeFileSync(file, stdout)
    expect(pipelint([file]).stdout).toEqual(pipelint([sample]).stdout)
  })

  test('from a named pipe, which can be read once only', () => {
    const file = join(folder, 'evidence.pcap')
    const script = `node dist/run/cli.js evidence --pcap -o ${file} <(cat ${sample})`
    const { status } = spawnSync('bash', ['-c', script], { cwd: root })
    expect(status).toBe(0)
    expect(pipelint([file]).stdout).toEqual(pipelint([sample]).stdout)
  })

  test('the same captures give the same bytes', () => {
    const words = ['evidence', '--redact', sample, '-o', '-']
    expect(pipelint(words).stdout.equals(pipelint(words).stdout)).toBe(true)
  })

  test('of nothing: no file', () => {
    const file = join(folder, 'none')
    const conforming = join(root, 'samples/exchange-2007.pcap')
    expect(pipelint(['evidence', conforming, '-o', file])).toMatchObject({
      status: 0,
      stderr: 'pipelint: no evidence was written: there is no finding that matches the selection\n',
    })
    expect(existsSync(file)).toBe(false)
  })

  test.each([
    [['--finding', 's1.9'], 'no finding s1.9 in these captures; pipelint check lists the findings'],
    [
      ['--include-secrets', '--pcap'],
      '--include-secrets: cannot be combined with --pcap, because classic pcap cannot store secrets',
    ],
    [
      ['--include-secrets', '--redact'],
      '--include-secrets: cannot be combined with --redact, because the session keys would undo the redaction',
    ],
    [['--finding', '17'], '--finding 17: not a finding identifier, as in s17.1'],
  ])('%j: 2', (words, sentence) => {
    expect(pipelint(['evidence', ...words, sample, '-o', join(folder, 'x')])).toMatchObject({
      status: 2,
      stderr: `pipelint: ${sentence}\n`,
    })
    expect(readdirSync(folder)).toEqual([])
  })

  test('where it cannot be written: 4', () => {
    const file = join(folder, 'none', 'x')
    expect(pipelint(['evidence', sample, '-o', file])).toMatchObject({
      status: 4,
      stderr: `pipelint: ${file}: cannot be written: ENOENT: no such file or directory\n`,
    })
  })
})

describe('of what was said inside TLS', () => {
  const folderOf = join(root, 'test/tls/captures/tls13-early-data')
  const words = ['evidence', '--keylog', `${folderOf}.keylog`, '--port', '44465', `${folderOf}.pcap`]

  test('says where the keys are', () => {
    const file = join(folder, 'evidence.pcapng')
    const said = 'pipelint: 1 session was decrypted: '
    const apart = pipelint([...words, '-o', file])
    expect(apart).toMatchObject({ status: 0 })
    expect(apart.stderr).toContain(`${said}the file does not contain the session keys\n`)
    const inside = pipelint([...words, '--include-secrets', '-o', file])
    expect(inside.stderr).toContain(`${said}the file contains the session keys, so that its readers can decrypt, too\n`)
    expect(pipelint([file]).stdout.toString()).toContain('talk-before-greeting')
  })

  test('redacted: 2', () => {
    expect(pipelint([...words, '--redact', '-o', join(folder, 'x')])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^pipelint: --redact: s/),
    })
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('--redact', () => {
  test.each([[['check']], [['check', '--format', 'json']], [['transcript']]])('%j', (words) => {
    const { status, stdout } = pipelint([...words, '--redact', sample])
    expect(status).toBe(words[0] === 'check' ? 1 : 0)
    const text = stdout.toString()
    expect(text).toContain('198.51.100.1')
    expect(text).not.toMatch(/bigfish|amnesiac|203\.0\.113\.25|recipient@|frontbridge/)
  })
})
