// How long a client waited for a reply, and whether what it sends next means that it gave up: such a client does not
// pipeline. Thresholds grow with the round trip between client and server. The only place that decides it; rules read
// the result.
import { GIVE_UP_NS, IDLE_ROUND_TRIPS, MAY_GIVE_UP_NS, RELEASE_NS, WITHHELD_SILENCE_NS } from '../../limits.ts'
import type { Side } from '../../tcp/chunk.ts'
import type { Clock } from '../../tcp/clock-errors.ts'
import type { RoundTrip } from '../../tcp/round-trip.ts'
import type { Command, Reply } from '../records.ts'

export class PathDelay {
  private readonly roundTrip: RoundTrip
  private readonly client: Side

  constructor(roundTrip: RoundTrip, client: Side) {
    this.roundTrip = roundTrip
    this.client = client
  }

  /** By how much later than it was sent at the server, at its soonest, an answer to the client is captured. */
  get toServerNs(): number {
    return this.roundTrip.to((1 - this.client) as Side)
  }

  /** What is sent at once comes within this time. */
  get promptNs(): number {
    return Math.max(RELEASE_NS, this.roundTrip.wholeNs)
  }

  /** A silence of this length is one. */
  get silenceNs(): number {
    return Math.max(WITHHELD_SILENCE_NS, IDLE_ROUND_TRIPS * this.roundTrip.wholeNs)
  }
}

/** `no`: it did not wait. `maybe`: it may have given up, so that nothing is proved of it. `yes`: it gave up. */
export type GivingUp = 'no' | 'maybe' | 'yes'

/** The octets of QUIT, RSET or NOOP: where the server says 354 after all, they are content. */
const OCTETS = 6

type Sent = Pick<Command, 'kind' | 'verb' | 'seenAtStart'> & {
  readonly start: number
  readonly end: number
  readonly firstFrame: number
  readonly sentNs: number
}
type Waited = { readonly verb: Command['verb']; readonly lastFrame: number; readonly timeNs: number }

/**
 * What `sent` says of a client whose unit in front, `waited`, had no complete reply. Where the clock is broken, what time
 * would excuse is excused.
 */
export function givingUp(sent: Sent, waited: Waited, clock: Clock): GivingUp {
  const from = { frame: waited.lastFrame, timeNs: waited.timeNs }
  const silenceNs = clock.longest(from, { frame: sent.firstFrame, timeNs: sent.sentNs })
  if (silenceNs < MAY_GIVE_UP_NS) return 'no'
  return silenceNs >= GIVE_UP_NS && leaves(sent, waited) ? 'yes' : 'maybe'
}

/** Whether the client held the reply when it sent this: as its acknowledgement says, else by the clock. */
export function hasHeard({ seenAtStart, sentNs }: Sent, reply: Reply): boolean {
  return seenAtStart >= 0 ? seenAtStart >= reply.at.end : reply.at.timeNs <= sentNs
}

/** Whether it is what a client sends that waits no more. */
function leaves({ kind, verb, start, end }: Sent, waited: Waited): boolean {
  if (kind === 'content') return waited.verb === 'DATA' && end - start <= OCTETS
  return verb === 'QUIT' || verb === 'RSET' || verb === 'NOOP'
}
