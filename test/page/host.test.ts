// What the page has in place of Node: the same results as Node, for the same input.
import { createCipheriv, createHmac, randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { pcapWriter } from '../../src/capture/write.ts'
import * as node from '../../src/host/crypto.ts'
import * as nodeDecompress from '../../src/host/decompress.ts'
import * as nodeOctets from '../../src/host/octets.ts'
import * as page from '../../src/page/host/crypto.ts'
import { gunzip } from '../../src/page/host/decompress.ts'
import { mount, openForReading, openForWriting } from '../../src/page/host/files.ts'
import * as octets from '../../src/page/host/octets.ts'
import { readWithSecondReader } from '../../src/page/host/second-reader.ts'

const SIZES = [0, 1, 15, 16, 17, 64, 255, 256, 1000, 16_384]

describe('hashes', () => {
  test.each(['sha1', 'sha256', 'sha384'] as const)('%s, and HMAC with it, in parts', (name) => {
    for (const size of SIZES) {
      const [key, bytes] = [randomBytes(size % 200), randomBytes(size)]
      const parts = [bytes.subarray(0, size >> 1), bytes.subarray(size >> 1)] as const
      const [ours, theirs] = [page.newHash(name), node.newHash(name)]
      for (const part of parts) {
        ours.update(part)
        theirs.update(part)
      }
      expect(Buffer.from(ours.digest())).toEqual(Buffer.from(theirs.digest()))
      const mac = createHmac(name, key).update(bytes).digest()
      expect(Buffer.from(page.hmac(name, key, ...parts))).toEqual(mac)
    }
  })
})

interface Sealing {
  setAAD(data: Uint8Array, options: { plaintextLength: number }): void
  getAuthTag(): Buffer
}

describe('ciphers', () => {
  const AEADS = [
    ...([16, 32] as const).map((keyBytes) => ({ mode: 'gcm', keyBytes, tagBytes: 16 }) as const),
    ...([8, 16] as const).flatMap((tagBytes) =>
      ([16, 32] as const).map((keyBytes) => ({ mode: 'ccm', keyBytes, tagBytes }) as const),
    ),
    { mode: 'chacha20-poly1305', keyBytes: 32, tagBytes: 16 } as const,
  ]
  test.each(AEADS)('$mode with a key of $keyBytes octets and a tag of $tagBytes', ({ mode, keyBytes, tagBytes }) => {
    // No record of TLS is empty, and Node does not seal such a one with CCM.
    for (const size of SIZES.filter((size) => size > 0)) {
      const [key, nonce, plain, additional] = [keyBytes, 12, size, 13].map((length) => randomBytes(length)) as [
        ...[Buffer, Buffer, Buffer, Buffer],
      ]
      const algorithm = mode === 'chacha20-poly1305' ? mode : `aes-${keyBytes * 8}-${mode}`
      const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes } as object)
      const sealing = cipher as unknown as Sealing
      sealing.setAAD(additional, { plaintextLength: size })
      const sealed = Buffer.concat([cipher.update(plain), cipher.final(), sealing.getAuthTag()])
      const name = { mode, tagBytes }
      expect(Buffer.from(page.unseal(name, key, nonce, sealed, additional) ?? [])).toEqual(plain)
      expect(page.unseal(name, key, nonce, sealed, randomBytes(13))).toBeNull()
      const changed = Buffer.from(sealed)
      changed[sealed.length - 1] = (changed[sealed.length - 1] as number) ^ 1
      expect(page.unseal(name, key, nonce, changed, additional)).toBeNull()
      expect(node.unseal(name, key, nonce, changed, additional)).toBeNull()
    }
    expect(
      page.unseal({ mode, tagBytes }, randomBytes(keyBytes), randomBytes(12), randomBytes(3), randomBytes(5)),
    ).toBeNull()
  })

  test('AES-CBC, whole blocks', () => {
    for (const blocks of [1, 2, 100]) {
      const [key, iv, bytes] = [randomBytes(32), randomBytes(16), randomBytes(16 * blocks)]
      expect(Buffer.from(page.decryptCbc(key, iv, bytes))).toEqual(Buffer.from(node.decryptCbc(key, iv, bytes)))
    }
  })
})

describe('gzip', () => {
  /** As captures are read: what comes out before an error depends on it. */
  const PIECE_BYTES = 1 << 16
  const text = Buffer.from('MAIL FROM:<a@example.org>\r\n'.repeat(20_000))
  const noise = randomBytes(100_000)
  const [one, other] = [gzipSync(text), gzipSync(noise)]
  const damaged = (at: number) => {
    const bytes = Buffer.from(one)
    const place = at < 0 ? bytes.length + at : at
    bytes[place] = (bytes[place] as number) ^ 1
    return bytes
  }
  const FILES = {
    'one member': one,
    'two members': Buffer.concat([one, other]),
    'zeros behind it': Buffer.concat([one, Buffer.alloc(100)]),
    'something else behind it': Buffer.concat([one, Buffer.from('trailing')]),
    cut: one.subarray(0, one.length >> 1),
    'cut before its checksum': one.subarray(0, one.length - 8),
    'a wrong checksum': damaged(-5),
    'a wrong length': damaged(-1),
    'a damaged block': damaged(100),
  }

  async function* inPieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.slice(at, at + PIECE_BYTES)
  }

  async function read(decompress: nodeDecompress.Decompressor, bytes: Uint8Array) {
    const parts: Uint8Array[] = []
    try {
      for await (const part of decompress(inPieces(bytes))) parts.push(Uint8Array.from(part))
      return { text: Buffer.concat(parts), problem: null }
    } catch (error) {
      return { text: Buffer.concat(parts), problem: (error as Error).message }
    }
  }

  test.each(Object.entries(FILES))('%s', async (_, bytes) => {
    const [ours, theirs] = [await read(gunzip, bytes), await read(nodeDecompress.gunzip, bytes)]
    expect(ours.problem).toBe(theirs.problem)
    expect(ours.text.length).toBe(theirs.text.length)
    expect(ours.text.equals(theirs.text)).toBe(true)
  })
})

test('octets are decoded and found as in Node', () => {
  const every = Uint8Array.from({ length: 10_000 }, (_, i) => (i * 7) & 0xff)
  expect(octets.latin1(every, 3, 9999)).toBe(nodeOctets.latin1(every, 3, 9999))
  const wanted = Uint8Array.of(7, 14)
  for (const from of [0, 1, 2, 257, 9998, 10_000])
    expect(octets.indexOfOctets(every, wanted, from)).toBe(nodeOctets.indexOfOctets(every, wanted, from))
  expect(octets.indexOfOctets(every, Uint8Array.of(1, 1), 0)).toBe(-1)
})

describe('files', () => {
  test('are read on, or at a position, and written in pieces', async () => {
    mount('a', new Blob(['0123456789']))
    const file = await openForReading('a')
    const into = new Uint8Array(4)
    const text = async (position: number | null) =>
      String.fromCharCode(...into.subarray(0, await file.read(into, position)))
    expect([await text(null), await text(8), await text(null), await text(null), await text(null)]).toEqual([
      ...['0123', '89', '4567', '89', ''],
    ])
    const written = await openForWriting('b')
    await written.write([Uint8Array.of(48, 49), Uint8Array.of(50)])
    await written.write([Uint8Array.of(51)])
    await written.close()
    expect(await (await openForReading('b')).read(into, 0)).toBe(4)
    expect(Buffer.from(into).toString()).toBe('0123')
    await expect(openForReading('c')).rejects.toThrow('no such file: c')
  })

  test('the second reader reads what was written, and nothing else', async () => {
    const packet = {
      seconds: 7,
      nanoseconds: 8000,
      linkType: 1,
      wireLength: 60,
      bytes: Uint8Array.of(1, 2, 3),
      comment: null,
    }
    const { head, record } = pcapWriter(1, 'microseconds')
    const bytes = Buffer.concat([head, record(packet), record(packet)])
    const seen: unknown[] = []
    mount('capture', new Blob([bytes]))
    expect(await readWithSecondReader('capture', (one) => seen.push({ ...one, bytes: [...one.bytes] }))).toBeNull()
    const { seconds, nanoseconds, wireLength } = packet
    expect(seen).toEqual(Array(2).fill({ seconds, nanoseconds, wireLength, bytes: [1, 2, 3] }))
    mount('capture', new Blob([bytes.subarray(0, bytes.length - 1)]))
    expect(await readWithSecondReader('capture', () => {})).toBe('it ends within a packet')
    mount('capture', new Blob(['none']))
    expect(await readWithSecondReader('capture', () => {})).toBe('it does not begin like a capture')
  })
})
