// Which of several readings of the same captures follows a connection: each follows its share of them, chosen by the end
// points, so that all connections between the same end points are followed by one.
import { i32 } from '../decode/bytes.ts'
import type { SegmentView } from '../decode/segment.ts'

/** The connections whose place is in `[from, to)`. */
export interface Share {
  readonly from: number
  readonly to: number
}

/** End points lie at places from 0 to this, exclusive. As in `fast-path/kernel/settings.ts`. */
export const PLACES = 0x10000

/** The place of the connections between the end points of the segment. As in `fast-path/kernel/flows.ts`. */
export function placeOf({ bytes, sourceAt, targetAt, addressLength, sourcePort, targetPort }: SegmentView): number {
  let both = sourcePort ^ targetPort
  for (let i = 0; i < addressLength; i += 4) both ^= i32(bytes, sourceAt + i) ^ i32(bytes, targetAt + i)
  return Math.imul(both, 0x9e3779b1) >>> 16
}

/** Shares of all connections, one for each of these parts of them. */
export function sharesOf(parts: readonly number[]): Share[] {
  const sum = parts.reduce((before, part) => before + part, 0)
  let passed = 0
  return parts.map((part) => {
    const from = Math.round((passed / sum) * PLACES)
    passed += part
    return { from, to: Math.round((passed / sum) * PLACES) }
  })
}
