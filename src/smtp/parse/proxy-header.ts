// The PROXY header that a load balancer sends before a dialogue (HAProxy's PROXY protocol, versions 1 and 2): where it
// ends, what it says, and which replies answer it when the server does not expect it and reads it as lines. Chunks of
// both sides are buffered until it is known whether there is a header, so that their order is kept. Several headers in
// a row count as one.
//
//   version 1   PROXY TCP4 192.0.2.1 198.51.100.25 56324 25 CR LF      at most 107 octets
//   version 2   CR LF CR LF NUL CR LF QUIT LF | 0x20 + command | family | length, 2 octets | addresses | TLVs

import { formatAddress } from '../../decode/address.ts'
import { latin1 } from '../../host/octets.ts'
import { KEPT_RECORD_BYTES, RECOGNISE_CHUNKS_MAX } from '../../limits.ts'
import { type ChunkView, copyFrom, type Side } from '../../tcp/chunk.ts'
import type { MemoryQuota } from '../../tcp/memory-quota.ts'
import type { ProxyHeader, Reply, Span } from '../records.ts'
import { printable } from './text.ts'

const SIGNATURE = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a)
/** Length of the fixed part of version 2: signature, command, family and length. */
const FIXED_BYTES = 16
const WORD = Uint8Array.from('PROXY ', (letter) => letter.charCodeAt(0))
const LINE_BYTES_MAX = 107
const LINE = /^PROXY (?:TCP4|TCP6|UNKNOWN)(?: [ -~]*)?\r?\n$/
/** The part of a version 2 header that is kept: the fixed part, two IPv6 addresses and ports. */
const KEPT_BYTES = FIXED_BYTES + 36
const LF = 0x0a

/** Whether a header may start with this octet. */
export function mayBeginHeader(octet: number): boolean {
  return octet === SIGNATURE[0] || octet === WORD[0]
}

class ProxyHeaderReader {
  private readonly bytes = new Uint8Array(LINE_BYTES_MAX)
  private kept = 0
  private consumed = 0
  private lineFeeds = 0
  private at: Span | null = null
  private total = -1

  /**
   * Examines the next octets of the side. Returns the length of the header; 0 when there is none; -1 while undecided.
   */
  decide({ bytes, offset, length }: ChunkView): number {
    for (let i = offset; i < offset + length && this.total < 0; i++) {
      this.bytes[this.kept++] = bytes[i] as number
      this.total = this.measure()
    }
    return this.total
  }

  /** No more octets will come: there is no header. */
  giveUp(): void {
    this.total = 0
  }

  /** The length of the header in octets; -1 while undecided. */
  get length(): number {
    return this.total
  }

  /** Takes the part of the chunk, or of the gap, that belongs to the header. Returns its length. */
  consume(chunk: ChunkView): number {
    const { bytes, offset, length, frame, timeNs, position } = chunk
    const isGap = chunk.kind === 'gap'
    const octets = Math.min(length, this.total - this.consumed)
    if (octets <= 0) return 0
    for (let i = 0; i < octets; i++) {
      const octet = isGap ? LF : (bytes[offset + i] as number)
      if (octet === LF) this.lineFeeds++
      if (this.consumed + i < KEPT_BYTES) this.bytes[this.consumed + i] = isGap ? 0 : octet
    }
    this.consumed += octets
    this.at = {
      start: this.at?.start ?? position,
      end: position + octets,
      firstFrame: this.at?.firstFrame ?? frame,
      lastFrame: frame,
      timeNs,
    }
    return octets
  }

  /** The header, once it is complete; null before. */
  get header(): ProxyHeader | null {
    if (this.at === null || this.consumed < this.total) return null
    return {
      version: this.isBinary ? 2 : 1,
      text: this.isBinary ? textOf(this.bytes, this.total) : printable(this.bytes, 0, behindLine(this.bytes)),
      at: this.at,
      lines: this.lineFeeds,
      replies: [],
    }
  }

  private get isBinary(): boolean {
    return this.bytes[0] === SIGNATURE[0]
  }

  private measure(): number {
    const { bytes, kept } = this
    const like = this.isBinary ? SIGNATURE : WORD
    if (kept <= like.length) return bytes[kept - 1] === like[kept - 1] ? -1 : 0
    if (this.isBinary) {
      if (kept < FIXED_BYTES) return -1
      // Version 2 with the commands LOCAL and PROXY.
      const [command = 0, , high = 0, low = 0] = bytes.subarray(SIGNATURE.length, FIXED_BYTES)
      return command === 0x20 || command === 0x21 ? FIXED_BYTES + ((high << 8) | low) : 0
    }
    if (bytes[kept - 1] !== LF) return kept === LINE_BYTES_MAX ? 0 : -1
    return LINE.test(latin1(bytes, 0, kept)) ? kept : 0
  }
}

function behindLine(bytes: Uint8Array): number {
  let end = bytes.indexOf(LF)
  while (end > 0 && bytes[end - 1] === 0x0d) end--
  return end
}

/** The header in the notation of version 1. */
function textOf(bytes: Uint8Array, total: number): string {
  if (bytes[12] === 0x20) return 'PROXY LOCAL'
  const family = (bytes[13] as number) >> 4
  const size = family === 1 ? 4 : family === 2 ? 16 : 0
  if (size === 0 || total < FIXED_BYTES + 2 * size + 4) return 'PROXY UNKNOWN'
  const addressAt = (at: number) => formatAddress(bytes.subarray(at, at + size))
  const portAt = (at: number) => ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
  const ports = FIXED_BYTES + 2 * size
  return `PROXY ${family === 1 ? 'TCP4' : 'TCP6'} ${addressAt(FIXED_BYTES)} ${addressAt(FIXED_BYTES + size)} ${portAt(ports)} ${portAt(ports + 2)}`
}

/**
 * Determines which replies answer a header that the server reads as lines. A server that does not expect the header
 * answers each line, or each line that is not empty, with an error; it may also take the "QUIT" in version 2 for a
 * command.
 */
export class HeaderReplies {
  readonly header: ProxyHeader
  private readonly replies: Reply[] = []
  /** An error reply that answers either the header or the command after it. */
  private open: Reply | null = null
  /**
   * The previous reply, when the latest shows that it answers the header, although it had been assigned to a command.
   */
  takenBack: Reply | null = null
  private over = false

  constructor(header: ProxyHeader) {
    this.header = { ...header, replies: this.replies }
  }

  /** Whether the server reads the header as lines. */
  get isUnexpected(): boolean {
    return this.replies.length > 0
  }

  /** Whether the reply, which is not the greeting, answers the header. `commands`: number of commands sent so far. */
  takes(reply: Reply, greeting: Reply | null, commands: number): boolean {
    const { header, replies, open } = this
    this.open = null
    this.takenBack = null
    if (this.over) return false
    if (open !== null && commands === 1 && reply.seenAtStart === open.seenAtStart) {
      // Two replies while there was only one command: the first answers the header.
      this.keep(open)
      this.takenBack = open
    }
    const isItsOwn = this.isUnexpected || isBefore(reply, header.at.end + 1) || isBefore(greeting, header.at.end)
    const isComplaint = reply.code >= 400 || (header.version === 2 && reply.code === 221)
    this.over = replies.length === header.lines || !isComplaint || (open !== null && this.takenBack === null)
    if (this.over) return false
    if (isItsOwn) this.keep(reply)
    else this.open = reply
    return isItsOwn
  }

  private keep(reply: Reply): void {
    // Reads the text now, before its buffer is reused.
    reply.lines
    this.replies.push(reply)
  }
}

/**
 * Whether the server sent the reply before it had received that many octets. A server that expects the header greets
 * only after it.
 */
function isBefore(reply: Reply | null, octets: number): boolean {
  return reply !== null && reply.seenAtStart >= 0 && reply.seenAtStart < octets
}

export interface PrefaceEvents {
  /** The header is complete. What follows it comes next. */
  proxied(side: Side, header: ProxyHeader): void
  /** The next chunk, without its octets that belong to the header. */
  behindPreface(side: Side, chunk: ChunkView): void
}

export class Preface {
  private readonly side: Side
  private readonly quota: MemoryQuota
  private readonly events: PrefaceEvents
  private reader = new ProxyHeaderReader()
  /** The headers that are complete. */
  private readonly headers: ProxyHeader[] = []
  private waiting: { readonly side: Side; readonly chunk: ChunkView }[] = []
  private isDecided = false
  /** No further octets can belong to a header. */
  isOver = false

  /** `quota` is charged for buffered chunks. */
  constructor(side: Side, quota: MemoryQuota, events: PrefaceEvents) {
    this.side = side
    this.quota = quota
    this.events = events
  }

  take(side: Side, chunk: ChunkView): void {
    if (this.isDecided) this.pass(side, chunk)
    else this.hold(side, chunk)
  }

  /** End of input. */
  end(): void {
    if (this.isDecided) return
    this.reader.giveUp()
    this.decided()
  }

  /** Buffers a chunk while it is unknown whether the next octets of the side are a header. */
  private hold(side: Side, chunk: ChunkView): void {
    this.waiting.push({ side, chunk: copyFrom(chunk, chunk.offset) })
    this.quota.take(KEPT_RECORD_BYTES)
    if (side === this.side && chunk.kind === 'bytes') {
      if (this.reader.decide(chunk) >= 0) this.decided()
    } else if ((side === this.side && chunk.kind === 'gap') || this.waiting.length >= RECOGNISE_CHUNKS_MAX) {
      this.reader.giveUp()
      this.decided()
    }
  }

  private decided(): void {
    const { waiting } = this
    this.isDecided = true
    this.isOver = this.reader.length === 0
    this.waiting = []
    if (this.isOver && this.headers.length > 0) this.events.proxied(this.side, joined(this.headers))
    for (const { side, chunk } of waiting) {
      this.quota.take(-KEPT_RECORD_BYTES)
      this.take(side, chunk)
    }
  }

  private pass(side: Side, chunk: ChunkView): void {
    const { events, reader } = this
    if (side !== this.side || this.isOver || (chunk.kind !== 'bytes' && chunk.kind !== 'gap')) {
      events.behindPreface(side, chunk)
      return
    }
    const octets = reader.consume(chunk)
    const rest = chunk.length - octets
    // A gap is reported even when it lies inside the header.
    if (chunk.kind === 'gap') events.behindPreface(side, chunk)
    else if (rest === 0) events.behindPreface(side, { ...chunk, kind: 'ack', length: 0 })
    const { header } = reader
    if (header !== null) {
      this.headers.push(header)
      this.reader = new ProxyHeaderReader()
      this.isDecided = false
    }
    if (chunk.kind === 'bytes' && rest > 0) this.take(side, copyFrom(chunk, chunk.offset + octets))
  }
}

function joined(headers: readonly ProxyHeader[]): ProxyHeader {
  const [first, last] = [headers[0], headers[headers.length - 1]] as readonly [ProxyHeader, ProxyHeader]
  return {
    version: headers.some(({ version }) => version === 2) ? 2 : 1,
    text: headers.map(({ text }) => text).join(', '),
    at: { ...last.at, start: first.at.start, firstFrame: first.at.firstFrame },
    lines: headers.reduce((sum, { lines }) => sum + lines, 0),
    replies: [],
  }
}
