// Splits the chunks of one direction into lines, each with its stream position and what its first and last octet
// acknowledged.
import { LINE_BYTES_MAX } from '../../limits.ts'
import type { ChunkView } from '../../tcp/chunk.ts'
import type { MemoryQuota } from '../../tcp/memory-quota.ts'
import type { BareNewline } from '../records.ts'

const LF = 0x0a
const CR = 0x0d
const TAB = 0x09
const DEL = 0x7f
/** RFC 5321 section 4.5.3.1.4. A server may split a longer line. */
const COMMAND_LINE_OCTETS = 512

/** A view of a line: `[from, to)` of `bytes` without its line end. Reused: valid until the next call. */
export interface LineView {
  bytes: Uint8Array
  from: number
  to: number
  /** `[start, end)` in the stream, line end included. */
  start: number
  end: number
  firstFrame: number
  lastFrame: number
  startNs: number
  endNs: number
  seenAtStart: number
  seenAtEnd: number
  /** False when it ended in a bare LF. */
  crlf: boolean
  /** The number of CRs in it that are not followed by LF. */
  bareCrs: number
  /** The number of other control characters in it except tabs. No command may contain any (RFC 5321 section 4.1.2). */
  controls: number
  /** The frame of the first of those CRs; 0 when there are none. */
  bareCrFrame: number
  /** The line is longer than `LINE_BYTES_MAX`: the rest was not kept. */
  tooLong: boolean
}

const NO_BYTES = new Uint8Array(0)

export function emptyLine(): LineView {
  return {
    bytes: NO_BYTES,
    from: 0,
    to: 0,
    start: 0,
    end: 0,
    firstFrame: 0,
    lastFrame: 0,
    startNs: 0,
    endNs: 0,
    seenAtStart: 0,
    seenAtEnd: 0,
    crlf: true,
    bareCrs: 0,
    controls: 0,
    bareCrFrame: 0,
    tooLong: false,
  }
}

/** Splits one direction into lines. Lines within one chunk are not copied. */
export class LineReader {
  readonly line: LineView = emptyLine()
  private carried: Uint8Array = NO_BYTES
  private used = 0
  private overrun = false
  /** Where the parts of a line that came in several chunks begin in it, and their frames. */
  private readonly parts: { readonly from: number; readonly frame: number }[] = []
  private readonly quota: MemoryQuota | null

  /** `quota` is charged for lines that span chunks. */
  constructor(quota: MemoryQuota | null = null) {
    this.quota = quota
  }

  /** Octets of the current unterminated line. */
  get pending(): number {
    return this.used
  }

  /** The current unterminated line, as far as it was received; null when there is none. */
  get unfinished(): LineView | null {
    const { line, used } = this
    if (used === 0 && !this.overrun) return null
    line.bytes = this.carried
    line.from = 0
    line.to = used
    // A CR at the end may be the first half of the line end.
    while (line.to > 0 && line.bytes[line.to - 1] === CR) line.to--
    line.crlf = true
    this.countControls(line.lastFrame)
    line.tooLong = this.overrun
    return line
  }

  /** Drops an unfinished line. */
  reset(): void {
    this.used = 0
    this.overrun = false
  }

  /**
   * Continues at `at`, an index of `chunk.bytes`. Returns the index after the line, which is then in `line`, or -1 when
   * the chunk ends first; its rest is then kept.
   */
  next(chunk: ChunkView, at: number): number {
    const { bytes } = chunk
    const end = chunk.offset + chunk.length
    let lf = at
    while (lf < end && bytes[lf] !== LF) lf++
    if (this.used === 0 && !this.overrun) this.begin(chunk, at)
    if (lf === end) {
      this.keep(chunk, at, end)
      this.reach(chunk, end)
      return -1
    }
    const { line } = this
    if (this.used === 0 && !this.overrun) {
      line.bytes = bytes
      line.from = at
      line.to = lf
    } else {
      this.keep(chunk, at, lf)
      line.bytes = this.carried
      line.from = 0
      line.to = this.used
    }
    line.crlf = line.to > line.from && line.bytes[line.to - 1] === CR
    if (line.crlf) line.to--
    this.countControls(chunk.frame)
    while (line.to > line.from && line.bytes[line.to - 1] === CR) line.to--
    this.reach(chunk, lf + 1)
    line.tooLong = this.overrun
    this.reset()
    return lf + 1
  }

  /** `frame`: the last one of the line. */
  private countControls(frame: number): void {
    const { line, parts } = this
    line.bareCrs = 0
    line.bareCrFrame = 0
    line.controls = 0
    for (let i = line.from; i < line.to; i++) {
      const octet = line.bytes[i] as number
      if (octet >= 0x20 && octet !== DEL) continue
      if (octet === CR) {
        if (line.bareCrs++ === 0) line.bareCrFrame = parts.findLast(({ from }) => from <= i)?.frame ?? frame
      } else if (octet !== TAB) line.controls++
    }
  }

  private begin(chunk: ChunkView, at: number): void {
    const { line } = this
    // Most lines have none, and setting a length takes longer than reading it.
    if (this.parts.length > 0) this.parts.length = 0
    line.start = chunk.position + (at - chunk.offset)
    line.firstFrame = chunk.frame
    line.startNs = chunk.timeNs
    line.seenAtStart = chunk.peerAcked
  }

  /** Extends the line up to the index `to` of the chunk. */
  private reach(chunk: ChunkView, to: number): void {
    const { line } = this
    line.end = chunk.position + (to - chunk.offset)
    line.lastFrame = chunk.frame
    line.endNs = chunk.timeNs
    line.seenAtEnd = chunk.peerAcked
  }

  private keep({ bytes, frame }: ChunkView, from: number, to: number): void {
    this.parts.push({ from: this.used, frame })
    const room = Math.min(to - from, LINE_BYTES_MAX - this.used)
    if (room < to - from) this.overrun = true
    if (this.used + room > this.carried.length) {
      const grown = new Uint8Array(Math.max(256, (this.used + room) * 2))
      grown.set(this.carried.subarray(0, this.used))
      this.quota?.take(grown.length - this.carried.length)
      this.carried = grown
    }
    for (let i = 0; i < room; i++) this.carried[this.used + i] = bytes[from + i] as number
    this.used += room
  }
}

/** The bare newline of a line, or null. */
export function bareIn({
  bytes,
  from,
  start,
  end,
  crlf,
  bareCrs,
  bareCrFrame,
  lastFrame,
}: LineView): BareNewline | null {
  if (crlf && bareCrs === 0) return null
  const position = crlf ? start + bytes.indexOf(CR, from) - from : end - 1
  return { octet: crlf ? 'CR' : 'LF', position, frame: crlf ? bareCrFrame : lastFrame }
}

/**
 * How many lines more than one a server may take it for: some end a line at a bare CR or at another control character,
 * and some split a line that is too long.
 */
export function extraLinesIn({ bareCrs, controls, start, end }: LineView): number {
  return bareCrs + controls + Math.floor((end - start) / (COMMAND_LINE_OCTETS + 1))
}
