// Captures that overlap in time -> windows of time, each of which can be read for itself: of every capture the packets that
// a reading of all of them hands on before a cut, and those from it on. Up to a cut that reading takes whatever comes before
// the first packet, of each capture, that is not older than the cut: so counting decides, whatever clocks do.
import type { TimeBase } from '../capture/packet.ts'
import type { Share } from '../capture/sort-captures.ts'

/** A capture of a slice, or a range of it. */
export interface SlicePart {
  readonly capture: number
  readonly range: { readonly from: number; readonly to: number } | null
  /** Of a capture that overlaps with others: its packets in a window of time. */
  readonly share: Share | null
  /** The time of its first packet, where others stand before it. */
  readonly first: TimeBase | null
}

/** A capture that has packets. */
export interface Overlapping {
  readonly capture: number
  readonly packets: number
  readonly first: TimeBase
  readonly latest: TimeBase
}

/** The cuts that fall into a capture: so many windows are over before it begins, and it is cut at these times. */
export interface Cuts {
  readonly before: number
  readonly times: readonly TimeBase[]
}

export function nanosecondsBetween(from: TimeBase, to: TimeBase): number {
  return (to.seconds - from.seconds) * 1e9 + to.nanoseconds - from.nanoseconds
}

/** Cuts where a capture begins, as soon as those that began since the last cut have so many packets. */
export function cutsOf(group: readonly Overlapping[], packetsMax: number): readonly TimeBase[] {
  const cuts: TimeBase[] = []
  let packets = 0
  for (const { first, packets: own } of group) {
    const last = cuts.at(-1) ?? group[0]?.first ?? first
    if (packets >= packetsMax && nanosecondsBetween(last, first) > 0) {
      cuts.push(first)
      packets = 0
    }
    packets += own
  }
  return cuts
}

export function cutsOfOne({ first, latest }: Overlapping, cuts: readonly TimeBase[]): Cuts {
  const before = cuts.filter((cut) => nanosecondsBetween(cut, first) >= 0).length
  return { before, times: cuts.slice(before).filter((cut) => nanosecondsBetween(cut, latest) >= 0) }
}

/** Per window: its parts, in the order of reading. `counts`: of each capture, its packets per window from `before` on. */
export function inWindows(
  group: readonly Overlapping[],
  cuts: readonly TimeBase[],
  counts: readonly (readonly number[])[],
): readonly { readonly parts: SlicePart[]; packets: number }[] {
  const windows = Array.from({ length: cuts.length + 1 }, () => ({ parts: [] as SlicePart[], packets: 0 }))
  const taps = tapsOf(group)
  for (const [i, one] of group.entries()) {
    const own = counts[i] as readonly number[]
    const { before } = cutsOfOne(one, cuts)
    const last = own.findLastIndex((count) => count > 0)
    let skip = 0
    for (const [n, take] of own.entries()) {
      const window = windows[before + n]
      if (take === 0 || window === undefined) continue
      const share = { skip, take: n === last ? null : take, tap: taps[i] as number }
      window.parts.push({ capture: one.capture, range: null, share, first: one.first })
      window.packets += take
      skip += take
    }
  }
  return windows
}

/** The number that each has among those that are open: the lowest that is free when it is opened. */
function tapsOf(group: readonly Overlapping[]): readonly number[] {
  const taps: number[] = []
  for (const [i, { first }] of group.entries()) {
    const taken = new Set(taps.filter((_, j) => nanosecondsBetween(first, (group[j] as Overlapping).latest) >= 0))
    let tap = 0
    while (taken.has(tap)) tap += 1
    taps[i] = tap
  }
  return taps
}
