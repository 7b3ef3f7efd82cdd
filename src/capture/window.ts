// The open part of a capture. What comes in: a byte source. What goes out: one buffer in which every record lies whole,
// moved along the file. `[start, end)` of `bytes` is there to be read; the reader of records moves `start` itself.
import type { ByteSource } from './source.ts'

export class CaptureWindow {
  readonly source: ByteSource
  bytes: Uint8Array
  start = 0
  end = 0
  /** The file offset of `bytes[0]`. */
  origin: number

  constructor(source: ByteSource, size: number) {
    this.source = source
    this.origin = source.origin ?? 0
    this.bytes = new Uint8Array(size)
  }

  /** Where the next `fill` puts what it reads, so that `bytes` stay as they are for whoever keeps them. */
  spare: Uint8Array | null = null

  /** The source has no more. */
  private ended = false

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

  /**
   * Moves the rest to the front and reads until `needed` bytes are there from `start` on: true, or false at the end. The
   * `kept` bytes in front of `start` stay. Grows when that is larger than the window; who asks has bounded both.
   */
  async fill(needed: number, kept = 0): Promise<boolean> {
    const held = this.end - this.start
    if (held >= needed) return true
    const from = this.start - kept
    const { spare } = this
    if (spare !== null && kept + needed <= spare.length) {
      spare.set(this.bytes.subarray(from, this.end))
      this.bytes = spare
      this.spare = null
    } else if (kept + needed > this.bytes.length) {
      const larger = new Uint8Array(2 ** Math.ceil(Math.log2(kept + needed)))
      larger.set(this.bytes.subarray(from, this.end))
      this.bytes = larger
    } else {
      this.bytes.copyWithin(0, from, this.end)
    }
    this.origin += from
    this.start = kept
    this.end = kept + held
    while (this.end < kept + needed) {
      const count = await this.source.read(this.bytes.subarray(this.end))
      if (count === 0) {
        this.ended = true
        return false
      }
      this.end += count
    }
    return true
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
