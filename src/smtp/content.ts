// Finds the end of message content, CRLF.CRLF (RFC 5321 section 4.1.1.4), in pieces of any size, and what only looks
// like it: bare newlines, and a dot alone on a line that a bare newline begins or ends (section 2.3.8).
import { BARE_NEWLINE_BYTES_MAX } from '../limits.ts'
import { lineDot, nextBreak } from '../network/strides.ts'
import type { ChunkView } from '../stream/chunk.ts'

const CR = 0x0d
const LF = 0x0a
const DOT = 0x2e

/** A line end that is none: LF without CR in front, or CR without LF behind. */
export type Bare = 'LF' | 'CR'
/** What a lenient reader may take for the end of content. */
export type FalseEndForm = 'LF.LF' | 'LF.CRLF' | 'CRLF.LF'

// What stands directly in front of the next octet. The pairs differ in how the line began: behind CRLF or a bare LF.
const TEXT = 0
const CR_SEEN = 1
const START = 2
const START_BARE = 3
const DOT_SEEN = 4
const DOT_SEEN_BARE = 5
const DOT_CR_SEEN = 6
const DOT_CR_SEEN_BARE = 7
/** Bytes are missing in front. */
const LOST = 8

/** A search for the end of one content. */
export class ContentScanner {
  private state = START
  private taken = 0
  private ended = false
  private markedState = START
  private markedTaken = 0
  /** The first bare newline, as far as it was looked for: in the first octets, and beside every dot that begins a line. */
  bare: Bare | null = null
  /** Its index in the chunk that was scanned when it was found; before its first octet where it ended the one in front. */
  bareAt = 0
  /** The first false end, and the index behind it in the chunk that was scanned when it was found. */
  falseEnd: FalseEndForm | null = null
  falseEndAt = 0

  /** A new content begins; the CRLF of the DATA line counts as its first. */
  begin(): void {
    this.state = START
    this.taken = 0
    this.ended = false
    this.bare = null
    this.falseEnd = null
  }

  /** Remembers this place. */
  mark(): void {
    this.markedState = this.state
    this.markedTaken = this.taken
  }

  /** Goes back to it; neither a bare newline nor a false end had been found there. */
  back(): void {
    this.state = this.markedState
    this.taken = this.markedTaken
    this.ended = false
    this.bare = null
    this.falseEnd = null
  }

  /** Bytes are missing: nothing that stands in front is known. */
  lose(): void {
    this.state = LOST
    this.taken = BARE_NEWLINE_BYTES_MAX
  }

  /** The index behind the final CRLF.CRLF, or -1 when the chunk ends first. */
  scan(chunk: ChunkView, from: number): number {
    const { bytes } = chunk
    const end = chunk.offset + chunk.length
    const closely = from + Math.max(0, BARE_NEWLINE_BYTES_MAX - this.taken)
    let at = from
    while (at < end) {
      if (this.state === TEXT) {
        at = at < closely ? this.textEnd(bytes, at, Math.min(end, closely)) : this.skim(bytes, at, end)
        if (at >= end) break
      }
      this.step(bytes[at] as number, ++at)
      if (this.ended) return at
    }
    this.taken += end - from
    return -1
  }

  /** From inside a line to where it ends, over all lines that end in CRLF and are followed by text; at most to `end`. */
  private textEnd(bytes: Uint8Array, from: number, end: number): number {
    let at = nextBreak(bytes, from, end)
    while (at + 2 < end && bytes[at] === CR && bytes[at + 1] === LF && isText(bytes[at + 2] as number)) {
      at = nextBreak(bytes, at + 3, end)
    }
    return at
  }

  /** From inside a line to the next dot that begins one; `end` when there is none. */
  private skim(bytes: Uint8Array, from: number, end: number): number {
    const dot = lineDot(bytes, from, end)
    const last = dot < 0 ? end : dot
    const before = last > from ? bytes[last - 1] : 0
    if (before === LF) {
      this.state = last - 1 > from && bytes[last - 2] === CR ? START : START_BARE
    } else if (before === CR) {
      this.state = CR_SEEN
    }
    return last
  }

  /** Takes one octet; `next` is the index behind it. */
  private step(octet: number, next: number): void {
    const { state } = this
    if (octet === LF) this.lineFeed(next)
    else {
      if (state === CR_SEEN || state === DOT_CR_SEEN || state === DOT_CR_SEEN_BARE) this.noteBare('CR', next - 2)
      if (octet === CR) {
        this.state = state === DOT_SEEN ? DOT_CR_SEEN : state === DOT_SEEN_BARE ? DOT_CR_SEEN_BARE : CR_SEEN
      } else if (octet === DOT && (state === START || state === START_BARE)) {
        if (state === START_BARE) this.noteBare('LF', next - 2)
        this.state = state === START ? DOT_SEEN : DOT_SEEN_BARE
      } else {
        this.state = TEXT
      }
    }
  }

  private lineFeed(next: number): void {
    switch (this.state) {
      case DOT_CR_SEEN:
        this.ended = true
        break
      case CR_SEEN:
        this.state = START
        break
      case DOT_CR_SEEN_BARE:
        this.noteFalseEnd('LF.CRLF', next)
        this.state = START
        break
      case LOST:
        this.state = TEXT
        break
      default:
        if (this.state === DOT_SEEN) this.noteFalseEnd('CRLF.LF', next)
        if (this.state === DOT_SEEN_BARE) this.noteFalseEnd('LF.LF', next)
        this.noteBare('LF', next - 1)
        this.state = START_BARE
    }
  }

  private noteBare(octet: Bare, at: number): void {
    if (this.bare !== null) return
    this.bare = octet
    this.bareAt = at
  }

  private noteFalseEnd(form: FalseEndForm, next: number): void {
    if (this.falseEnd !== null) return
    this.falseEnd = form
    this.falseEndAt = next
  }
}

/** Whether a line that begins with it is neither empty nor begun by a dot. */
function isText(octet: number): boolean {
  return octet !== DOT && octet !== CR && octet !== LF
}
