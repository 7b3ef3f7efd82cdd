// The report of a session, which callers receive when the session ends.
import type { TimeBase } from '../capture/packet.ts'
import type { Fingerprint } from '../smtp/parse/fingerprint.ts'
import type { Close, Group, ProxyHeader, Reply } from '../smtp/records.ts'
import type { Software } from '../smtp/session/software.ts'
import type { FindingRecord, LimitRecord, SequenceCount, SessionRecord, VerdictName } from './analysis.ts'

/** Consecutive encrypted records of one side, up to the next record of the other. */
export interface OpaqueFlight {
  readonly by: 'client' | 'server'
  readonly records: number
  /** Octets on the wire, headers included. */
  readonly bytes: number
  readonly firstFrame: number
  readonly lastFrame: number
  /** When its last record was complete, in nanoseconds since the first packet of the set. */
  readonly timeNs: number
}

/** The TLS connection of a session. It contains no secrets. */
export interface TlsReport {
  readonly flights: readonly OpaqueFlight[]
  /** Number of flights beyond those in `flights`. */
  readonly moreFlights: number
  /** Sides that sent an alert. Most likely it is close_notify, but an encrypted alert does not show that. */
  readonly alerted: readonly ('client' | 'server')[]
  /** The randoms of the client's hellos in hexadecimal, which identify the connection in a key log. */
  readonly clientRandoms: readonly string[]
}

/**
 * A judged session. `groups` is empty, and `greeting` and `close` may be null, unless the caller asked for dialogues;
 * `shapes` is empty unless it asked for command sequences.
 */
export interface SessionReport {
  readonly id: string
  readonly client: string
  readonly clientName: string | null
  readonly server: string
  readonly serverName: string | null
  /** The server program, guessed from reply texts that its operator can change. */
  readonly software: Software | null
  /** Some command was sent before the reply to the preceding one. */
  readonly pipelined: boolean
  readonly verdict: VerdictName
  readonly opaque: boolean
  readonly findings: readonly FindingRecord[]
  readonly limits: readonly LimitRecord[]
  readonly greeting: Reply | null
  /** The PROXY header that a load balancer sent before the client's data; null when there is none. */
  readonly proxyHeader: ProxyHeader | null
  readonly groups: readonly Group[]
  readonly shapes: readonly SequenceCount[]
  readonly close: Close | null
  /** The client is the side that received the SYN. */
  readonly isReversed: boolean
  /** Identifies the session in another capture; null unless the caller asked for it. */
  readonly fingerprint: Fingerprint | null
  /** Null if TLS was never started. */
  readonly tls: TlsReport | null
  /**
   * Numbers within the set of the connection's first packet and of the one that closed it; null when it was open at the
   * end.
   */
  readonly firstFrame: number
  readonly closedFrame: number | null
  /** The time of the set's first packet. */
  readonly base: TimeBase
  /** The times of the connection's first and last packet, in nanoseconds since `base`. */
  readonly startNs: number
  readonly endNs: number
  /** The number of its last packet within the set, and the number of its packets. */
  readonly lastFrame: number
  readonly packets: number
  /** Computed on first access. */
  readonly record: SessionRecord
}

/** Receives the groups of some sessions as they settle. */
export interface GroupObserver {
  /** Session ids. */
  readonly sessions: ReadonlySet<string>
  group(session: string, group: Group): void
}
