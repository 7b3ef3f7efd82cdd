// docs/recipes.md: every line is run, and what it prints stands below it. What needs a program that no package of Debian or
// npm brings in small is left to its reader.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectGolden } from './support/golden.ts'
import { isWindows, needsPeer } from './support/peer.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = join(root, 'docs/recipes.md')
/** Captures of one kind, in the order of their times: together they are one. */
const CAPTURES = ['samples/five-dialogues', 'test/captures/courier-transactions']
CAPTURES.push('test/captures/smtp-sink-delayed-recipients', 'test/captures/haraka-transactions')
const HEADER_BYTES = 24
const LEFT_OUT = /^duckdb /m

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipelint-recipes-'))
  const captures = CAPTURES.map((name) => readFileSync(join(root, `${name}.pcap`)))
  writeFileSync(
    join(folder, 'mail.pcap'),
    Buffer.concat(captures.map((bytes, i) => bytes.subarray(i === 0 ? 0 : HEADER_BYTES))),
  )
  writeFileSync(join(folder, 'pipelint'), `#!/bin/sh\nexec "${process.execPath}" "${root}/dist/run/cli.js" "$@"\n`)
  chmodSync(join(folder, 'pipelint'), 0o755)
})
afterAll(() => rmSync(folder, { recursive: true }))

function run(script: string): string {
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}`, LC_ALL: 'C' }
  const { stdout, stderr } = spawnSync('sh', ['-c', script], { cwd: folder, env, encoding: 'utf8' })
  expect(stderr.replace(/^Running as user .*\n/gm, '')).toBe('')
  return stdout
}

const hasPeers = !isWindows && ['jq', 'tshark'].map(needsPeer).every(Boolean)

describe.runIf(hasPeers)('docs/recipes.md', () => {
  test('what each line prints', () => {
    const text = readFileSync(page, 'utf8')
    const shown = text.replace(/```sh\n([\s\S]*?)```\n(?:\n```text\n[\s\S]*?```\n)?/g, (block, script: string) => {
      if (LEFT_OUT.test(script)) return block
      const printed = run(script)
      return `\`\`\`sh\n${script}\`\`\`\n\n\`\`\`text\n${printed.replaceAll('\t', '  ')}\`\`\`\n`
    })
    expect(text.match(/^## \d+\. /gm)).toHaveLength(10)
    expectGolden(page, shown)
  })
})
