// The chunks of a connection until it is known what is spoken there, and who is the client.
import { KEPT_RECORD_BYTES, RECOGNISE_BYTES_MAX, RECOGNISE_CHUNKS_MAX } from '../limits.ts'
import type { ChunkView, Side } from '../stream/chunk.ts'
import type { Ration } from '../stream/ration.ts'
import { type Circumstances, isTls, type Look, look, type Recognised, recognise } from './recognise.ts'

const NO_BYTES = new Uint8Array(0)

export class FirstBytes {
  /** The chunks so far: copies, in their order. */
  readonly waiting: { readonly side: Side; readonly chunk: ChunkView }[] = []
  private about: Circumstances
  private readonly bytes: [Uint8Array, Uint8Array] = [NO_BYTES, NO_BYTES]
  private readonly looks: [Look, Look] = ['more', 'more']

  private readonly ration: Ration

  /** `ration`: pays for the copies. */
  constructor(about: Circumstances, ration: Ration) {
    this.about = about
    this.ration = ration
  }

  get onSmtpPort(): boolean {
    return this.about.smtpPort[0] || this.about.smtpPort[1]
  }

  /** A PROXY header came from that side. */
  proxied(side: Side): void {
    this.about = { ...this.about, proxied: side }
  }

  /** Whether the side's first bytes look like TLS. */
  startsTls(side: Side): boolean {
    return isTls(this.looks[side])
  }

  /** What is spoken; null while more is wanted. `ended`: nothing more will come. */
  recognise(ended: boolean): Recognised | null {
    return recognise(this.looks, this.about, ended)
  }

  /** Takes the next chunk, and looks again. */
  add(side: Side, chunk: ChunkView): Recognised | null {
    const octets = chunk.kind === 'bytes' ? chunk.length : 0
    this.waiting.push({
      side,
      chunk: { ...chunk, bytes: chunk.bytes.slice(chunk.offset, chunk.offset + octets), offset: 0 },
    })
    this.ration.take(octets + KEPT_RECORD_BYTES)
    const tooMany = this.waiting.length >= RECOGNISE_CHUNKS_MAX
    if (octets > 0) this.look(side, chunk)
    else if (!tooMany) return null
    // A ClientHello can be long; whether it is answered by TLS is still to be seen.
    const isFull = (this.bytes[side] as Uint8Array).length >= RECOGNISE_BYTES_MAX && !isTls(this.looks[side])
    return this.recognise(tooMany || isFull)
  }

  /** Looks at the first bytes of a side once more, now that there are more of them. */
  private look(side: Side, chunk: ChunkView): void {
    const known = this.bytes[side]
    const joined = new Uint8Array(known.length + chunk.length)
    joined.set(known)
    joined.set(chunk.bytes.subarray(chunk.offset, chunk.offset + chunk.length), known.length)
    this.bytes[side] = joined.subarray(0, RECOGNISE_BYTES_MAX)
    this.looks[side] = look(joined, this.bytes[side].length, !this.about.startSeen)
  }
}
