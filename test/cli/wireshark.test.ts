// `pipelint wireshark` at the command line: where the Lua file goes, and what is printed. What the file does is tested in
// test/wireshark.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { SIGNATURE } from '../../src/wireshark/script.ts'
import { invoke, invokeIn } from '../support/invoke.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const sample = join(root, 'samples/frontbridge.pcap')

let folder = ''
const home = process.cwd()
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
  process.chdir(folder)
})
afterEach(() => {
  process.chdir(home)
  rmSync(folder, { recursive: true })
})

describe('wireshark', () => {
  test('one file, one command', async () => {
    const { printed, warnings, exitCode } = await invoke('wireshark', sample)
    expect(printed).toBe(`wireshark -X lua_script:frontbridge.pcap.lua -r ${sample}\n`)
    expect(warnings).toEqual(['wrote frontbridge.pcap.lua: 1 session, 3 findings; open the capture with'])
    expect(exitCode).toBe(0)
    expect(readFileSync('frontbridge.pcap.lua', 'latin1').startsWith(SIGNATURE)).toBe(true)
  })

  test('an older file of ours is replaced, that of somebody else is not', async () => {
    await invoke('wireshark', sample)
    const own = readFileSync('frontbridge.pcap.lua', 'latin1')
    await invoke('wireshark', sample)
    expect(readFileSync('frontbridge.pcap.lua', 'latin1')).toBe(own)
    writeFileSync('frontbridge.pcap.lua', '-- mine')
    await expect(invoke('wireshark', sample)).rejects.toThrow(UsageError)
    expect(readFileSync('frontbridge.pcap.lua', 'latin1')).toBe('-- mine')
    expect((await invoke('wireshark', '-o', 'frontbridge.pcap.lua', sample)).exitCode).toBe(0)
    expect(readFileSync('frontbridge.pcap.lua', 'latin1')).toBe(own)
  })

  test('a directory of that name', async () => {
    mkdirSync('frontbridge.pcap.lua')
    await expect(invoke('wireshark', sample)).rejects.toThrow('it is a directory')
  })

  test('several captures: one file, and a command for each in the order of time', async () => {
    const later = join(root, 'samples/exchange-internet.pcap')
    const { printed } = await invoke('wireshark', sample, later)
    const lines = printed.split('\n')
    expect(lines).toHaveLength(3)
    expect(lines.every((line) => line === '' || line.startsWith('wireshark -X lua_script:pipelint.lua -r '))).toBe(true)
  })

  test('standard input and standard output', async () => {
    async function* input() {
      yield readFileSync(sample)
    }
    const { printed, warnings } = await invokeIn({ input: input() }, 'wireshark', '-o', '-', '-')
    expect(printed.startsWith(SIGNATURE)).toBe(true)
    expect(warnings.at(-1)).toBe('wireshark -X lua_script:FILE -r CAPTURE')
    expect(existsSync('pipelint.lua')).toBe(false)
    const named = await invokeIn({ input: input() }, 'wireshark', '-')
    expect(named.printed).toBe('wireshark -X lua_script:pipelint.lua -r CAPTURE\n')
  })

  test('the key log is handed on', async () => {
    const capture = join(root, 'test/tls/captures/tls13-aes128-gcm.pcap')
    const keyLog = join(root, 'test/tls/captures/tls13-aes128-gcm.keylog')
    const { printed } = await invoke('wireshark', '--keylog', keyLog, capture)
    expect(printed).toContain(` -o tls.keylog_file:${keyLog}\n`)
    const secrets = readFileSync(keyLog, 'latin1').split(/\s+/)
    const script = readFileSync('tls13-aes128-gcm.pcap.lua', 'latin1')
    expect(secrets.filter((word) => word.length > 32 && script.includes(word))).toEqual([])
  })

  test('a capture that is cut off: what was read is shown, and the exit code is 3', async () => {
    const { exitCode, printed } = await invoke('wireshark', join(root, 'test/cli/files/cut.pcap'))
    expect(exitCode).toBe(3)
    expect(printed).toContain('lua_script:cut.pcap.lua')
  })

  test('--redact: no name, no address and no text from the wire', async () => {
    const capture = join(root, 'samples/five-dialogues.pcap')
    await invoke('wireshark', '-o', 'open.lua', capture)
    await invoke('wireshark', '--redact', '-o', 'redacted.lua', capture)
    const [open, redacted] = ['open.lua', 'redacted.lua'].map((name) => readFileSync(name, 'latin1'))
    const names = /bigfish\.com|DB3EHSMHS|five-dialogues|closing transmission/
    expect(open).toMatch(names)
    expect(redacted).not.toMatch(/bigfish\.com|DB3EHSMHS|five-dialogues|amnesiac/)
  })

  test('a selection', async () => {
    await invoke('wireshark', '--rule', 'input-lost', '-o', 'one.lua', sample)
    const script = readFileSync('one.lua', 'latin1')
    expect(script).toContain('id = "input-lost"')
    expect(script).not.toContain('id = "premature-close"')
    const { warnings } = await invoke('wireshark', '--session', 's999', '-o', 'none.lua', sample)
    expect(warnings[0]).toBe('no SMTP session matches the selection; pipelint check lists the sessions')
  })

  test('never over a capture', async () => {
    await expect(invoke('wireshark', '-o', sample, sample)).rejects.toThrow('this is one of the input captures')
  })
})
