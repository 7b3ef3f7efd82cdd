// A transcript -> TCP segments in the order of capture, with sequence and acknowledgement numbers as two real stacks
// would set them.
import type { Shown, SideName, Transcript } from './transcript.ts'

export const FIN = 0x01
export const SYN = 0x02
export const RST = 0x04
export const PSH = 0x08
export const ACK = 0x10

export interface Segment {
  readonly from: SideName
  readonly seq: number
  readonly ack: number
  readonly flags: number
  readonly window: number
  readonly payload: Uint8Array
  timeNs: number
  readonly captured: boolean
  readonly late: boolean
  readonly far: boolean
  /** TSval. */
  readonly timestamp?: number
}

export interface Shape {
  /** Cuts every payload into pieces of this many octets. */
  readonly segmentSize?: number
  /** Initial sequence numbers of client and server. */
  readonly initial?: readonly [number, number]
  /** Timestamps of client and server when the connection begins; they count milliseconds. Default: no such option. */
  readonly timestamps?: readonly [number, number]
  /** Seeds: reorders neighbours of one direction; captures some segments a second time. */
  readonly shuffle?: number
  readonly duplicate?: number
}

/** The receive window in a SYN, which is never scaled, and in all other segments: 502 << 7. */
const WINDOW = 64_240
const WINDOW_SCALED = 502
/** How far a segment is displaced by the network, in segments. */
const DISPLACED_MAX = 4
/** How long a receiver waits before it acknowledges on its own. */
const DELAYED_ACK_NS = 40_000_000
const NONE = new Uint8Array(0)

export function toSegments(transcript: Transcript, shape: Shape = {}): Segment[] {
  const wire = new Wire(shape.initial ?? [1_000_000, 2_000_000])
  if (transcript.handshake) wire.handshake(transcript.roundTrip)
  else wire.skipHandshake()
  for (const shown of transcript.shown) wire.show(shown, shape.segmentSize ?? Number.POSITIVE_INFINITY)
  wire.settle()
  if (transcript.close) wire.close(transcript.closer ?? closerOf(transcript))
  let segments = inOrderOfCapture(wire.segments)
  if (shape.shuffle !== undefined) segments = shuffled(segments, numbers(shape.shuffle), !transcript.handshake)
  if (shape.duplicate !== undefined) segments = duplicated(segments, numbers(shape.duplicate))
  for (const [i, segment] of segments.entries()) {
    const before = segments[i - 1]
    if (before !== undefined && segment.timeNs <= before.timeNs) segment.timeNs = before.timeNs + 1000
  }
  return segments.filter(({ captured }) => captured).map((segment) => stamped(segment, shape.timestamps))
}

function stamped(segment: Segment, timestamps: Shape['timestamps']): Segment {
  if (timestamps === undefined) return segment
  const timestamp = (timestamps[segment.from === 'C' ? 0 : 1] + Math.floor(segment.timeNs / 1e6)) >>> 0
  return { ...segment, timestamp }
}

/** The server, behind its 221; else the client. */
export function closerOf({ shown }: Transcript): SideName {
  const said = Buffer.concat(shown.filter(({ side }) => side === 'S').map(({ payload }) => payload)).toString('latin1')
  return /(?:^|\r\n)221[^\r\n]*\r\n$/.test(said) ? 'S' : 'C'
}

interface Stack {
  next: number
  /** What its peer has received. */
  heard: number
  acked: number
  finished: boolean
  reset: boolean
  closed: boolean
}

class Wire {
  readonly segments: Segment[] = []
  private readonly stacks: Record<SideName, Stack>
  private now = 0

  constructor([client, server]: readonly [number, number]) {
    this.stacks = {
      C: { next: client >>> 0, heard: client >>> 0, acked: 0, finished: false, reset: false, closed: false },
      S: { next: server >>> 0, heard: server >>> 0, acked: 0, finished: false, reset: false, closed: false },
    }
  }

  handshake([toServer, toClient]: readonly [number, number]): void {
    this.put('C', SYN, NONE)
    this.now += toServer
    this.acknowledgeAll('S')
    this.put('S', SYN | ACK, NONE)
    this.now += toClient
    this.acknowledge('C')
  }

  skipHandshake(): void {
    this.acknowledgeAll('C')
    this.acknowledgeAll('S')
  }

  show(shown: Shown, segmentSize: number): void {
    const { side } = shown
    const peer = side === 'C' ? 'S' : 'C'
    // A blind side stays silent until it speaks: its delayed acknowledgement would cover what it must not.
    if (shown.gapNs > DELAYED_ACK_NS) this.delayedAcks(shown.blind ? [peer] : [peer, side])
    this.now += shown.gapNs
    if (!shown.blind) this.acknowledgeAll(side)
    this.stacks[side].closed = shown.closed
    const { payload } = shown
    const pieces: Uint8Array[] = []
    for (let at = 0; at < payload.length; at += segmentSize) pieces.push(payload.subarray(at, at + segmentSize))
    if (pieces.length === 0) pieces.push(NONE)
    for (const [i, piece] of pieces.entries()) {
      const last = i === pieces.length - 1
      let flags = shown.rst === 'bare' ? RST : ACK
      if (piece.length > 0) flags |= PSH
      if (last && shown.fin) flags |= FIN
      if (last && shown.rst === 'active') flags |= RST
      this.put(side, flags, piece, shown)
      if (shown.again) this.repeat()
      if (shown.unheard) for (let sending = 0; sending < 3; sending++) this.repeat()
      if (!last) this.now += 10_000
    }
  }

  /** Whatever is not acknowledged yet is now. */
  settle(): void {
    if (this.stacks.C.reset || this.stacks.S.reset) return
    for (const side of ['C', 'S'] as const) {
      const peer = side === 'C' ? 'S' : 'C'
      if (this.stacks[side].acked === this.stacks[peer].heard) continue
      this.now += DELAYED_ACK_NS
      this.acknowledge(side)
    }
  }

  close(first: SideName): void {
    const { C, S } = this.stacks
    if (C.reset || S.reset) return
    for (const side of first === 'C' ? (['C', 'S'] as const) : (['S', 'C'] as const)) {
      if (this.stacks[side].finished) continue
      this.now += 1_000_000
      this.acknowledgeAll(side)
      this.put(side, FIN | ACK, NONE)
    }
    this.now += 500_000
    if (C.acked !== S.heard) this.acknowledge('C')
    else if (S.acked !== C.heard) this.acknowledge('S')
  }

  private delayedAcks(receivers: readonly SideName[]): void {
    const before = this.now
    for (const receiver of receivers) {
      const other = receiver === 'C' ? 'S' : 'C'
      if (this.stacks[receiver].acked === this.stacks[other].heard || this.stacks[receiver].reset) continue
      this.now = before + DELAYED_ACK_NS
      this.acknowledge(receiver)
    }
    this.now = before
  }

  private acknowledgeAll(side: SideName): void {
    this.stacks[side].acked = this.stacks[side === 'C' ? 'S' : 'C'].heard
  }

  private acknowledge(side: SideName): void {
    this.acknowledgeAll(side)
    this.put(side, ACK, NONE)
  }

  private put(from: SideName, flags: number, payload: Uint8Array, how: Partial<Shown> = {}): void {
    const { lost = false, late = false, far = false, unheard = false } = how
    const stack = this.stacks[from]
    const ack = (flags & ACK) !== 0 ? stack.acked : 0
    this.segments.push({
      from,
      seq: stack.next,
      ack,
      flags,
      window: stack.closed || (flags & RST) !== 0 ? 0 : (flags & SYN) !== 0 ? WINDOW : WINDOW_SCALED,
      payload,
      timeNs: this.now,
      captured: !lost,
      late,
      far,
    })
    const isNext = stack.heard === stack.next
    stack.next = (stack.next + payload.length + ((flags & (SYN | FIN)) !== 0 ? 1 : 0)) >>> 0
    if (isNext && !unheard) stack.heard = stack.next
    stack.finished ||= (flags & FIN) !== 0
    stack.reset ||= (flags & RST) !== 0
  }

  private repeat(): void {
    const last = this.segments.at(-1)
    this.now += 200_000_000
    if (last !== undefined) this.segments.push({ ...last, timeNs: this.now })
  }
}

function inOrderOfCapture(segments: readonly Segment[]): Segment[] {
  const order = [...segments]
  for (let i = 0; i + 1 < order.length; i++) {
    const segment = order[i] as Segment
    if (!segment.late) continue
    order[i] = order[i + 1] as Segment
    order[i + 1] = segment
    i++
  }
  return order
}

/** A small generator of numbers in [0, n). */
function numbers(seed: number): (n: number) => number {
  let state = (seed * 2654435761) >>> 0 || 1
  return (n) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % n
  }
}

/**
 * Reorders neighbours of one direction, as a network with two paths does. The handshake and the close stay, and so does
 * each side's first segment where the capture has no handshake: a stream begins for it with what came first.
 */
function shuffled(segments: readonly Segment[], random: (n: number) => number, pinned: boolean): Segment[] {
  const order: Segment[] = []
  const run: Segment[] = []
  const size = () => 2 + random(DISPLACED_MAX - 1)
  let limit = size()
  const end = () => {
    while (run.length > 0) order.push(...run.splice(random(run.length), 1))
    limit = size()
  }
  for (const segment of segments) {
    const isFirst = pinned && segments.find(({ from }) => from === segment.from) === segment
    const moves = segment.payload.length > 0 && (segment.flags & (SYN | FIN | RST)) === 0 && !isFirst
    if (!moves || run.length >= limit || (run[0] !== undefined && run[0].from !== segment.from)) end()
    if (moves) run.push({ ...segment })
    else order.push({ ...segment })
  }
  end()
  return order
}

/**
 * Captures some segments with payload a second time, a few segments later: one half as the network copied them, the
 * other half as a retransmission, which acknowledges what has arrived since.
 */
function duplicated(segments: readonly Segment[], random: (n: number) => number): Segment[] {
  const result: Segment[] = []
  let pending: { copy: Segment; again: boolean; in: number }[] = []
  const newest: Record<SideName, number> = { C: 0, S: 0 }
  const emit = (all: boolean) => {
    for (const one of pending) {
      one.in--
      if (all || one.in <= 0) result.push(one.again ? { ...one.copy, ack: newest[one.copy.from] } : one.copy)
    }
    pending = pending.filter((one) => !all && one.in > 0)
  }
  for (const segment of segments) {
    if ((segment.flags & (FIN | RST)) !== 0) emit(true)
    result.push({ ...segment })
    if ((segment.flags & ACK) !== 0) newest[segment.from] = segment.ack
    if ((segment.flags & (FIN | RST)) !== 0) continue
    emit(false)
    if (segment.payload.length === 0 || random(3) !== 0) continue
    pending.push({ copy: { ...segment }, again: random(2) === 0, in: 1 + random(DISPLACED_MAX) })
  }
  emit(true)
  return result
}
