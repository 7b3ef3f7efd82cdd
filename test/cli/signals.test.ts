// A process that is ended early leaves nothing behind: no copy of a capture, no draft, no half of a document.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
afterAll(() => rmSync(folder, { recursive: true }))

const left = (path: string) => readdirSync(path, { recursive: true })

/** Ends a command that waits for the rest of a capture, as soon as it has created what it needs. */
async function ended(words: readonly string[], signal: NodeJS.Signals) {
  const place = join(folder, `${words[0]}-${signal}`)
  mkdirSync(place)
  const child = spawn(process.execPath, [join(root, 'dist/run/cli.js'), ...words, '-o', join(place, 'out'), '-'], {
    env: { ...process.env, TMPDIR: place },
  })
  child.stdin.on('error', () => {})
  child.stdin.write(readFileSync(join(root, 'samples/frontbridge.pcap')))
  while (left(place).length === 0) await setTimeout(20)
  child.kill(signal)
  const [exitCode] = await once(child, 'close')
  return { exitCode, left: left(place) }
}

test.concurrent.each([
  ['report', 'SIGTERM', 143],
  ['evidence', 'SIGHUP', 129],
  ['compare', 'SIGINT', 130],
  ['triage', 'SIGTERM', 143],
] as const)('%s, %s', async (command, signal, exitCode) => {
  const words = command === 'compare' ? [command, join(root, 'samples/frontbridge.pcap')] : [command]
  expect(await ended(words, signal)).toEqual({ exitCode, left: [] })
})
