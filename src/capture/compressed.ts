// A compressed capture -> the bytes of the capture, as they are asked for. What comes in: the first bytes, and the source
// of the rest. What goes out: a source of the same name. Memory stays constant.
import { Readable } from 'node:stream'
import zlib from 'node:zlib'
import { WINDOW_BYTES } from '../limits.ts'
import { CaptureError } from '../problems.ts'
import { problem } from './records.ts'
import { type ByteSource, fromIterable } from './source.ts'

export type Compression = 'none' | 'gzip' | 'zstd'

/** What reads on: gzip in every Node, zstd from 22.15 on. */
const READERS: Readonly<Record<string, (() => NodeJS.ReadWriteStream) | undefined>> = {
  gzip: zlib.createGunzip,
  zstd: 'createZstdDecompress' in zlib ? (zlib.createZstdDecompress as () => NodeJS.ReadWriteStream) : undefined,
}

/** The compression of a file that starts so, as far as this Node can read it. */
export function compressionOf(first: Uint8Array): Compression {
  if (first[0] === 0x1f && first[1] === 0x8b) return 'gzip'
  const zstd = first[0] === 0x28 && first[1] === 0xb5 && first[2] === 0x2f && first[3] === 0xfd
  return zstd && READERS.zstd !== undefined ? 'zstd' : 'none'
}

/** Offsets of problems behind it are those of the decompressed bytes. */
export function decompressed(source: ByteSource, first: Uint8Array, compression: Compression): ByteSource {
  const reader = READERS[compression]
  if (reader === undefined) return source
  const packed = Readable.from(chunksOf(source, first), { objectMode: false })
  const plain = reader()
  packed.on('error', (error) => plain.emit('error', error))
  return fromIterable(source.name, bytesOf(packed.pipe(plain), source.name, compression))
}

async function* chunksOf(source: ByteSource, first: Uint8Array): AsyncIterable<Uint8Array> {
  yield Uint8Array.from(first)
  for (;;) {
    const chunk = new Uint8Array(WINDOW_BYTES / 16)
    const count = await source.read(chunk)
    if (count === 0) return
    yield chunk.subarray(0, count)
  }
}

async function* bytesOf(
  plain: NodeJS.ReadWriteStream,
  name: string,
  compression: Compression,
): AsyncIterable<Uint8Array> {
  let fileOffset = 0
  try {
    for await (const chunk of plain) {
      fileOffset += chunk.length
      yield chunk as Uint8Array
    }
  } catch (error) {
    if (error instanceof CaptureError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw problem('corrupt', name, fileOffset, `the ${compression} stream, decompressed up to there, says ${why}`)
  }
}
