// Finds replies of a group that were permuted although all codes are possible where they stand: each names another
// command of the group, in a circle. Such a permutation is at most suspected.
import { PERMUTED_UNITS_MAX } from '../../limits.ts'
import type { PendingCommand } from '../pending-command.ts'
import type { Reply } from '../records.ts'
import { isPossible, MARGIN, Texts, weigh } from './reply-evidence.ts'
import { mayNameAnotherUnit } from './unremarkable.ts'

type Given = readonly (readonly Reply[])[]

/**
 * Units whose replies name each other, in a cycle. No codes contradict the counting, so the permutation is only
 * suspected. Among replies with the same text the nearest is meant.
 */
export function suspectedPermutation(units: readonly PendingCommand[], given: Given): number[] {
  const texts = new Texts()
  if (!units.some((unit, u) => given[u]?.[0] !== undefined && mayNameAnotherUnit(unit, given[u][0]))) return []
  const odd = [...units.keys()].filter((u) => {
    const [reply, another] = given[u] ?? []
    return reply !== undefined && another === undefined && mayAnswerAnother(units[u] as PendingCommand, reply, texts)
  })
  if (odd.length < 2) return []
  const candidates = odd.length <= PERMUTED_UNITS_MAX ? () => odd : candidatesOf(units, odd, given, texts)
  const next = new Map<number, number>()
  for (const u of odd) {
    const v = betterMatch(u, candidates(u), units, given, texts)
    if (v >= 0) next.set(u, v)
  }
  return circles(next)
}

/**
 * The units whose replies are compared for a unit, in a group with too many to compare each with each: those whose
 * replies contain its address; where it has none, or no reply does, the units next to it.
 */
function candidatesOf(
  units: readonly PendingCommand[],
  odd: readonly number[],
  given: Given,
  texts: Texts,
): (u: number) => readonly number[] {
  const byAddress = new Map<string, number[]>()
  for (const v of odd) {
    for (const address of addressesIn(texts.wordsOf(given[v]?.[0] as Reply).lower)) {
      const named = byAddress.get(address) ?? []
      if (named.length < PERMUTED_UNITS_MAX) byAddress.set(address, [...named, v])
    }
  }
  const places = new Map(odd.map((u, place) => [u, place]))
  return (u) => {
    const named = byAddress.get(texts.addressOf(units[u] as PendingCommand) ?? '')
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
function mayAnswerAnother(unit: PendingCommand, reply: Reply, texts: Texts): boolean {
  if (!mayNameAnotherUnit(unit, reply) && weigh(unit, reply, texts) <= 0) return false
  const address = reply.addressed ? texts.addressOf(unit) : null
  return address === null || !texts.wordsOf(reply).lower.includes(address)
}

/** The unit of `candidates` whose reply fits unit `u` much better than its own reply; -1 when there is none. */
function betterMatch(
  u: number,
  candidates: readonly number[],
  units: readonly PendingCommand[],
  given: Given,
  texts: Texts,
): number {
  const unit = units[u] as PendingCommand
  const own = given[u]?.[0] as Reply
  const limit = weigh(unit, own, texts) - MARGIN
  let found = -1
  let least = limit
  for (const v of candidates) {
    const reply = given[v]?.[0] as Reply
    if (v === u || !isPossible(unit.verb, reply) || sameText(own, reply)) continue
    const cost = weigh(unit, reply, texts)
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
