// Merges captures into one timeline: packets in the order of time, frames numbered over all of them. In: captures in
// the order of `sort-captures.ts`. Usage, as of a reader:
//
//   do { while (timeline.next()) use(timeline.packet) } while (await timeline.refill())
//
// A capture is opened when the time of its first packet is reached, and closed at its end: of a rotated set one file is
// open at a time, and only captures that overlap are open together.

import { CaptureError } from '../errors.ts'
import { CAPTURES_OPEN_MAX, INTERFACES_MAX, OVERLAPPING_WINDOW_BYTES, WINDOW_BYTES } from '../limits.ts'
import type { StopSignal } from '../stop-signal.ts'
import type { FrameMap } from './frame-map.ts'
import type { TimeBase } from './packet.ts'
import { emptyPacket, NO_TIME_NS, type PacketView } from './packet.ts'
import type { WindowMemory } from './read-buffer.ts'
import { CaptureReader } from './reader.ts'
import { problem, type RecordTaker, type RunBefore } from './record-reader.ts'
import { type CaptureInput, nameOf, type Placed } from './sort-captures.ts'
import { type ByteSource, fromIterable, type HashedSource, hashed, openFile, sha256Of } from './source.ts'

/** A capture of the set, as far as it was read. `reader` is null when its format is unknown. */
export interface CaptureState {
  readonly path: string
  reader: CaptureReader | null
  /** The error that ended it early. */
  error: CaptureError | null
  /** Null until its end, when not asked for, or when the rest could not be read. */
  sha256: string | null
}

/** Receives TLS key logs: the arrays grow. */
export interface KeyLogListener {
  follow(keyLogs: readonly string[]): void
}

export interface TimelineOptions {
  /** Compute the SHA-256 of every capture. Default false. */
  readonly hashes?: boolean
  /** Receives the key logs inside captures. */
  readonly keyLogs?: KeyLogListener
  /** Files are read by this thread itself: for threads that are as many as there are processors. Default false. */
  readonly blocks?: boolean
  /** Memory for the windows of the captures. */
  readonly windows?: WindowMemory
  /** Receives which packets are from which capture. */
  readonly frames?: FrameMap
  /** Stops the reading. */
  readonly signal?: StopSignal | undefined
  /** Called at the end of the last capture: the one that continues it, or null. */
  readonly nextCapture?: (() => Promise<CaptureInput | null>) | undefined
  /** Earlier captures of the same set: the time of the first packet, and the number of packets. */
  readonly before?: { readonly base: TimeBase | null; readonly packets: number }
}

/** A capture whose packets are being handed on. */
interface Tap {
  readonly state: CaptureState
  /** Its place in the order of reading. */
  readonly index: number
  readonly source: ByteSource
  /** The source, when its hash is asked for. */
  readonly hash: HashedSource | null
  readonly reader: CaptureReader
  /** The lowest number that no other open capture has: files of one rotated set that do not overlap have the same. */
  readonly number: number
  /** Whether the reader's packet was not handed on yet. */
  hasPacket: boolean
  /** Packets that are still to be handed on. */
  left: number
}

export class MergedCaptures {
  /** In the order of reading. */
  readonly captures: CaptureState[]
  /** Valid until the next call of `next` or `refill`. */
  packet: PacketView = emptyPacket()
  /** Packets handed on so far. */
  packets: number
  /** The absolute time of the set's first packet; null until a packet with a time was read. */
  base: TimeBase | null
  /** Bytes of the files, as they are stored, that were read so far. */
  bytesRead = 0
  private readonly placed: Placed[]
  private readonly hashes: boolean
  private readonly blocks: boolean
  private readonly keyLogs: KeyLogListener | null
  private readonly frames: FrameMap | null
  private readonly signal: StopSignal | null
  private readonly windows: WindowMemory | null
  private readonly nextCapture: TimelineOptions['nextCapture']
  /** How many captures were opened. */
  private opened = 0
  /** `timeNs` of the first packet of the capture that is opened next. */
  private nextStartNs = Number.NEGATIVE_INFINITY
  private open: Tap[] = []
  /** The capture whose packet was handed on last. */
  private current: Tap | null = null
  /** What `handRecords` passes on: it is called for each packet that the taker leaves. */
  private readonly run: RunBefore = {
    frame: 0,
    lastNs: NO_TIME_NS,
    tap: 0,
    untilNs: Number.NEGATIVE_INFINITY,
    untilFrame: Number.POSITIVE_INFINITY,
  }

  constructor(
    placed: readonly Placed[],
    { hashes = false, blocks = false, keyLogs, frames, signal, windows, nextCapture, before }: TimelineOptions = {},
  ) {
    this.placed = [...placed]
    this.nextCapture = nextCapture
    this.hashes = hashes
    this.blocks = blocks
    this.keyLogs = keyLogs ?? null
    this.frames = frames ?? null
    this.signal = signal ?? null
    this.windows = windows ?? null
    this.base = before?.base ?? null
    this.packets = before?.packets ?? 0
    this.captures = placed.map(stateOf)
    this.nameFrames()
  }

  /** True when `packet` holds the next packet; false when `refill` is needed. */
  next(): boolean {
    const { open, current } = this
    if (current !== null && !current.hasPacket) {
      if (current.left === 0 || !current.reader.next()) return false
      current.hasPacket = true
    }
    const tap = open.length === 1 ? (open[0] as Tap) : earliestOf(open)
    if (tap === null || tap.reader.packet.timeNs >= this.nextStartNs) return false
    tap.hasPacket = false
    tap.left -= 1
    const { packet } = tap.reader
    this.packets += 1
    if (tap !== this.current) {
      this.current = tap
      this.frames?.begin(this.packets, tap.index, tap.reader.packets)
    }
    packet.frame = this.packets
    packet.tap += tap.number * INTERFACES_MAX
    this.packet = packet
    return true
  }

  /**
   * Lets `taker` take packets that would come next, at most so many, where only one capture is open. Returns how many.
   * `packet` is not valid any more.
   */
  handRecords(taker: RecordTaker, atMost = Number.POSITIVE_INFINITY): number {
    const { open, current, nextStartNs } = this
    const isAlone = open.length === 1 && current !== null && !current.hasPacket
    if (!isAlone || current.left !== Number.POSITIVE_INFINITY) return 0
    const { packets, run } = this
    const { reader } = current
    run.frame = packets
    run.lastNs = reader.packet.timeNs
    run.tap = current.number * INTERFACES_MAX
    run.untilNs = nextStartNs
    run.untilFrame = packets + 1 + atMost
    const count = reader.handRecords(taker, run)
    this.packets += count
    return count
  }

  /**
   * True when `next` can go on, false at the end of the last capture or after an interruption. Errors are kept in the
   * state of their capture.
   */
  async refill(): Promise<boolean> {
    const { signal } = this
    if (signal === null) return this.advanceAll()
    // A pipe may stay silent for ever: an interruption does not wait for it.
    const goesOn = !signal.aborted && (await orAborted(this.advanceAll(), signal))
    if (signal.aborted) this.interrupt()
    return goesOn && !signal.aborted
  }

  private async advanceAll(): Promise<boolean> {
    const { current } = this
    if (current !== null && !current.hasPacket && !(await this.advance(current))) await this.leave(current)
    for (;;) {
      const tap = earliestOf(this.open)
      if (tap !== null && tap.reader.packet.timeNs < this.nextStartNs) return true
      if (this.opened === this.placed.length && !(await this.append())) return false
      await this.enter()
    }
  }

  /** Adds the capture that continues the last one; false when there is none. */
  private async append(): Promise<boolean> {
    const input = (await this.nextCapture?.()) ?? null
    if (input === null) return false
    const placed = { input, first: null }
    this.placed.push(placed)
    this.captures.push(stateOf(placed))
    this.nameFrames()
    return true
  }

  /** Starts the next refill while the current packets are used, when only one capture is open. */
  readAhead(): void {
    if (this.open.length === 1) this.open[0]?.reader.readAhead()
  }

  /** Closes all captures. */
  async close(): Promise<void> {
    // An interrupted source may still wait for bytes and closes when they arrive.
    const closing = Promise.all(this.open.map(({ source }) => source.close()))
    this.open = []
    if (this.signal?.aborted === true) closing.catch(() => {})
    else await closing
  }

  /** The rest of all captures stays unread. */
  private interrupt(): void {
    const unread = [...this.open.map(({ state }) => state), ...this.captures.slice(this.opened)]
    for (const state of unread) {
      state.error ??= problem('interrupted', state.path, state.reader?.bytes ?? 0, 'interrupted')
    }
  }

  /** Opens the next capture and reads its first packet. */
  private async enter(): Promise<void> {
    const state = this.captures[this.opened] as CaptureState
    const { input, share } = this.placed[this.opened] as Placed
    this.opened += 1
    let source: ByteSource | null = null
    let hash: HashedSource | null = null
    try {
      if (this.open.length === CAPTURES_OPEN_MAX) {
        throw problem('unsupported', state.path, 0, `more than ${CAPTURES_OPEN_MAX} captures overlap in time`)
      }
      source = this.counted(await opened(input, this.blocks))
      if (this.hashes) source = hash = hashed(source)
      const isAlone = this.open.length === 0
      const windowBytes = isAlone ? WINDOW_BYTES : OVERLAPPING_WINDOW_BYTES
      // One capture at a time has them.
      const windows = isAlone ? this.windows : null
      const reader = await CaptureReader.open(source, this.base, this.packets + 1, windowBytes, windows)
      state.reader = reader
      this.keyLogs?.follow(reader.keyLogs)
      const left = share?.take ?? Number.POSITIVE_INFINITY
      const index = this.opened - 1
      const tap = {
        state,
        index,
        source,
        hash,
        reader,
        number: share?.tap ?? freeNumber(this.open),
        hasPacket: false,
        left,
      }
      this.open.push(tap)
      if (await this.advance(tap, share?.skip)) this.base ??= reader.base
      else await this.leave(tap)
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error
      state.error = error
      state.sha256 = await sha256Of(hash)
      await source?.close()
    }
    this.nextStartNs = this.startOfNext()
  }

  private nameFrames(): void {
    if (this.frames !== null) this.frames.names = this.captures.map(({ path }) => path)
  }

  private counted(source: ByteSource): ByteSource {
    return {
      ...source,
      read: async (into) => {
        const count = await source.read(into)
        this.bytesRead += count
        return count
      },
    }
  }

  /** Reads the next packet of a capture, or one further on; false at its end or at the end of its share. */
  private async advance(tap: Tap, skip = 0): Promise<boolean> {
    if (tap.left === 0) return false
    let passed = 0
    try {
      do {
        while (tap.reader.next()) {
          tap.hasPacket = passed++ === skip
          if (tap.hasPacket) return true
        }
      } while (await tap.reader.refill())
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error
      tap.state.error = error
    }
    return false
  }

  private async leave(tap: Tap): Promise<void> {
    this.open = this.open.filter((other) => other !== tap)
    if (this.current === tap) this.current = null
    tap.reader.close()
    tap.state.sha256 = await sha256Of(tap.hash)
    await tap.source.close()
  }

  /** A capture without a known start waits for the end of all before it. */
  private startOfNext(): number {
    const first = this.placed[this.opened]?.first ?? null
    if (first === null || this.base === null) return Number.POSITIVE_INFINITY
    return (first.seconds - this.base.seconds) * 1e9 + (first.nanoseconds - this.base.nanoseconds)
  }
}

const stateOf = ({ input }: Placed): CaptureState => ({ path: nameOf(input), reader: null, error: null, sha256: null })

async function opened(input: Placed['input'], blocks: boolean): Promise<ByteSource> {
  if (typeof input === 'string') return openFile(input, input, blocks)
  if ('bytes' in input) return fromIterable(input.name, input.bytes)
  return input.open(input.range)
}

/** At equal times, the capture that was opened first. */
function earliestOf(open: readonly Tap[]): Tap | null {
  let earliest: Tap | null = null
  for (const tap of open) {
    if (earliest === null || tap.reader.packet.timeNs < earliest.reader.packet.timeNs) earliest = tap
  }
  return earliest
}

function freeNumber(open: readonly Tap[]): number {
  let number = 0
  while (open.some((tap) => tap.number === number)) number += 1
  return number
}

/** The result of the work, or false when it is aborted; the work itself is not stopped. */
function orAborted(work: Promise<boolean>, signal: StopSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(false)
    signal.addEventListener('abort', stop)
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
