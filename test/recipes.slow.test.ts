// docs/recipes.md: every line is run, and what it prints stands below it. DuckDB comes from the registry of npm, where it has
// no command: one of a few lines stands for it here.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectGolden } from './support/golden.ts'
import { isWindows, needsPeer, needsRegistry } from './support/peer.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = join(root, 'docs/recipes.md')
/** Captures of one kind, in the order of their times: together they are one. */
const CAPTURES = ['samples/five-dialogues', 'test/captures/courier-transactions']
CAPTURES.push('test/captures/smtp-sink-delayed-recipients', 'test/captures/haraka-transactions')
const HEADER_BYTES = 24
const DUCKDB = '@duckdb/node-api@1.5.6-r.1'

/** `duckdb -csv -c SQL`. */
const DUCKDB_COMMAND = `import { DuckDBConnection } from '@duckdb/node-api'
const [format, command, sql] = process.argv.slice(2)
if (format !== '-csv' || command !== '-c') throw new Error('usage: duckdb -csv -c SQL')
const written = (value) => (value === null ? '' : String(value).replace(/^.*[",\\n].*$/s, (text) => '"' + text.replaceAll('"', '""') + '"'))
const result = await (await DuckDBConnection.create()).runAndReadAll(sql)
for (const row of [result.columnNames(), ...result.getRows()]) console.log(row.map(written).join(','))
`

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipelint-recipes-'))
  const captures = CAPTURES.map((name) => readFileSync(join(root, `${name}.pcap`)))
  writeFileSync(
    join(folder, 'mail.pcap'),
    Buffer.concat(captures.map((bytes, i) => bytes.subarray(i === 0 ? 0 : HEADER_BYTES))),
  )
  const options = ['--prefix', folder, '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']
  const { status, stderr } = spawnSync('npm', ['install', ...options, DUCKDB], { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`npm install ${DUCKDB}: ${stderr}`)
  writeFileSync(join(folder, 'duckdb.mjs'), DUCKDB_COMMAND)
  addCommand('duckdb', join(folder, 'duckdb.mjs'))
  addCommand('pipelint', join(root, 'dist/run/cli.js'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function addCommand(name: string, module: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\nexec "${process.execPath}" "${module}" "$@"\n`)
  chmodSync(join(folder, name), 0o755)
}

function run(script: string): string {
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}`, LC_ALL: 'C' }
  const { stdout, stderr } = spawnSync('sh', ['-c', script], { cwd: folder, env, encoding: 'utf8' })
  expect(stderr.replace(/^Running as user .*\n/gm, '')).toBe('')
  return stdout
}

const hasPeers = !isWindows && [...['jq', 'tshark'].map(needsPeer), needsRegistry()].every(Boolean)

describe.runIf(hasPeers)('docs/recipes.md', () => {
  test('what each line prints', () => {
    const text = readFileSync(page, 'utf8')
    const shown = text.replace(/```sh\n([\s\S]*?)```\n(?:\n```text\n[\s\S]*?```\n)?/g, (_, script: string) => {
      const printed = run(script)
      return `\`\`\`sh\n${script}\`\`\`\n\n\`\`\`text\n${printed.replaceAll('\t', '  ')}\`\`\`\n`
    })
    expect(text.match(/^## \d+\. /gm)).toHaveLength(10)
    expectGolden(page, shown)
  })
})
