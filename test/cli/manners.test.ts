// What every command has in common: words that are misspelled, colours, quiet, completion.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { invoke, invokeAt } from '../support/invoke.ts'
import { needsPeer } from '../support/peer.ts'

const FAULT = 'samples/frontbridge.pcap'
const folder = mkdtempSync(join(tmpdir(), 'pipelint-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('a word that is misspelled', () => {
  test.each([
    ['chekc', 'no such command or file: chekc; did you mean pipelint check?'],
    ['triaje mail.pcap', 'no such command or file: triaje; did you mean pipelint triage?'],
    ['mail.pcap', 'no such file: mail.pcap'],
    ['help reprot', 'no such command: reprot; did you mean report?'],
    ['help everything', 'no such command: everything; pipelint --help lists all commands'],
    ['cluster sumbit', "unknown command 'sumbit'; did you mean submit?"],
    ['check --fromat json', "unknown option '--fromat'; did you mean --format?"],
    ['check --format jsn', "option '--format <format>' argument 'jsn' is invalid. Allowed choices are table,"],
    ['--rule input-lots', 'unknown rule input-lots; did you mean input-lost?'],
  ])('%s', (line, sentence) => expect(invoke(...line.split(' '))).rejects.toThrow(sentence))
})

describe('help', () => {
  const commands = ['', 'check', 'transcript', 'triage', 'evidence', 'report', 'compare', 'watch', 'wireshark', 'rules']
  const more = ['page', 'completion', 'cluster', 'cluster submit', 'cluster work', 'cluster status', 'cluster result']

  test.each([60, 80, 120])('fits into %i columns', async (width) => {
    for (const command of [...commands, ...more]) {
      const { printed } = await invokeAt(width, ...command.split(' ').filter((word) => word !== ''), '--help')
      // Neither a URL nor the pattern of a command line can be broken.
      const wide = printed.split('\n').filter((line) => line.length > width && !/:\/\/|^Usage: /.test(line))
      expect(wide, command).toEqual([])
      expect(printed).toContain('Usage: pipelint')
    }
  })
})

describe('--color', () => {
  const ESCAPE = '\u001b['
  test.each([
    [['--color', 'always', FAULT], true],
    [['check', FAULT, '--color=always'], true],
    [['triage', '--color', 'always', FAULT], true],
    [['--color', 'never', FAULT], false],
    [[FAULT], false],
  ])('%j', async (words, isColoured) => {
    expect((await invoke(...words)).printed.includes(ESCAPE)).toBe(isColoured)
  })

  test('has three values', () =>
    expect(invoke('--color', 'yes', FAULT)).rejects.toThrow('Allowed choices are auto, always, never'))
})

describe('--quiet', () => {
  test('leaves hints out', async () => {
    const words = ['--baseline', join(folder, 'baseline.json'), '--update-baseline', FAULT]
    expect((await invoke(...words)).warnings).toHaveLength(1)
    const { printed, warnings } = await invoke('--quiet', ...words)
    expect(warnings).toEqual([])
    expect(printed).toContain('violation')
  })

  test('errors are still said', async () => {
    const { warnings, exitCode } = await invoke('-q', 'test/cli/files/cut.pcap')
    expect(exitCode).toBe(3)
    expect(warnings).toHaveLength(1)
  })
})

describe('a next step is named', () => {
  test.each([
    [['--port', '44465', 'test/tls/captures/tls13-aes128-gcm.pcap'], /To see inside TLS, .*--keylog FILE/],
    [['test/captures/snapshot-96.pcap'], /Capture again with whole packets \(-s 0\):\n +tcpdump -i any -n -s 0 /],
  ])('%j, once', async (words, step) => {
    const { printed, warnings } = await invoke('check', ...words)
    expect(printed).toMatch(step)
    expect(warnings.filter((line) => /tcpdump|--keylog/.test(line))).toEqual([])
  })

  test('not where there is none', async () => expect((await invoke(FAULT)).warnings).toEqual([]))
})

describe('completion', () => {
  const scriptOf = async (shell: string) => (await invoke('completion', shell)).printed

  test.each(['bash', 'zsh', 'fish'])('of %s knows all commands, formats and rules', async (shell) => {
    const script = await scriptOf(shell)
    for (const word of ['triage', 'submit', 'require-sessions', 'ndjson', 'input-lost', 'always'])
      expect(script).toContain(word)
  })

  test.runIf(needsPeer('bash')).each([
    ['tri', 'triage'],
    ['triage --format ', 'table json csv'],
    ['--format g', 'github'],
    ['cluster sta', 'status'],
    ['cluster --redis redis://host status --work', '--work-dir'],
    ['rules input-', 'input-lost'],
    ['--ignore input-', 'input-lost'],
    ['compare --exp', '--explain'],
    ['check --since ', ''],
  ])('bash completes %s', async (line, reply) => {
    const words = ['pipelint', ...line.split(' ')].map((word) => `'${word}'`).join(' ')
    const program = `COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _pipelint; echo "\${COMPREPLY[*]}"`
    const { stdout, stderr } = spawnSync('bash', ['-c', `${await scriptOf('bash')}\n${program}`], { encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(stdout).toBe(`${reply}\n`)
  })

  test.runIf(needsPeer('bash'))('bash reads all options', async () => {
    const path = join(folder, 'completion.bash')
    writeFileSync(path, await scriptOf('bash'))
    expect(spawnSync('bash', ['-n', path]).status).toBe(0)
    expect(readFileSync(path, 'utf8')).not.toContain('undefined')
  })

  test('of another shell does not exist', () =>
    expect(invoke('completion', 'csh')).rejects.toThrow('Allowed choices are bash, zsh, fish'))
})
