// Decompression of gzip with pako, a port of zlib, called as Node calls zlib: several members in one file, zeros behind
// the last, a wrong checksum is an error. DecompressionStream refuses the first two, and loses what was decompressed
// before an error. Zstandard is left to `fzstd`.
import { ZStream, zlibInflate, zlibInflateInit2, zlibInflateReset } from 'pako'
import type { Decompressor } from '../../host/decompress.ts'

export type { Decompressor }

export function unzstdOfHost(): Decompressor | null {
  return null
}

/** As Node has it. */
const OUTPUT_BYTES = 1 << 14
/** The largest window, and a gzip header. */
const GZIP = 15 + 16
const NO_FLUSH = 0
const OK = 0
const STREAM_END = 1
const BUFFER_ERROR = -5

export async function* gunzip(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const stream = new ZStream()
  zlibInflateInit2(stream, GZIP)
  let status: number = OK
  for await (const chunk of chunks) {
    stream.input = chunk
    stream.next_in = 0
    stream.avail_in = chunk.length
    if (status === STREAM_END && !isMember(stream)) continue
    do {
      stream.output = new Uint8Array(OUTPUT_BYTES)
      stream.next_out = 0
      stream.avail_out = OUTPUT_BYTES
      if (status === STREAM_END) zlibInflateReset(stream)
      status = zlibInflate(stream, NO_FLUSH)
      // Another member begins in the same piece of output.
      while (status === STREAM_END && isMember(stream)) {
        zlibInflateReset(stream)
        status = zlibInflate(stream, NO_FLUSH)
      }
      if (status !== OK && status !== STREAM_END && status !== BUFFER_ERROR)
        throw new Error(stream.msg || 'unknown error')
      if (stream.next_out > 0) yield stream.output.subarray(0, stream.next_out)
    } while (status !== STREAM_END && stream.avail_out === 0)
  }
  if (status !== STREAM_END) throw new Error('unexpected end of file')
}

/** What follows the end of a member is another one, unless it begins with a zero. */
function isMember({ input, next_in: at, avail_in: left }: ZStream): boolean {
  return left > 0 && input?.[at] !== 0
}
