// The Lua file of `pipelint wireshark`, and what tshark shows with it.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { invoke } from '../support/invoke.ts'

/** A folder for the files of a test, and what removes it. */
export function scratch(): { readonly path: (name: string) => string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'pipelint-wireshark-'))
  return { path: (name) => join(folder, name), remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** The key log beside a capture, if there is one. */
export function keyLogOf(capture: string): string | null {
  const path = capture.replace(/\.pcap(ng)?$/, '.keylog')
  return existsSync(path) ? path : null
}

export async function writeScript(script: string, capture: string, ...words: string[]): Promise<void> {
  const keyLog = keyLogOf(capture)
  const keys = keyLog === null ? [] : ['--keylog', keyLog]
  const { exitCode } = await invoke('wireshark', '-o', script, ...keys, ...words, capture)
  expect([0, 3]).toContain(exitCode)
}

export interface Shown {
  readonly stdout: string
  readonly stderr: string
}

export function tshark(capture: string, script: string, ...words: string[]): Shown {
  const keyLog = keyLogOf(capture)
  const keys = keyLog === null ? [] : ['-o', `tls.keylog_file:${keyLog}`]
  const all = ['-n', '-r', capture, '-X', `lua_script:${script}`, ...keys, ...words]
  const { stdout, stderr } = spawnSync('tshark', all, { encoding: 'utf8', maxBuffer: 1 << 28 })
  return { stdout, stderr: stderr.replace(/^Running as user .*\n/, '') }
}

/** One row per frame: the values of each field. */
export function fieldsOf(capture: string, script: string, ...fields: string[]): readonly (readonly string[])[][] {
  const words = ['-E', 'aggregator=|', ...fields.flatMap((field) => ['-e', field])]
  const { stdout, stderr } = tshark(capture, script, '-T', 'fields', ...words)
  expect(stderr).toBe('')
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t').map((cell) => (cell === '' ? [] : cell.split('|'))))
}

/** The frames that a display filter selects. */
export function framesWith(capture: string, script: string, filter: string): number[] {
  const { stdout, stderr } = tshark(capture, script, '-Y', filter, '-T', 'fields', '-e', 'frame.number')
  expect(stderr).toBe('')
  return stdout.split('\n').filter(Boolean).map(Number)
}
