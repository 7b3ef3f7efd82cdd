// lz4 (doc/lz4_Frame_format.md and lz4_Block_format.md of its project) with its checksum, xxHash of 32 bits and seed 0
// (doc/xxhash_spec.md). In: the read buffer of a file that starts with one of its magic numbers. Out: the decompressed
// blocks, each valid until the next.
//
//   frame   magic 4 | flags 1 | block size 1 | [content size 8] | [dictionary 4] | header checksum 1 | blocks | end 4 | [checksum 4]
//   block   length 4, high bit: not compressed | data | [checksum 4]
//   legacy  magic 4 | blocks of length 4 | data, each of up to 8 MiB, to the end of the file or the next magic number
import { i32, u8, u32 } from './integers.ts'
import type { ReadBuffer } from './read-buffer.ts'

const PRIME_1 = 0x9e3779b1
const PRIME_2 = 0x85ebca77
const PRIME_3 = 0xc2b2ae3d
const PRIME_4 = 0x27d4eb2f
const PRIME_5 = 0x165667b1

/** Octets that are mixed at once: four lanes of four. */
const STRIPE = 16

class XxHash32 {
  private readonly lanes = Int32Array.of(PRIME_1 + PRIME_2, PRIME_2, 0, -PRIME_1)
  /** Bytes that do not fill a stripe yet. */
  private readonly rest = new Uint8Array(STRIPE)
  private held = 0
  private length = 0

  add(bytes: Uint8Array): this {
    let at = 0
    this.length += bytes.length
    if (this.held > 0) {
      at = Math.min(STRIPE - this.held, bytes.length)
      this.rest.set(bytes.subarray(0, at), this.held)
      this.held += at
      if (this.held < STRIPE) return this
      mix(this.lanes, this.rest, 0, STRIPE)
    }
    const end = bytes.length - ((bytes.length - at) % STRIPE)
    mix(this.lanes, bytes, at, end)
    this.rest.set(bytes.subarray(end))
    this.held = bytes.length - end
    return this
  }

  /** The hash so far, unsigned. More bytes may follow. */
  get value(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.lanes
    let hash = this.length < STRIPE ? PRIME_5 : turn(a, 1) + turn(b, 7) + turn(c, 12) + turn(d, 18)
    hash = (hash + this.length) | 0
    let at = 0
    for (; at + 4 <= this.held; at += 4) {
      hash = Math.imul(turn((hash + Math.imul(word(this.rest, at), PRIME_3)) | 0, 17), PRIME_4)
    }
    for (; at < this.held; at += 1) {
      hash = Math.imul(turn((hash + Math.imul(this.rest[at] as number, PRIME_5)) | 0, 11), PRIME_1)
    }
    hash = Math.imul(hash ^ (hash >>> 15), PRIME_2)
    hash = Math.imul(hash ^ (hash >>> 13), PRIME_3)
    return (hash ^ (hash >>> 16)) >>> 0
  }
}

/** Whole stripes: `[from, to)` is a multiple of them. */
function mix(lanes: Int32Array, bytes: Uint8Array, from: number, to: number): void {
  let [a = 0, b = 0, c = 0, d = 0] = lanes
  for (let at = from; at < to; at += STRIPE) {
    a = Math.imul(turn((a + Math.imul(word(bytes, at), PRIME_2)) | 0, 13), PRIME_1)
    b = Math.imul(turn((b + Math.imul(word(bytes, at + 4), PRIME_2)) | 0, 13), PRIME_1)
    c = Math.imul(turn((c + Math.imul(word(bytes, at + 8), PRIME_2)) | 0, 13), PRIME_1)
    d = Math.imul(turn((d + Math.imul(word(bytes, at + 12), PRIME_2)) | 0, 13), PRIME_1)
  }
  lanes[0] = a
  lanes[1] = b
  lanes[2] = c
  lanes[3] = d
}

function turn(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

function word(bytes: Uint8Array, at: number): number {
  return i32(bytes, at, true)
}

const FRAME = 0x184d2204
const LEGACY = 0x184c2102
/** The last four bits are free. */
const SKIPPABLE = 0x184d2a50

const VERSION = 0x40
const BLOCKS_APART = 0x20
const BLOCK_CHECKSUM = 0x10
const CONTENT_SIZE = 0x08
const CONTENT_CHECKSUM = 0x04
const DICTIONARY = 0x01

const PLAIN_BLOCK = 0x80000000
const LEGACY_BLOCK = 8 << 20
/** The largest match offset: so much is kept of earlier blocks. */
const HISTORY = 1 << 16
/** The shortest match, which a token counts as zero. */
const MATCH_MIN = 4

/** Whether a file with these first bytes is a frame of either kind. */
export function isLz4(first: Uint8Array): boolean {
  if (first.length < 4) return false
  const magic = u32(first, 0, true)
  return magic === FRAME || magic === LEGACY
}

/** Throws an Error that says what is wrong with the stream. */
export async function* lz4Blocks(window: ReadBuffer): AsyncIterable<Uint8Array> {
  while (await window.fill(4)) {
    const magic = take(window, 4)
    if (magic === FRAME) yield* frameBlocks(window)
    else if (magic === LEGACY) yield* legacyBlocks(window)
    else if ((magic & ~0xf) === SKIPPABLE) {
      await demand(window, 4)
      const length = take(window, 4)
      if ((await window.skip(length)) < length) throw new Error('unexpected end of file')
    } else throw new Error('no frame follows the last one')
  }
  if (window.end > window.start) throw new Error('unexpected end of file')
}

async function* frameBlocks(window: ReadBuffer): AsyncIterable<Uint8Array> {
  const { flags, blockMax } = await frameHeader(window)
  const trailer = (flags & BLOCK_CHECKSUM) === 0 ? 0 : 4
  const content = (flags & CONTENT_CHECKSUM) === 0 ? null : new XxHash32()
  const output = new Output(blockMax)
  for (;;) {
    await demand(window, 4)
    const length = take(window, 4)
    if (length === 0) break
    const size = length & ~PLAIN_BLOCK
    if (size > blockMax) throw new Error(`a block of ${size} bytes where ${blockMax} are allowed`)
    await demand(window, size + trailer)
    const { bytes, start } = window
    const end = start + size
    if (trailer > 0 && new XxHash32().add(bytes.subarray(start, end)).value !== u32(bytes, end, true)) {
      throw new Error('the checksum of a block is wrong')
    }
    if ((flags & BLOCKS_APART) !== 0) output.forget()
    const plain = (length & PLAIN_BLOCK) !== 0 ? output.copy(bytes, start, end) : output.decode(bytes, start, end)
    window.start = end + trailer
    content?.add(plain)
    yield plain
  }
  if (content === null) return
  await demand(window, 4)
  if (take(window, 4) !== content.value) throw new Error('the checksum of the content is wrong')
}

async function frameHeader(window: ReadBuffer): Promise<{ flags: number; blockMax: number }> {
  await demand(window, 2)
  const flags = u8(window.bytes, window.start)
  const length = 2 + ((flags & CONTENT_SIZE) === 0 ? 0 : 8) + ((flags & DICTIONARY) === 0 ? 0 : 4)
  await demand(window, length + 1)
  const { bytes, start } = window
  const checksum = (new XxHash32().add(bytes.subarray(start, start + length)).value >>> 8) & 0xff
  if (u8(bytes, start + length) !== checksum) throw new Error('the checksum of the frame header is wrong')
  if ((flags & 0xc0) !== VERSION) throw new Error(`frame version ${flags >> 6}`)
  if ((flags & DICTIONARY) !== 0) throw new Error('it needs a dictionary')
  const size = (u8(bytes, start + 1) >> 4) & 7
  if (size < 4) throw new Error(`block size code ${size}`)
  window.start = start + length + 1
  return { flags, blockMax: 1 << (8 + 2 * size) }
}

async function* legacyBlocks(window: ReadBuffer): AsyncIterable<Uint8Array> {
  const output = new Output(LEGACY_BLOCK)
  while (await window.fill(4)) {
    const size = u32(window.bytes, window.start, true)
    // A compressed block is at most a little longer than its content. A magic number is far above that.
    if (size > LEGACY_BLOCK + (LEGACY_BLOCK >> 7)) return
    window.start += 4
    await demand(window, size)
    output.forget()
    const plain = output.decode(window.bytes, window.start, window.start + size)
    window.start += size
    yield plain
  }
}

/** The buffer for decompressed blocks, after the last bytes of earlier ones. */
class Output {
  private readonly bytes: Uint8Array
  private start = 0
  private end = 0

  constructor(blockMax: number) {
    this.bytes = new Uint8Array(HISTORY + blockMax)
  }

  forget(): void {
    this.start = 0
    this.end = 0
  }

  copy(from: Uint8Array, at: number, end: number): Uint8Array {
    this.moveUp()
    this.bytes.set(from.subarray(at, end), this.start)
    this.end = this.start + end - at
    return this.bytes.subarray(this.start, this.end)
  }

  decode(from: Uint8Array, at: number, end: number): Uint8Array {
    this.moveUp()
    this.end = decodeBlock(from, at, end, this.bytes, this.start)
    return this.bytes.subarray(this.start, this.end)
  }

  /** Moves the bytes that matches can still reach to the front. */
  private moveUp(): void {
    const kept = Math.min(this.end, HISTORY)
    this.bytes.copyWithin(0, this.end - kept, this.end)
    this.start = kept
  }
}

/**
 * Decompresses the block `[from, end)` of `bytes` to `into` at `start`, with the bytes before `start` as history.
 * Returns the end of the output. A block is a list of sequences: token | more length | literals | match offset 2 | more
 * length.
 */
function decodeBlock(bytes: Uint8Array, from: number, end: number, into: Uint8Array, start: number): number {
  let at = from
  let to = start
  while (at < end) {
    const token = u8(bytes, at++)
    let literals = token >> 4
    if (literals === 15) {
      for (let more = 255; more === 255; literals += more) {
        if (at >= end) throw new Error('a block ends within a length')
        more = u8(bytes, at++)
      }
    }
    if (literals > end - at || literals > into.length - to) throw new Error('a block has more literals than room')
    if (literals > 32) into.set(bytes.subarray(at, at + literals), to)
    else for (let i = 0; i < literals; i++) into[to + i] = bytes[at + i] as number
    at += literals
    to += literals
    // The last sequence has literals only.
    if (at === end) return to
    if (end - at < 2) throw new Error('a block ends within a match')
    const distance = u8(bytes, at) | (u8(bytes, at + 1) << 8)
    at += 2
    let length = token & 15
    if (length === 15) {
      for (let more = 255; more === 255; length += more) {
        if (at >= end) throw new Error('a block ends within a length')
        more = u8(bytes, at++)
      }
    }
    length += MATCH_MIN
    if (distance === 0 || distance > to) throw new Error('a match reaches back too far')
    if (length > into.length - to) throw new Error('a match is longer than its block')
    if (length > 32 && distance >= length) into.copyWithin(to, to - distance, to - distance + length)
    else for (let i = 0; i < length; i++) into[to + i] = into[to + i - distance] as number
    to += length
  }
  throw new Error('a block ends with a match')
}

function take(window: ReadBuffer, count: 4): number {
  window.start += count
  return u32(window.bytes, window.start - count, true)
}

async function demand(window: ReadBuffer, needed: number): Promise<void> {
  if (!(await window.fill(needed))) throw new Error('unexpected end of file')
}
