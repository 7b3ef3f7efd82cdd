// Zstandard (RFC 8878). In: the read buffer of a file that starts with its magic number. Out: the decompressed bytes.
// Frames are separated here: Node's decoder stops silently after the first one, and `fzstd`, which replaces it in older
// Nodes, allocates whatever window a header asks for.
//
//   frame  magic 4 | descriptor 1 | [window 1] | [dictionary 1, 2, 4] | [content size 1, 2, 4, 8] | blocks | [checksum 4]
//   block  length << 3, kind << 1, last: 3 | data
import { type Decompressor, unzstdOfHost } from '../host/decompress.ts'
import { ZSTD_MOVED_MAX, ZSTD_WINDOW_BYTES_MAX, ZSTD_WINDOW_BYTES_NATIVE_MAX } from '../limits.ts'
import { u8, u32 } from './integers.ts'
import type { ReadBuffer } from './read-buffer.ts'

const FRAME = 0xfd2fb528
/** The last four bits are free. */
const SKIPPABLE = 0x184d2a50

const SINGLE_SEGMENT = 0x20
const CHECKSUM = 0x04
const RLE = 1

interface Piece {
  readonly bytes: Uint8Array
  readonly last: boolean
}

interface FrameHeader {
  readonly length: number
  readonly windowBytes: number
  readonly checksum: boolean
}

export function isZstd(first: Uint8Array): boolean {
  return first.length >= 4 && u32(first, 0, true) === FRAME
}

/**
 * Decodes with Node where it can, else with `fzstd`; a test names the decoder, null for `fzstd`. Throws an Error that
 * says what is wrong with the stream.
 */
export async function* zstdBlocks(
  window: ReadBuffer,
  decoder: Decompressor | null = unzstdOfHost(),
): AsyncIterable<Uint8Array> {
  while (await window.fill(4)) {
    const magic = u32(window.bytes, window.start, true)
    if (magic === FRAME) {
      const header = await frameHeader(window, decoder === null ? ZSTD_WINDOW_BYTES_MAX : ZSTD_WINDOW_BYTES_NATIVE_MAX)
      yield* decoder === null ? blocks(window, header) : decoder(contents(pieces(window, header)))
    } else if ((magic & ~0xf) === SKIPPABLE) {
      await demand(window, 8)
      const length = 8 + u32(window.bytes, window.start + 4, true)
      if ((await window.skip(length)) < length) throw new Error('unexpected end of file')
    } else throw new Error('no frame follows the last one')
  }
  if (window.end > window.start) throw new Error('unexpected end of file')
}

/** `most`: the window that the decoder may need, in octets. */
async function frameHeader(window: ReadBuffer, most: number): Promise<FrameHeader> {
  await demand(window, 6)
  const { bytes, start } = window
  const descriptor = u8(bytes, start + 4)
  const single = (descriptor & SINGLE_SEGMENT) !== 0
  const dictionary = [0, 1, 2, 4][descriptor & 3] as number
  const contentSize = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] as number
  const length = 5 + (single ? 0 : 1) + dictionary + contentSize
  await demand(window, length)
  if (dictionary > 0) throw new Error('it needs a dictionary')
  const windowBytes = single
    ? content(window, window.start + length - contentSize, contentSize)
    : windowOf(u8(window.bytes, window.start + 5))
  if (windowBytes > most) throw new Error(`it needs a window of ${windowBytes} bytes, and ${most} are allowed`)
  return { length, windowBytes, checksum: (descriptor & CHECKSUM) !== 0 }
}

function windowOf(octet: number): number {
  const base = 2 ** (10 + (octet >> 3))
  return base + (base / 8) * (octet & 7)
}

/** A single segment's window is its whole content. */
function content({ bytes }: ReadBuffer, at: number, size: number): number {
  if (size === 1) return u8(bytes, at)
  if (size === 2) return (u8(bytes, at) | (u8(bytes, at + 1) << 8)) + 256
  return u32(bytes, at, true) + (size === 8 ? u32(bytes, at + 4, true) * 2 ** 32 : 0)
}

/** The header, then block by block, the checksum with the last one. Copies, because the decoder may keep them. */
async function* pieces(window: ReadBuffer, { length, checksum }: FrameHeader): AsyncIterable<Piece> {
  yield { bytes: await taken(window, length), last: false }
  for (let last = false; !last; ) {
    await demand(window, 3)
    const { bytes, start } = window
    const header = u8(bytes, start) | (u8(bytes, start + 1) << 8) | (u8(bytes, start + 2) << 16)
    last = (header & 1) !== 0
    const size = ((header >> 1) & 3) === RLE ? 1 : header >> 3
    yield { bytes: await taken(window, 3 + size + (last && checksum ? 4 : 0)), last }
  }
}

async function* contents(frame: AsyncIterable<Piece>): AsyncIterable<Uint8Array> {
  for await (const { bytes } of frame) yield bytes
}

/** `fzstd` moves its whole window for each block: many small blocks with a large window would take forever. */
async function* blocks(window: ReadBuffer, header: FrameHeader): AsyncIterable<Uint8Array> {
  const plain: Uint8Array[] = []
  const { Decompress } = await import('fzstd')
  const decoder = new Decompress((block) => plain.push(block))
  let moved = 0
  let allowed = ZSTD_MOVED_MAX * header.windowBytes
  for await (const { bytes, last } of pieces(window, header)) {
    decoder.push(bytes, last)
    for (const block of plain.splice(0)) {
      yield block
      moved += header.windowBytes
      allowed += block.length * ZSTD_MOVED_MAX
      if (moved > allowed) throw new Error('its blocks are too small for its window')
    }
  }
}

async function taken(window: ReadBuffer, count: number): Promise<Uint8Array> {
  await demand(window, count)
  window.start += count
  return window.bytes.slice(window.start - count, window.start)
}

async function demand(window: ReadBuffer, needed: number): Promise<void> {
  if (!(await window.fill(needed))) throw new Error('unexpected end of file')
}
