// A small compressed file that becomes gigabytes is read up to a bound.
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { CaptureReader } from '../../src/capture/reader.ts'
import { DECOMPRESSED_BYTES_FREE } from '../../src/limits.ts'
import { pcap } from './build.ts'
import { sourceOf } from './read.ts'

test('zeros: what was decompressed up to the bound is read', async () => {
  const bytes = gzipSync(Buffer.concat([pcap([]), Buffer.alloc(DECOMPRESSED_BYTES_FREE + (1 << 20))]))
  const reader = await CaptureReader.open(sourceOf(bytes))
  let packets = 0
  const end = async () => {
    do while (reader.next()) packets++
    while (await reader.refill())
  }
  await expect(end()).rejects.toThrow(/corrupt at byte \d+: \d+ compressed bytes became \d+: not a capture/)
  expect(packets).toBeGreaterThan(DECOMPRESSED_BYTES_FREE / 16 - (1 << 18))
})
