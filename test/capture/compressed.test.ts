// Compressed captures: recognised by content, read as they are decompressed, up to where they are damaged.
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { pcap } from './build.ts'
import { readAll, sourceOf } from './read.ts'

const packets = Array.from({ length: 20_000 }, (_, i) => ({
  seconds: i,
  fraction: 0,
  bytes: Uint8Array.from({ length: 60 }, (_, k) => (i * 31 + k * (i % 7)) & 0xff),
}))
const plain = pcap(packets)

describe('gzip', () => {
  test('the same packets as without', async () => {
    const { packets: read, problem } = await readAll(sourceOf(gzipSync(plain)))
    expect(problem).toBeNull()
    expect(read.length).toBe(packets.length)
  })

  test('several members in one file', async () => {
    const file = Buffer.concat([gzipSync(plain.subarray(0, 5000)), gzipSync(plain.subarray(5000))])
    const { packets: read, problem } = await readAll(sourceOf(file))
    expect(problem).toBeNull()
    expect(read.length).toBe(packets.length)
  })

  test('cut off: what was decompressed is read', async () => {
    const file = gzipSync(plain)
    const { packets: read, problem } = await readAll(sourceOf(file.subarray(0, file.length / 2)))
    expect(problem).toMatchObject({ code: 'corrupt' })
    expect(problem?.accordingTo).toContain('unexpected end of file')
    expect(read.length).toBeGreaterThan(packets.length / 4)
  })

  test('damaged: what stands in front is read', async () => {
    const file = Uint8Array.from(gzipSync(plain))
    file.fill(0xff, file.length / 2, file.length / 2 + 64)
    const { packets: read, problem } = await readAll(sourceOf(file))
    expect(problem).toMatchObject({ code: 'corrupt' })
    expect(read.length).toBeGreaterThan(packets.length / 4)
  })

  test('nothing but the magic', async () => {
    expect((await readAll(sourceOf(Uint8Array.of(0x1f, 0x8b, 8, 0)))).problem).toMatchObject({ code: 'corrupt' })
  })

  test('no capture inside', async () => {
    const { problem } = await readAll(sourceOf(gzipSync(Buffer.from('hello, world'))))
    expect(problem).toMatchObject({ code: 'not-a-capture' })
  })
})
