// How long the client waited for a reply, and whether its next unit means that it gave up: then it is not pipelining.
// The thresholds grow with the round-trip time. This is decided only here; rules read the result.
// Also detects deadlocks from receive windows: both sides wait for the other to read (RFC 2920 section 3.1).
import {
  DEADLOCK_NS,
  GIVE_UP_NS,
  IDLE_ROUND_TRIPS,
  MAY_GIVE_UP_NS,
  RELEASE_NS,
  WITHHELD_SILENCE_NS,
} from '../../limits.ts'
import type { ChunkView, Side } from '../../tcp/chunk.ts'
import type { Clock, PacketTime } from '../../tcp/clock-errors.ts'
import type { RoundTrip } from '../../tcp/round-trip.ts'
import { GREETS } from '../parse/commands.ts'
import type { Command, Reply } from '../records.ts'

/** Both windows closed at once. The frames are those that closed them. */
export interface Deadlock {
  readonly clientFrame: number
  readonly serverFrame: number
  readonly lastedNs: number
}

interface Closed {
  readonly frame: number
  readonly timeNs: number
}

export class WindowDeadlock {
  private readonly clock: Clock
  private client: Closed | null = null
  private server: Closed | null = null
  /** The last frame in which the client's window opened. */
  private openedIn = 0
  /** The first deadlock that lasted long enough. */
  deadlock: Deadlock | null = null

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** The window of a side closed (`length` 0) or opened. */
  take(by: 'client' | 'server', { length, frame, timeNs }: ChunkView): void {
    if (length > 0) this.look({ frame, timeNs })
    if (length > 0 && by === 'client') this.openedIn = frame
    this[by] = length > 0 ? null : (this[by] ?? { frame, timeNs })
  }

  isClosed(side: 'client' | 'server'): boolean {
    return this[side] !== null
  }

  /** Whether the client's window is closed, or was until the segment in this frame. */
  isClosedUntil(frame: number): boolean {
    return this.client !== null || this.openedIn === frame
  }

  /** Whether the client's window was closed at some time after this frame, so that the server could not send. */
  wasClosedSince(frame: number): boolean {
    return this.client !== null || this.openedIn > frame
  }

  /** The end of the connection or of the capture. */
  end(timeNs: number): void {
    this.look({ frame: Number.POSITIVE_INFINITY, timeNs })
  }

  private look(now: PacketTime): void {
    const { client, server } = this
    if (client === null || server === null) return
    const lastedNs = Math.min(this.clock.shortest(client, now), this.clock.shortest(server, now))
    if (lastedNs >= DEADLOCK_NS) this.deadlock ??= { clientFrame: client.frame, serverFrame: server.frame, lastedNs }
  }
}

export class PathDelay {
  private readonly roundTrip: RoundTrip
  private readonly client: Side

  constructor(roundTrip: RoundTrip, client: Side) {
    this.roundTrip = roundTrip
    this.client = client
  }

  /**
   * The time from capturing a segment to the server until the earliest possible answer to it is captured: the round
   * trip from the capture point to the server.
   */
  get toServerNs(): number {
    return this.roundTrip.to((1 - this.client) as Side)
  }

  /** A reply within this time counts as immediate. */
  get promptNs(): number {
    return Math.max(RELEASE_NS, this.roundTrip.wholeNs)
  }

  /** A silence must last at least this long to count. */
  get silenceNs(): number {
    return Math.max(WITHHELD_SILENCE_NS, IDLE_ROUND_TRIPS * this.roundTrip.wholeNs)
  }
}

/** `no`: it did not wait long. `maybe`: it may have given up, so nothing is proved. `yes`: it gave up. */
export type GivingUp = 'no' | 'maybe' | 'yes'

/** Length of QUIT, RSET or NOOP with CRLF. When a 354 comes late, these octets are read as content. */
const OCTETS = 6
/** Length of the line that cancels an AUTH exchange (RFC 4954 section 4). */
const CANCELLATION = '*\r\n'.length
/**
 * Commands that end the session or start over. EHLO resets like RSET (RFC 5321 section 4.1.4); clients try HELO when
 * EHLO fails.
 */
const STARTS_OVER: ReadonlySet<Command['verb']> = new Set<Command['verb']>(['QUIT', 'RSET', 'NOOP', ...GREETS])

type Sent = Pick<Command, 'kind' | 'verb' | 'seenAtStart'> & {
  readonly start: number
  readonly end: number
  readonly firstFrame: number
  readonly sentNs: number
}
type Waited = { readonly verb: Command['verb']; readonly lastFrame: number; readonly timeNs: number }

/**
 * Whether the client gave up waiting for the reply to `waited`, the preceding unit, when it sent `sent`. With a
 * doubtful clock the longest possible silence counts, in favour of the client.
 */
export function givingUp(sent: Sent, waited: Waited, clock: Clock): GivingUp {
  const from = { frame: waited.lastFrame, timeNs: waited.timeNs }
  const silenceNs = clock.longest(from, { frame: sent.firstFrame, timeNs: sent.sentNs })
  if (silenceNs < MAY_GIVE_UP_NS) return 'no'
  return silenceNs >= GIVE_UP_NS && indicatesGivingUp(sent, waited) ? 'yes' : 'maybe'
}

/** Whether the client had received the reply when it sent the unit: by its acknowledgement number, else by time. */
export function hadReceived({ seenAtStart, sentNs }: Sent, reply: Reply): boolean {
  return seenAtStart >= 0 ? seenAtStart >= reply.at.end : reply.at.timeNs <= sentNs
}

/** Whether this is what a client sends that has given up. */
function indicatesGivingUp({ kind, verb, start, end }: Sent, waited: Waited): boolean {
  if (kind === 'content') return waited.verb === 'DATA' && end - start <= OCTETS
  return kind === 'command' ? STARTS_OVER.has(verb) : end - start === CANCELLATION
}
