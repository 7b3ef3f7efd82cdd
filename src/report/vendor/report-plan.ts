// The cases of the report, most severe first, from the result of the first pass, and the sessions that the second pass
// reads for each. Servers whose names share a domain form one case; the report says that this rests on names alone.
// Names are not redacted here; nothing here is printed.

import { addressOf } from '../../decode/address.ts'
import {
  REPORT_ALIKE_MAX,
  REPORT_CHAPTERS_MAX,
  REPORT_CONTROLS_SHOWN_MAX,
  REPORT_OTHERS_SHOWN_MAX,
  REPORT_SAMPLES_MAX,
} from '../../limits.ts'
import type { FaultRecord, SequenceCount, ServerRecord } from '../../rules/analysis.ts'
import { SequenceSums } from '../../rules/command-sequences.ts'
import { addFaults, byWeight, type FaultSums, faultRecords } from '../../rules/fault-sums.ts'
import { RULES } from '../../rules/index.ts'
import type { Rule } from '../../rules/rule.ts'
import { type Contrast, contrastOf, controlsOf } from './contrast.ts'
import type { AccusedParty, Candidate, FirstPass, RuleTotals } from './first-pass.ts'

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
  /** The accused servers of one service, or one client; or several that did the same in one session each. */
  readonly accusedParties: readonly AccusedParty[]
  /** Their names, as in `AccusedParty.who`. */
  readonly names: ReadonlySet<string>
  readonly alike: boolean
  /** What they did, the gravest first. Not redacted. */
  readonly faults: readonly FaultRecord[]
  readonly rules: readonly (RuleTotals & { readonly rule: Rule })[]
  readonly certainty: 'proved' | 'suspected'
  /** Number of sessions of the accused parties, of those with findings, and of those with proved ones. */
  readonly sessions: number
  readonly affected: number
  readonly proved: number
  /**
   * For cases about servers: the servers of the service and those with a failing sequence, by index in the analysis.
   */
  readonly roles: ReadonlyMap<number, Role>
  readonly contrast: Contrast
  readonly samples: readonly Candidate[]
  /** Of parties that did the same, the session of each, in the order of the capture. */
  readonly listed: readonly Candidate[]
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
    const { party, who } = accusedParty
    const service = services.get(who)
    // Addresses of a service form one case if they did the same.
    const key = party === 'client' || service === undefined ? who : `${service} ${mainFault(accusedParty)}`
    const known = groups.get(`${party} ${key}`)
    if (known === undefined) groups.set(`${party} ${key}`, [accusedParty])
    else known.push(accusedParty)
  }
  const sorted = withoutRepeats([...groups.values()])
    .map(({ parties, alike }) => ({
      parties: parties.sort((a, b) => b.sessions - a.sessions || (a.who < b.who ? -1 : 1)),
      ...{ alike, grade: gravity(parties), affected: affectedOf(parties), name: nameOf(parties) },
    }))
    .sort((a, b) => b.grade - a.grade || b.affected - a.affected || (a.name < b.name ? -1 : 1))
  return {
    cases: sorted
      .slice(0, REPORT_CHAPTERS_MAX)
      .map(({ parties, alike }) => caseOf(parties, alike, firstPass, servers, services)),
    more: sorted.slice(REPORT_CHAPTERS_MAX).flatMap(({ parties }) => parties),
  }
}

interface Gathered {
  readonly parties: AccusedParty[]
  readonly alike: boolean
}

/** So many parties that did the same in one session each form one case. */
const ALIKE_LEAST = 3

function withoutRepeats(groups: readonly AccusedParty[][]): Gathered[] {
  const alike = new Map<string, AccusedParty[]>()
  const single = (group: readonly AccusedParty[]) => {
    const [first] = group
    if (first === undefined || group.length >= ALIKE_LEAST || group.some(({ sessions }) => sessions > 1)) return null
    const fault = mainFault(first)
    return fault === null ? null : `${first.party} ${fault}`
  }
  for (const group of groups) {
    const key = single(group)
    if (key === null) continue
    const known = alike.get(key)
    if (known === undefined) alike.set(key, [...group])
    else known.push(...group)
  }
  const common = [...alike.values()].filter(({ length }) => length >= ALIKE_LEAST)
  const gathered = new Set(common.flat())
  const others = groups.filter(([first]) => first !== undefined && !gathered.has(first))
  return [
    ...others.map((parties) => ({ parties, alike: false })),
    ...common.map((parties) => ({ parties, alike: true })),
  ]
}

/** The gravest fault of a party, by rule, certainty and severity. */
function mainFault(party: AccusedParty): string | null {
  const [fault] = faultsOf([party], null)
  return fault === undefined ? null : `${fault.rule} ${fault.certainty} ${fault.severity}`
}

/** What the parties did together, the gravest first. `of`: the number of all their sessions. */
function faultsOf(parties: readonly AccusedParty[], of: number | null, name: string | null = null): FaultRecord[] {
  const sums: FaultSums = new Map()
  for (const { faults } of parties) addFaults(sums, faults)
  return faultRecords(sums, { accused: parties[0]?.who ?? '', name, of }, RULES).sort(byWeight)
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

/** The rules that the parties broke, in the order of the catalogue, with the sums of their findings. */
function rulesOf(accusedParties: readonly AccusedParty[]): (RuleTotals & { readonly rule: Rule })[] {
  const sums = new Map<string, RuleTotals>()
  for (const { rules } of accusedParties) {
    for (const [id, { proved, suspected, sessions }] of rules) {
      const sum = sums.get(id) ?? { proved: 0, suspected: 0, sessions: 0 }
      sums.set(id, sum)
      sum.proved += proved
      sum.suspected += suspected
      sum.sessions += sessions
    }
  }
  return RULES.flatMap((rule) => {
    const sum = sums.get(rule.id)
    return sum === undefined ? [] : [{ rule, ...sum }]
  })
}

function caseOf(
  accusedParties: readonly AccusedParty[],
  alike: boolean,
  firstPass: FirstPass,
  servers: readonly ServerRecord[],
  services: ReadonlyMap<string, string>,
): CasePlan {
  const rules = rulesOf(accusedParties)
  const party = accusedParties[0]?.party ?? 'server'
  const common = {
    ...{ party, accusedParties, alike, rules, affected: affectedOf(accusedParties) },
    names: new Set(accusedParties.map(({ who }) => who)),
    proved: accusedParties.reduce((sum, { provedSessions }) => sum + provedSessions, 0),
    samples: samplesOf(accusedParties),
    listed: alike ? listedOf(accusedParties) : [],
    certainty: rules.some(({ proved }) => proved > 0) ? ('proved' as const) : ('suspected' as const),
  }
  if (party === 'client') {
    const sessions = accusedParties.reduce((sum, { who }) => sum + (firstPass.clientSessions.get(who) ?? 0), 0)
    const faults = faultsOf(accusedParties, sessions)
    return { ...common, faults, sessions, roles: new Map(), contrast: contrastOf([]), controls: [], others: [] }
  }
  const accused = common.names
  const service = services.get(accusedParties[0]?.who ?? '')
  // An address of the service that is accused of something else is no control.
  const isKin = (server: string) =>
    accused.has(server) ||
    (!alike && services.get(server) === service && !firstPass.accusedParties.has(`server ${server}`))
  const kin = servers.filter(({ server }) => isKin(server))
  const ids = new Set(rules.map(({ rule }) => rule.id))
  // Servers that have nothing but a fault in common are not compared.
  const contrast = contrastOf(alike ? [] : pooled(kin, ids))
  const failing = new Set(contrast.failing.map(({ shape }) => shape))
  const roles = new Map<number, Role>()
  for (const [i, { server, shapes = [] }] of servers.entries()) {
    if (accused.has(server)) roles.set(i, 'accused')
    else if (isKin(server)) roles.set(i, 'sister')
    else if (shapes.some(({ shape }) => failing.has(shape))) roles.set(i, 'other')
  }
  const others = servers.filter((_, i) => roles.get(i) === 'other').map(({ server }) => server)
  const sessions = kin.reduce((sum, one) => sum + (accused.has(one.server) ? one.sessions : 0), 0)
  const name = servers.find(({ server }) => server === accusedParties[0]?.who)?.serverName ?? null
  return {
    ...common,
    ...{ faults: faultsOf(accusedParties, sessions, name), sessions, roles, contrast },
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
  const most = (of: (rule: string, n: number) => number) =>
    Math.max(0, ...broken.flatMap(([rule, n]) => (rules.has(rule) ? [of(rule, n)] : [])))
  const failed = most((_, n) => n)
  const suspected = failed - most((rule, n) => n - (count.suspectedRules?.[rule] ?? 0))
  return { ...count, failed, suspected, unjudged: count.unjudged + count.failed - failed }
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

function listedOf(accusedParties: readonly AccusedParty[]): Candidate[] {
  const sessions = accusedParties.flatMap(({ candidates }) => [...candidates.values()].slice(0, 1))
  return sessions.sort((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1))).slice(0, REPORT_ALIKE_MAX)
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
export function isAccused({ party, names }: CasePlan, server: string, client: string): boolean {
  return names.has(party === 'server' ? server : addressOf(client))
}
