// Assembles server lines into complete replies (RFC 5321 section 4.2). A hyphen after the code means that more lines
// follow.
import { REPLY_LINES_MAX } from '../../limits.ts'
import type { MemoryQuota } from '../../tcp/memory-quota.ts'
import type { Reply, ReplyFault, Span } from '../records.ts'
import type { LineView } from './lines.ts'
import { withoutEcho } from './secret.ts'
import { SentCredentials } from './sent-credentials.ts'
import { TextArena } from './text.ts'

const HYPHEN = 0x2d
const SPACE = 0x20
const DOT = 0x2e
const AT = 0x40

/** The code of a reply line: three digits followed by a hyphen, a space or nothing; -1 for any other line. */
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

/** RFC 5321 section 4.3.2: codes start with 2, 3, 4 or 5. Lines with such a code belong to a reply. */
export function isReplyCode(code: number): boolean {
  return code >= 200 && code < 600
}

/** RFC 5321 section 4.2: Reply-code = %x32-35 %x30-35 %x30-39. Other codes of `isReplyCode` still form replies. */
export function isGrammaticalCode(code: number): boolean {
  return isReplyCode(code) && Math.floor(code / 10) % 10 <= 5
}

/** The enhanced status code at `from` (RFC 3463) as class * 1e6 + subject * 1e3 + detail; 0 when there is none. */
export function statusOf(bytes: Uint8Array, from: number, to: number): number {
  let status = 0
  let part = 0
  let digits = 0
  let dots = 0
  for (let i = from; i <= to; i++) {
    const octet = i < to ? (bytes[i] as number) : SPACE
    if (octet >= 0x30 && octet <= 0x39 && digits < 3) {
      part = part * 10 + octet - 0x30
      digits++
    } else if (digits > 0 && ((octet === DOT && dots < 2) || (octet === SPACE && dots === 2))) {
      status = status * 1000 + part
      if (octet === SPACE) return status
      dots++
      part = 0
      digits = 0
    } else {
      return 0
    }
  }
  return 0
}

/** The server's name in a greeting; null when it gives none. */
export function serverNameIn(line: string): string | null {
  return /^\S{3}[ -](\S+)/.exec(line)?.[1] ?? null
}

/** Cisco's inspection keeps the code, or only its digits 2 and 0, and masks the rest with asterisks. */
const MASKED = /^(?:220[ -][*\s]*\*{4,}[*\s]*|[20*\s]*\*{8,}[20*\s]*)$/

/** Whether a box in the path has masked the greeting. */
export function isMasked({ lines }: Reply): boolean {
  return MASKED.test(lines[0] ?? '')
}

/**
 * Matches a reply that starts inside another one without a line end in between: after a bare CR, after a letter that
 * occurs in no hexadecimal identifier, or with an enhanced status code of the same class.
 */
const GLUED =
  /^[2-5]\d\d[ -].*(?:(?:\\x0d|[)!>]|\b[a-z]*[g-z][a-z]*\.?)[2-5][0-5]\d [a-z<\d]|[^\s\d]([2-5])[0-5]\d \1\.\d{1,3}\.\d)/i

/** Whether a line of this reply may contain the start of another reply. */
export function mayHoldAnother({ lines }: Reply): boolean {
  return lines.some((line) => GLUED.test(line))
}

/**
 * Whether the line is a reply once leading control octets (NUL, telnet options) are removed. The space after the code
 * may be missing.
 */
export function readsLikeReply(line: string): boolean {
  return /^(?:\\x[0-9a-f]{2})*[2-5]\d\d(?:[^\w.]|$)/i.test(line)
}

/** A reply whose text is decoded on first access, which must happen before the arena releases it. */
class WireReply implements Reply {
  readonly index: number
  readonly code: number
  readonly at: Span
  readonly seenAtStart: number
  readonly seenAtEnd: number
  readonly wellFormed: boolean
  readonly lineCount: number
  readonly status: number
  readonly addressed: boolean
  readonly place: number
  private readonly arena: TextArena
  private readonly length: number
  private readonly credentials: SentCredentials
  private read: readonly string[] | null = null

  constructor(index: number, draft: Draft, line: LineView, arena: TextArena, credentials: SentCredentials) {
    const { start, firstFrame } = draft
    this.index = index
    this.code = draft.code
    this.at = {
      start,
      end: line.end,
      firstFrame,
      lastFrame: line.lastFrame,
      timeNs: line.endNs,
    }
    this.seenAtStart = draft.seenAtStart
    this.seenAtEnd = line.seenAtEnd
    this.wellFormed = draft.wellFormed
    this.lineCount = draft.lineCount
    this.status = draft.status
    this.addressed = draft.addressed
    this.place = draft.place
    this.arena = arena
    this.length = arena.end - draft.place
    this.credentials = credentials
  }

  get lines(): readonly string[] {
    if (this.read === null) {
      const lines = this.arena.lines(this.place, this.length)
      for (let i = 0; i < lines.length; i++) {
        const line = this.credentials.masked(lines[i] as string)
        lines[i] = this.code >= 400 ? withoutEcho(line) : line
      }
      this.read = lines
    }
    return this.read
  }
}

/** The known parts of a reply before its last line. */
interface Draft {
  code: number
  wellFormed: boolean
  lineCount: number
  status: number
  addressed: boolean
  start: number
  firstFrame: number
  seenAtStart: number
  place: number
}

/** Of a part of a session that is read again: there is none in it. */
const NO_CREDENTIALS = new SentCredentials()

export class ReplyParser {
  /** Number of complete replies so far, including the greeting. */
  count = 0
  /** Number of lines that belong to no reply. */
  strayLines = 0
  /** The fault of the latest line; null when it has none. */
  fault: ReplyFault | null = null
  private readonly arena: TextArena
  private readonly credentials: SentCredentials
  private last: WireReply | null = null
  private open = false
  private readonly draft: Draft = {
    code: -1,
    wellFormed: true,
    lineCount: 0,
    status: 0,
    addressed: false,
    start: 0,
    firstFrame: 0,
    seenAtStart: 0,
    place: 0,
  }

  /** `credentials`: those that the client has sent so far. */
  constructor(quota: MemoryQuota | null = null, credentials = NO_CREDENTIALS) {
    this.arena = new TextArena(quota)
    this.credentials = credentials
  }

  /** Takes the next line. Returns the reply that it completes, or null. */
  line(line: LineView): Reply | null {
    const { bytes, from, to } = line
    const { draft } = this
    const code = codeOf(bytes, from, to)
    this.fault = line.crlf ? null : 'bare-newline'
    if (code < 0) this.fault = 'no-code'
    if (!this.open) {
      if (code < 0) {
        this.strayLines++
        return null
      }
      this.begin(line, code)
      if (!draft.wellFormed) this.fault = 'code-range'
      else if (!isGrammaticalCode(code)) this.fault ??= 'second-digit'
    } else if (code >= 0 && code !== draft.code) {
      this.fault = 'code-mismatch'
    }
    if (this.fault !== null && this.fault !== 'second-digit') draft.wellFormed = false
    for (let i = from; i < to && !draft.addressed; i++) if (bytes[i] === AT) draft.addressed = true
    if (draft.lineCount++ < REPLY_LINES_MAX) this.arena.keepLine(bytes, from, to)
    if (code < 0 || (to - from > 3 && bytes[from + 3] === HYPHEN)) return null
    this.open = false
    this.last = new WireReply(++this.count, draft, line, this.arena, this.credentials)
    return this.last
  }

  /** Drops an incomplete reply. */
  reset(): void {
    this.open = false
  }

  /** Releases the text of all replies except the latest. */
  forget(): void {
    this.arena.release(this.last?.place ?? 0)
  }

  release(): void {
    this.arena.close()
  }

  private begin(line: LineView, code: number): void {
    const { draft } = this
    this.open = true
    draft.code = code
    draft.wellFormed = isReplyCode(code)
    draft.lineCount = 0
    draft.status = statusOf(line.bytes, line.from + 4, line.to)
    draft.addressed = false
    draft.start = line.start
    draft.firstFrame = line.firstFrame
    draft.seenAtStart = line.seenAtStart
    draft.place = this.arena.end
  }
}
