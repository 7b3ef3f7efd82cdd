// Positions in a TCP stream -> positions in its decrypted stream. An acknowledgement that covers a whole record covers
// its plaintext; one that covers a part of it covers none.
import { TLS_MARKS_MAX } from '../limits.ts'

export class Marks {
  /** Position of the next plaintext byte. */
  plain: number
  /** Where TLS begins: in front of it both streams are one. */
  private readonly start: number
  private rawEnds: number[] = []
  private plainEnds: number[] = []
  private forgotten = false
  /** Where the FIN stands in the TCP stream; infinite while there is none. */
  private fin = Number.POSITIVE_INFINITY

  constructor(start: number) {
    this.start = start
    this.plain = start
  }

  /** A record that ends at `rawEnd` has brought so many bytes. */
  add(rawEnd: number, bytes: number): void {
    this.plain += bytes
    if (this.rawEnds.length >= 2 * TLS_MARKS_MAX) {
      this.rawEnds = this.rawEnds.slice(TLS_MARKS_MAX)
      this.plainEnds = this.plainEnds.slice(TLS_MARKS_MAX)
      this.forgotten = true
    }
    this.rawEnds.push(rawEnd)
    this.plainEnds.push(this.plain)
  }

  /** The stream ends here; infinite: it does not. */
  end(raw: number): void {
    this.fin = raw
  }

  /** The position that `raw` stands for; -1 where it is too long ago to be known, or was none. */
  plainAt(raw: number): number {
    // The FIN takes a number of its own.
    if (raw > this.fin) return this.plain + 1
    if (raw <= this.start) return raw
    const { rawEnds } = this
    let low = 0
    let high = rawEnds.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((rawEnds[middle] as number) <= raw) low = middle + 1
      else high = middle
    }
    if (low > 0) return this.plainEnds[low - 1] as number
    return this.forgotten ? -1 : this.start
  }
}
