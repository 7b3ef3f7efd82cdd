// Converts the segments of a connection from order of capture into chunks in causal order. The bytes of a direction
// come in order. A segment that acknowledges bytes not seen yet is held until they come; if they do not, they become a
// gap.
import { decisions } from '../decisions.ts'
import type { SegmentView } from '../decode/segment.ts'
import {
  HOLD_NS,
  KEPT_RECORD_BYTES,
  OUT_OF_ORDER_BYTES_MAX,
  OUT_OF_ORDER_SEGMENTS_ONE_WAY_MAX,
  SENDING_AGAIN_NS,
} from '../limits.ts'
import { type ChunkView, emptyChunk, type Side } from './chunk.ts'
import {
  answersUnseen,
  isClosedStateReset,
  isCredibleReset,
  isLeft,
  isProvoked,
  refutesFin,
  refutesReset,
} from './closing.ts'
import type { Connection } from './connection.ts'
import type { HalfStream, QueuedSegment } from './half-stream.ts'
import { isDue, isOverdue } from './held-segments.ts'
import { emptySegmentInfo, type SegmentInfo } from './segment-info.ts'

/** The properties of a segment that chunks without bytes need. */
type ChunkOrigin = Pick<SegmentInfo, 'position' | 'frame' | 'timeNs' | 'peerAcked'>

export class Reassembler {
  private readonly chunk: ChunkView = emptyChunk()
  /** Scratch object: the usable part of a segment that comes late. */
  private readonly late = emptySegmentInfo()

  /**
   * Fast path for the usual segment: no flag but ACK, the next bytes of its side or none, and nothing special pending
   * in the connection. Returns false, without effect, for any other segment.
   */
  acceptNext(connection: Connection, side: Side, segment: SegmentView): boolean {
    const half = connection.halves[side]
    const peer = connection.halves[1 - side] as HalfStream
    if (!half.steady || !peer.steady || half.hops < 0 || connection.held.length > 0) return false
    if (half.nextSeq !== (segment.seq | 0)) return false
    const peerAcked = peer.positionOf(segment.ack)
    if (peerAcked > peer.next) return false
    const acknowledges = peerAcked > peer.acked
    const { length, packet } = segment
    if (acknowledges) {
      peer.acked = peerAcked
      if (peerAcked < peer.next) peer.noteSent(packet.frame, packet.timeNs)
    }
    half.segments++
    if (segment.ttl !== half.hops) half.otherHops = segment.ttl
    if (length === 0 && !acknowledges) return true
    const { chunk } = this
    chunk.kind = length > 0 ? 'bytes' : 'ack'
    chunk.length = length
    chunk.position = half.next
    chunk.frame = packet.frame
    chunk.timeNs = packet.timeNs
    chunk.peerAcked = peerAcked
    if (length > 0) {
      chunk.bytes = segment.bytes
      chunk.offset = segment.offset
      if (half.acked >= half.next) half.noteSent(packet.frame, packet.timeNs)
      half.remember(segment.bytes, segment.offset, length)
      half.advanceTo(half.next + length)
    }
    this.deliver(connection, side)
    return true
  }

  /** Processes one segment. Passes on whatever is now complete in causal order. */
  accept(connection: Connection, piece: SegmentInfo): void {
    const { held } = connection
    if (held.length > 0 && piece.wireLength > 0) refuteAcks(connection, piece)
    const isReady = isDue(connection, piece) && !held.some((h) => isBefore(h, piece))
    if (isReady) this.apply(connection, piece)
    else if (held.length === 0 || !this.acceptLate(connection, piece)) connection.hold(piece)
    if (connection.held.length === 0) return
    this.releaseDue(connection)
    this.catchUp(connection, piece.timeNs, piece.frame)
  }

  /** Stops holding segments that were held for too long. */
  catchUp(connection: Connection, nowNs: number, nowFrame: number): void {
    while (connection.held.length > 0 && isOverdue(connection, nowNs, nowFrame)) this.resolveGap(connection)
  }

  /**
   * End of the connection: passes on everything that was held or out of order, with all gaps, including those at the
   * end.
   */
  flush(connection: Connection): void {
    while (connection.held.length > 0) this.resolveGap(connection)
    const { lastFrame, lastNs: timeNs, mixedFrame } = connection
    if (mixedFrame > 0) {
      const { next: position } = connection.halves[0]
      this.emit(connection, 0, { position, frame: mixedFrame, timeNs, peerAcked: -1 }, 'conflict', 0)
    }
    for (const side of [0, 1] as const) {
      const half = connection.halves[side]
      this.skipTo(connection, side, Number.POSITIVE_INFINITY, lastFrame)
      // Bytes before a reset are not acknowledged: only the number of the reset shows them.
      const { reset } = half
      const sent = reset === null || reset.foreign ? half.sent : Math.max(half.sent, reset.position)
      if (sent - half.next <= OUT_OF_ORDER_BYTES_MAX) this.skipTo(connection, side, sent, lastFrame)
      if (answersUnseen(connection.halves[1 - side] as HalfStream, half)) this.emitUnseen(connection, side)
      // If the peer acknowledged the bytes after the FIN, the FIN was forged; otherwise the bytes may be.
      if (half.contestedFin >= 0 && half.acked <= half.contestedFin + 1)
        this.emit(connection, side, { position: half.next, frame: lastFrame, timeNs, peerAcked: -1 }, 'conflict', 1)
    }
  }

  /** Reports that the connection is given up before its end. */
  overflow(connection: Connection): void {
    const { lastFrame: frame, lastNs: timeNs, halves } = connection
    this.emit(connection, 0, { position: halves[0].next, frame, timeNs, peerAcked: -1 }, 'overflow', 0)
  }

  /**
   * Takes bytes or a FIN that a held segment acknowledges, although later segments of the same side are held, too.
   * Returns true when nothing else is in the segment. A retransmission may acknowledge more than the original did, and
   * the segment that acknowledges it may be one as well: then it is unknown what the original had seen.
   */
  private acceptLate(connection: Connection, piece: SegmentInfo): boolean {
    const end = piece.position + piece.wireLength + (piece.fin ? 1 : 0)
    if (end === piece.position || piece.rst) return false
    const half = connection.halves[piece.side]
    const peer = connection.halves[1 - piece.side] as HalfStream
    // Only a held segment at its side's position counts: any other may acknowledge bytes that were never sent.
    const witness = connection.held.find(
      (h) => h.side !== piece.side && h.peerAcked > piece.position && h.position === peer.next,
    )
    if (witness === undefined || end <= half.next || half.finDone) return false
    const { late } = this
    Object.assign(late, piece)
    late.wireLength = Math.min(piece.wireLength, witness.peerAcked - piece.position)
    late.length = Math.min(piece.length, late.wireLength)
    late.peerAcked = piece.peerAcked <= witness.position ? piece.peerAcked : -1
    late.fin = piece.fin && witness.peerAcked >= end
    late.windowClosed = half.windowClosed
    if (!isDue(connection, late)) return false
    this.apply(connection, late)
    return witness.peerAcked >= end && isDue(connection, piece)
  }

  private releaseDue(connection: Connection): void {
    for (let again = true; again; ) {
      again = false
      for (const side of [0, 1] as const) {
        const at = firstOf(connection.held, side)
        const piece = connection.held[at]
        if (piece === undefined || !isDue(connection, piece)) continue
        connection.unhold(at)
        this.apply(connection, piece)
        again = true
      }
    }
  }

  /** Stops waiting for bytes that the oldest held segment acknowledges: they become a gap. */
  private resolveGap(connection: Connection): void {
    const [first] = connection.held
    if (first === undefined) return
    const peer = connection.halves[1 - first.side] as HalfStream
    // An ACK of more than the peer sent before its FIN: the number is false, and so may be the order read from it.
    if (peer.finDone && first.peerAcked > peer.fin + 1) connection.mixedFrame ||= first.frame
    this.skipTo(connection, (1 - first.side) as 0 | 1, first.peerAcked, first.frame, first.peerAcked)
    connection.unhold(0)
    this.apply(connection, first)
    this.releaseDue(connection)
  }

  private apply(connection: Connection, piece: SegmentInfo): void {
    const half = connection.halves[piece.side]
    const peer = connection.halves[1 - piece.side] as HalfStream
    if (piece.rst) {
      this.applyReset(connection, piece)
      return
    }
    if (refutesReset(half, piece)) this.takeBackReset(connection, piece)
    if (refutesFin(half, piece)) this.takeBackFin(connection, piece.side, piece)
    const acknowledges = piece.peerAcked > peer.acked
    if (acknowledges) {
      peer.acked = piece.peerAcked
      if (piece.peerAcked < peer.next) peer.noteSent(piece.frame, piece.timeNs)
    }
    if (peer.finDone && piece.position < half.next) half.hasProbed = true
    if (half.acked < half.next && isSentAgain(half, piece)) half.noteResent(piece.frame, piece.timeNs)
    half.sent = Math.max(half.sent, piece.position + piece.wireLength)
    if (piece.wireLength > 0 && piece.position === half.next && half.queuedCount === 0 && !half.finDone) {
      this.emitBytes(connection, piece.side, piece, 0)
    } else {
      if (acknowledges) this.emit(connection, piece.side, piece, 'ack', 0)
      if (piece.wireLength > 0) this.applyOutOfTurn(connection, piece)
    }
    // Old segments do not change the window (RFC 9293 section 3.10.7.4: SND.WL1, SND.WL2).
    const current = piece.position + piece.wireLength >= half.next && piece.peerAcked >= peer.acked
    if (piece.windowClosed !== half.windowClosed && current) {
      half.windowClosed = piece.windowClosed
      this.emit(connection, piece.side, piece, 'window', piece.windowClosed ? 0 : 1)
    }
    const end = piece.position + piece.wireLength
    // Of two FINs the one at the end of the stream is genuine. A FIN that was only implied may be captured late.
    const comesLate = half.finImplied && end === half.fin
    if (piece.fin && (half.fin < 0 || comesLate || (!half.finDone && end === half.next))) {
      half.fin = end
      half.finImplied = false
      if (comesLate) half.finDone = false
      half.finFrame = piece.frame
      half.finTimeNs = piece.timeNs
      half.finPeerAcked = piece.peerAcked
    }
    // A FIN before bytes of the same side: one of them is forged.
    if (piece.fin && half.fin === end && end < half.next && !half.finDone)
      this.emit(connection, piece.side, piece, 'conflict', 1)
    this.emitFinWhenDue(connection, piece.side)
  }

  private applyReset(connection: Connection, piece: SegmentInfo): void {
    const half = connection.halves[piece.side]
    const peer = connection.halves[1 - piece.side] as HalfStream
    if (!isCredibleReset(half, piece)) {
      if (piece.position >= half.acked) half.contestedFin = piece.position - 1
      decisions.tcp?.(
        connection.firstFrame,
        piece.frame,
        `the RST of ${connection.ends.name(piece.side)} is ignored: its receiver would not accept it`,
      )
      return
    }
    const active = piece.peerAcked >= 0 && !isLeft(connection, piece.side)
    if (half.reset !== null) {
      // An RST with ACK comes from a host that has the connection; so the RST without ACK did not end it.
      if (half.reset.active || !active) return
      this.emit(connection, piece.side, piece, 'no-rst', 0)
    }
    if (piece.peerAcked > peer.acked) {
      peer.acked = piece.peerAcked
      this.emit(connection, piece.side, piece, 'ack', 0)
    }
    const { position, frame, timeNs } = piece
    const provoked = isProvoked(half, peer)
    const foreign = piece.foreign || provoked
    half.reset = { position, frame, timeNs, active, foreign, peerNext: peer.next, peerSegments: peer.segments }
    const { chunk } = this
    chunk.active = active
    chunk.foreign = foreign
    chunk.forgedBy = provoked ? (peer.forged?.shownBy ?? 0) : 0
    this.emit(connection, piece.side, piece, 'rst', 0)
  }

  /** The side goes on, so it did not send the RST. */
  private takeBackReset(connection: Connection, piece: SegmentInfo): void {
    const half = connection.halves[piece.side]
    if (half.reset !== null) half.forged = { ...half.reset, shownBy: piece.frame }
    half.reset = null
    this.emit(connection, piece.side, piece, 'no-rst', 0)
  }

  /** A new connection replaced this one: RSTs that answered segments of the new one did not end it. */
  dropAnswers(connection: Connection): void {
    const { held, halves, lastFrame: frame, lastNs: timeNs } = connection
    for (let at = held.length - 1; at >= 0; at--) if (isClosedStateReset(held[at] as SegmentInfo)) connection.unhold(at)
    for (const side of [0, 1] as const) {
      const half = halves[side]
      if (half.reset === null || half.reset.active) continue
      half.reset = null
      this.emit(connection, side, { position: half.next, frame, timeNs, peerAcked: -1 }, 'no-rst', 0)
    }
  }

  /** Processes old, overlapping or early bytes. */
  private applyOutOfTurn(connection: Connection, piece: SegmentInfo): void {
    const half = connection.halves[piece.side]
    if (piece.position > half.next) {
      this.enqueue(connection, piece)
      return
    }
    const old = Math.min(half.next - piece.position, piece.length)
    // Bytes before a guessed origin show that the guess was wrong. Without any SYN the limit `midstream` covers that.
    if (piece.position < 0 && old > 1 && connection.startSeen) this.emit(connection, piece.side, piece, 'conflict', old)
    // A single old octet is a keep-alive or window probe, whose content the receiver ignores (RFC 1122 section
    // 4.2.3.6). If longer overlaps differ, they come from two senders; the rest of the later segment is not used,
    // either.
    if (piece.length > 1 && half.differs(piece.bytes, piece.offset, old, piece.position)) {
      this.emit(connection, piece.side, piece, 'conflict', old)
      return
    }
    if (piece.position + piece.wireLength <= half.next || half.finDone) return
    const first = half.firstQueued
    if (first !== undefined && first.position > half.next && isRepeatedIn(piece, first)) {
      this.emitAgain(connection, piece, first.position)
      this.applyOutOfTurn(connection, piece)
      return
    }
    this.emitBytes(connection, piece.side, piece, half.next - piece.position)
    this.drain(connection, piece.side)
  }

  /**
   * Passes on the bytes below a position of a segment whose later bytes were captured before. It is a retransmission,
   * so it is unknown what the original of these bytes acknowledged.
   */
  private emitAgain(connection: Connection, piece: SegmentInfo, below: number): void {
    const wireLength = below - piece.position
    const front = { ...piece, length: Math.min(piece.length, wireLength), wireLength, peerAcked: -1 }
    this.emitBytes(connection, piece.side, front, (connection.halves[piece.side] as HalfStream).next - piece.position)
    this.drain(connection, piece.side)
  }

  private enqueue(connection: Connection, piece: SegmentInfo): void {
    const half = connection.halves[piece.side]
    if (half.queuedBytes + piece.length + KEPT_RECORD_BYTES > OUT_OF_ORDER_BYTES_MAX) {
      // Give up the first hole: the bytes after it are passed on, which frees memory.
      this.emit(connection, piece.side, piece, 'overflow', piece.length)
      const { queuedCount } = half
      this.skipTo(connection, piece.side, half.firstQueued?.position ?? piece.position, piece.frame)
      // After a FIN no gap can be reported: what is queued stays, and nothing is added.
      if (half.queuedCount < queuedCount || piece.position <= half.next) this.applyOutOfTurn(connection, piece)
      return
    }
    connection.quota.take(piece.length + KEPT_RECORD_BYTES)
    half.enqueue({
      bytes: piece.bytes.slice(piece.offset, piece.offset + piece.length),
      position: piece.position,
      wireLength: piece.wireLength,
      frame: piece.frame,
      timeNs: piece.timeNs,
      peerAcked: piece.peerAcked,
    })
    const peer = connection.halves[1 - piece.side] as HalfStream
    const first = half.firstQueued as QueuedSegment
    // If only one direction was captured, no ACK will show a loss: what does not come soon is missing.
    const late = half.queuedCount > OUT_OF_ORDER_SEGMENTS_ONE_WAY_MAX || piece.timeNs - first.timeNs > HOLD_NS
    if (peer.segments === 0 && late) this.skipTo(connection, piece.side, first.position, piece.frame)
  }

  private drain(connection: Connection, side: 0 | 1): void {
    const half = connection.halves[side]
    for (let first = half.firstQueued; first !== undefined && first.position <= half.next; first = half.firstQueued) {
      half.dequeue()
      connection.quota.take(-first.bytes.length - KEPT_RECORD_BYTES)
      const skip = half.next - first.position
      const old = Math.min(skip, first.bytes.length)
      if (first.bytes.length > 1 && half.differs(first.bytes, 0, old, first.position)) {
        this.emit(connection, side, first, 'conflict', old)
        continue
      }
      if (first.wireLength > skip)
        this.emitBytes(connection, side, { ...first, offset: 0, length: first.bytes.length }, skip)
    }
    this.emitFinWhenDue(connection, side)
  }

  /** Reports the missing bytes of a direction below `position` as gaps. The peer acknowledged those below `acked`. */
  private skipTo(
    connection: Connection,
    side: 0 | 1,
    position: number,
    frame: number,
    acked = connection.halves[side].acked,
  ): void {
    const half = connection.halves[side]
    if (half.finImplied && position > half.fin + 1 && Number.isFinite(position)) {
      this.takeBackFin(connection, side, { position, frame, timeNs: connection.lastNs, peerAcked: -1 })
    }
    while (half.next < position) {
      this.drain(connection, side)
      const first = half.firstQueued
      let end = Math.min(position, first?.position ?? position)
      if (half.fin >= 0) end = Math.min(end, half.fin)
      if (!Number.isFinite(end) || end <= half.next) break
      // One sequence number after the last byte can only be the FIN.
      if (half.fin < 0 && first === undefined && end === half.next + 1 && half.mayBeFinished) {
        half.impliesFin(frame, connection.lastNs)
        this.emitFinWhenDue(connection, side)
        break
      }
      if (acked > half.next) end = Math.min(end, acked)
      const { chunk } = this
      if (half.acked >= half.next) {
        half.noteSent(frame, connection.lastNs)
        half.timesSent = 0
      }
      chunk.acknowledged = end <= acked
      chunk.trailing = half.fin < 0 && first === undefined
      chunk.kind = 'gap'
      chunk.position = half.next
      chunk.length = end - half.next
      chunk.frame = frame
      chunk.timeNs = connection.lastNs
      chunk.peerAcked = -1
      chunk.snapped = false
      half.advanceTo(end)
      half.forget()
      this.deliver(connection, side)
      this.drain(connection, side)
    }
  }

  /** A final segment of the side was not captured. Its length is unknown, so the stream position does not advance. */
  private emitUnseen(connection: Connection, side: 0 | 1): void {
    const { chunk } = this
    const { lastFrame: frame, lastNs: timeNs, halves } = connection
    chunk.snapped = false
    chunk.acknowledged = false
    chunk.trailing = true
    this.emit(connection, side, { position: halves[side].next, frame, timeNs, peerAcked: -1 }, 'gap', 1)
  }

  private emitBytes(
    connection: Connection,
    side: 0 | 1,
    from: Pick<SegmentInfo, 'bytes' | 'offset' | 'length' | 'wireLength' | 'frame' | 'timeNs' | 'peerAcked'>,
    skip: number,
  ): void {
    const half = connection.halves[side]
    const { chunk } = this
    const length = from.length - skip
    const missing = from.wireLength - Math.max(from.length, skip)
    if (half.acked >= half.next) half.noteSent(from.frame, from.timeNs)
    chunk.frame = from.frame
    chunk.timeNs = from.timeNs
    chunk.peerAcked = from.peerAcked
    if (length > 0) {
      chunk.kind = 'bytes'
      chunk.bytes = from.bytes
      chunk.offset = from.offset + skip
      chunk.length = length
      chunk.position = half.next
      half.remember(from.bytes, chunk.offset, length)
      half.advanceTo(half.next + length)
      this.deliver(connection, side)
    }
    if (missing > 0) {
      chunk.kind = 'gap'
      chunk.length = missing
      chunk.position = half.next
      chunk.snapped = true
      chunk.acknowledged = false
      chunk.trailing = false
      half.advanceTo(half.next + missing)
      half.forget()
      this.deliver(connection, side)
    }
  }

  private emitFinWhenDue(connection: Connection, side: 0 | 1): void {
    const half = connection.halves[side]
    if (half.fin < 0 || half.finDone || half.next < half.fin) return
    if (half.next > half.fin) {
      half.fin = -1
      return
    }
    half.finDone = true
    const { chunk } = this
    chunk.kind = 'fin'
    chunk.length = 0
    chunk.position = half.fin
    chunk.frame = half.finFrame
    chunk.timeNs = half.finTimeNs
    chunk.peerAcked = half.finPeerAcked
    chunk.implied = half.finImplied
    this.deliver(connection, side)
  }

  /** Bytes of the side are at the position of its FIN: there was no FIN, or it was forged. */
  private takeBackFin(connection: Connection, side: 0 | 1, from: ChunkOrigin): void {
    const { position, frame } = from
    const half = connection.halves[side]
    const { finImplied } = half
    if (half.finDone) this.emit(connection, side, from, 'no-fin', 0)
    half.refutesFin()
    if (finImplied && position > half.next) this.skipTo(connection, side, position, frame)
  }

  /** Emits a chunk without bytes. */
  private emit(connection: Connection, side: 0 | 1, from: ChunkOrigin, kind: ChunkView['kind'], length: number): void {
    const { chunk } = this
    chunk.kind = kind
    chunk.length = length
    chunk.position = from.position
    chunk.frame = from.frame
    chunk.timeNs = from.timeNs
    chunk.peerAcked = from.peerAcked
    this.deliver(connection, side)
  }

  private deliver(connection: Connection, side: 0 | 1): void {
    const { consumer } = connection
    const { kind, position, length, frame } = this.chunk
    if (decisions.tcp !== null && kind !== 'bytes' && kind !== 'ack' && kind !== 'window') {
      const octets = kind === 'gap' ? `, octets ${position} to ${position + length}` : ''
      decisions.tcp(connection.firstFrame, frame, `${kind} of ${connection.ends.name(side)}${octets}`)
    }
    if (consumer && !consumer.chunk(side, this.chunk)) connection.ignore()
  }
}

/** Whether the segment retransmits the first unacknowledged byte. */
function isSentAgain({ acked, lastSentNs }: HalfStream, { position, wireLength, timeNs }: SegmentInfo): boolean {
  return position <= acked && position + wireLength > acked && timeNs - lastSentNs >= SENDING_AGAIN_NS
}

/** Whether `other` is an earlier segment of the same side, by sequence number. */
function isBefore(other: SegmentInfo, { side, position }: SegmentInfo): boolean {
  return other.side === side && other.position <= position
}

/** The index of the first held segment of a side by position; -1 when there is none. */
function firstOf(held: readonly SegmentInfo[], side: Side): number {
  let first = -1
  for (let at = 0; at < held.length; at++) {
    const piece = held[at] as SegmentInfo
    if (piece.side === side && (first < 0 || piece.position < (held[first] as SegmentInfo).position)) first = at
  }
  return first
}

/** Whether the segment contains the same bytes as the queued one: a retransmission with bytes before them. */
function isRepeatedIn(piece: SegmentInfo, { bytes, position }: QueuedSegment): boolean {
  const from = position - piece.position
  const octets = Math.min(bytes.length, piece.length - from)
  for (let i = 0; i < octets; i++) if (bytes[i] !== piece.bytes[piece.offset + from + i]) return false
  return octets > 0
}

/**
 * Drops held segments that acknowledge more than this data segment, although they are older by sequence number.
 * Acknowledgements never go back, so they acknowledged bytes that were never sent; their receiver ignores them (RFC
 * 9293 section 3.10.7.4). New data that does so shows two senders: a twin connection, or a forged segment.
 */
function refuteAcks(connection: Connection, piece: SegmentInfo): void {
  if (piece.peerAcked < 0) return
  const { held, halves } = connection
  const isNew = piece.position + piece.wireLength > (halves[piece.side] as HalfStream).next
  for (let at = held.length - 1; at >= 0; at--) {
    const other = held[at] as SegmentInfo
    if (!isBefore(other, piece) || other.peerAcked <= piece.peerAcked) continue
    if (isNew) connection.mixedFrame ||= other.frame
    connection.unhold(at)
  }
}
