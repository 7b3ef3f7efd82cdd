// Decompression of a capture while it is read. In: the read buffer with the first bytes of the file. Out: a byte source
// with the same name. Memory use is constant.
import { CaptureError } from '../errors.ts'
import { gunzip } from '../host/decompress.ts'
import { DECOMPRESSED_BYTES_FREE, DECOMPRESSED_RATIO_MAX, WINDOW_BYTES } from '../limits.ts'
import { isLz4, lz4Blocks } from './lz4.ts'
import type { ReadBuffer } from './read-buffer.ts'
import { problem } from './record-reader.ts'
import { type ByteSource, fromIterable } from './source.ts'
import { isZstd, zstdBlocks } from './zstd.ts'

export type Compression = 'none' | 'gzip' | 'zstd' | 'lz4'

const PIECE_BYTES = WINDOW_BYTES / 64

/** The compression of a file with these first bytes; `none` when it is not a known one. */
export function compressionOf(first: Uint8Array): Compression {
  if (first[0] === 0x1f && first[1] === 0x8b) return 'gzip'
  if (isZstd(first)) return 'zstd'
  return isLz4(first) ? 'lz4' : 'none'
}

/** Offsets of errors refer to the decompressed bytes. */
export function decompressed(window: ReadBuffer, compression: Exclude<Compression, 'none'>): ByteSource {
  const plain = { gzip: gunzipped, zstd: zstdBlocks, lz4: lz4Blocks }[compression](window)
  return fromIterable(window.source.name, checked(plain, window, compression))
}

function gunzipped(window: ReadBuffer): AsyncIterable<Uint8Array> {
  return gunzip(chunksOf(window))
}

/** In parts of one size, however the bytes arrive: what a damaged stream yields must depend on its bytes only. */
async function* chunksOf(window: ReadBuffer): AsyncIterable<Uint8Array> {
  for (;;) {
    await window.fill(PIECE_BYTES)
    const { bytes, start, end } = window
    if (start === end) return
    window.start = Math.min(end, start + PIECE_BYTES)
    yield bytes.slice(start, window.start)
  }
}

/** Errors of the decoder become errors of the capture, and so does content that outgrows every capture. */
async function* checked(plain: AsyncIterable<Uint8Array>, window: ReadBuffer, compression: Compression) {
  const { name } = window.source
  let fileOffset = 0
  try {
    for await (const chunk of plain) {
      fileOffset += chunk.length
      if (fileOffset > DECOMPRESSED_BYTES_FREE && fileOffset > window.bytesTaken * DECOMPRESSED_RATIO_MAX)
        throw problem(
          'corrupt',
          name,
          fileOffset,
          `${window.bytesTaken} compressed bytes became ${fileOffset}: not a capture`,
        )
      yield chunk
    }
  } catch (error) {
    if (error instanceof CaptureError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw problem('corrupt', name, fileOffset, `${compression} error after that many decompressed bytes: ${why}`)
  }
}
