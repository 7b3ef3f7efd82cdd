// A compressed capture -> the bytes of the capture, as they are asked for. What comes in: the window of the file, filled
// with its first bytes. What goes out: a source of the same name. Memory stays constant.
import { createGunzip } from 'node:zlib'
import { CaptureError } from '../errors.ts'
import { WINDOW_BYTES } from '../limits.ts'
import { isLz4, lz4Blocks } from './lz4.ts'
import type { ReadBuffer } from './read-buffer.ts'
import { problem } from './record-reader.ts'
import { type ByteSource, fromIterable } from './source.ts'
import { isZstd, through, zstdBlocks } from './zstd.ts'

export type Compression = 'none' | 'gzip' | 'zstd' | 'lz4'

const PIECE_BYTES = WINDOW_BYTES / 64

/** The compression of a file that starts so; `none` also for those that are not read. */
export function compressionOf(first: Uint8Array): Compression {
  if (first[0] === 0x1f && first[1] === 0x8b) return 'gzip'
  if (isZstd(first)) return 'zstd'
  return isLz4(first) ? 'lz4' : 'none'
}

/** Offsets of problems behind it are those of the decompressed bytes. */
export function decompressed(window: ReadBuffer, compression: Exclude<Compression, 'none'>): ByteSource {
  const plain = { gzip: gunzipped, zstd: zstdBlocks, lz4: lz4Blocks }[compression](window)
  return fromIterable(window.source.name, told(plain, window.source.name, compression))
}

function gunzipped(window: ReadBuffer): AsyncIterable<Uint8Array> {
  return through(chunksOf(window), createGunzip())
}

/** In pieces of one size, however they arrive: what a damaged stream still gives must depend on its bytes alone. */
async function* chunksOf(window: ReadBuffer): AsyncIterable<Uint8Array> {
  for (;;) {
    await window.fill(PIECE_BYTES)
    const { bytes, start, end } = window
    if (start === end) return
    window.start = Math.min(end, start + PIECE_BYTES)
    yield bytes.slice(start, window.start)
  }
}

/** What goes wrong inside is a problem of the capture. */
async function* told(plain: AsyncIterable<Uint8Array>, name: string, compression: Compression) {
  let fileOffset = 0
  try {
    for await (const chunk of plain) {
      fileOffset += chunk.length
      yield chunk
    }
  } catch (error) {
    if (error instanceof CaptureError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw problem('corrupt', name, fileOffset, `the ${compression} stream, decompressed up to there, says ${why}`)
  }
}
