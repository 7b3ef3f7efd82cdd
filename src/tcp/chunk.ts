// The output of reassembly: the chunks of both directions in causal order, each with the frame that carried it.
import { NO_TIME_NS } from '../capture/packet.ts'

/** 0: the side that opened the connection, or that was seen first. 1: the other side. */
export type Side = 0 | 1

/**
 * - `bytes`: the next bytes of the stream.
 * - `gap`: bytes that the capture lacks, because the peer acknowledged them, later bytes of this side were captured, or
 *   its sequence numbers show that it sent them; or bytes that the snapshot length cut.
 * - `ack`: no bytes, but more of the peer's stream is acknowledged.
 * - `window`: the receive window of this side closed (`length` 0) or opened again.
 * - `fin`, `rst`: the side closed. `no-fin`, `no-rst`: it did not; the FIN or RST reported before was not its own.
 * - `conflict`: bytes were captured again with other content; the first copy counts.
 * - `overflow`: a limit of `limits.ts` was reached and bytes were dropped.
 */
export type ChunkKind =
  | 'bytes'
  | 'gap'
  | 'ack'
  | 'window'
  | 'fin'
  | 'rst'
  | 'no-fin'
  | 'no-rst'
  | 'conflict'
  | 'overflow'

/** A piece of one direction's stream. Reused: valid until the consumer returns. */
export interface ChunkView {
  kind: ChunkKind
  bytes: Uint8Array
  offset: number
  length: number
  /** Stream offset of its first byte. */
  position: number
  frame: number
  timeNs: number
  /** Number of bytes of the other side that this segment acknowledged; -1 without an acknowledgement. */
  peerAcked: number
  /** `gap`: true when the snapshot length cut it, false when the packet is missing. */
  snapped: boolean
  /** `gap`: false when the number of missing stream bytes is unknown; `length` is then the length on the wire. */
  measured: boolean
  /** `gap`: the peer acknowledged the bytes, so they were delivered. */
  acknowledged: boolean
  /** `gap`: nothing of this side was captured after it. */
  trailing: boolean
  /** `fin`: it was not captured; only sequence numbers of other segments show it. */
  implied: boolean
  /** `rst`: the side may not have sent it, because its hop limit differs from that of the side's first segment. */
  foreign: boolean
  /**
   * `rst`: the frame that shows that an earlier reset was forged, to which this one is the reaction; 0 when there is
   * none.
   */
  forgedBy: number
  /** `rst`: true for one with the ACK flag (active), false for one that answers a stray segment. */
  active: boolean
}

/** Receives chunks in order. */
export interface ChunkTaker {
  /** Returns false when no more chunks of the connection are wanted. */
  chunk(side: Side, chunk: ChunkView): boolean
}

/** Receives the chunks of one connection. */
export interface StreamConsumer extends ChunkTaker {
  /**
   * Before the first chunk: what came in front of it was read elsewhere. `past`: what that was, in terms of the reader.
   * Needed where there is a fast path.
   */
  resume?(past: object): void
  /** The connection is over. Returns whether it was a session, so that its packets count as SMTP. */
  end(): boolean
}

export function emptyChunk(): ChunkView {
  return {
    kind: 'bytes',
    bytes: new Uint8Array(0),
    offset: 0,
    length: 0,
    position: 0,
    frame: 0,
    timeNs: NO_TIME_NS,
    peerAcked: -1,
    snapped: false,
    measured: true,
    acknowledged: false,
    trailing: false,
    implied: false,
    foreign: false,
    forgedBy: 0,
    active: false,
  }
}

/** Copies all fields of `from` to `to`. The bytes are shared. */
export function copyChunk(from: ChunkView, to: ChunkView): void {
  to.kind = from.kind
  to.bytes = from.bytes
  to.offset = from.offset
  to.length = from.length
  to.position = from.position
  to.frame = from.frame
  to.timeNs = from.timeNs
  to.peerAcked = from.peerAcked
  to.snapped = from.snapped
  to.measured = from.measured
  to.acknowledged = from.acknowledged
  to.trailing = from.trailing
  to.implied = from.implied
  to.foreign = from.foreign
  to.forgedBy = from.forgedBy
  to.active = from.active
}

/** A copy of the chunk from the index `at` on, with bytes of its own, so that it may be kept. */
export function copyFrom(chunk: ChunkView, at: number): ChunkView {
  const bytes = chunk.kind === 'bytes' ? chunk.bytes.slice(at, chunk.offset + chunk.length) : chunk.bytes.subarray(0, 0)
  const length = chunk.kind === 'bytes' ? bytes.length : chunk.length
  return { ...chunk, bytes, offset: 0, length, position: chunk.position + (at - chunk.offset) }
}
