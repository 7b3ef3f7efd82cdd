// Lines of the server -> complete replies (RFC 5321 section 4.2). A hyphen behind the code says that more lines come.
import { REPLY_LINES_MAX } from '../limits.ts'
import type { LineView } from './lines.ts'
import type { Reply } from './records.ts'
import { printable } from './text.ts'

const HYPHEN = 0x2d
const SPACE = 0x20

/** The code of a reply line: three digits and then a hyphen, a blank or nothing; -1 for anything else. */
export function codeOf(bytes: Uint8Array, from: number, to: number): number {
  if (to - from < 3) return -1
  let code = 0
  for (let i = from; i < from + 3; i++) {
    const digit = (bytes[i] as number) - 0x30
    if (digit < 0 || digit > 9) return -1
    code = code * 10 + digit
  }
  if (to - from === 3) return code
  const next = bytes[from + 3]
  return next === HYPHEN || next === SPACE ? code : -1
}

/** RFC 5321 section 4.2: Reply-code = %x32-35 %x30-35 %x30-39. */
function isListedForm(code: number): boolean {
  return code >= 200 && code < 560 && Math.floor(code / 10) % 10 <= 5
}

export class ReplyReader {
  /** Complete replies so far, the greeting included. */
  count = 0
  /** Lines that belong to no reply. */
  strayLines = 0
  private lines: string[] = []
  private code = -1
  private wellFormed = true
  private start = 0
  private firstFrame = 0
  private seenAtStart = 0

  /** Whether a reply has begun and not ended. */
  get open(): boolean {
    return this.code >= 0
  }

  /** Takes the next line; the reply that it completes, or null. */
  line(line: LineView): Reply | null {
    const { bytes, from, to } = line
    const code = codeOf(bytes, from, to)
    if (this.code < 0) {
      if (code < 0) {
        this.strayLines++
        return null
      }
      this.code = code
      this.wellFormed = isListedForm(code)
      this.start = line.start
      this.firstFrame = line.firstFrame
      this.seenAtStart = line.seenAtStart
    }
    if (code !== this.code || !line.crlf) this.wellFormed = false
    if (this.lines.length < REPLY_LINES_MAX) this.lines.push(printable(bytes, from, to))
    if (code < 0 || (to - from > 3 && bytes[from + 3] === HYPHEN)) return null
    return this.complete(line)
  }

  reset(): void {
    this.lines = []
    this.code = -1
  }

  private complete(line: LineView): Reply {
    const { start, firstFrame, seenAtStart, code, lines, wellFormed } = this
    this.count++
    this.reset()
    return {
      index: this.count,
      code,
      lines,
      at: { start, end: line.end, firstFrame, lastFrame: line.lastFrame, timeNs: line.endNs },
      seenAtStart,
      seenAtEnd: line.seenAtEnd,
      wellFormed,
    }
  }
}
