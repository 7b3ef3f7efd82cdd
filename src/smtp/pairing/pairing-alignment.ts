// Aligns the units and replies of a group in order at the least cost, and computes the cost of the alternatives. Only
// used when counting has failed or replies are missing. Otherwise the n-th reply answers the n-th unit.
import { ALIGNMENT_CELLS_MAX } from '../../limits.ts'
import { IMPOSSIBLE } from './reply-evidence.ts'

const UNIT_WITHOUT_REPLY = 6
const REPLY_WITHOUT_UNIT = 8

export interface Alignment {
  /** For each unit the index of its reply; -1 when it has none. */
  readonly replyOf: readonly number[]
  /** The least cost; and for each unit the least cost of an alignment in which it is / is not answered. */
  readonly best: number
  readonly ifAnswered: readonly number[]
  readonly ifUnanswered: readonly number[]
  /** For each unit the latest reply that an alignment within `margin` of the best assigns to it; -1 for none. */
  readonly latestReply: readonly number[]
  /** The cost of pairing the n-th reply with the n-th unit. */
  readonly counted: number
}

/** The costs of an alignment. A table of units times replies has its rows one after another. */
interface Costs {
  readonly units: number
  readonly replies: number
  /** Of pairs. */
  readonly pair: Float64Array
  /** Of units without a reply. */
  readonly skip: Float64Array
  /** The least cost of all units and replies before the n-th of each, and from the n-th of each on. */
  readonly front: Float64Array
  readonly back: Float64Array
}

/** Cells of the tables that are kept for the next alignment: enough for nearly all groups. */
const KEPT_CELLS = 1024
const KEPT_TABLES = {
  pair: new Float64Array(KEPT_CELLS),
  skip: new Float64Array(KEPT_CELLS),
  front: new Float64Array(KEPT_CELLS),
  back: new Float64Array(KEPT_CELLS),
}

/** Tables whose contents are those of an earlier alignment. */
function tables(cells: number): typeof KEPT_TABLES {
  if (cells <= KEPT_CELLS) return KEPT_TABLES
  const table = () => new Float64Array(cells)
  return { pair: table(), skip: table(), front: table(), back: table() }
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
  const cells = (units + 1) * (replies + 1)
  if (cells > ALIGNMENT_CELLS_MAX) return null
  const { pair, skip, front, back } = tables(cells)
  const costs: Costs = { units, replies, pair, skip, front, back }
  for (let u = 0; u < units; u++) {
    skip[u] = optional(u) ? 0 : UNIT_WITHOUT_REPLY
    for (let r = 0; r < replies; r++) pair[u * replies + r] = cost(u, r)
  }
  fillFront(costs)
  fillBack(costs)
  let counted = 0
  for (let i = 0; i < Math.min(units, replies); i++) counted += pair[i * replies + i] as number
  const best = front[cells - 1] as number
  return { replyOf: trace(costs), best, ...alternatives(costs, best + margin), counted }
}

/** Whether counting pairs a unit with a reply that it cannot cause. */
export function countingIsImpossible(alignment: Alignment): boolean {
  return alignment.counted >= IMPOSSIBLE / 2
}

function fillFront({ units, replies, pair, skip, front }: Costs): void {
  const width = replies + 1
  front[0] = 0
  for (let u = 0; u <= units; u++) {
    for (let r = 0; r <= replies; r++) {
      if (u === 0 && r === 0) continue
      let least = Number.POSITIVE_INFINITY
      if (u > 0) least = (front[(u - 1) * width + r] as number) + (skip[u - 1] as number)
      if (r > 0) least = Math.min(least, (front[u * width + r - 1] as number) + REPLY_WITHOUT_UNIT)
      if (u > 0 && r > 0) {
        const before = front[(u - 1) * width + r - 1] as number
        least = Math.min(least, before + (pair[(u - 1) * replies + r - 1] as number))
      }
      front[u * width + r] = least
    }
  }
}

function fillBack({ units, replies, pair, skip, back }: Costs): void {
  const width = replies + 1
  back[units * width + replies] = 0
  for (let u = units; u >= 0; u--) {
    for (let r = replies; r >= 0; r--) {
      if (u === units && r === replies) continue
      let least = Number.POSITIVE_INFINITY
      if (u < units) least = (back[(u + 1) * width + r] as number) + (skip[u] as number)
      if (r < replies) least = Math.min(least, (back[u * width + r + 1] as number) + REPLY_WITHOUT_UNIT)
      if (u < units && r < replies) {
        least = Math.min(least, (back[(u + 1) * width + r + 1] as number) + (pair[u * replies + r] as number))
      }
      back[u * width + r] = least
    }
  }
}

/** For each unit, what the alignments cost in which it is answered and in which it is not. `limit`: of good ones. */
function alternatives(
  { units, replies, pair, skip, front, back }: Costs,
  limit: number,
): Pick<Alignment, 'ifAnswered' | 'ifUnanswered' | 'latestReply'> {
  const width = replies + 1
  const ifAnswered: number[] = []
  const ifUnanswered: number[] = []
  const latestReply: number[] = []
  for (let u = 0; u < units; u++) {
    let answered = Number.POSITIVE_INFINITY
    let unanswered = Number.POSITIVE_INFINITY
    let latest = -1
    for (let r = 0; r <= replies; r++) {
      const here = front[u * width + r] as number
      unanswered = Math.min(unanswered, here + (skip[u] as number) + (back[(u + 1) * width + r] as number))
      if (r === replies) continue
      const through = here + (pair[u * replies + r] as number) + (back[(u + 1) * width + r + 1] as number)
      answered = Math.min(answered, through)
      if (through < limit) latest = r
    }
    ifAnswered.push(answered)
    ifUnanswered.push(unanswered)
    latestReply.push(latest)
  }
  return { ifAnswered, ifUnanswered, latestReply }
}

/** Reconstructs the best alignment from the front. Between equal costs, a unit is preferably answered. */
function trace({ units, replies, pair, skip, back }: Costs): number[] {
  const width = replies + 1
  const replyOf: number[] = []
  for (let r = 0; replyOf.length < units; ) {
    const u = replyOf.length
    const here = back[u * width + r] as number
    if (r < replies && here === (pair[u * replies + r] as number) + (back[(u + 1) * width + r + 1] as number)) {
      replyOf.push(r++)
    } else if (here === (skip[u] as number) + (back[(u + 1) * width + r] as number)) {
      replyOf.push(-1)
    } else {
      r++
    }
  }
  return replyOf
}
