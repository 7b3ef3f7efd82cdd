// Finds the end of message content, CRLF.CRLF (RFC 5321 section 4.1.1.4), in chunks of any size. Also finds bare
// newlines and false ends: a dot on a line of its own next to a bare newline (section 2.3.8).

import { lineDot, nextBreak } from '../../decode/word-scan.ts'
import { BARE_NEWLINE_BYTES_MAX } from '../../limits.ts'
import type { ChunkView } from '../../tcp/chunk.ts'

const CR = 0x0d
const LF = 0x0a
const DOT = 0x2e

/** The octet of a bare newline: LF without CR before it, or CR without LF after it. */
export type Bare = 'LF' | 'CR'
/** The line ends around a dot that a lenient server may accept as the end of content. At least one of them is bare. */
export type FalseEndForm = 'LF.LF' | 'LF.CRLF' | 'CRLF.LF' | 'CR.CR' | 'CR.CRLF' | 'CRLF.CR' | 'CR.LF' | 'LF.CR'

// Scanner states: what directly precedes the next octet. A line begins after CRLF, after a bare LF (`_LF`) and after a
// bare CR (`_CR`).
const TEXT = 0
const CR_SEEN = 1
const START = 2
const START_LF = 3
const DOT_SEEN = 4
const DOT_SEEN_LF = 5
const DOT_SEEN_CR = 6
const DOT_CR_SEEN = 7
const DOT_CR_SEEN_LF = 8
const DOT_CR_SEEN_CR = 9
/** The preceding bytes are missing. */
const LOST = 10

/** What precedes the next octet, where nothing was remarkable so far. */
export type ScannerState = 'text' | 'cr' | 'start' | 'dot' | 'dot-cr'
const STATES: Readonly<Record<ScannerState, number>> = {
  text: TEXT,
  cr: CR_SEEN,
  start: START,
  dot: DOT_SEEN,
  'dot-cr': DOT_CR_SEEN,
}

/** A search for the end of one content. */
export class ContentScanner {
  private state = START
  private taken = 0
  private ended = false
  /**
   * The first bare newline. Only the first octets of the content and the line ends around dots at line starts are
   * examined.
   */
  bare: Bare | null = null
  /**
   * Its index in the chunk in which it was found; below the chunk's first index when it was the last octet of the
   * previous chunk.
   */
  bareAt = 0
  /** The first false end, and the index after it in the chunk in which it was found. */
  falseEnd: FalseEndForm | null = null
  falseEndAt = 0

  /** Starts new content. The CRLF of the DATA line counts as preceding it. */
  begin(): void {
    this.state = START
    this.taken = 0
    this.ended = false
    this.bare = null
    this.falseEnd = null
  }

  /** The same where `taken` octets of it, without anything remarkable, were searched elsewhere. */
  resume(state: ScannerState, taken: number): void {
    this.begin()
    this.state = STATES[state]
    this.taken = taken
  }

  /** Bytes are missing: the preceding octets are unknown. */
  lose(): void {
    this.state = LOST
    this.taken = BARE_NEWLINE_BYTES_MAX
  }

  /** Returns the index after the final CRLF.CRLF, or -1 when the chunk ends first. */
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

  /** From inside a line to the next line end that is not a CRLF followed by text; at most to `end`. */
  private textEnd(bytes: Uint8Array, from: number, end: number): number {
    let at = nextBreak(bytes, from, end)
    while (at + 2 < end && bytes[at] === CR && bytes[at + 1] === LF && isText(bytes[at + 2] as number)) {
      at = nextBreak(bytes, at + 3, end)
    }
    return at
  }

  /** From inside a line to the next dot at the start of a line; `end` when there is none. */
  private skim(bytes: Uint8Array, from: number, end: number): number {
    const dot = lineDot(bytes, from, end)
    const last = dot < 0 ? end : dot
    const before = last > from ? bytes[last - 1] : 0
    if (before === LF) {
      this.state = last - 1 > from && bytes[last - 2] === CR ? START : START_LF
    } else if (before === CR) {
      this.state = CR_SEEN
    }
    return last
  }

  /** Processes one octet; `next` is the index after it. */
  private step(octet: number, next: number): void {
    if (octet === LF) this.lineFeed(next)
    else if (octet === CR) this.carriageReturn(next)
    else if (octet === DOT) this.dot(next)
    else {
      this.endBareCr(next)
      this.state = TEXT
    }
  }

  private carriageReturn(next: number): void {
    this.endBareCr(next)
    const { state } = this
    if (state === DOT_SEEN) this.state = DOT_CR_SEEN
    else if (state === DOT_SEEN_LF) this.state = DOT_CR_SEEN_LF
    else if (state === DOT_SEEN_CR) this.state = DOT_CR_SEEN_CR
    else this.state = CR_SEEN
  }

  private dot(next: number): void {
    const behindCr = this.endBareCr(next)
    const { state } = this
    if (state === START_LF) this.noteBare('LF', next - 2)
    if (behindCr) this.state = DOT_SEEN_CR
    else if (state === START) this.state = DOT_SEEN
    else if (state === START_LF) this.state = DOT_SEEN_LF
    else this.state = TEXT
  }

  /** For an octet other than LF: whether a (bare) CR precedes it. After a dot, that CR may have ended the content. */
  private endBareCr(next: number): boolean {
    const { state } = this
    if (state === DOT_CR_SEEN) this.noteFalseEnd('CRLF.CR', next - 1)
    else if (state === DOT_CR_SEEN_LF) this.noteFalseEnd('LF.CR', next - 1)
    else if (state === DOT_CR_SEEN_CR) this.noteFalseEnd('CR.CR', next - 1)
    else if (state !== CR_SEEN) return false
    this.noteBare('CR', next - 2)
    return true
  }

  private lineFeed(next: number): void {
    switch (this.state) {
      case DOT_CR_SEEN:
        this.ended = true
        break
      case CR_SEEN:
        this.state = START
        break
      case DOT_CR_SEEN_LF:
      case DOT_CR_SEEN_CR:
        this.noteFalseEnd(this.state === DOT_CR_SEEN_LF ? 'LF.CRLF' : 'CR.CRLF', next)
        this.state = START
        break
      case LOST:
        this.state = TEXT
        break
      default:
        if (this.state === DOT_SEEN) this.noteFalseEnd('CRLF.LF', next)
        if (this.state === DOT_SEEN_LF) this.noteFalseEnd('LF.LF', next)
        if (this.state === DOT_SEEN_CR) this.noteFalseEnd('CR.LF', next)
        this.noteBare('LF', next - 1)
        this.state = START_LF
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

/** Whether a line that starts with this octet is neither empty nor starts with a dot. */
function isText(octet: number): boolean {
  return octet !== DOT && octet !== CR && octet !== LF
}
