// What is loaded for a small capture: nothing that takes longer to load than the capture takes to judge, where it is not
// needed.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
afterAll(() => rmSync(folder, { recursive: true }))

const LARGE = [
  ...['stream', 'fs/promises', 'net', 'tty', 'readline', 'crypto', 'zlib', 'v8', 'worker_threads', 'os', 'module'],
  ...['internal/abort_controller', 'internal/modules/esm/loader'],
]

test.skipIf(process.platform === 'win32')('check loads no large module of Node', () => {
  const [script, list] = [join(folder, 'list.cjs'), join(folder, 'list')]
  writeFileSync(
    script,
    `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(list)}, process.moduleLoadList.join('\\n')))`,
  )
  for (const target of ['/dev/null', `${folder}/out`, '>(cat > /dev/null)']) {
    const words = ['dist/run/cli.js', 'check', 'samples/frontbridge.pcap']
    spawnSync('bash', ['-c', `"$0" "$@" > ${target} 2>&1 < /dev/null`, process.execPath, '-r', script, ...words], {
      cwd: root,
    })
    const loaded = readFileSync(list, 'utf8').split('\n')
    expect(loaded.length).toBeGreaterThan(50)
    expect(LARGE.filter((name) => loaded.includes(`NativeModule ${name}`))).toEqual([])
    rmSync(list)
  }
})

test('the part that judges in full is loaded when a connection is handed over', () => {
  const [script, list] = [join(folder, 'files.cjs'), join(folder, 'files')]
  writeFileSync(
    script,
    `const fs = require('node:fs')
const { readFileSync } = fs
fs.readFileSync = (file, ...rest) => {
  fs.appendFileSync(${JSON.stringify(list)}, file + '\\n')
  return readFileSync(file, ...rest)
}`,
  )
  const loads = (sample: string) => {
    // The fast path takes compressed captures of any size.
    const path = join(folder, sample)
    writeFileSync(path, gzipSync(readFileSync(join(root, 'samples', sample))))
    rmSync(list, { force: true })
    spawnSync(process.execPath, ['-r', script, 'dist/run/cli.js', 'check', path], { cwd: root })
    const files = readFileSync(list, 'utf8')
    expect(files).toMatch(/\bengine-/)
    return /\bjudging-/.test(files)
  }
  expect(loads('exchange-2007.pcap')).toBe(false)
  expect(loads('frontbridge.pcap')).toBe(true)
})
