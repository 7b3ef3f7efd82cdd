// Adds incidents up to faults: what one server or client did, in how many sessions, since when. Plain data, because sums
// of parts come from other threads and machines.
import type { Certainty, FaultRecord, Party, Severity } from './analysis.ts'
import { AND_CLOSED, closedAfter, gravityOf, type IncidentFacts } from './incidents.ts'
import type { Rule } from './rule.ts'

interface FaultSum {
  readonly party: Party
  readonly rule: string
  readonly severity: Severity
  readonly certainty: Certainty
  sessions: number
  incidents: number
  /** How many of them ended with the close of the connection. */
  closed: number
  /** Null when the incidents differ. */
  headline: string | null
  firstAt: string
  lastAt: string
}

/** By rule, severity and certainty: the faults of one server or client. */
export type FaultSums = Map<string, FaultSum>

/** Adds the incidents of one session by one party. `startedAt`: the time of incidents without one. */
export function addIncidents(sums: FaultSums, incidents: readonly IncidentFacts[], startedAt: string): void {
  const counted = new Set<string>()
  for (const incident of surest(incidents)) {
    const { party, rule, severity, certainty, headline } = incident
    const at = incident.at ?? startedAt
    const key = `${rule} ${gravityOf(incident)}`
    addSum(sums, key, {
      party,
      rule,
      severity,
      certainty,
      headline,
      sessions: counted.has(key) ? 0 : 1,
      incidents: 1,
      closed: closedAfter(incident) ? 1 : 0,
      firstAt: at,
      lastAt: at,
    })
    counted.add(key)
  }
}

/** A rule counts with its gravest incidents: a session in which something is proved is not suspected of it as well. */
function surest(incidents: readonly IncidentFacts[]): readonly IncidentFacts[] {
  if (incidents.length === 1) return incidents
  const best = new Map<string, number>()
  for (const incident of incidents) {
    const gravity = gravityOf(incident)
    best.set(incident.rule, Math.min(gravity, best.get(incident.rule) ?? gravity))
  }
  return incidents.filter((incident) => best.get(incident.rule) === gravityOf(incident))
}

export function addFaults(into: FaultSums, from: FaultSums): void {
  for (const [key, sum] of from) addSum(into, key, sum)
}

function addSum(sums: FaultSums, key: string, more: FaultSum): void {
  const sum = sums.get(key)
  if (sum === undefined) {
    sums.set(key, { ...more })
    return
  }
  sum.sessions += more.sessions
  sum.incidents += more.incidents
  sum.closed += more.closed
  if (sum.headline !== more.headline) sum.headline = null
  if (more.firstAt < sum.firstAt) sum.firstAt = more.firstAt
  if (more.lastAt > sum.lastAt) sum.lastAt = more.lastAt
}

type Accused = Pick<FaultRecord, 'accused' | 'name' | 'of'>

/** `rules`: the catalogue, for incidents that differ. */
export function faultRecords(sums: FaultSums, { accused, name, of }: Accused, rules: readonly Rule[]): FaultRecord[] {
  return [...sums.values()].map(({ closed, headline, ...sum }) => {
    const { party, rule, severity, certainty, sessions, incidents, firstAt, lastAt } = sum
    const general = rules.find(({ id }) => id === rule)?.headline ?? rule
    return {
      ...{ party, accused, name, rule, severity, certainty },
      headline: headline ?? `${general}${closeOf(closed, incidents)}`,
      ...{ sessions, incidents, of, firstAt, lastAt },
    }
  })
}

function closeOf(closed: number, incidents: number): string {
  if (closed === 0) return ''
  return closed === incidents ? ` ${AND_CLOSED}` : `, ${AND_CLOSED} ${closed} of ${incidents} times`
}

/** The gravest first, then the most frequent, then the latest. */
export function byWeight(a: FaultRecord, b: FaultRecord): number {
  return (
    gravityOf(a) - gravityOf(b) ||
    b.sessions - a.sessions ||
    text(b.lastAt, a.lastAt) ||
    text(a.accused, b.accused) ||
    text(a.rule, b.rule)
  )
}

function text(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
