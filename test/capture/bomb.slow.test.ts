// A small compressed file that becomes gigabytes is read up to a bound.
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { CaptureReader } from '../../src/capture/reader.ts'
import { DECOMPRESSED_BYTES_FREE } from '../../src/limits.ts'
import { pcap } from './build.ts'
import { sourceOf } from './read.ts'

const BLOCK = 4 << 20

/** Zeros as an LZ4 frame: a block is one zero and a match of all others, then five zeros as they stand. */
function lz4Zeros(blocks: number): Buffer {
  const more = BLOCK - 1 - 5 - 4 - 15
  const match = [...Array(Math.floor(more / 255)).fill(255), more % 255]
  const block = Buffer.from([0x1f, 0, 1, 0, ...match, 0x50, 0, 0, 0, 0, 0])
  const size = Buffer.alloc(4)
  size.writeUInt32LE(block.length)
  const frame = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73])
  return Buffer.concat([frame, ...Array(blocks).fill(Buffer.concat([size, block])), Buffer.alloc(4)])
}

/** A frame of the header of a capture, as it stands. */
function lz4Stored(bytes: Uint8Array): Buffer {
  const size = Buffer.alloc(4)
  size.writeUInt32LE(bytes.length + 0x80000000)
  return Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73]), size, bytes, Buffer.alloc(4)])
}

const BOMBS: Readonly<Record<string, () => Buffer>> = {
  gzip: () => gzipSync(Buffer.concat([pcap([]), Buffer.alloc(DECOMPRESSED_BYTES_FREE + (1 << 20))])),
  // No more than 255 to 1.
  lz4: () => Buffer.concat([lz4Stored(pcap([])), lz4Zeros(DECOMPRESSED_BYTES_FREE / BLOCK + 1)]),
}

test.each(Object.keys(BOMBS))('zeros in %s: what was decompressed up to the bound is read', async (kind) => {
  const reader = await CaptureReader.open(sourceOf((BOMBS[kind] as () => Buffer)()))
  let packets = 0
  const end = async () => {
    do while (reader.next()) packets++
    while (await reader.refill())
  }
  await expect(end()).rejects.toThrow(/corrupt at byte \d+: \d+ compressed bytes became \d+: not a capture/)
  expect(packets).toBeGreaterThan(DECOMPRESSED_BYTES_FREE / 16 - (1 << 19))
})
