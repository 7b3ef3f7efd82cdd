// The same ports carried another connection before, and one of its last segments comes again while the new one opens.
// No reply is due to it: it belongs to no connection (RFC 9293, 3.5 and 3.6.1).
import { ACK, FIN, RST, SYN } from '../../support/packets.ts'
import type { Dice } from '../dice.ts'
import {
  bare,
  has,
  insertBehind,
  MS,
  nextOf,
  peerOf,
  renumbered,
  type Segment,
  type Segments,
  type SideName,
  timestampsAt,
} from './segment.ts'
import type { Others } from './wire.ts'

/** How many of the old connection's last segments may come again. */
const STALE = 6

export function portReuse(segments: Segments, dice: Dice, others: Others): Segments {
  const at = segments.findIndex((segment) => segment.from === 'C' && has(segment, SYN) && !has(segment, ACK))
  const [begin, syn] = [segments[0], segments[at]]
  if (begin === undefined || syn === undefined) return segments
  const before = dice.once(2) ? segments : others.another()
  const old = earlier(before, begin.timeUs - dice.pick([1000, 2000, 70_000]) * MS, dice, segments)
  const stale = dice.pick(old.slice(-STALE).filter(({ length, flags }) => length > 0 || (flags & FIN) !== 0))
  // Without a SYN there is nothing that says where the old one ends: one long gap of the same connection.
  if (stale === undefined || dice.once(4)) return [...old, ...segments]
  const behind = dice.once(3) ? Math.min(at + 1, segments.length - 1) : at
  const arrives = dice.once(3) ? again(stale, dice) : [stale]
  const refused = bare(segments, behind, peerOf(stale.from), { seq: stale.ack, ack: 0, flags: RST, window: 0 })
  return [...old, ...insertBehind(segments, behind, dice.once(2) ? [...arrives, refused] : arrives)]
}

/** The old side that is left alone may send the rest, and reset. */
function again(stale: Segment, dice: Dice): Segment[] {
  const reset = {
    ...stale,
    seq: nextOf(stale),
    flags: dice.pick([RST, RST | ACK]),
    payload: new Uint8Array(0),
    length: 0,
  }
  return dice.once(2) ? [stale, stale] : [stale, reset]
}

/** A connection as it was before: its end at a time, numbered as hosts do: from anywhere, or a little below the new one. */
function earlier(before: Segments, untilUs: number, dice: Dice, now: Segments): Segment[] {
  const endUs = before.at(-1)?.timeUs ?? 0
  const by = (side: SideName) => {
    if (dice.once(2)) return dice.below(2 ** 32)
    return firstOf(now, side) - firstOf(before, side) - 100_000 - dice.below(1 << 24)
  }
  const backMs = (now.at(-1)?.timeUs ?? 0) / MS + 100_000
  return renumbered(before, { C: by('C'), S: by('S') }).map((segment) => ({
    ...segment,
    timeUs: segment.timeUs - endUs + untilUs,
    options: withEarlierTimestamps(segment.options, Math.round(backMs)),
  }))
}

function firstOf(segments: Segments, side: SideName): number {
  return segments.find(({ from }) => from === side)?.seq ?? 0
}

function withEarlierTimestamps(options: Uint8Array, ms: number): Uint8Array {
  const at = timestampsAt(options)
  if (at < 0) return options
  const copy = Buffer.from(options)
  for (const field of [at + 2, at + 6]) copy.writeUInt32BE((copy.readUInt32BE(field) - ms) >>> 0, field)
  return copy
}
