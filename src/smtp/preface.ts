// The chunks of a connection whose first octet may begin a PROXY header -> the same without the header, and the header.
// Until it is known whether there is one, both sides wait, so that their order stays. Load balancers in a row put one header
// in front of the other: they count as one.
import { KEPT_RECORD_BYTES, RECOGNISE_CHUNKS_MAX } from '../limits.ts'
import { type ChunkView, copyFrom, type Side } from '../stream/chunk.ts'
import type { Ration } from '../stream/ration.ts'
import { ProxyHeaderReader } from './proxy-header.ts'
import type { ProxyHeader } from './records.ts'

export interface PrefaceEvents {
  /** All of the header was there. What follows it comes next. */
  proxied(side: Side, header: ProxyHeader): void
  /** The next chunk, without what of it belongs to the header. */
  behindPreface(side: Side, chunk: ChunkView): void
}

export class Preface {
  private readonly side: Side
  private readonly ration: Ration
  private readonly events: PrefaceEvents
  private reader = new ProxyHeaderReader()
  /** Those that are complete. */
  private readonly headers: ProxyHeader[] = []
  private waiting: { readonly side: Side; readonly chunk: ChunkView }[] = []
  private isDecided = false
  /** Nothing of the header is to come. */
  isOver = false

  /** `ration`: pays for what waits. */
  constructor(side: Side, ration: Ration, events: PrefaceEvents) {
    this.side = side
    this.ration = ration
    this.events = events
  }

  take(side: Side, chunk: ChunkView): void {
    if (this.isDecided) this.pass(side, chunk)
    else this.hold(side, chunk)
  }

  /** No more will come. */
  end(): void {
    if (this.isDecided) return
    this.reader.giveUp()
    this.decided()
  }

  /** It is not known yet whether the next octets of the side are a header. */
  private hold(side: Side, chunk: ChunkView): void {
    this.waiting.push({ side, chunk: copyFrom(chunk, chunk.offset) })
    this.ration.take(KEPT_RECORD_BYTES)
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
      this.ration.take(-KEPT_RECORD_BYTES)
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
    // Bytes that are missing are told, wherever they belong.
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
