// SHA-256 of captures: of all octets of the file, compressed or not, also where the capture is broken.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import { fromIterable, hashed } from '../../src/capture/source.ts'

const sample = readFileSync(new URL('../../samples/frontbridge.pcap', import.meta.url))
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

async function recorded(bytes: Uint8Array, hash = true) {
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000)
  }
  const { captures } = await analyze([{ name: 'x.pcap', bytes: pieces() }], { hash })
  return captures[0]
}

describe('sha256', () => {
  test.each([
    ['whole', sample],
    ['gzip', gzipSync(sample)],
    ['cut off', sample.subarray(0, 1000)],
    ['corrupt in the middle', Buffer.concat([sample.subarray(0, 500), Buffer.alloc(100_000, 0xff)])],
    [
      'gzip, corrupt, with much behind it',
      Buffer.concat([gzipSync(sample).subarray(0, 300), Buffer.alloc(3_000_000, 7)]),
    ],
    ['not a capture', Buffer.alloc(200_000, 65)],
    ['empty', Buffer.alloc(0)],
  ])('%s', async (_, bytes) => {
    expect((await recorded(bytes))?.sha256).toBe(sha256(bytes))
  })

  test('is null if it was not asked for, and if the file cannot be read', async () => {
    expect((await recorded(sample, false))?.sha256).toBeNull()
    const { captures } = await analyze(['/nonexistent/x.pcap'], { hash: true })
    expect(captures[0]?.sha256).toBeNull()
  })

  test('once it was returned, later reads do not change it', async () => {
    async function* pieces() {
      yield sample
    }
    const source = hashed(fromIterable('x', pieces()))
    const first = await source.sha256()
    expect(await source.read(new Uint8Array(10))).toBe(0)
    expect(await source.sha256()).toBe(first)
  })
})
