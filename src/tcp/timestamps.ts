// The timestamps option of the segments that open a connection (RFC 7323 section 3.2). Network address translation
// keeps it, even when it changes sequence numbers; a proxy has a TCP stack and a clock of its own.
import { u8, u32 } from '../decode/bytes.ts'
import type { SegmentView } from '../decode/segment.ts'
import { ACK, RST, SYN } from '../decode/tcp-header.ts'
import { OPENINGS_NOTED_MAX } from '../limits.ts'

/** TSval of the SYN and of the SYN-ACK. */
export type OpeningTimestamps = readonly [syn: number, answer: number]

const END = 0
const NO_OPERATION = 1
const TIMESTAMPS = 8
const TIMESTAMPS_LENGTH = 10
const HEADER = 20

/** TSval of the segment; null when it has no timestamps option or the option was truncated. */
export function timestampOf({ bytes, headerAt, offset }: SegmentView): number | null {
  for (let at = headerAt + HEADER; at < offset; ) {
    const kind = u8(bytes, at)
    if (kind === END) return null
    if (kind === NO_OPERATION) {
      at++
      continue
    }
    const length = at + 1 < offset ? u8(bytes, at + 1) : 0
    if (length < 2) return null
    if (kind === TIMESTAMPS) return length === TIMESTAMPS_LENGTH && at + length <= offset ? u32(bytes, at + 2) : null
    at += length
  }
  return null
}

type Noted = [syn: number | null, answer: number | null]

/** The first TSval of the SYN and of the SYN-ACK, by connection number. */
export class NotedOpenings {
  private readonly noted = new Map<number, Noted>()

  /** Processes a segment of a connection. */
  note(connection: number, segment: SegmentView): void {
    if ((segment.flags & (SYN | RST)) !== SYN || connection === 0) return
    const timestamp = timestampOf(segment)
    if (timestamp === null) return
    const known = this.noted.get(connection) ?? this.begin(connection)
    known[(segment.flags & ACK) === 0 ? 0 : 1] ??= timestamp
  }

  /** Removes and returns the timestamps; null when one of the two was not seen or has none. */
  take(connection: number): OpeningTimestamps | null {
    const [syn, answer] = this.noted.get(connection) ?? [null, null]
    this.noted.delete(connection)
    return syn === null || answer === null ? null : [syn, answer]
  }

  /** Connections without payload are never asked for, so the oldest entry is dropped when the map is full. */
  private begin(connection: number): Noted {
    const [oldest] = this.noted.size < OPENINGS_NOTED_MAX ? [] : this.noted.keys()
    if (oldest !== undefined) this.noted.delete(oldest)
    const noted: Noted = [null, null]
    this.noted.set(connection, noted)
    return noted
  }
}
