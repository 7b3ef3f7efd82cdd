// Where a capture goes on behind damage. What comes in: the window, and how to read the header of a record. What goes
// out: the window moved to the first place from which records follow each other for certain.
import { RESUME_BYTES, RESUME_HEADERS_MAX } from '../limits.ts'
import type { CaptureWindow } from './window.ts'

/** What a kind of record shows of itself. */
export interface RecordShape {
  /** Bytes of which `lengthAt` must see all. */
  readonly headerLength: number
  /** And where the file has so many: what is certain must not depend on the pieces in which it comes. */
  readonly reach: number
  /** Records start at multiples of it, counted from where the search starts. */
  readonly alignment: number
  /**
   * Whole length of the record at `at` of `bytes`, of which nothing behind `end` is there; 0 where no record starts.
   * `first`: it would be the first of its row.
   */
  lengthAt(bytes: Uint8Array, at: number, end: number, first: boolean): number
}

/**
 * A row of records is certain when it is longer than any packet, so that it cannot be a capture that lies within one, or
 * when it ends exactly where the file ends. False, at the end, when there is none.
 */
export async function resume(window: CaptureWindow, shape: RecordShape): Promise<boolean> {
  const { headerLength, reach, alignment } = shape
  let headersLeft = RESUME_HEADERS_MAX
  for (;;) {
    const more = await window.fill(RESUME_BYTES + reach)
    const { bytes, end } = window
    const last = end - (more ? RESUME_BYTES + reach : headerLength)
    let at = window.start
    for (; at <= last && headersLeft > 0; at += alignment) {
      let place = at
      while (place <= end - headerLength && place - at < RESUME_BYTES) {
        const length = shape.lengthAt(bytes, place, end, place === at)
        if (place > at) headersLeft -= 1
        if (length === 0) break
        place += length
      }
      if (place - at < RESUME_BYTES && (more || place === at || place !== end)) continue
      window.start = at
      return true
    }
    window.start = Math.min(at, end)
    if (!more || headersLeft <= 0) return false
  }
}
