// Finds replies of a group that were permuted although all codes are possible where they stand: each names another
// command of the group, in a circle. Such a permutation is at most suspected.
import { PERMUTED_UNITS_MAX } from '../../limits.ts'
import type { PendingCommand } from '../pending-command.ts'
import type { Reply } from '../records.ts'
import { isPossible, MARGIN, ReplyText, UnitText, weigh } from './reply-evidence.ts'
import { mayNameAnotherUnit } from './unremarkable.ts'

type Given = readonly (readonly Reply[])[]

/** A unit with the first of its replies; null when it has none or several. */
interface Pair {
  readonly asked: UnitText
  readonly said: ReplyText
}

/**
 * Units whose replies name each other, in a cycle. No codes contradict the counting, so the permutation is only
 * suspected. Among replies with the same text the nearest is meant.
 */
export function suspectedPermutation(units: readonly PendingCommand[], given: Given): number[] {
  if (!units.some((unit, u) => given[u]?.[0] !== undefined && mayNameAnotherUnit(unit, given[u][0]))) return []
  const pairs = units.map((unit, u) => pairOf(unit, given[u] ?? []))
  const odd = [...units.keys()].filter((u) => {
    const pair = pairs[u] ?? null
    return pair !== null && mayAnswerAnother(units[u] as PendingCommand, pair)
  })
  if (odd.length < 2) return []
  const candidates = odd.length <= PERMUTED_UNITS_MAX ? () => odd : candidatesOf(pairs, odd)
  const next = new Map<number, number>()
  for (const u of odd) {
    const v = betterMatch(u, candidates(u), pairs)
    if (v >= 0) next.set(u, v)
  }
  return circles(next)
}

function pairOf(unit: PendingCommand, [reply, another]: readonly Reply[]): Pair | null {
  if (reply === undefined || another !== undefined) return null
  return { asked: new UnitText(unit), said: new ReplyText(reply) }
}

/**
 * The units whose replies are compared for a unit, in a group with too many to compare each with each: those whose
 * replies contain its address; where it has none, or no reply does, the units next to it.
 */
function candidatesOf(pairs: readonly (Pair | null)[], odd: readonly number[]): (u: number) => readonly number[] {
  const byAddress = new Map<string, number[]>()
  for (const v of odd) {
    for (const address of addressesIn((pairs[v] as Pair).said.lower)) {
      const named = byAddress.get(address) ?? []
      if (named.length < PERMUTED_UNITS_MAX) byAddress.set(address, [...named, v])
    }
  }
  const places = new Map(odd.map((u, place) => [u, place]))
  return (u) => {
    const named = byAddress.get((pairs[u] as Pair).asked.address ?? '')
    const from = Math.max(0, (places.get(u) as number) - PERMUTED_UNITS_MAX / 2)
    return named ?? odd.slice(from, from + PERMUTED_UNITS_MAX)
  }
}

/** The words of a text that may be addresses, without the punctuation around them. */
function addressesIn(text: string): Set<string> {
  const words = text.split(/[\s<>()[\],;:"]+/).filter((word) => word.includes('@'))
  return new Set(words.flatMap((word) => [word, word.replace(/\.{1,3}$/, '')]))
}

/** Whether the reply may answer another unit: it names one, and does not contain this unit's address. */
function mayAnswerAnother(unit: PendingCommand, { asked, said }: Pair): boolean {
  if (!mayNameAnotherUnit(unit, said.reply) && weigh(asked, said) <= 0) return false
  const address = said.reply.addressed ? asked.address : null
  return address === null || !said.lower.includes(address)
}

/** The unit of `candidates` whose reply fits unit `u` much better than its own reply; -1 when there is none. */
function betterMatch(u: number, candidates: readonly number[], pairs: readonly (Pair | null)[]): number {
  const { asked, said: own } = pairs[u] as Pair
  const limit = weigh(asked, own) - MARGIN
  let found = -1
  let least = limit
  for (const v of candidates) {
    const { said } = pairs[v] as Pair
    if (v === u || !isPossible(asked.unit.verb, said.reply) || sameText(own.reply, said.reply)) continue
    const cost = weigh(asked, said)
    const nearer = found >= 0 && cost === least && Math.abs(v - u) < Math.abs(found - u)
    if (cost < least || nearer) {
      found = v
      least = cost
    }
  }
  return found
}

function sameText(a: Reply, b: Reply): boolean {
  return a.lines.length === b.lines.length && a.lines.every((line, i) => line === b.lines[i])
}

/** The nodes on cycles of a graph in which every node has at most one successor. */
function circles(next: ReadonlyMap<number, number>): number[] {
  const found = new Set<number>()
  const over = new Set<number>()
  for (const from of next.keys()) {
    const way: number[] = []
    let at: number | undefined = from
    for (; at !== undefined && !over.has(at); at = next.get(at)) {
      over.add(at)
      way.push(at)
    }
    if (at !== undefined && way.includes(at)) for (const unit of way.slice(way.indexOf(at))) found.add(unit)
  }
  return [...found].sort((a, b) => a - b)
}
