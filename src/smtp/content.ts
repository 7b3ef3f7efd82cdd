// Finds the end of message content, CRLF.CRLF (RFC 5321 section 4.1.1.4), in pieces of any size.
import type { ChunkView } from '../stream/chunk.ts'

const CR = 0x0d
const LF = 0x0a
const DOT = 0x2e

/** How much of CRLF.CRLF stands directly in front of the next octet: 0 nothing … 4 all but the last LF. */
type Matched = 0 | 1 | 2 | 3 | 4

/** A search for the end of one content. */
export class ContentScanner {
  private matched: Matched = 2
  /** A new content begins; the CRLF of the DATA line counts as its first. */
  begin(): void {
    this.matched = 2
  }

  /** Bytes are missing: nothing that stands in front is known. */
  lose(): void {
    this.matched = 0
  }

  /** The index behind the final CRLF.CRLF, or -1 when the chunk ends first. */
  scan(chunk: ChunkView, from: number): number {
    const { bytes } = chunk
    const end = chunk.offset + chunk.length
    let at = from
    while (at < end) {
      // In the middle of a match every octet counts, and so do the last four, which can begin one.
      if (this.matched === 0 && end - at > 4) {
        const found = skim(bytes, at, end)
        if (found >= 0) return found
        at = end - 4
      }
      if (this.step(bytes[at++] as number)) return at
    }
    return -1
  }

  /** Takes one octet; true when it completes CRLF.CRLF. */
  private step(octet: number): boolean {
    if (octet === LF && this.matched === 4) return true
    if (octet === CR) this.matched = this.matched === 3 ? 4 : 1
    else if (octet === LF && this.matched === 1) this.matched = 2
    else if (octet === LF && this.matched === 4) this.matched = 2
    else if (octet === DOT && this.matched === 2) this.matched = 3
    else this.matched = 0
    return false
  }
}

/**
 * The index behind the first CRLF.CRLF that lies wholly in `[from, end)`, or -1. Looks at the octet where the last LF
 * would stand: most octets are none of the pattern, and five are skipped at once (Horspool's search).
 */
function skim(bytes: Uint8Array, from: number, end: number): number {
  let last = from + 4
  while (last < end) {
    const octet = bytes[last]
    if (octet === LF) {
      if (bytes[last - 1] === CR && bytes[last - 2] === DOT && bytes[last - 3] === LF && bytes[last - 4] === CR) {
        return last + 1
      }
      last += 3
    } else if (octet === CR) last += 1
    else if (octet === DOT) last += 2
    else last += 5
  }
  return -1
}
