// Compressed captures: recognised by content, read as they are decompressed, up to where they are damaged. The files in
// compressed/ were written by the lz4 and zstd programs, from the packets below.
import { readFileSync } from 'node:fs'
import zlib, { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { compressionOf } from '../../src/capture/compressed.ts'
import { ReadBuffer } from '../../src/capture/read-buffer.ts'
import { zstdBlocks } from '../../src/capture/zstd.ts'
import { pcap } from './build.ts'
import { type ReadCapture, readAll, sourceOf } from './read.ts'

const packets = Array.from({ length: 4000 }, (_, i) => ({
  seconds: i,
  fraction: 0,
  bytes: Uint8Array.from({ length: 60 }, (_, k) => ((i % 20) * 31 + k * (i % 7)) & 0xff),
}))
const plain = pcap(packets)
const file = (name: string) => readFileSync(new URL(`compressed/${name}`, import.meta.url))
const LZ4 = ['default.lz4', 'linked.lz4', 'checked.lz4', 'apart.lz4', 'legacy.lz4']
const ZSTD = ['default.zst', 'nineteen.zst']
/** What Node's own decoder allows and the package that takes its place does not. */
const nativeZstd = 'createZstdDecompress' in zlib

function expectAll({ packets: read, problem }: ReadCapture): void {
  expect(problem).toBeNull()
  expect(read.length).toBe(packets.length)
  expect(read.map(({ timeNs }) => timeNs / 1e9)).toEqual(packets.map(({ seconds }) => seconds))
  for (const [i, { bytes }] of read.entries()) {
    if (Buffer.compare(bytes, packets[i]?.bytes as Uint8Array) !== 0) expect(bytes, `${i}`).toEqual(packets[i]?.bytes)
  }
}

const compressed: readonly (readonly [string, Buffer])[] = [
  ['gzip', gzipSync(plain)],
  ...[...LZ4, ...ZSTD].map((name) => [name, file(name)] as const),
]

describe.each(compressed)('%s', (name, bytes) => {
  test('the same packets as without', async () => {
    const read = await readAll(sourceOf(bytes))
    expectAll(read)
    const compression = name === 'gzip' ? 'gzip' : name.endsWith('.lz4') ? 'lz4' : 'zstd'
    expect(read.reader).toMatchObject({ compression, format: 'pcap', bytes: plain.length })
  })

  test('in pieces of any size, in a small window', async () => {
    for (const size of [13, 4096]) expectAll(await readAll(sourceOf(bytes, size), 64))
  })

  test('several in one file', async () => {
    const cut = 5000
    const rest = gzipSync(plain.subarray(cut))
    if (name !== 'gzip') {
      // The second capture starts with a file header, which no record is: but all of it was decompressed.
      const { packets: read, reader } = await readAll(sourceOf(Buffer.concat([bytes, bytes])))
      expect(read.length).toBeGreaterThanOrEqual(packets.length)
      expect(reader?.bytes).toBeGreaterThan(plain.length)
    } else expectAll(await readAll(sourceOf(Buffer.concat([gzipSync(plain.subarray(0, cut)), rest]))))
  })

  test('cut off anywhere: what was decompressed is read, and the cut is reported', async () => {
    for (const part of [0.05, 0.5, 0.9]) {
      const { packets: read, problem } = await readAll(sourceOf(bytes.subarray(0, Math.floor(bytes.length * part))))
      expect(problem?.code).toMatch(/^(?:corrupt|cut-off|empty)$/)
      expect(read.length).toBeLessThan(packets.length)
    }
    expect((await readAll(sourceOf(bytes.subarray(0, bytes.length - 1)))).problem).not.toBeNull()
  })

  test('damaged anywhere: no crash, and never more than was there', async () => {
    for (let at = 0; at < bytes.length; at += 1999) {
      const damaged = Uint8Array.from(bytes)
      damaged[at] = (damaged[at] as number) ^ 0x55
      const { packets: read } = await readAll(sourceOf(damaged))
      expect(read.length).toBeLessThanOrEqual(packets.length)
    }
  })
})

describe('damage in gzip', () => {
  test('cut off: what was decompressed is read', async () => {
    const bytes = gzipSync(plain)
    const { packets: read, problem } = await readAll(sourceOf(bytes.subarray(0, bytes.length / 2)))
    expect(problem).toMatchObject({ code: 'corrupt' })
    expect(problem?.accordingTo).toContain('unexpected end of file')
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

const SKIPPABLE = Uint8Array.of(0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3)

describe('zeros behind a capture header', () => {
  test('are empty packets; too many of them are in bomb.slow.test.ts', async () => {
    const bytes = gzipSync(Buffer.concat([plain.subarray(0, 24), Buffer.alloc(16 << 16)]))
    const { packets: read, problem } = await readAll(sourceOf(bytes))
    expect(problem).toBeNull()
    expect(read).toHaveLength(1 << 16)
  })
})

describe('lz4', () => {
  const says = async (bytes: Uint8Array) => (await readAll(sourceOf(bytes))).problem?.accordingTo ?? ''

  test('a few octets', async () => {
    const { packets: read, problem } = await readAll(sourceOf(file('short.lz4')))
    expect(read).toHaveLength(7)
    expect(problem).toMatchObject({ code: 'cut-off' })
  })

  test('frames that are to be skipped', async () => {
    expectAll(await readAll(sourceOf(Buffer.concat([file('default.lz4'), SKIPPABLE, SKIPPABLE]))))
    expect(await says(Buffer.concat([file('default.lz4'), SKIPPABLE.subarray(0, 9)]))).toContain('unexpected end')
  })

  test('what follows must be a frame', async () => {
    expect(await says(Buffer.concat([file('default.lz4'), Buffer.from('trailing')]))).toContain('no frame follows')
  })

  test('every checksum is looked at', async () => {
    const bytes = (name: string, at: number) => {
      const changed = Uint8Array.from(file(name))
      const place = at < 0 ? changed.length + at : at
      changed[place] = (changed[place] as number) ^ 1
      return changed
    }
    expect(await says(bytes('default.lz4', 5))).toContain('the checksum of the frame header is wrong')
    expect(await says(bytes('default.lz4', -1))).toContain('the checksum of the content is wrong')
    expect(await says(bytes('checked.lz4', 3000))).toContain('the checksum of a block is wrong')
  })
})

describe('zstd', () => {
  test.runIf(nativeZstd)('Node and the package that takes its place decode the same octets', async () => {
    const decode = async (bytes: Buffer, decoder?: null) => {
      const parts: Uint8Array[] = []
      const problem = await (async () => {
        for await (const part of zstdBlocks(new ReadBuffer(sourceOf(bytes), 1 << 16), decoder)) parts.push(part)
        return null
      })().catch((error: Error) => error.message)
      return { octets: Buffer.concat(parts), isWhole: problem === null }
    }
    for (const name of [...ZSTD, 'header-only.zst']) {
      const bytes = file(name)
      for (const each of [bytes, Buffer.concat([bytes, SKIPPABLE, bytes])]) {
        const [own, other] = [await decode(each), await decode(each, null)]
        expect(other).toEqual(own)
        expect(own.isWhole).toBe(true)
      }
      for (const part of [0.3, 0.9]) {
        const cut = bytes.subarray(0, Math.floor(bytes.length * part))
        expect([(await decode(cut)).isWhole, (await decode(cut, null)).isWhole]).toEqual([false, false])
      }
    }
  })

  test('only the header of a capture', async () => {
    const { packets: read, problem, reader } = await readAll(sourceOf(file('header-only.zst')))
    expect(read).toHaveLength(0)
    expect(problem).toBeNull()
    expect(reader).toMatchObject({ compression: 'zstd', packets: 0 })
  })

  test('frames that are to be skipped', async () => {
    expectAll(await readAll(sourceOf(Buffer.concat([file('default.zst'), SKIPPABLE]))))
  })

  test('a window that takes more memory than is given', async () => {
    const read = await readAll(sourceOf(file('large-window.zst')))
    if (nativeZstd) expectAll(read)
    else expect(read.problem?.accordingTo).toContain('it needs a window of 134217728 bytes, and 8388608 are allowed')
    const endless = Uint8Array.from(file('large-window.zst'))
    endless[5] = 0xff
    expect((await readAll(sourceOf(endless))).problem?.accordingTo).toContain('it needs a window of')
  })

  test.runIf(!nativeZstd)('many small blocks with a large window', async () => {
    // Raw blocks of one octet: three octets of header say so.
    const header = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 13 << 3)
    const capture = Buffer.concat([
      header,
      ...Array.from(plain.subarray(0, 20_000), (octet) => Buffer.of(8, 0, 0, octet)),
    ])
    expect((await readAll(sourceOf(capture))).problem?.accordingTo).toContain('too small for its window')
  })
})

test('nothing else is taken for compressed', () => {
  for (const first of [[], [0x1f], [0x28, 0xb5], [4, 0x22, 0x4d], [0xd4, 0xc3, 0xb2, 0xa1]]) {
    expect(compressionOf(Uint8Array.from(first))).toBe('none')
  }
})
