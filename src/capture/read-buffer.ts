// The open part of a capture. What comes in: a byte source. What goes out: one buffer in which every record lies whole,
// moved along the file. `[start, end)` of `bytes` is there to be read; the reader of records moves `start` itself.
import { READ_AHEAD_HEADROOM_BYTES, SPARE_WINDOWS_MAX, WINDOW_BYTES } from '../limits.ts'
import type { ByteSource } from './source.ts'

const NO_BYTES = new Uint8Array(0)

interface Ahead {
  readonly bytes: Uint8Array
  readonly count: Promise<number>
}

/** Buffers of the usual size that are in use no longer, for windows to come: a set has thousands of captures. */
const idle: Uint8Array[] = []

export class ReadBuffer {
  readonly source: ByteSource
  bytes: Uint8Array
  start = 0
  end = 0
  /** The file offset of `bytes[0]`. */
  origin: number

  constructor(source: ByteSource, size: number) {
    this.source = source
    this.origin = source.origin ?? 0
    this.bytes = bufferOf(size)
  }

  /** Where the next `fill` puts what it reads, so that `bytes` stay as they are for whoever keeps them. */
  spare: Uint8Array | null = null

  /** The source has no more. */
  private ended = false
  /** What is read in advance, behind a headroom for the rest that will stand in front of it. */
  private ahead: Ahead | null = null
  /** The buffer of its own that was in use before this one. */
  private other: Uint8Array | null = null
  /** Whether `bytes` were lent to it: who lent them reads there what was handed on, and in the end takes them back. */
  private isLent = false

  /** Whether its source gives as much at a time as there is room for, as files do. */
  get isFilled(): boolean {
    return this.end === this.bytes.length
  }

  /** Bytes of the file that were understood, or all of them at its end: however large the pieces in which they came. */
  get bytesTaken(): number {
    return this.origin + (this.ended ? this.end : this.start)
  }

  /** Bytes of the file that were read so far. */
  get bytesRead(): number {
    return this.origin + this.end
  }

  /** Reads what follows while this is in use. Only from a source that fills the window: others give little at a time. */
  readAhead(): void {
    const isInUse = this.ahead !== null || this.ended || this.isLent
    if (isInUse || !this.isFilled || this.bytes.length <= READ_AHEAD_HEADROOM_BYTES) return
    const bytes = this.other ?? bufferOf(this.bytes.length)
    const count = this.source.read(bytes.subarray(READ_AHEAD_HEADROOM_BYTES))
    // Who fills hears of a failure; until then nobody does.
    count.catch(() => {})
    this.ahead = { bytes, count }
  }

  /**
   * Moves the rest to the front and reads until `needed` bytes are there from `start` on: true, or false at the end. The
   * `kept` bytes in front of `start` stay. Grows when that is larger than the window; who asks has bounded both.
   */
  async fill(needed: number, kept = 0): Promise<boolean> {
    if (this.end - this.start >= needed) return true
    if (this.ahead !== null) await this.turn(this.ahead, this.start - kept)
    if (this.end - this.start >= needed) return true
    this.move(this.start - kept, kept + needed)
    while (this.end < this.start + needed) {
      const count = await this.source.read(this.bytes.subarray(this.end))
      if (count === 0) {
        this.ended = true
        return false
      }
      this.end += count
    }
    return true
  }

  /** Goes on in what was read in advance, the rest from an index on in front of it. */
  private async turn(ahead: Ahead, from: number): Promise<void> {
    this.ahead = null
    const count = await ahead.count
    const rest = this.bytes.subarray(from, this.end)
    const read = ahead.bytes.subarray(READ_AHEAD_HEADROOM_BYTES, READ_AHEAD_HEADROOM_BYTES + count)
    let at = READ_AHEAD_HEADROOM_BYTES - rest.length
    this.other = this.bytes
    if (at >= 0) {
      this.bytes = anew(ahead.bytes)
    } else {
      at = 0
      this.bytes = new Uint8Array(rest.length + count)
      this.bytes.set(read, rest.length)
    }
    this.bytes.set(rest, at)
    this.origin += from - at
    this.start += at - from
    this.end = at + rest.length + count
  }

  /** Moves what stands from an index on to the front of so many bytes, or more: never within what is not its own. */
  private move(from: number, size: number): void {
    const { spare } = this
    const rest = this.bytes.subarray(from, this.end)
    if (spare !== null && size <= spare.length) {
      if (!this.isLent) this.other = this.bytes
      this.bytes = spare
      this.spare = null
      this.isLent = true
    } else {
      const own = this.isLent ? this.other : this.bytes
      const isRoomy = own !== null && size <= own.length
      this.bytes = isRoomy ? anew(own) : new Uint8Array(2 ** Math.ceil(Math.log2(size)))
      this.isLent = false
    }
    this.bytes.set(rest)
    this.origin += from
    this.start -= from
    this.end -= from
  }

  /** Nothing more is read, or looked at: its own buffers can serve another. */
  close(): void {
    const { bytes, other, ahead, isLent } = this
    // A read that is under way still writes.
    if (ahead === null) for (const own of isLent ? [other] : [bytes, other]) if (own !== null) keep(own)
    this.bytes = NO_BYTES
    this.other = null
  }

  /** Passes over `count` bytes without keeping them; gives how many there were. */
  async skip(count: number): Promise<number> {
    let left = count
    while (left > this.end - this.start) {
      left -= this.end - this.start
      this.start = this.end
      if (!(await this.fill(1))) return count - left
    }
    this.start += left
    return count
  }
}

function bufferOf(size: number): Uint8Array {
  const bytes = size === WINDOW_BYTES ? idle.pop() : undefined
  return bytes === undefined ? new Uint8Array(size) : anew(bytes)
}

function keep(bytes: Uint8Array): void {
  if (bytes.length === WINDOW_BYTES && idle.length < SPARE_WINDOWS_MAX) idle.push(bytes)
}

/** The same memory, as an object of its own: who remembers what was found in the one before shall not believe it here. */
function anew(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}
