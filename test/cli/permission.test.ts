// Under Node's permission model the program needs to read, and nothing else. Node 24 and later have it.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const hasPermissions = process.allowedNodeEnvironmentFlags.has('--permission')

function pipelint(...words: string[]) {
  const rights = ['--permission', `--allow-fs-read=${root}`]
  return spawnSync(process.execPath, [...rights, 'dist/run/cli.js', ...words], { cwd: root, encoding: 'utf8' })
}

test.runIf(hasPermissions)('to judge it needs to read, and nothing else', () => {
  for (const command of ['check', 'transcript', 'triage'])
    expect(pipelint(command, 'samples/exchange-2007.pcap')).toMatchObject({ status: 0, stderr: '' })
  expect(pipelint('check', 'samples/frontbridge.pcap')).toMatchObject({ status: 1 })
})

test.runIf(hasPermissions)('what it may not do is said in one line', () => {
  const { status, stderr } = pipelint('check', '-o', 'out.json', 'samples/frontbridge.pcap')
  expect(status).toBe(4)
  expect(stderr).toMatch(/^pipelint: out\.json: cannot be written: .+\n$/)
})
