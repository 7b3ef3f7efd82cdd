// Several captures -> one timeline: packet by packet in the order of time, frames counted on. What comes in: captures in
// the order of reading (`sort-captures.ts`). What goes out: packets, and what is known of each capture. Usage, as of a reader:
//
//   do { while (timeline.next()) use(timeline.packet) } while (await timeline.refill())
//
// A capture is opened when the time of its first packet has come, and closed at its end: one file of a rotated set is
// open at a time, and only captures that overlap are open together.

import { CaptureError } from '../errors.ts'
import { CAPTURES_OPEN_MAX, INTERFACES_MAX, OVERLAPPING_WINDOW_BYTES, WINDOW_BYTES } from '../limits.ts'
import type { TimeBase } from './packet.ts'
import { emptyPacket, type PacketView } from './packet.ts'
import { CaptureReader } from './reader.ts'
import { problem } from './record-reader.ts'
import { nameOf, type Placed } from './sort-captures.ts'
import { type ByteSource, fromIterable, type HashedSource, hashed, openFile, sha256Of } from './source.ts'

/** A capture of the set, as far as it was read. `reader` is null when not even its format was recognised. */
export interface CaptureState {
  readonly path: string
  reader: CaptureReader | null
  /** What ended it before its end. */
  error: CaptureError | null
  /** Null until its end, and where nobody asked or the rest could not be read. */
  sha256: string | null
}

/** Takes TLS key logs as they come: the arrays grow. */
export interface KeyLogListener {
  follow(keyLogs: readonly string[]): void
}

export interface TimelineOptions {
  /** The SHA-256 of every capture is wanted. Default false. */
  readonly hashes?: boolean
  /** Who takes the key logs that captures bring along. */
  readonly keyLogs?: KeyLogListener
  /** Ends the reading where it stands. */
  readonly signal?: AbortSignal | undefined
  /** What was read before belongs to the same set: the time of its first packet, and how many packets it has. */
  readonly before?: { readonly base: TimeBase | null; readonly packets: number }
}

/** A capture whose packets are being handed on. */
interface Tap {
  readonly state: CaptureState
  readonly source: ByteSource
  /** The source, where its hash is wanted. */
  readonly hash: HashedSource | null
  readonly reader: CaptureReader
  /** The lowest number that no other open capture has: files of one rotated set that do not overlap have the same. */
  readonly number: number
  /** Whether the reader's packet waits to be handed on. */
  hasPacket: boolean
  /** Packets that may still be handed on. */
  left: number
}

export class MergedCaptures {
  /** In the order of reading. */
  readonly captures: readonly CaptureState[]
  /** Valid until the next call of `next` or `refill`. */
  packet: PacketView = emptyPacket()
  /** Packets handed on so far. */
  packets: number
  /** The absolute time of the set's first packet; null until a packet with a time was read. */
  base: TimeBase | null
  /** Bytes of the files, as they are stored, that were read so far. */
  bytesRead = 0
  private readonly placed: readonly Placed[]
  private readonly hashes: boolean
  private readonly keyLogs: KeyLogListener | null
  private readonly signal: AbortSignal | null
  /** How many captures were opened. */
  private opened = 0
  /** `timeNs` of the first packet of the capture that is opened next. */
  private nextStartNs = Number.NEGATIVE_INFINITY
  private open: Tap[] = []
  /** Whose packet was handed on last. */
  private current: Tap | null = null

  constructor(placed: readonly Placed[], { hashes = false, keyLogs, signal, before }: TimelineOptions = {}) {
    this.placed = placed
    this.hashes = hashes
    this.keyLogs = keyLogs ?? null
    this.signal = signal ?? null
    this.base = before?.base ?? null
    this.packets = before?.packets ?? 0
    this.captures = placed.map(({ input }) => ({ path: nameOf(input), reader: null, error: null, sha256: null }))
  }

  /** True when `packet` holds the next packet; false when `refill` must say how it goes on. */
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
    this.current = tap
    const { packet } = tap.reader
    this.packets += 1
    packet.frame = this.packets
    packet.tap += tap.number * INTERFACES_MAX
    this.packet = packet
    return true
  }

  /**
   * True when `next` can go on, false at the end of the last capture, or where the reading was interrupted. What is wrong
   * with one is kept in its state.
   */
  async refill(): Promise<boolean> {
    const { signal } = this
    if (signal === null) return this.advanceAll()
    // A pipe may stay silent for ever: nobody waits for it then.
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
      if (this.opened === this.placed.length) return false
      await this.enter()
    }
  }

  /** While one capture is open, begins with the next refill beside whoever uses the packets of this one. */
  readAhead(): void {
    if (this.open.length === 1) this.open[0]?.reader.readAhead()
  }

  /** Whether the next refill would read into bytes that are lent. */
  get canBorrow(): boolean {
    return this.open.length === 1 && this.open[0]?.reader.canBorrow === true
  }

  /** While one capture is open, lets the next refill read into these bytes; null takes them back. */
  lend(bytes: Uint8Array | null): void {
    for (const { reader } of this.open) reader.lend(this.open.length === 1 ? bytes : null)
  }

  /** Whether packets to come may lie in these bytes. */
  holds(bytes: Uint8Array): boolean {
    return this.open.some(({ reader }) => reader.holds(bytes))
  }

  /** Closes what is open. */
  async close(): Promise<void> {
    // What was interrupted may be waiting for bytes, and closes when they come.
    const closing = Promise.all(this.open.map(({ source }) => source.close()))
    this.open = []
    if (this.signal?.aborted === true) closing.catch(() => {})
    else await closing
  }

  /** What is still to be read of the captures stays unread. */
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
      source = this.counted(await opened(input))
      if (this.hashes) source = hash = hashed(source)
      const windowBytes = this.open.length === 0 ? WINDOW_BYTES : OVERLAPPING_WINDOW_BYTES
      const reader = await CaptureReader.open(source, this.base, this.packets + 1, windowBytes)
      state.reader = reader
      this.keyLogs?.follow(reader.keyLogs)
      const left = share?.take ?? Number.POSITIVE_INFINITY
      const tap = { state, source, hash, reader, number: share?.tap ?? freeNumber(this.open), hasPacket: false, left }
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

  /** Reads the next packet of a capture, or one further on; false at its end, or that of its share. */
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

  /** Without a known start a capture waits until all before it are at their end. */
  private startOfNext(): number {
    const first = this.placed[this.opened]?.first ?? null
    if (first === null || this.base === null) return Number.POSITIVE_INFINITY
    return (first.seconds - this.base.seconds) * 1e9 + (first.nanoseconds - this.base.nanoseconds)
  }
}

async function opened(input: Placed['input']): Promise<ByteSource> {
  if (typeof input === 'string') return openFile(input)
  if ('bytes' in input) return fromIterable(input.name, input.bytes)
  return input.open(input.range)
}

/** Of equal times the capture that was opened first. */
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

/** What the work comes to; false as soon as it is aborted, and it goes on alone. */
function orAborted(work: Promise<boolean>, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(false)
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
