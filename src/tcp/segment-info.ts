// Prepares a segment for reassembly: first its own fields, then its position in the stream of its side.
import { NO_TIME_NS } from '../capture/packet.ts'
import type { SegmentView } from '../decode/segment.ts'
import { ACK, FIN, RST, SYN } from '../decode/tcp-header.ts'
import type { Side } from './chunk.ts'
import type { HalfStream } from './half-stream.ts'
import { advance } from './sequence.ts'

/** The fields of a segment that reassembly needs. Reused; copied when the segment is held. */
export interface SegmentInfo {
  side: Side
  bytes: Uint8Array
  offset: number
  length: number
  wireLength: number
  /** The sequence number of its first byte (after a SYN), and its acknowledgement number, both signed. */
  seq: number
  ack: number
  /** Whether it has the ACK flag. */
  acks: boolean
  position: number
  frame: number
  timeNs: number
  /** Number of bytes of the other side that it acknowledges; -1 without ACK flag. */
  peerAcked: number
  syn: boolean
  fin: boolean
  rst: boolean
  hops: number
  tap: number
  /** Its hop limit differs from that of its side's first segment. */
  foreign: boolean
  windowClosed: boolean
}

export function emptySegmentInfo(): SegmentInfo {
  return {
    side: 0,
    bytes: new Uint8Array(0),
    offset: 0,
    length: 0,
    wireLength: 0,
    seq: 0,
    ack: 0,
    acks: false,
    position: 0,
    frame: 0,
    timeNs: NO_TIME_NS,
    peerAcked: -1,
    syn: false,
    fin: false,
    rst: false,
    hops: 0,
    tap: 0,
    foreign: false,
    windowClosed: false,
  }
}

/** Copies the fields of the segment. `placePiece` sets its position. */
export function readPiece(piece: SegmentInfo, side: Side, segment: SegmentView): void {
  const { flags, seq, ack, packet } = segment
  piece.side = side
  piece.bytes = segment.bytes
  piece.offset = segment.offset
  piece.length = segment.length
  piece.wireLength = segment.wireLength
  piece.syn = (flags & SYN) !== 0
  piece.fin = (flags & FIN) !== 0
  piece.rst = (flags & RST) !== 0
  piece.acks = (flags & ACK) !== 0
  piece.seq = advance(seq, piece.syn ? 1 : 0)
  piece.ack = ack | 0
  piece.frame = packet.frame
  piece.timeNs = packet.timeNs
  piece.hops = segment.ttl
  piece.tap = packet.tap
  piece.windowClosed = segment.window === 0 && (flags & (RST | SYN)) === 0
}

/** Sets its position. If the beginning of a stream is unknown, this segment defines it. */
export function placePiece(piece: SegmentInfo, halves: readonly [HalfStream, HalfStream]): void {
  const half = halves[piece.side]
  const peer = halves[1 - piece.side] as HalfStream
  half.segments++
  if (!half.known) half.anchor(piece.seq)
  if (piece.acks && !peer.known && !piece.rst) peer.anchor(piece.ack)
  piece.position = half.positionOf(piece.seq)
  piece.peerAcked = piece.acks && peer.known ? peer.positionOf(piece.ack) : -1
  if (!piece.rst) half.noteHopLimit(piece.hops, piece.tap)
  piece.foreign = half.isForeign(piece.hops, piece.tap)
}
