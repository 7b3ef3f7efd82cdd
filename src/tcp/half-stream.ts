// One direction of a connection: the position of its stream, segments that wait out of order, what was handed on last,
// and bytes that were sent and never acknowledged. The end of a capture is no reason for the last: a sender without an
// ACK retransmits or gives up.
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
import { advance, distance } from './sequence.ts'

/** A payload that arrived ahead of its turn: a copy, with what its segment said. */
export interface Parked {
  readonly bytes: Uint8Array
  readonly position: number
  readonly wireLength: number
  readonly frame: number
  readonly timeNs: number
  readonly peerAcked: number
}

/** An RST: its position, and how far the connection was when it came. */
interface Reset {
  readonly position: number
  readonly frame: number
  readonly timeNs: number
  /** Whether it has the ACK flag: its sender had the connection still. */
  readonly active: boolean
  /** Whether it came from elsewhere than its side. */
  readonly foreign: boolean
  /** What its peer had sent: bytes, and segments. */
  readonly peerNext: number
  readonly peerSegments: number
}

/** That of a connection of which nobody wants more than its end. */
export const NO_RESET: Reset = {
  position: 0,
  frame: 0,
  timeNs: 0,
  active: false,
  foreign: false,
  peerNext: 0,
  peerSegments: 0,
}

/** Buffers of connections that are over, for those to come. */
const spare: DataView[] = []

const LF = 0x0a

/** The part of a position that is its place in the ring. */
const PLACE = CONFLICT_HISTORY_BYTES - 1

export class HalfStream {
  /** Whether any segment told where the stream stands. */
  known = false
  /** Whether its SYN was seen, so that position 0 is the first byte ever sent. */
  synSeen = false
  /** Whether a SYN or SYN-ACK told where position 0 is: nothing of the stream lies in front of it. */
  certain = false
  /** The hop limit with which its first segment arrived, and where; -1 before. */
  hops = -1
  tap = -1
  /** Another hop limit with which segments of it arrive: by another path, or again behind a router. */
  otherHops = -1
  /** Position of the next byte to hand on, and its sequence number, signed. */
  next = 0
  nextSeq = 0
  /** Position of the FIN; -1 while none was seen. */
  fin = -1
  finFrame = 0
  finTimeNs = NO_TIME_NS
  finPeerAcked = -1
  finDone = false
  /** Its FIN was not captured: other segments' numbers have one more than there are bytes. */
  finImplied = false
  /** What looked like such a FIN turned out to be a byte. */
  finRefuted = false
  /** Where a FIN of it was captured, or in front of an RST, and bytes that go beyond: either is forged; -1 where there is none. */
  contested = -1
  reset: Reset | null = null
  /** A reset in its name that it did not send, as a later segment shows; null while there was none. */
  forged: (Reset & { readonly shownBy: number }) | null = null
  /** The highest position that the peer acknowledged; a FIN counts one. */
  acked = 0
  /** The highest position that its own segments show it to have sent, as far as that is beyond `next`. */
  sent = 0
  /** Of the bytes from `acked` on: how often they were sent, and the packets in which they were first and last. */
  sendings = 0
  waitsFrame = 0
  waitsNs = NO_TIME_NS
  againFrame = 0
  againNs = NO_TIME_NS
  /** Segments seen of this side. */
  segments = 0
  windowClosed = false
  /** Whether it sent old numbers again to a peer that had closed: a keep-alive, or a retransmission. */
  hasProbed = false
  private parked: Parked[] = []
  /** Those in front of it are taken out. */
  private parkedFrom = 0
  /** What they cost, their records included. */
  parkedBytes = 0

  // The last bytes handed on: `[next - recentLength, next)`, each at the place that its position has in a ring.
  private recent: DataView | null = null
  private recentLength = 0

  /** As it was at first, for a connection that begins anew. Only where it brought no bytes. */
  clear(): void {
    this.known = false
    this.synSeen = false
    this.certain = false
    this.hops = -1
    this.tap = -1
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
    this.contested = -1
    this.reset = null
    this.forged = null
    this.acked = 0
    this.sent = 0
    this.sendings = 0
    this.waitsFrame = 0
    this.waitsNs = NO_TIME_NS
    this.againFrame = 0
    this.againNs = NO_TIME_NS
    this.segments = 0
    this.windowClosed = false
    this.hasProbed = false
  }

  /** A segment of it, and no reset, arrives with this hop limit at this place. */
  arrives(hops: number, tap: number): void {
    if (this.hops < 0) {
      this.hops = hops
      this.tap = tap
    } else if (hops !== this.hops) this.otherHops = hops
  }

  /** Whether a reset with this hop limit comes from elsewhere. Places that see the packets at another distance do not count. */
  isForeign(hops: number, tap: number): boolean {
    return this.hops >= 0 && tap === this.tap && hops !== this.hops && hops !== this.otherHops
  }

  /** Anchors the stream: the byte with sequence number `seq` gets position 0. */
  anchor(seq: number): void {
    this.known = true
    this.next = 0
    this.nextSeq = seq | 0
  }

  /** The same on the word of a SYN. */
  begins(seq: number): void {
    this.anchor(seq)
    this.certain = true
  }

  /** Its FIN stands here; nobody waits for what is in front of it. */
  endsAt(position: number): void {
    this.fin = position
    this.finDone = true
  }

  /** Bytes go out while none wait for an acknowledgement, or those in front of them have theirs. */
  waits(frame: number, timeNs: number): void {
    this.sendings = 1
    this.waitsFrame = frame
    this.waitsNs = timeNs
    this.againFrame = frame
    this.againNs = timeNs
  }

  /** Those that wait are sent again. */
  waitsOn(frame: number, timeNs: number): void {
    this.sendings++
    this.againFrame = frame
    this.againNs = timeNs
  }

  /** Whether one number more than there are bytes can be its FIN: not in the midst of a line, as far as is known. */
  get mayBeFinished(): boolean {
    const { recent, recentLength, next } = this
    const isKnown = recent !== null && recentLength > 0
    return !this.finRefuted && (!isKnown || recent.getUint8((next - 1) & PLACE) === LF)
  }

  /** Nothing but a FIN of it is missing at `next`, as the segment in this frame shows. */
  impliesFin(frame: number, timeNs: number): void {
    this.fin = this.next
    this.finFrame = frame
    this.finTimeNs = timeNs
    this.finPeerAcked = -1
    this.finImplied = true
  }

  /** Bytes came where it had closed. Of a FIN that was only implied it follows that what is missing there was a byte. */
  refutesFin(): void {
    if (!this.finImplied) this.contested = this.fin
    this.fin = -1
    this.finDone = false
    this.finImplied = false
    this.finRefuted = true
  }

  /** The position behind all that it is known to have sent in order, a FIN included. */
  get end(): number {
    return this.finDone ? this.fin + 1 : this.next
  }

  /** Whether nothing is special about it: it neither ended nor waits for bytes, and its window is open. */
  get steady(): boolean {
    return this.known && this.fin < 0 && this.reset === null && !this.windowClosed && this.parkedCount === 0
  }

  get parkedCount(): number {
    return this.parked.length - this.parkedFrom
  }

  /** What waits in front; undefined when nothing does. */
  get firstParked(): Parked | undefined {
    return this.parked[this.parkedFrom]
  }

  positionOf(seq: number): number {
    return this.next + distance(this.nextSeq, seq)
  }

  /** The sequence number of a position, as it stands on the wire. */
  sequenceAt(position: number): number {
    return advance(this.nextSeq, position - this.next) >>> 0
  }

  advanceTo(position: number): void {
    this.nextSeq = advance(this.nextSeq, position - this.next)
    this.next = position
  }

  /** Remembers the bytes that are handed on at `next`. Large segments are bulk content: they empty the memory instead. */
  remember(bytes: Uint8Array, offset: number, length: number): void {
    if (length > CONFLICT_SEGMENT_BYTES_MAX) {
      this.recentLength = 0
      return
    }
    this.recent ??= spare.pop() ?? new DataView(new ArrayBuffer(CONFLICT_HISTORY_BYTES))
    const at = this.next & PLACE
    const whole = Math.min(length, CONFLICT_HISTORY_BYTES - at)
    copyOctets(bytes, offset, this.recent, at, whole)
    if (whole < length) copyOctets(bytes, offset + whole, this.recent, 0, length - whole)
    this.recentLength = Math.min(CONFLICT_HISTORY_BYTES, this.recentLength + length)
  }

  forget(): void {
    this.recentLength = 0
  }

  /** Whether bytes that came again at `position` differ from those handed on, as far as these are remembered. */
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

  /** Parks a copy in order of position; of equal positions the first copy stays in front. */
  park(entry: Parked): void {
    let from = this.parkedFrom
    let to = this.parked.length
    // Nearly always it belongs at the end.
    if (to > from && (this.parked[to - 1] as Parked).position <= entry.position) from = to
    while (from < to) {
      const middle = (from + to) >> 1
      if ((this.parked[middle] as Parked).position > entry.position) to = middle
      else from = middle + 1
    }
    this.parked.splice(from, 0, entry)
    this.parkedBytes += entry.bytes.length + KEPT_RECORD_BYTES
  }

  unpark(): Parked | undefined {
    const entry = this.firstParked
    if (entry === undefined) return undefined
    this.parkedBytes -= entry.bytes.length + KEPT_RECORD_BYTES
    this.parkedFrom++
    // Taking out each for itself would move all the others each time.
    if (this.parkedFrom * 2 >= this.parked.length) {
      this.parked.splice(0, this.parkedFrom)
      this.parkedFrom = 0
    }
    return entry
  }

  release(): void {
    this.parked = []
    this.parkedFrom = 0
    this.parkedBytes = 0
    if (this.recent !== null && spare.length < SPARE_BUFFERS_MAX) spare.push(this.recent)
    this.recent = null
    this.recentLength = 0
  }
}

export interface Unacknowledged {
  readonly bytes: number
  /** How often the first of them was sent, as far as was captured; 0 where only other numbers show that it was. */
  readonly sendings: number
  readonly firstFrame: number
  readonly firstNs: number
  readonly lastFrame: number
  readonly lastNs: number
}

/** Null where there is none, or where the acknowledgement may still be on its way. A closed window acknowledges nothing, either. */
export function unacknowledgedOf(half: HalfStream, peer: HalfStream): Unacknowledged | null {
  const end = half.fin >= 0 ? half.fin : Math.max(half.next, half.sent)
  const bytes = end - half.acked
  if (peer.segments === 0 || peer.windowClosed || bytes <= 0 || bytes > OUT_OF_ORDER_BYTES_MAX) return null
  const { sendings, waitsFrame, waitsNs, againFrame, againNs } = half
  if (sendings === 0 ? !half.reset && !peer.reset : sendings < SENDINGS_MIN) return null
  return { bytes, sendings, firstFrame: waitsFrame, firstNs: waitsNs, lastFrame: againFrame, lastNs: againNs }
}
