// Aligns the units and replies of a group in order at the least cost, and computes the cost of the alternatives. Only
// used when counting has failed or replies are missing. Otherwise the n-th reply answers the n-th unit.
import { ALIGNMENT_CELLS_MAX } from '../../limits.ts'
import { IMPOSSIBLE } from './reply-evidence.ts'

const UNIT_WITHOUT_REPLY = 6
const REPLY_WITHOUT_UNIT = 8

export interface Alignment {
  /** For each unit the index of its reply; -1 when it has none. */
  readonly replyOf: Int32Array
  /** The least cost; and for each unit the least cost of an alignment in which it is / is not answered. */
  readonly best: number
  readonly ifAnswered: Float64Array
  readonly ifUnanswered: Float64Array
  /** For each unit the latest reply that an alignment within `margin` of the best assigns to it; -1 for none. */
  readonly latestReply: Int32Array
  /** The cost of pairing the n-th reply with the n-th unit. */
  readonly counted: number
}

/**
 * Aligns `units` units with `replies` replies. `cost(u, r)` is the cost of a pair; `optional(u)` says that a unit need
 * not be answered. Null when the table would be too large. Time and space: units times replies.
 */
export function align(
  units: number,
  replies: number,
  cost: (unit: number, reply: number) => number,
  optional: (unit: number) => boolean,
  margin: number,
): Alignment | null {
  const width = replies + 1
  if ((units + 1) * width > ALIGNMENT_CELLS_MAX) return null
  const pair = new Float64Array(units * replies)
  for (let u = 0; u < units; u++) for (let r = 0; r < replies; r++) pair[u * replies + r] = cost(u, r)
  const skip = (u: number) => (optional(u) ? 0 : UNIT_WITHOUT_REPLY)
  const front = forward(units, replies, pair, skip)
  const back = backward(units, replies, pair, skip)
  const best = front[units * width + replies] as number
  const ifAnswered = new Float64Array(units).fill(Number.POSITIVE_INFINITY)
  const ifUnanswered = new Float64Array(units).fill(Number.POSITIVE_INFINITY)
  const latestReply = new Int32Array(units).fill(-1)
  for (let u = 0; u < units; u++) {
    for (let r = 0; r <= replies; r++) {
      const here = front[u * width + r] as number
      const without = here + skip(u) + (back[(u + 1) * width + r] as number)
      if (without < (ifUnanswered[u] as number)) ifUnanswered[u] = without
      if (r === replies) continue
      const through = here + (pair[u * replies + r] as number) + (back[(u + 1) * width + r + 1] as number)
      if (through < (ifAnswered[u] as number)) ifAnswered[u] = through
      if (through < best + margin) latestReply[u] = r
    }
  }
  let counted = 0
  for (let i = 0; i < Math.min(units, replies); i++) counted += pair[i * replies + i] as number
  return {
    replyOf: trace(units, replies, pair, skip, back),
    best,
    ifAnswered,
    ifUnanswered,
    latestReply,
    counted,
  }
}

/** Whether counting pairs a unit with a reply that it cannot cause. */
export function countingIsImpossible(alignment: Alignment): boolean {
  return alignment.counted >= IMPOSSIBLE / 2
}

function forward(units: number, replies: number, pair: Float64Array, skip: (u: number) => number): Float64Array {
  const width = replies + 1
  const table = new Float64Array((units + 1) * width)
  for (let u = 0; u <= units; u++) {
    for (let r = 0; r <= replies; r++) {
      if (u === 0 && r === 0) continue
      let least = Number.POSITIVE_INFINITY
      if (u > 0) least = (table[(u - 1) * width + r] as number) + skip(u - 1)
      if (r > 0) least = Math.min(least, (table[u * width + r - 1] as number) + REPLY_WITHOUT_UNIT)
      if (u > 0 && r > 0) {
        least = Math.min(
          least,
          (table[(u - 1) * width + r - 1] as number) + (pair[(u - 1) * replies + r - 1] as number),
        )
      }
      table[u * width + r] = least
    }
  }
  return table
}

function backward(units: number, replies: number, pair: Float64Array, skip: (u: number) => number): Float64Array {
  const width = replies + 1
  const table = new Float64Array((units + 1) * width)
  for (let u = units; u >= 0; u--) {
    for (let r = replies; r >= 0; r--) {
      if (u === units && r === replies) continue
      let least = Number.POSITIVE_INFINITY
      if (u < units) least = (table[(u + 1) * width + r] as number) + skip(u)
      if (r < replies) least = Math.min(least, (table[u * width + r + 1] as number) + REPLY_WITHOUT_UNIT)
      if (u < units && r < replies) {
        least = Math.min(least, (table[(u + 1) * width + r + 1] as number) + (pair[u * replies + r] as number))
      }
      table[u * width + r] = least
    }
  }
  return table
}

/** Reconstructs the best alignment from the front. Between equal costs, a unit is preferably answered. */
function trace(
  units: number,
  replies: number,
  pair: Float64Array,
  skip: (u: number) => number,
  back: Float64Array,
): Int32Array {
  const width = replies + 1
  const replyOf = new Int32Array(units).fill(-1)
  let u = 0
  let r = 0
  while (u < units) {
    const here = back[u * width + r] as number
    if (r < replies && here === (pair[u * replies + r] as number) + (back[(u + 1) * width + r + 1] as number)) {
      replyOf[u++] = r++
    } else if (here === skip(u) + (back[(u + 1) * width + r] as number)) {
      u++
    } else {
      r++
    }
  }
  return replyOf
}
