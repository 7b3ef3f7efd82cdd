// How a caller watches sessions as they end, without keeping them all.
import type { Close, Group, Reply } from '../smtp/records.ts'
import type { FindingRecord, SessionRecord } from './analysis.ts'

/** A judged session. `groups` is empty unless the caller asked for dialogues. */
export interface SessionReport {
  readonly record: SessionRecord
  readonly findings: readonly FindingRecord[]
  readonly greeting: Reply | null
  readonly groups: readonly Group[]
  readonly close: Close | null
  /** When the connection's first and last packet were seen, in nanoseconds since the set's first packet. */
  readonly startNs: number
  readonly endNs: number
}
