// The headline of a report and its figures: what was done, by whom, how often, since when. What is proved and what is
// only suspected are never counted together.
import { addressOf } from '../../decode/address.ts'
import type { Certainty } from '../../rules/analysis.ts'
import { RULES } from '../../rules/index.ts'
import { counted, decimal } from '../format-text.ts'
import { zoneOf } from '../local-time.ts'
import { done } from '../verdict-line.ts'
import type { Case } from './case.ts'
import { othersWith } from './controls.ts'
import type { AccusedParty } from './first-pass.ts'
import type { Block, Tile } from './report-model.ts'
import { type Plan, serviceOf } from './report-plan.ts'

/** `bigfish.com lost 2 of 4 pipelined commands and closed the connection` */
export function headline(told: Case): string {
  return `${shortName(told)} ${whatOf(told)}`
}

/** `lost 2 of 4 pipelined commands`; suspected: `may have lost …`. */
export function whatOf(told: Case): string {
  const [fault] = told.faults
  return fault === undefined ? noted(told) : done(fault)
}

/** Findings of severity info are no faults: the rule says what was seen. */
function noted({ plan }: Case): string {
  const [first] = plan.rules
  const certainty = plan.certainty
  return first === undefined ? 'did nothing wrong' : done({ headline: first.rule.headline, certainty })
}

function shortName({ plan, who, faults, servers, samples }: Case): string {
  if (plan.alike) return who
  if (plan.party === 'client') return `Client ${faults[0]?.accused ?? addressOf(samples[0]?.client ?? 'unknown:')}`
  const [first] = samples
  const name = servers.find(({ record }) => record.server === first?.server)?.record.serverName ?? null
  return serviceOf(name) ?? name ?? `Server ${first?.server.replace(/:25$/, '') ?? 'unknown'}`
}

/** The headline of a report with several cases: how many servers and clients, by certainty. */
export function manyHeadline(plan: Plan): string {
  const parties = [...plan.cases.flatMap(({ accusedParties }) => accusedParties), ...plan.more]
  const proved = parties.filter(({ provedSessions }) => provedSessions > 0)
  const suspected = parties.length - proved.length
  if (proved.length === 0) return `${partiesOf(parties)} suspected of breaking rules of SMTP pipelining`
  const more = suspected === 0 ? '' : `, ${decimal(suspected)} more suspected`
  return `${partiesOf(proved)} broke rules of SMTP pipelining${more}`
}

function partiesOf(parties: readonly AccusedParty[]): string {
  const of = (party: string) => parties.filter((one) => one.party === party).length
  return (['server', 'client'] as const)
    .flatMap((party) => (of(party) === 0 ? [] : [counted(of(party), party)]))
    .join(' and ')
}

/** The figures of a case: sessions, faults by certainty, controls, since when. */
export function caseTiles(told: Case): Block {
  const tiles = [affected(told), faultTile(told), ...wellTile(told), ...sinceTile(told)]
  return { kind: 'tiles', tiles }
}

function affected({ plan }: Case): Tile {
  const { proved, affected: all, sessions } = plan
  const doubtful = all - proved
  return {
    label: 'Sessions affected',
    value: `${decimal(proved)} of ${decimal(sessions)}`,
    note: doubtful === 0 ? '' : `${decimal(doubtful)}${proved > 0 ? ' more' : ''} suspected`,
    ...{ tone: 'plain', share: sessions === 0 ? null : proved / sessions },
  }
}

function faultTile({ faults }: Case): Tile {
  const sum = (certainty: Certainty) =>
    faults.reduce((total, fault) => total + (fault.certainty === certainty ? fault.incidents : 0), 0)
  const [proved, suspected] = [sum('proved'), sum('suspected')]
  const [first, ...more] = [...new Set(faults.map(({ rule }) => rule))]
  const others = more.length === 0 ? '' : ` and ${counted(more.length, 'other rule')}`
  return {
    label: 'Incidents',
    value: `${decimal(proved)} proved`,
    note: `${decimal(suspected)} suspected${first === undefined ? '' : `; ${first}${others}`}`,
    ...{ tone: proved > 0 ? 'proved' : suspected > 0 ? 'suspected' : 'plain', share: null },
  }
}

/** What went well beside the fault: the same group elsewhere, other groups, or other sessions. */
function wellTile(told: Case): Tile[] {
  const { contrast, sessions, affected: all, party, alike } = told.plan
  const label = 'Controls that went well'
  if (alike) return []
  if (contrast.failing.length === 0) {
    const value = decimal(sessions - all)
    return [
      { label, value, note: `sessions of the same ${party}`, tone: sessions > all ? 'well' : 'plain', share: null },
    ]
  }
  const groups = contrast.working.reduce((sum, { well }) => sum + well, 0)
  const others = othersWith(
    told,
    contrast.failing.map(({ shape }) => shape),
  )
  const elsewhere =
    others.well === 0
      ? ''
      : `, and the same group ${counted(others.well, 'time')} at ${counted(others.servers, 'other server')}`
  return [
    {
      ...{
        label,
        value: decimal(groups),
        note: `${groups === 1 ? 'other group' : 'other groups'} of the server${elsewhere}`,
        share: null,
      },
      tone: groups + others.well > 0 ? 'well' : 'plain',
    },
  ]
}

/** When the gravest fault was seen first and last. */
function sinceTile({ faults }: Case): Tile[] {
  const certainty = faults[0]?.certainty
  const same = faults.filter((fault) => fault.certainty === certainty)
  const first = same.map(({ firstAt }) => firstAt).sort()[0]
  const last = same
    .map(({ lastAt }) => lastAt)
    .sort()
    .at(-1)
  if (first === undefined || last === undefined) return []
  const day = (at: string) => at.slice(0, 10)
  const time = (at: string) => at.slice(11, 19)
  const until = first === last ? '' : `; last at ${time(last)}${day(last) === day(first) ? '' : ` on ${day(last)}`}`
  return [
    {
      label: 'Since',
      value: time(first),
      note: `${zoneOf(first)} on ${day(first)}${until}`,
      tone: 'plain',
      share: null,
    },
  ]
}

/** The figures of a report with several cases. */
export function manyTiles(plan: Plan): Block {
  const parties = [...plan.cases.flatMap(({ accusedParties }) => accusedParties), ...plan.more]
  const tile = (party: 'server' | 'client'): Tile => {
    const of = parties.filter((one) => one.party === party)
    const proved = of.filter(({ provedSessions }) => provedSessions > 0).length
    const doubtful = of.length - proved
    return {
      label: `${party === 'server' ? 'Servers' : 'Clients'} at fault`,
      value: decimal(proved),
      note: doubtful === 0 ? '' : `${decimal(doubtful)}${proved > 0 ? ' more' : ''} suspected`,
      ...{ tone: proved > 0 ? 'proved' : doubtful > 0 ? 'suspected' : 'plain', share: null },
    }
  }
  const rules = RULES.filter(({ id }) => parties.some((one) => one.rules.has(id)))
  const broken = { value: decimal(rules.length), note: `of ${decimal(RULES.length)}`, tone: 'plain' } as const
  return {
    kind: 'tiles',
    tiles: [tile('server'), tile('client'), { label: 'Rules with findings', ...broken, share: null }],
  }
}
