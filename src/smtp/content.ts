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
      if (this.matched === 0) {
        // A match needs the two octets in front of its dot; without a dot only the tail can begin one.
        let dot = at
        while (dot < end && bytes[dot] !== DOT) dot++
        at = Math.max(at, dot - 2)
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
