// Courses of both sides -> pairs that are the same session. A box may translate addresses and overwrite lines, so a pair
// is told by the lines that both have and few others share, and, where that leaves a choice, by time.
import type { Course } from './course.ts'

export interface Pairing {
  readonly pairs: readonly (readonly [Course, Course])[]
  readonly onlyBefore: readonly Course[]
  readonly onlyBehind: readonly Course[]
  /** Left alone because more than one partner would do. */
  readonly ambiguous: readonly Course[]
}

interface Candidate {
  readonly before: number
  readonly behind: number
  /** What both have: the rarer, the more. */
  readonly score: number
}

/** A line that this many sessions share tells nothing, and would cost the square of their number. */
const COMMON = 64
/** How much two starts may differ, once the clocks are told apart, for time to decide between equals, in milliseconds. */
const TOLERANCE_MS = 2000

export function pairUp(before: readonly Course[], behind: readonly Course[]): Pairing {
  const [here, there] = [indexOf(before), indexOf(behind)]
  const candidates = candidatesOf(here, there, behind.length)
  const areAlike = ({ before: a, behind: b }: Candidate) => likeness(before[a], behind[b], here, there) >= 0.5
  const offsetMs = clockOffset(before, behind, candidates)
  const distance = ({ before: a, behind: b }: Candidate) => Math.abs(startOf(behind[b]) - startOf(before[a]) - offsetMs)
  candidates.sort(
    (a, b) => b.score - a.score || distance(a) - distance(b) || a.before - b.before || a.behind - b.behind,
  )
  const partnerOf = new Map<number, number>()
  const taken = new Set<number>()
  const unsure = new Set<number>()
  const ofOne = new Map<number, Candidate[]>()
  for (const candidate of candidates) {
    const others = ofOne.get(candidate.before)
    if (others === undefined) ofOne.set(candidate.before, [candidate])
    else others.push(candidate)
  }
  for (const candidate of candidates) {
    if (partnerOf.has(candidate.before) || taken.has(candidate.behind) || unsure.has(candidate.before)) continue
    const rivals = (ofOne.get(candidate.before) ?? []).filter(
      ({ behind: b, score }) => score === candidate.score && b !== candidate.behind && !taken.has(b),
    )
    const near = distance(candidate) <= TOLERANCE_MS
    if (rivals.length > 0 && (!near || rivals.some((rival) => distance(rival) <= 2 * distance(candidate) + 1))) {
      unsure.add(candidate.before)
      continue
    }
    if (!areAlike(candidate)) continue
    partnerOf.set(candidate.before, candidate.behind)
    taken.add(candidate.behind)
  }
  // One session on each side needs no lines in common: there is no other.
  if (before.length === 1 && behind.length === 1) partnerOf.set(0, 0)
  const paired = new Set(partnerOf.values())
  return {
    pairs: [...partnerOf].sort(([a], [b]) => a - b).map(([a, b]) => [before[a] as Course, behind[b] as Course]),
    onlyBefore: before.filter((_, i) => !partnerOf.has(i) && !unsure.has(i)),
    onlyBehind: behind.filter((_, i) => !paired.has(i)),
    ambiguous: before.filter((_, i) => unsure.has(i) && !partnerOf.has(i)),
  }
}

type Index = ReadonlyMap<string, readonly number[]>

/** From 0 to 1: how much of what the one with fewer lines says the other says, too; rare lines weigh more. */
function likeness(before: Course | undefined, behind: Course | undefined, here: Index, there: Index): number {
  const worth = (line: string) => 1 / Math.max(here.get(line)?.length ?? 0, there.get(line)?.length ?? 0)
  const [one, other] = [linesIn(before), linesIn(behind)]
  const sum = (lines: Iterable<string>) => [...lines].reduce((all, line) => all + worth(line), 0)
  return sum([...one].filter((line) => other.has(line))) / Math.min(sum(one), sum(other))
}

function candidatesOf(here: Index, there: Index, width: number): Candidate[] {
  const scores = new Map<number, number>()
  for (const [line, left] of here) {
    const right = there.get(line)
    if (right === undefined || left.length > COMMON || right.length > COMMON) continue
    const worth = 1 / (left.length * right.length)
    for (const a of left) for (const b of right) scores.set(a * width + b, (scores.get(a * width + b) ?? 0) + worth)
  }
  return [...scores].map(([key, score]) => ({
    before: Math.floor(key / width),
    behind: key % width,
    // Sums of the same numbers in another order are the same score.
    score: Math.round(score * 1e6),
  }))
}

/** Each line, in capitals, and the sessions that have it. */
function indexOf(courses: readonly Course[]): Index {
  const index = new Map<string, number[]>()
  for (const [i, course] of courses.entries()) {
    for (const line of linesIn(course)) {
      const sessions = index.get(line)
      if (sessions === undefined) index.set(line, [i])
      else sessions.push(i)
    }
  }
  return index
}

function linesIn(course: Course | undefined): Set<string> {
  return new Set([...(course?.sent ?? []), ...(course?.said ?? [])].map(({ text }) => text.toUpperCase()))
}

/** By how much the clock behind the box is ahead: the median over those that have but one candidate. */
function clockOffset(before: readonly Course[], behind: readonly Course[], candidates: readonly Candidate[]): number {
  const counts = new Map<number, number>()
  for (const { before: a } of candidates) counts.set(a, (counts.get(a) ?? 0) + 1)
  const certain = candidates.filter(({ before: a }) => counts.get(a) === 1)
  const among = certain.length > 0 ? certain : candidates
  const offsets = among.map(({ before: a, behind: b }) => startOf(behind[b]) - startOf(before[a])).sort((a, b) => a - b)
  return offsets[Math.floor(offsets.length / 2)] ?? 0
}

function startOf(course: Course | undefined): number {
  return Date.parse(course?.startedAt ?? '')
}
