// Every capture below test/ and samples/ draws the same, byte for byte, with the fast path and without it.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { sampleOf } from '../support/sample.ts'
import { bothWays, difference, type Inputs, piped } from './both-ways.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const paths = ['test', 'samples']
  .flatMap((folder) =>
    readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  )
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /\.p?cap(?:ng)?(?:\.(?:gz|zst|lz4|bz2|xz))?$/.test(path))
  .sort()

/** Key logs beside a capture. */
function keyLogsOf(path: string): string[] {
  const name = `${root}${path.replace(/\.pcap(?:ng)?$/, '.keylog')}`
  return existsSync(name) ? [readFileSync(name, 'utf8')] : []
}

test('there are captures', () => {
  expect(paths.length).toBeGreaterThan(80)
})

describe('captures', () => {
  for (const path of paths) {
    test(path, async () => {
      const file = `${root}${path}`
      const bytes = readFileSync(file)
      const ways: readonly [string, Inputs][] = [
        ['as a file', () => [file]],
        ...[7, 1000, 65_536].map((n): [string, Inputs] => [
          `in reads of ${n}`,
          () => [piped(bytes, basename(path), n)],
        ]),
        ['twice', () => [file, piped(bytes, 'again.pcap')]],
      ]
      const [asFile, ...others] = ways as [[string, Inputs], ...[string, Inputs][]]
      for (const [name, inputs] of [asFile, ...sampleOf(others, path)]) {
        expect(difference(await bothWays(inputs, { keyLogs: keyLogsOf(path) })), name).toBe('')
      }
      expect(difference(await bothWays(asFile[1], { shapes: false, keepSessions: 'notable' })), 'sums only').toBe('')
      expect(difference(await bothWays(asFile[1], { fingerprints: true })), 'with fingerprints').toBe('')
    })
  }
})
