// What the stream room hands on: pieces of one direction, in causal order, each with the frame that carried it.
import { NO_TIME_NS } from '../capture/packet.ts'

/** 0: the side that opened the connection, or that was seen first. 1: the other. */
export type Side = 0 | 1

/**
 * - `bytes`: the next bytes of the stream.
 * - `gap`: bytes that the capture lacks: the peer acknowledged them, later bytes of this side were captured, or the numbers
 *   of this side show that it sent them; or the snapshot length cut them.
 * - `ack`: no bytes, but more of the peer's stream is acknowledged.
 * - `window`: the receive window of this side closed (`length` 0) or opened again.
 * - `fin`, `rst`: the side closed. `no-fin`, `no-rst`: it did not; what was told as its FIN or RST was none of its own.
 * - `conflict`: bytes came again with other content; the first copy stands.
 * - `overflow`: the bounds of `limits.ts` were reached and bytes were given up.
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

/** A piece of a stream. Reused: valid until the consumer returns. */
export interface ChunkView {
  kind: ChunkKind
  bytes: Uint8Array
  offset: number
  length: number
  /** Stream offset of its first byte. */
  position: number
  frame: number
  timeNs: number
  /** Bytes of the other side that this segment acknowledged; -1 when it carries no acknowledgement. */
  peerAcked: number
  /** `gap`: true when the snapshot length cut it, false when the packet is missing. */
  snapped: boolean
  /** `gap`: false when `length` is only what is missing on the wire, and how many bytes of the stream that was is unknown. */
  measured: boolean
  /** `gap`: the peer acknowledged the bytes, so they were delivered. */
  acknowledged: boolean
  /** `gap`: nothing of this side was captured behind it. */
  trailing: boolean
  /** `fin`: it was not captured; only the numbers of other segments show it. */
  implied: boolean
  /** `rst`: the side may not have sent it: its hop limit is another than that of the side's first segment. */
  foreign: boolean
  /** `rst`: the frame that shows that a reset was forged, of which this one is the consequence; 0 for none. */
  forgedBy: number
  /** `rst`: true for an active one (ACK flag set), false for one that answers a stray segment. */
  active: boolean
}

/** Takes chunks, one after the other. */
export interface ChunkTaker {
  /** False when nothing more is wanted of the connection. */
  chunk(side: Side, chunk: ChunkView): boolean
}

/** Takes the chunks of one connection. */
export interface StreamConsumer extends ChunkTaker {
  /** No more will come. True when this was a session, so that its packets count as SMTP. */
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

/** Makes `to` what `from` is. The bytes are shared. */
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

/** A copy of the chunk from the index `at` on, which may be kept. */
export function copyFrom(chunk: ChunkView, at: number): ChunkView {
  const bytes = chunk.kind === 'bytes' ? chunk.bytes.slice(at, chunk.offset + chunk.length) : chunk.bytes.subarray(0, 0)
  const length = chunk.kind === 'bytes' ? bytes.length : chunk.length
  return { ...chunk, bytes, offset: 0, length, position: chunk.position + (at - chunk.offset) }
}
