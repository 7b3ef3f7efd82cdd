// How a caller watches sessions as they end, without keeping them all.
import type { Close, Group, Reply } from '../smtp/records.ts'
import type { FindingRecord, LimitRecord, SessionRecord, ShapeCount, VerdictName } from './analysis.ts'

/**
 * A judged session. `groups` is empty, and `greeting` and `close` may be null, unless the caller asked for dialogues;
 * `shapes` is empty unless it asked for them.
 */
export interface SessionReport {
  readonly id: string
  readonly server: string
  readonly serverName: string | null
  readonly verdict: VerdictName
  readonly opaque: boolean
  readonly findings: readonly FindingRecord[]
  readonly limits: readonly LimitRecord[]
  readonly greeting: Reply | null
  readonly groups: readonly Group[]
  readonly shapes: readonly ShapeCount[]
  readonly close: Close | null
  /** The connection's first packet in the set, and the one that closed it; null when it was still open at the end. */
  readonly firstFrame: number
  readonly closedFrame: number | null
  /** When the connection's first and last packet were seen, in nanoseconds since the set's first packet. */
  readonly startNs: number
  readonly endNs: number
  /** The number of its last packet in the set, and how many packets it has. */
  readonly lastFrame: number
  readonly packets: number
  /** Made when it is read for the first time. */
  readonly record: SessionRecord
}

/** Who wants to see the groups of some sessions as they settle. */
export interface Follower {
  /** Session ids. */
  readonly sessions: ReadonlySet<string>
  group(session: string, group: Group): void
}
