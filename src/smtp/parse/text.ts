// Converts bytes from the wire into printable ASCII. All wire text becomes a string here, and only when it is needed.
import { latin1 } from '../../host/octets.ts'
import { SHOWN_LINE_CHARACTERS_MAX, SPARE_BUFFERS_MAX } from '../../limits.ts'
import type { MemoryQuota } from '../../tcp/memory-quota.ts'

const LF = 0x0a
const LINE_MARK = Uint8Array.of(LF)
const HEX = '0123456789abcdef'

/** `[from, to)` as text: control and non-ASCII octets as `\xNN`, truncated at `SHOWN_LINE_CHARACTERS_MAX`. */
export function printable(bytes: Uint8Array, from: number, to: number): string {
  const end = Math.min(to, from + SHOWN_LINE_CHARACTERS_MAX)
  for (let i = from; i < end; i++) {
    const octet = bytes[i] as number
    if (octet < 0x20 || octet > 0x7e) return escaped(bytes, from, end, to)
  }
  const text = latin1(bytes, from, end)
  return end < to ? `${text}[... ${to - end} more]` : text
}

function escaped(bytes: Uint8Array, from: number, end: number, to: number): string {
  let text = ''
  for (let i = from; i < end; i++) {
    const octet = bytes[i] as number
    if (octet < 0x20 || octet > 0x7e) text += `\\x${HEX[octet >> 4]}${HEX[octet & 15]}`
    else text += String.fromCharCode(octet)
  }
  return end < to ? `${text}[... ${to - end} more]` : text
}

const ARENA_BYTES = 512
/** Buffers of finished dialogues, for reuse. */
const spare: Uint8Array[] = []

/**
 * Stores the lines of an open group as bytes, so that no strings are made for text that is never shown. A place is an
 * offset that only grows; everything before the argument of `release` is gone.
 */
export class TextArena {
  private bytes = spare.pop() ?? new Uint8Array(ARENA_BYTES)
  private base = 0
  private used = 0
  private readonly quota: MemoryQuota | null

  /** `quota` is charged for buffers larger than `ARENA_BYTES`. */
  constructor(quota: MemoryQuota | null = null) {
    this.quota = quota
  }

  /** The place of the next line. */
  get end(): number {
    return this.base + this.used
  }

  /** Stores a copy and returns its place. */
  keep(bytes: Uint8Array, from: number, to: number): number {
    const length = to - from
    if (this.used + length > this.bytes.length) this.grow(length)
    const place = this.end
    let at = this.used
    for (let i = from; i < to; i++) this.bytes[at++] = bytes[i] as number
    this.used = at
    return place
  }

  /** `[place, place + length)` as text. */
  text(place: number, length: number): string {
    const at = place - this.base
    return printable(this.bytes, at, at + length)
  }

  /** Stores a line followed by a line feed, for `lines`. */
  keepLine(bytes: Uint8Array, from: number, to: number): void {
    this.keep(bytes, from, to)
    this.keep(LINE_MARK, 0, 1)
  }

  /** The lines stored in `[place, place + length)`. */
  lines(place: number, length: number): string[] {
    const lines: string[] = []
    const end = place - this.base + length
    for (let at = place - this.base; at < end; ) {
      let mark = at
      while (this.bytes[mark] !== LF) mark++
      lines.push(printable(this.bytes, at, mark))
      at = mark + 1
    }
    return lines
  }

  /** Releases everything before `place`. */
  release(place: number): void {
    const drop = place - this.base
    if (drop <= 0) return
    if (drop < this.used) this.bytes.copyWithin(0, drop, this.used)
    this.base = place
    this.used -= Math.min(drop, this.used)
    if (this.used === 0 && this.bytes.length > ARENA_BYTES) this.replace(new Uint8Array(ARENA_BYTES))
  }

  /** The dialogue is over: the buffer may be reused for another. */
  close(): void {
    if (spare.length < SPARE_BUFFERS_MAX && this.bytes.length === ARENA_BYTES) spare.push(this.bytes)
    this.bytes = new Uint8Array(0)
    this.base = this.end
    this.used = 0
  }

  private grow(length: number): void {
    const grown = new Uint8Array((this.used + length) * 2)
    grown.set(this.bytes.subarray(0, this.used))
    this.replace(grown)
  }

  private replace(bytes: Uint8Array): void {
    this.quota?.take(bytes.length - this.bytes.length)
    this.bytes = bytes
  }
}
