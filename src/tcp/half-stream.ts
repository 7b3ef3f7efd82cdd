// One direction of a connection: stream position, out-of-order segments, recent bytes, and bytes that were never
// acknowledged. The latter are reported even when the capture ends: without an ACK a sender would retransmit or give
// up.
import { NO_TIME_NS } from '../capture/packet.ts'
import { copyOctets } from '../decode/word-scan.ts'
import {
  CONFLICT_HISTORY_BYTES,
  CONFLICT_SEGMENT_BYTES_MAX,
  KEPT_RECORD_BYTES,
  OUT_OF_ORDER_BYTES_MAX,
  SENDINGS_MIN,
  SPARE_BUFFERS_MAX,
} from '../limits.ts'
import type { StreamCheckpoint } from './connection-checkpoint.ts'
import { advance, distance } from './sequence.ts'

/** A payload that arrived before preceding bytes: a copy, with the properties of its segment. */
export interface QueuedSegment {
  readonly bytes: Uint8Array
  readonly position: number
  readonly wireLength: number
  readonly frame: number
  readonly timeNs: number
  readonly peerAcked: number
}

/** An RST: its position, and the state of the connection when it came. */
interface Reset {
  readonly position: number
  readonly frame: number
  readonly timeNs: number
  /** Whether it has the ACK flag, so that its sender still had the connection, and its peer had not left it. */
  readonly active: boolean
  /** Whether it did not come from its side. */
  readonly foreign: boolean
  /** Bytes and segments that the peer had sent. */
  readonly peerNext: number
  readonly peerSegments: number
}

/** The reset of a connection of which only the end is followed. */
export const NO_RESET: Reset = {
  position: 0,
  frame: 0,
  timeNs: 0,
  active: false,
  foreign: false,
  peerNext: 0,
  peerSegments: 0,
}

/** Buffers of finished connections, for reuse. */
const spare: DataView[] = []

function emptyHistory(): DataView {
  return spare.pop() ?? new DataView(new ArrayBuffer(CONFLICT_HISTORY_BYTES))
}

const LF = 0x0a

/** Mask: the ring index of a position. */
const PLACE = CONFLICT_HISTORY_BYTES - 1

export class HalfStream {
  /** Whether any segment showed the position of the stream. */
  known = false
  /** Whether its SYN was seen, so that position 0 is the first byte ever sent. */
  synSeen = false
  /** Whether a SYN or SYN-ACK showed where position 0 is, so that nothing can precede it. */
  certain = false
  /** The hop limit and the capture point of its first segment; -1 before. */
  hops = -1
  tap = -1
  /** Capture point and link header of its first segment, as a number (`arrivalOf`); 0 while unknown. */
  arrival = 0
  /** Another hop limit of its segments: from another path, or captured again behind a router. */
  otherHops = -1
  /** Position of the next byte to pass on, and its sequence number (signed). */
  next = 0
  nextSeq = 0
  /** Position of the FIN; -1 until one was seen. */
  fin = -1
  finFrame = 0
  finTimeNs = NO_TIME_NS
  finPeerAcked = -1
  finDone = false
  /** The FIN was not captured: other segments' numbers count one more than there are bytes. */
  finImplied = false
  /** An implied FIN turned out to be a byte. */
  finRefuted = false
  /**
   * The position of a captured FIN, or before an RST, with bytes beyond it: either is forged; -1 when there is none.
   */
  contestedFin = -1
  reset: Reset | null = null
  /** A reset in its name that it did not send, as a later segment shows; null when there is none. */
  forged: (Reset & { readonly shownBy: number }) | null = null
  /** The highest position that the peer acknowledged. A FIN counts as one. */
  acked = 0
  /** The highest position that its own segments show it to have sent, if that is beyond `next`. */
  sent = 0
  /** Of the bytes from `acked` on: how often they were sent, and the packets of the first and last time. */
  timesSent = 0
  firstSentFrame = 0
  firstSentNs = NO_TIME_NS
  lastSentFrame = 0
  lastSentNs = NO_TIME_NS
  /** Number of segments of this side. */
  segments = 0
  windowClosed = false
  /** Whether it sent old sequence numbers again after the peer had closed: a keep-alive or a retransmission. */
  hasProbed = false
  private queue: QueuedSegment[] = []
  /** Entries of `queue` before this index have been removed. */
  private queueStart = 0
  /** Memory used by the entries, including their records. */
  queuedBytes = 0

  // The last bytes passed on, `[next - recentLength, next)`, in a ring buffer indexed by position.
  private recent: DataView | null = null
  private recentLength = 0

  /** Resets the object for a new connection. Only when it received no bytes. */
  clear(): void {
    this.known = false
    this.synSeen = false
    this.certain = false
    this.hops = -1
    this.tap = -1
    this.arrival = 0
    this.otherHops = -1
    this.next = 0
    this.nextSeq = 0
    this.fin = -1
    this.finFrame = 0
    this.finTimeNs = NO_TIME_NS
    this.finPeerAcked = -1
    this.finDone = false
    this.finImplied = false
    this.finRefuted = false
    this.contestedFin = -1
    this.reset = null
    this.forged = null
    this.acked = 0
    this.sent = 0
    this.timesSent = 0
    this.firstSentFrame = 0
    this.firstSentNs = NO_TIME_NS
    this.lastSentFrame = 0
    this.lastSentNs = NO_TIME_NS
    this.segments = 0
    this.windowClosed = false
    this.hasProbed = false
  }

  /** Goes on from a checkpoint of a stream that is known from its SYN. */
  resume(from: StreamCheckpoint): void {
    this.known = true
    this.synSeen = true
    this.certain = true
    this.hops = from.hops
    this.tap = from.tap
    this.arrival = from.arrival
    this.otherHops = from.otherHops
    this.next = from.next
    this.nextSeq = from.nextSeq
    this.acked = from.acked
    this.timesSent = from.timesSent
    this.firstSentFrame = from.firstSentFrame
    this.firstSentNs = from.firstSentNs
    this.lastSentFrame = from.lastSentFrame
    this.lastSentNs = from.lastSentNs
    this.segments = from.segments
    this.recentLength = from.recentLength
    if (from.recentLength === 0) return
    this.recent = emptyHistory()
    copyOctets(from.recent, 0, this.recent, 0, CONFLICT_HISTORY_BYTES)
  }

  /** Notes the hop limit of a segment other than a reset. */
  noteHopLimit(hops: number, tap: number): void {
    if (this.hops < 0) {
      this.hops = hops
      this.tap = tap
    } else if (hops !== this.hops) this.otherHops = hops
  }

  /** Whether a reset with this hop limit comes from another host. Capture points at another distance do not count. */
  isForeign(hops: number, tap: number): boolean {
    return this.hops >= 0 && tap === this.tap && hops !== this.hops && hops !== this.otherHops
  }

  /** Defines position 0 as the byte with sequence number `seq`. */
  anchor(seq: number): void {
    this.known = true
    this.next = 0
    this.nextSeq = seq | 0
  }

  /** The same by a SYN. */
  anchorBySyn(seq: number): void {
    this.anchor(seq)
    this.certain = true
  }

  /** The FIN is at `position`; missing bytes before it are not waited for. */
  setFin(position: number): void {
    this.fin = position
    this.finDone = true
  }

  /**
   * Bytes are sent while none are unacknowledged, or the unacknowledged ones before them have just been acknowledged.
   */
  noteSent(frame: number, timeNs: number): void {
    this.timesSent = 1
    this.firstSentFrame = frame
    this.firstSentNs = timeNs
    this.lastSentFrame = frame
    this.lastSentNs = timeNs
  }

  /** Unacknowledged bytes are sent again. */
  noteResent(frame: number, timeNs: number): void {
    this.timesSent++
    this.lastSentFrame = frame
    this.lastSentNs = timeNs
  }

  /** Whether a sequence number after the last byte can be a FIN: not inside a line, as far as the bytes are known. */
  get mayBeFinished(): boolean {
    const { recent, recentLength, next } = this
    const isKnown = recent !== null && recentLength > 0
    return !this.finRefuted && (!isKnown || recent.getUint8((next - 1) & PLACE) === LF)
  }

  /** Only a FIN can be missing at `next`, as the segment in this frame shows. */
  impliesFin(frame: number, timeNs: number): void {
    this.fin = this.next
    this.finFrame = frame
    this.finTimeNs = timeNs
    this.finPeerAcked = -1
    this.finImplied = true
  }

  /** Bytes came after the position of the FIN. If the FIN was only implied, a byte was missing there. */
  refutesFin(): void {
    if (!this.finImplied) this.contestedFin = this.fin
    this.fin = -1
    this.finDone = false
    this.finImplied = false
    this.finRefuted = true
  }

  /** The position after everything it is known to have sent in order, including a FIN. */
  get end(): number {
    return this.finDone ? this.fin + 1 : this.next
  }

  /** Whether nothing special is pending: it is not closed, has no out-of-order segments, and its window is open. */
  get steady(): boolean {
    return this.known && this.fin < 0 && this.reset === null && !this.windowClosed && this.queuedCount === 0
  }

  get queuedCount(): number {
    return this.queue.length - this.queueStart
  }

  /** The first out-of-order segment; undefined when there is none. */
  get firstQueued(): QueuedSegment | undefined {
    return this.queue[this.queueStart]
  }

  positionOf(seq: number): number {
    return this.next + distance(this.nextSeq, seq)
  }

  /** The sequence number of a position, as on the wire. */
  sequenceAt(position: number): number {
    return advance(this.nextSeq, position - this.next) >>> 0
  }

  advanceTo(position: number): void {
    this.nextSeq = advance(this.nextSeq, position - this.next)
    this.next = position
  }

  /** Remembers bytes passed on at `next`. Large segments are bulk content: they clear the memory instead. */
  remember(bytes: Uint8Array, offset: number, length: number): void {
    if (length > CONFLICT_SEGMENT_BYTES_MAX) {
      this.recentLength = 0
      return
    }
    this.recent ??= emptyHistory()
    const at = this.next & PLACE
    const whole = Math.min(length, CONFLICT_HISTORY_BYTES - at)
    copyOctets(bytes, offset, this.recent, at, whole)
    if (whole < length) copyOctets(bytes, offset + whole, this.recent, 0, length - whole)
    this.recentLength = Math.min(CONFLICT_HISTORY_BYTES, this.recentLength + length)
  }

  forget(): void {
    this.recentLength = 0
  }

  /** Whether bytes captured again at `position` differ from the remembered ones. */
  differs(bytes: Uint8Array, offset: number, length: number, position: number): boolean {
    const recent = this.recent
    if (recent === null) return false
    const first = this.next - this.recentLength
    const from = Math.max(position, first)
    const to = Math.min(position + length, this.next)
    for (let p = from; p < to; p++) {
      if (recent.getUint8(p & PLACE) !== bytes[offset + p - position]) return true
    }
    return false
  }

  /** Inserts an out-of-order segment by position, after entries with the same position. */
  enqueue(entry: QueuedSegment): void {
    let from = this.queueStart
    let to = this.queue.length
    // Usually it belongs at the end.
    if (to > from && (this.queue[to - 1] as QueuedSegment).position <= entry.position) from = to
    while (from < to) {
      const middle = (from + to) >> 1
      if ((this.queue[middle] as QueuedSegment).position > entry.position) to = middle
      else from = middle + 1
    }
    this.queue.splice(from, 0, entry)
    this.queuedBytes += entry.bytes.length + KEPT_RECORD_BYTES
  }

  dequeue(): QueuedSegment | undefined {
    const entry = this.firstQueued
    if (entry === undefined) return undefined
    this.queuedBytes -= entry.bytes.length + KEPT_RECORD_BYTES
    this.queueStart++
    // Compact only now and then: removing single entries would move all the others each time.
    if (this.queueStart * 2 >= this.queue.length) {
      this.queue.splice(0, this.queueStart)
      this.queueStart = 0
    }
    return entry
  }

  release(): void {
    this.queue = []
    this.queueStart = 0
    this.queuedBytes = 0
    if (this.recent !== null && spare.length < SPARE_BUFFERS_MAX) spare.push(this.recent)
    this.recent = null
    this.recentLength = 0
  }
}

export interface Unacknowledged {
  readonly bytes: number
  /**
   * How often the first of them was sent according to the capture; 0 when only other sequence numbers show that it was.
   */
  readonly timesSent: number
  readonly firstFrame: number
  readonly firstNs: number
  readonly lastFrame: number
  readonly lastNs: number
}

/**
 * The bytes of `half` that `peer` never acknowledged. Null when there are none, when the acknowledgement may still
 * come, or when the peer's window is closed, which acknowledges nothing.
 */
export function unacknowledgedOf(half: HalfStream, peer: HalfStream): Unacknowledged | null {
  const end = half.fin >= 0 ? half.fin : Math.max(half.next, half.sent)
  const bytes = end - half.acked
  if (peer.segments === 0 || peer.windowClosed || bytes <= 0 || bytes > OUT_OF_ORDER_BYTES_MAX) return null
  const { timesSent, firstSentFrame, firstSentNs, lastSentFrame, lastSentNs } = half
  if (timesSent === 0 ? !half.reset && !peer.reset : timesSent < SENDINGS_MIN) return null
  return {
    bytes,
    timesSent,
    firstFrame: firstSentFrame,
    firstNs: firstSentNs,
    lastFrame: lastSentFrame,
    lastNs: lastSentNs,
  }
}
