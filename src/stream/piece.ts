// A segment of a connection -> what the reassembly needs of it, its place in the stream of its side.
import { NO_TIME_NS } from '../capture/packet.ts'
import type { SegmentView } from '../network/segment.ts'
import { ACK, FIN, RST, SYN } from '../network/tcp.ts'
import type { Side } from './chunk.ts'
import type { Half } from './half.ts'
import { advance } from './sequence.ts'

/** What the reassembly needs of a segment. Reused, unless it is held back: then a copy. */
export interface PieceView {
  side: Side
  bytes: Uint8Array
  offset: number
  length: number
  wireLength: number
  position: number
  frame: number
  timeNs: number
  /** Bytes of the other side that it acknowledges; -1 without ACK flag. */
  peerAcked: number
  fin: boolean
  rst: boolean
  /** Its hop limit is not that of its side's first segment. */
  foreign: boolean
  windowClosed: boolean
}

export function emptyPiece(): PieceView {
  return {
    side: 0,
    bytes: new Uint8Array(0),
    offset: 0,
    length: 0,
    wireLength: 0,
    position: 0,
    frame: 0,
    timeNs: NO_TIME_NS,
    peerAcked: -1,
    fin: false,
    rst: false,
    foreign: false,
    windowClosed: false,
  }
}

/** The first segment of a side, and the first that acknowledges it, say where its stream stands. */
export function readPiece(piece: PieceView, halves: readonly [Half, Half], side: Side, segment: SegmentView): void {
  const half = halves[side]
  const peer = halves[1 - side] as Half
  const { flags, seq, ack } = segment
  const syn = (flags & SYN) !== 0
  half.segments++
  if (!half.known) {
    half.anchor(syn ? advance(seq, 1) : seq)
    half.synSeen = syn
  }
  if ((flags & ACK) !== 0 && !peer.known && (flags & RST) === 0) peer.anchor(ack)
  piece.side = side
  piece.bytes = segment.bytes
  piece.offset = segment.offset
  piece.length = segment.length
  piece.wireLength = segment.wireLength
  piece.position = half.positionOf(syn ? advance(seq, 1) : seq)
  piece.frame = segment.packet.frame
  piece.timeNs = segment.packet.timeNs
  piece.peerAcked = (flags & ACK) !== 0 && peer.known ? peer.positionOf(ack) : -1
  piece.fin = (flags & FIN) !== 0
  piece.rst = (flags & RST) !== 0
  if (!piece.rst) half.arrives(segment.ttl, segment.packet.tap)
  piece.foreign = half.isForeign(segment.ttl, segment.packet.tap)
  piece.windowClosed = segment.window === 0 && (flags & (RST | SYN)) === 0
}
