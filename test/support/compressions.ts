// A file -> the same file as compressing programs write it. Neither zstd nor lz4 is asked to compress anything: their
// formats can hold octets as they are.
import { gzipSync } from 'node:zlib'

/** RFC 8878: magic, no options, a window of 1 MiB; blocks of 128 KiB at most, each behind last 1 bit, kind 2, size 21. */
function zstd(file: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50])]
  for (let at = 0; at === 0 || at < file.length; at += 1 << 17) {
    const block = file.subarray(at, at + (1 << 17))
    const header = Buffer.alloc(3)
    header.writeUIntLE((block.length << 3) | (at + block.length === file.length ? 1 : 0), 0, 3)
    parts.push(header, block)
  }
  return Buffer.concat(parts)
}

/** The older frame of lz4: magic, then blocks, each with its size; here one sequence without a match. */
function lz4(file: Buffer): Buffer {
  const size = Buffer.alloc(4)
  const token =
    file.length < 15
      ? [file.length << 4]
      : [0xf0, ...Array<number>(Math.floor((file.length - 15) / 255)).fill(255), (file.length - 15) % 255]
  size.writeUInt32LE(token.length + file.length)
  return Buffer.concat([Buffer.from([0x02, 0x21, 0x4c, 0x18]), size, Buffer.from(token), file])
}

export const COMPRESSIONS: Readonly<Record<string, (file: Buffer) => Buffer>> = {
  gzip: (file) => gzipSync(file),
  zstd,
  lz4,
}
