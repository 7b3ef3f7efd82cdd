// Decides when a segment may be passed on: after the bytes that it acknowledges, for which it waits a limited time.

import type { SegmentView } from '../decode/segment.ts'
import { ACK, RST } from '../decode/tcp-header.ts'
import { HOLD_FRAMES, HOLD_NS, HOLD_SEGMENTS_MAX } from '../limits.ts'
import type { Side } from './chunk.ts'
import type { Connection } from './connection.ts'
import type { HalfStream } from './half-stream.ts'
import type { SegmentInfo } from './segment-info.ts'

/** Whether everything that the segment acknowledges has been passed on. */
export function isDue(connection: Connection, piece: SegmentInfo): boolean {
  const peer = connection.halves[1 - piece.side] as HalfStream
  return piece.peerAcked <= (peer.finDone ? peer.fin + 1 : peer.next)
}

/** Whether the segment acknowledges peer bytes that have not been seen. It may be the only evidence of them. */
export function isAhead({ halves }: Connection, side: Side, { flags, ack }: SegmentView): boolean {
  const peer = halves[1 - side] as HalfStream
  if ((flags & (ACK | RST)) !== ACK || !peer.known) return false
  return peer.positionOf(ack) > (peer.finDone ? peer.fin + 1 : peer.next)
}

export function isOverdue(connection: Connection, nowNs: number, nowFrame: number): boolean {
  const { held, halves } = connection
  const [first] = held
  if (first === undefined) return false
  const missing = halves[1 - first.side] as HalfStream
  if (missing.segments === 0 || held.length > HOLD_SEGMENTS_MAX) return true
  return nowNs - first.timeNs > HOLD_NS || nowFrame - first.frame > HOLD_FRAMES
}
