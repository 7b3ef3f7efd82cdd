// The cases of the report, most severe first, from the result of the first pass, and the sessions that the second pass
// reads for each. Servers whose names share a domain form one case; the report says that this rests on names alone.
// Names are not redacted here; nothing here is printed.
import {
  REPORT_CHAPTERS_MAX,
  REPORT_CONTROLS_SHOWN_MAX,
  REPORT_OTHERS_SHOWN_MAX,
  REPORT_SAMPLES_MAX,
} from '../../limits.ts'
import type { SequenceCount, ServerRecord } from '../../rules/analysis.ts'
import { SequenceSums } from '../../rules/command-sequences.ts'
import { RULES } from '../../rules/index.ts'
import type { Rule } from '../../rules/rule.ts'
import { type Contrast, contrastOf, controlsOf } from './contrast.ts'
import { type AccusedParty, addressOf, type Candidate, type FirstPass, type RuleTotals } from './first-pass.ts'

/** Second-level labels of country domains under which anyone can register: `co.uk`, `com.au`. */
const COUNTRY = /^[a-z]{2}$/
const REGISTRY = /^(?:[a-z]{2,3}|asso|gouv|info|name)$/

/** `bigfish.com` for `DB3EHSMHS006.bigfish.com`; null when the name has no such domain. */
export function serviceOf(name: string | null): string | null {
  const [, ...parent] = (name ?? '').toLowerCase().replace(/\.$/, '').split('.')
  if (parent.length < 2 || parent.some((label) => !/^[a-z0-9-]+$/.test(label))) return null
  const [second = '', top = ''] = parent.slice(-2)
  if (/^\d+$/.test(top)) return null
  return parent.length === 2 && COUNTRY.test(top) && REGISTRY.test(second) ? null : parent.join('.')
}

/** The role of a server in a case: accused, of the same service as an accused one (`sister`), or other. */
export type Role = 'accused' | 'sister' | 'other'

export interface CasePlan {
  readonly party: 'server' | 'client'
  /** The accused servers of one service, or one client. */
  readonly accusedParties: readonly AccusedParty[]
  readonly rules: readonly (RuleTotals & { readonly rule: Rule })[]
  readonly certainty: 'proved' | 'suspected'
  /** Number of sessions of the accused parties, and of those with findings. */
  readonly sessions: number
  readonly affected: number
  /**
   * For cases about servers: the servers of the service and those with a failing sequence, by index in the analysis.
   */
  readonly roles: ReadonlyMap<number, Role>
  readonly contrast: Contrast
  readonly samples: readonly Candidate[]
  /** Session ids of the controls. */
  readonly controls: readonly string[]
  readonly others: readonly string[]
}

export interface Plan {
  readonly cases: readonly CasePlan[]
  /** Accused servers and clients without a chapter. */
  readonly more: readonly AccusedParty[]
}

export function planOf(firstPass: FirstPass, servers: readonly ServerRecord[]): Plan {
  const services = new Map(servers.map((server) => [server.server, serviceOf(server.serverName) ?? server.server]))
  const groups = new Map<string, AccusedParty[]>()
  for (const accusedParty of firstPass.accusedParties.values()) {
    const key = `${accusedParty.party} ${accusedParty.party === 'server' ? (services.get(accusedParty.who) ?? accusedParty.who) : accusedParty.who}`
    groups.set(key, [...(groups.get(key) ?? []), accusedParty])
  }
  const sorted = [...groups.values()]
    .map((accusedParties) => accusedParties.sort((a, b) => b.sessions - a.sessions || (a.who < b.who ? -1 : 1)))
    .map((accusedParties) => ({
      accusedParties,
      grade: gravity(accusedParties),
      affected: affectedOf(accusedParties),
      name: nameOf(accusedParties),
    }))
    .sort((a, b) => b.grade - a.grade || b.affected - a.affected || (a.name < b.name ? -1 : 1))
    .map(({ accusedParties }) => accusedParties)
  return {
    cases: sorted
      .slice(0, REPORT_CHAPTERS_MAX)
      .map((accusedParties) => caseOf(accusedParties, firstPass, servers, services)),
    more: sorted.slice(REPORT_CHAPTERS_MAX).flat(),
  }
}

const affectedOf = (accusedParties: readonly AccusedParty[]) =>
  accusedParties.reduce((sum, { sessions }) => sum + sessions, 0)
const nameOf = ([first]: readonly AccusedParty[]) => `${first?.party} ${first?.who}`

/** Proved errors first, then suspected ones, then warnings. */
function gravity(accusedParties: readonly AccusedParty[]): number {
  const grades = rulesOf(accusedParties).map(
    ({ rule, proved }) => (rule.severity === 'error' ? 2 : 0) + (proved > 0 ? 1 : 0),
  )
  return Math.max(0, ...grades)
}

function rulesOf(accusedParties: readonly AccusedParty[]): (RuleTotals & { readonly rule: Rule })[] {
  return RULES.flatMap((rule) => {
    const totals = accusedParties.flatMap(({ rules }) => rules.get(rule.id) ?? [])
    if (totals.length === 0) return []
    const sum = (of: (summaryBuilder: RuleTotals) => number) => totals.reduce((sum, one) => sum + of(one), 0)
    return [
      { rule, proved: sum((t) => t.proved), suspected: sum((t) => t.suspected), sessions: sum((t) => t.sessions) },
    ]
  })
}

function caseOf(
  accusedParties: readonly AccusedParty[],
  firstPass: FirstPass,
  servers: readonly ServerRecord[],
  services: ReadonlyMap<string, string>,
): CasePlan {
  const rules = rulesOf(accusedParties)
  const party = accusedParties[0]?.party ?? 'server'
  const common = {
    ...{ party, accusedParties, rules, affected: affectedOf(accusedParties), samples: samplesOf(accusedParties) },
    certainty: rules.some(({ proved }) => proved > 0) ? ('proved' as const) : ('suspected' as const),
  }
  if (party === 'client') {
    const sessions = accusedParties.reduce((sum, { who }) => sum + (firstPass.clientSessions.get(who) ?? 0), 0)
    return { ...common, sessions, roles: new Map(), contrast: contrastOf([]), controls: [], others: [] }
  }
  const accused = new Set(accusedParties.map(({ who }) => who))
  const service = services.get(accusedParties[0]?.who ?? '')
  const kin = servers.filter(({ server }) => accused.has(server) || services.get(server) === service)
  const ids = new Set(rules.map(({ rule }) => rule.id))
  const contrast = contrastOf(pooled(kin, ids))
  const failing = new Set(contrast.failing.map(({ shape }) => shape))
  const roles = new Map<number, Role>()
  for (const [i, { server, shapes = [] }] of servers.entries()) {
    if (accused.has(server)) roles.set(i, 'accused')
    else if (services.get(server) === service) roles.set(i, 'sister')
    else if (shapes.some(({ shape }) => failing.has(shape))) roles.set(i, 'other')
  }
  const others = servers.filter((_, i) => roles.get(i) === 'other').map(({ server }) => server)
  return {
    ...common,
    sessions: servers.filter(({ server }) => accused.has(server)).reduce((sum, { sessions }) => sum + sessions, 0),
    ...{ roles, contrast },
    controls: sessionsOf(
      kin.map(({ server }) => server),
      controlsOf(contrast).map(({ shape }) => shape),
      firstPass,
      REPORT_CONTROLS_SHOWN_MAX,
    ),
    others: sessionsOf(others, [...failing], firstPass, REPORT_OTHERS_SHOWN_MAX),
  }
}

/** Failures by rules outside the case count neither as failed nor as working. */
export function relevant(count: SequenceCount, rules: ReadonlySet<string>): SequenceCount {
  const broken = Object.entries(count.rules)
  if (broken.every(([rule]) => rules.has(rule))) return count
  const failed = Math.max(0, ...broken.flatMap(([rule, n]) => (rules.has(rule) ? [n] : [])))
  return { ...count, failed, unjudged: count.unjudged + count.failed - failed }
}

function pooled(servers: readonly ServerRecord[], rules: ReadonlySet<string>): SequenceCount[] {
  const sums = new SequenceSums()
  for (const { shapes = [] } of servers) sums.addAll(shapes.map((count) => relevant(count, rules)))
  return sums.counts()
}

/** The best candidate of each kind, proved ones first. */
function samplesOf(accusedParties: readonly AccusedParty[]): Candidate[] {
  const kinds = new Map<string, Candidate>()
  for (const { candidates } of accusedParties)
    for (const [kind, candidate] of candidates) if (!kinds.has(kind)) kinds.set(kind, candidate)
  const number = ({ id }: Candidate) => Number(id.slice(1))
  return [...kinds.values()].sort((a, b) => b.proved - a.proved || number(a) - number(b)).slice(0, REPORT_SAMPLES_MAX)
}

/** Sessions in which these sequences worked, each once. */
function sessionsOf(
  servers: readonly string[],
  shapes: readonly string[],
  firstPass: FirstPass,
  most: number,
): readonly string[] {
  const ids = shapes.flatMap((shape) => servers.flatMap((server) => firstPass.wellAt(server, shape) ?? []))
  return [...new Set(ids)].slice(0, most)
}

/** Whether the session belongs to a party of the case. */
export function isAccused({ party, accusedParties }: CasePlan, server: string, client: string): boolean {
  return accusedParties.some(({ who }) => who === (party === 'server' ? server : addressOf(client)))
}
