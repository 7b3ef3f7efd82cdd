// The decompressors of Node: streams of bytes -> streams of bytes. The page has one of its own for gzip
// (`page/host/decompress.ts`).
import { pipeline, Readable } from 'node:stream'
import zlib from 'node:zlib'

export type Decompressor = (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>

export const gunzip: Decompressor = (chunks) => through(chunks, zlib.createGunzip())

/** Decodes one Zstandard frame; null where Node cannot: it can from 22.15 on. */
export function unzstdOfHost(): Decompressor | null {
  const { createZstdDecompress } = zlib as { createZstdDecompress?: () => NodeJS.ReadWriteStream }
  return createZstdDecompress === undefined ? null : (chunks) => through(chunks, createZstdDecompress())
}

async function* through(
  chunks: AsyncIterable<Uint8Array>,
  transform: NodeJS.ReadWriteStream,
): AsyncIterable<Uint8Array> {
  // An error of the source destroys the transform, and the loop below throws it.
  pipeline(Readable.from(chunks, { objectMode: false }), transform, () => {})
  for await (const chunk of transform) yield chunk as Uint8Array
}
