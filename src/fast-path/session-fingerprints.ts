// Fingerprints of sessions that the kernel has counted: the host reads their packets when they end. Where they did not
// come in order, the engine reads the connection, because the order in which it gives the chunks is its own.

import type { PacketView } from '../capture/packet.ts'
import { Decoded, SegmentDecoder } from '../decode/decode.ts'
import type { SegmentView } from '../decode/segment.ts'
import { type Fingerprint, Fingerprinter } from '../smtp/parse/fingerprint.ts'
import { type ChunkView, emptyChunk, type Side } from '../tcp/chunk.ts'
import type { StreamNumber } from '../tcp/connection.ts'
import { NotedOpenings } from '../tcp/timestamps.ts'
import type { Kernel } from './kernel.ts'

// A packet, as in `kernel/packets.ts`: 4-byte numbers, and an 8-byte number.
const SEQ = 6
/** Four bytes: where the payload is, 1 when the server sent it, its hop limit, 1 for a SYN. */
const KIND = 8
const PAYLOAD_LENGTH = 9
const TIME = 1

export class SessionFingerprints {
  private readonly kernel: Kernel
  private readonly view: (at: number) => PacketView
  private readonly decoder = new SegmentDecoder()
  private readonly chunk = emptyChunk()
  /** By the first packet of the connection. */
  private readonly known = new Map<number, Fingerprint>()

  /** `view`: a packet that is described at this address. */
  constructor(kernel: Kernel, view: (at: number) => PacketView) {
    this.kernel = kernel
    this.view = view
    this.chunk.bytes = kernel.bytes
  }

  /** Whether the packets of the connection are in order, and the fingerprint is known now. */
  read(connection: number): boolean {
    const { exports } = this.kernel
    const session = new InOrder()
    exports.beginPackets(connection)
    for (let at = exports.nextPacket(); at !== 0; at = exports.nextPacket())
      if (!this.takePacket(at, session)) return false
    this.known.set(exports.firstFrameOf(connection), session.fingerprint())
    return true
  }

  private takePacket(at: number, session: InOrder): boolean {
    const { numbers, times } = this.kernel
    const n = at >> 2
    const kind = numbers[n + KIND] as number
    const side: Side = (kind & 0xff00) === 0 ? 0 : 1
    const seq = numbers[n + SEQ] as number
    const length = numbers[n + PAYLOAD_LENGTH] as number
    if (kind >>> 24 !== 0) {
      if (this.decoder.decode(this.view(at)) !== Decoded.SEGMENT) return false
      session.begin(side, this.decoder.segment)
    }
    if (length === 0) return true
    const ahead = session.ahead(side, seq)
    // What came before is not read again.
    if (ahead !== 0) return ahead + length <= 0
    const { chunk } = this
    chunk.offset = ((numbers[n] as number) >>> 0) + (kind & 0xff)
    chunk.length = length
    chunk.timeNs = times[(at >> 3) + TIME] as number
    session.take(side, chunk)
    return true
  }

  /** The connection goes to the engine after all. */
  forget(connection: number): void {
    this.known.delete(this.kernel.exports.firstFrameOf(connection))
  }

  /** That of a session that has ended. */
  take(firstFrame: number): Fingerprint | null {
    const fingerprint = this.known.get(firstFrame) ?? null
    this.known.delete(firstFrame)
    return fingerprint
  }
}

/** A session whose packets come in order. */
class InOrder {
  private readonly openings = new NotedOpenings()
  private readonly fingerprinter = new Fingerprinter()
  /** By side: the sequence number of the first byte, as a signed number; null before the SYN. */
  private readonly first: [number | null, number | null] = [null, null]
  private readonly octets: [number, number] = [0, 0]

  /** A SYN: the first segment of each side, which may come again. */
  begin(side: Side, segment: SegmentView): void {
    this.first[side] = (segment.seq + 1) | 0
    this.openings.note(1, segment)
  }

  /** How far the sequence number is ahead of what was taken. */
  ahead(side: Side, seq: number): number {
    return (seq - (this.first[side] ?? 0) - this.octets[side]) | 0
  }

  take(side: Side, chunk: ChunkView): void {
    this.fingerprinter.chunk(side, chunk)
    this.octets[side] += chunk.length
  }

  fingerprint(): Fingerprint {
    return this.fingerprinter.fingerprint([this.stream(0), this.stream(1)], this.openings.take(1))
  }

  private stream(side: Side): StreamNumber {
    return { exact: true, firstSeq: (this.first[side] ?? 0) >>> 0, octets: this.octets[side] }
  }
}
