// Sums of servers and clients -> what to look at first. Only errors count, what is proved before what is suspected; what
// could not be judged accuses nobody.
import type { SequenceCount } from '../rules/analysis.ts'
import { OTHER_SHAPES } from '../rules/command-sequences.ts'
import { verbsOf } from './given-up.ts'
import type { Priority, QuietServer, TriageRow } from './triage-result.ts'

/** Shapes named of each kind. */
const SHAPES = 3

/** `rows`: those that are about one server or client each. */
export function prioritiesIn(rows: readonly TriageRow[], party: Priority['party']): Priority[] {
  return rows.flatMap((row): Priority[] => {
    const { key, name, accused, sessions } = row
    const certainty = accused.proved > 0 ? 'proved' : 'suspected'
    const affected = accused[certainty]
    if (affected === 0) return []
    const rules = row.rules.filter(
      (count) => count.party === party && count.severity === 'error' && count.certainty === certainty,
    )
    const { fails, works } = party === 'server' && certainty === 'proved' ? contrast(row.shapes) : NOTHING
    const firstAt = rules.map((count) => count.firstAt).sort()[0] ?? row.firstAt
    const lastAt = rules.map((count) => count.lastAt).sort()[rules.length - 1] ?? row.lastAt
    return [{ party, key, name, certainty, affected, sessions, rules, firstAt, lastAt, fails, works }]
  })
}

/** What is proved, in most sessions, in most of its sessions, last. */
export function byWeight(a: Priority, b: Priority): number {
  const proved = ({ certainty }: Priority) => (certainty === 'proved' ? 0 : 1)
  const share = ({ affected, sessions }: Priority) => affected / sessions
  const text = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)
  return (
    proved(a) - proved(b) ||
    b.affected - a.affected ||
    share(b) - share(a) ||
    text(b.lastAt, a.lastAt) ||
    text(a.key, b.key)
  )
}

/** `rows`: those of servers. By sessions, then by name. */
export function quietAmong(rows: readonly TriageRow[]): QuietServer[] {
  const most = ({ givenUp }: QuietServer) => givenUp[0]?.sessions ?? 0
  return rows
    .filter(({ givenUp }) => givenUp.length > 0)
    .map(({ key, name, sessions, givenUp }) => ({ key, name, sessions, givenUp }))
    .sort((a, b) => most(b) - most(a) || (a.key < b.key ? -1 : 1))
}

const NOTHING = { fails: [], works: [] }

/** Shapes that failed, and those with one of their verbs that never did; the most frequent first. */
function contrast(shapes: readonly SequenceCount[]): Pick<Priority, 'fails' | 'works'> {
  const named = shapes.filter(({ shape }) => shape !== OTHER_SHAPES)
  const fails = named.filter(({ failed }) => failed > 0).sort((a, b) => b.failed - a.failed)
  const involved = new Set(fails.flatMap(({ shape }) => verbsOf(shape)))
  const works = named
    .filter((count) => count.failed === 0 && count.well > 0 && verbsOf(count.shape).some((verb) => involved.has(verb)))
    .sort((a, b) => b.well - a.well)
  return { fails: fails.slice(0, SHAPES), works: works.slice(0, SHAPES) }
}
