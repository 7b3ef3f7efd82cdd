// How a caller watches sessions as they end, without keeping them all.
import type { TimeBase } from '../capture/packet.ts'
import type { Fingerprint } from '../smtp/parse/fingerprint.ts'
import type { Close, Group, ProxyHeader, Reply } from '../smtp/records.ts'
import type { Software } from '../smtp/session/software.ts'
import type { FindingRecord, LimitRecord, SequenceCount, SessionRecord, VerdictName } from './analysis.ts'

/** Records of one side between two of the other, which nobody can read. */
export interface OpaqueFlight {
  readonly by: 'client' | 'server'
  readonly records: number
  /** Octets on the wire, headers included. */
  readonly bytes: number
  readonly firstFrame: number
  readonly lastFrame: number
  /** When its last record was complete, in nanoseconds since the set's first packet. */
  readonly timeNs: number
}

/** What is known of the TLS connection under a session. Of its secrets it holds nothing. */
export interface TlsReport {
  readonly flights: readonly OpaqueFlight[]
  /** Flights beyond those that are listed. */
  readonly moreFlights: number
  /** Sides that sent an alert: close_notify, as far as can be told. */
  readonly alerted: readonly ('client' | 'server')[]
  /** The randoms of the client's hellos in hexadecimal, by which a key log names the connection. */
  readonly clientRandoms: readonly string[]
}

/**
 * A judged session. `groups` is empty, and `greeting` and `close` may be null, unless the caller asked for dialogues;
 * `shapes` is empty unless it asked for them.
 */
export interface SessionReport {
  readonly id: string
  readonly client: string
  readonly clientName: string | null
  readonly server: string
  readonly serverName: string | null
  /** Which program the server sounds like: a guess, by text that its operator can change. */
  readonly software: Software | null
  /** A command was ever sent before the reply to the one in front. */
  readonly pipelined: boolean
  readonly verdict: VerdictName
  readonly opaque: boolean
  readonly findings: readonly FindingRecord[]
  readonly limits: readonly LimitRecord[]
  readonly greeting: Reply | null
  /** What a load balancer said in front of the client; null for nothing. */
  readonly proxyHeader: ProxyHeader | null
  readonly groups: readonly Group[]
  readonly shapes: readonly SequenceCount[]
  readonly close: Close | null
  /** The client is the side that was seen to be connected to. */
  readonly isReversed: boolean
  /** What it is known again by in another capture; null unless the caller asked for it. */
  readonly fingerprint: Fingerprint | null
  /** Null where TLS never began. */
  readonly tls: TlsReport | null
  /** The connection's first packet in the set, and the one that closed it; null when it was still open at the end. */
  readonly firstFrame: number
  readonly closedFrame: number | null
  /** When the set's first packet was seen. */
  readonly base: TimeBase
  /** When the connection's first and last packet were seen, in nanoseconds since then. */
  readonly startNs: number
  readonly endNs: number
  /** The number of its last packet in the set, and how many packets it has. */
  readonly lastFrame: number
  readonly packets: number
  /** Made when it is read for the first time. */
  readonly record: SessionRecord
}

/** Who wants to see the groups of some sessions as they settle. */
export interface GroupObserver {
  /** Session ids. */
  readonly sessions: ReadonlySet<string>
  group(session: string, group: Group): void
}
