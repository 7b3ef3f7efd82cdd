// Which of several readings of the same captures follows a connection: each follows its share of them, chosen by the end
// points, so that all connections between the same end points are followed by one.
import { i32 } from '../decode/bytes.ts'
import type { SegmentView } from '../decode/segment.ts'

/** One of `count` equal shares; `index` from 0. */
export interface Share {
  readonly index: number
  readonly count: number
}

/** The number of the share that has the connection of the segment. As `shareOf` of `fast-path/kernel/flows.ts`. */
export function shareOf(
  { bytes, sourceAt, targetAt, addressLength, sourcePort, targetPort }: SegmentView,
  count: number,
): number {
  let both = sourcePort ^ targetPort
  for (let i = 0; i < addressLength; i += 4) both ^= i32(bytes, sourceAt + i) ^ i32(bytes, targetAt + i)
  return Math.floor(((Math.imul(both, 0x9e3779b1) >>> 16) * count) / 0x10000)
}
