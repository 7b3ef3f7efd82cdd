// The buffer through which a capture is read. In: a byte source. Out: one buffer that moves along the file and in which
// every record lies whole. `[start, end)` of `bytes` can be read; the record reader moves `start`.
import { FIRST_READ_BYTES, READ_AHEAD_HEADROOM_BYTES, SPARE_WINDOWS_MAX, WINDOW_BYTES } from '../limits.ts'
import type { ByteSource } from './source.ts'

const NO_BYTES = new Uint8Array(0)
/** A window with less room than this is not read further into. */
const APPENDED_BYTES_MIN = 1 << 16

/** Memory that is read into, a window at a time. */
export interface WindowMemory {
  /** The size of a window. */
  readonly windowBytes: number
  /** The window that was used longest ago. The two taken last are still in use. */
  next(): Uint8Array
}

interface Ahead {
  readonly bytes: Uint8Array
  readonly count: Promise<number>
}

/** Idle buffers of the usual size, for the next captures: a set may have thousands. */
const idle: Uint8Array[] = []

export class ReadBuffer {
  readonly source: ByteSource
  bytes: Uint8Array
  start = 0
  end = 0
  /** The file offset of `bytes[0]`. */
  origin: number

  constructor(source: ByteSource, size: number, windows: WindowMemory | null = null) {
    this.source = source
    this.origin = source.origin ?? 0
    this.windows = windows
    this.bytes = windows?.next() ?? bufferOf(size)
  }

  private windows: WindowMemory | null
  /** The source is at its end. */
  private ended = false
  /** A read ahead, with free bytes in front for the rest of the current buffer. */
  private ahead: Ahead | null = null
  /** The own buffer that was used before this one. */
  private other: Uint8Array | null = null

  /** Bytes of the file that were parsed, or all of them at its end, independent of the size of reads. */
  get bytesTaken(): number {
    return this.origin + (this.ended ? this.end : this.start)
  }

  /** Bytes of the file that were read so far. */
  get bytesRead(): number {
    return this.origin + this.end
  }

  /** Starts to read what follows. Only for sources that fill the buffer: others give little at a time. */
  readAhead(): void {
    // Whether the source fills the buffer in one read, as files do.
    const isFilled = this.end === this.bytes.length
    if (this.ahead !== null || this.ended || !isFilled || this.bytes.length <= READ_AHEAD_HEADROOM_BYTES) return
    const bytes = this.windows?.next() ?? this.other ?? bufferOf(this.bytes.length)
    const count = this.source.read(bytes.subarray(READ_AHEAD_HEADROOM_BYTES))
    // The error is thrown by the next `fill`; this avoids an unhandled rejection until then.
    count.catch(() => {})
    this.ahead = { bytes, count }
  }

  /**
   * Moves the unread rest to the front and reads until `needed` bytes are available from `start` on: true, or false at
   * the end. The `kept` bytes before `start` stay. Grows when that is larger than the buffer; callers bound both.
   */
  async fill(needed: number, kept = 0): Promise<boolean> {
    if (this.end - this.start >= needed) return true
    if (this.ahead !== null) await this.turn(this.ahead, this.start - kept)
    if (this.end - this.start >= needed) return true
    if (this.canAppend(needed)) this.bytes = anew(this.bytes)
    else this.move(this.start - kept, kept + needed)
    while (this.end < this.start + needed) {
      const isFirst = this.end === 0 && this.origin === (this.source.origin ?? 0)
      const end = isFirst ? Math.max(needed, FIRST_READ_BYTES) : this.bytes.length
      const count = await this.source.read(this.bytes.subarray(this.end, end))
      if (count === 0) {
        this.ended = true
        return false
      }
      this.end += count
    }
    return true
  }

  /** Whether what is read next fits behind what was read: then packets of the window stay where they are. */
  private canAppend(needed: number): boolean {
    const { windows, bytes, start, end } = this
    return windows !== null && start + needed <= bytes.length && bytes.length - end >= APPENDED_BYTES_MIN
  }

  /** Reads into memory of its own from now on: the windows serve another buffer. */
  leaveWindows(): void {
    if (this.windows === null) return
    this.windows = null
    this.bytes = this.bytes.slice()
  }

  /** Continues in the buffer that was read ahead, with the rest of this one in front of it. */
  private async turn(ahead: Ahead, from: number): Promise<void> {
    this.ahead = null
    const count = await ahead.count
    const rest = this.bytes.subarray(from, this.end)
    const read = ahead.bytes.subarray(READ_AHEAD_HEADROOM_BYTES, READ_AHEAD_HEADROOM_BYTES + count)
    let at = READ_AHEAD_HEADROOM_BYTES - rest.length
    if (this.windows === null) this.other = this.bytes
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

  /**
   * Moves the bytes from `from` on to the front of a buffer of at least `size` bytes.
   */
  private move(from: number, size: number): void {
    const rest = this.bytes.subarray(from, this.end)
    if (this.windows !== null && size <= this.windows.windowBytes) this.bytes = this.windows.next()
    else if (size <= this.bytes.length) this.bytes = anew(this.bytes)
    else this.bytes = new Uint8Array(2 ** Math.ceil(Math.log2(size)))
    this.bytes.set(rest)
    this.origin += from
    this.start -= from
    this.end -= from
  }

  /** Ends reading. Its own buffers can serve another capture. */
  close(): void {
    const { bytes, other, ahead } = this
    // A read that is under way still writes into its buffer.
    if (ahead === null && this.windows === null) for (const own of [bytes, other]) if (own !== null) keep(own)
    this.bytes = NO_BYTES
    this.other = null
  }

  /** Skips `count` bytes; returns how many there were. */
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

/** The same memory as a new object: results that others cached for the old object must not be used for it. */
function anew(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}
