// Builds the report model from both passes: a summary, a chapter for each case, and the basis of the report.

import type { Analysis, FaultRecord, ServerRecord } from '../../rules/analysis.ts'
import { clauseName, counted, decimal } from '../format-text.ts'
import { done } from '../verdict-line.ts'
import { type Case, enumerated, paragraph, sessionsOf, toCase } from './case.ts'
import { failureWords } from './contrast.ts'
import { controls, othersWith } from './controls.ts'
import { evidence, type Shown } from './evidence-section.ts'
import type { FirstPass } from './first-pass.ts'
import { caseTiles, headline, manyHeadline, manyTiles, whatOf } from './headline.ts'
import { impact } from './impact.ts'
import { integrity, notHappened, type Provenance, unseen } from './integrity.ts'
import { type Attachments, mailText } from './mail-text.ts'
import type { Block, Chapter, Inline, ReportModel, Section, Words } from './report-model.ts'
import type { Plan } from './report-plan.ts'
import { reproduce } from './reproduce.ts'
import type { Fetched } from './second-pass.ts'
import { standard } from './standard.ts'
import { fix, workaround } from './workaround.ts'

/** `isLone`: the only case of the report, whose figures stand at its beginning. */
function summary(told: Case, isLone: boolean): Section {
  const { plan } = told
  return {
    id: 'summary',
    title: 'Summary',
    blocks: [
      ...(isLone ? [] : [caseTiles(told)]),
      paragraph(whatHappened(told), ...(plan.alike ? [] : [' ', ...difference(told)])),
      ...(plan.certainty === 'suspected' ? [paragraph(DOUBT)] : []),
    ],
  }
}

const DOUBT = 'All of this is suspected, not proved: each finding names the assumption that is left.'

/** Maximum number of faults named in the summary; the table has all rules. */
const FAULTS_NAMED = 4

/** What is proved and what is suspected, each fault with the number of its sessions. */
function whatHappened({ plan, who, faults }: Case): string {
  const { affected, sessions, rules } = plan
  const named = faults.slice(0, FAULTS_NAMED)
  if (named.length === 0) {
    const deeds = enumerated(rules.map(({ rule }) => rule.headline))
    return `In ${sessionsOf(affected, sessions)}, ${who} ${plan.certainty === 'proved' ? deeds : `may have ${deeds}`}.`
  }
  const deeds = named.map((fault, i) => {
    const rule = rules.find((one) => one.rule.id === fault.rule)?.rule
    const [clause] = rule?.clauses ?? []
    const against = clause === undefined ? '' : ` (${clauseName({ ...clause, keyword: null })})`
    const where =
      i === 0 ? `In ${sessionsOf(fault.sessions, sessions)}, ${who}` : `in ${counted(fault.sessions, 'session')} it`
    return `${where} ${done(fault)}${against}${remarkOn(fault)}`
  })
  const more = faults.length - named.length
  return `${deeds.join('; ')}${more > 0 ? `; and ${counted(more, 'more fault')}` : ''}.`
}

/** A warning breaks a recommendation; what is suspected is not claimed. */
function remarkOn({ severity, certainty }: FaultRecord): string {
  const remarks = [
    ...(severity === 'warning' ? ['is a warning and not an error'] : []),
    ...(certainty === 'suspected' ? ['is suspected and not proved'] : []),
  ]
  return remarks.length === 0 ? '' : `, which ${remarks.join(', and ')}`
}

function difference(told: Case): Words {
  const { contrast, affected, sessions, party } = told.plan
  if (contrast.failing.length === 0) {
    const well = sessions - affected
    if (well === 0) return [`The capture has no session of this ${party} without the fault.`]
    return [`${counted(well, 'more session')} of the same ${party} ${well === 1 ? 'does' : 'do'} not show it.`]
  }
  const well = contrast.working.reduce((sum, count) => sum + count.well, 0)
  const apart =
    well === 0
      ? []
      : [well === 1 ? '; the one other group did not fail' : `; none of ${decimal(well)} other groups failed`]
  const others = othersWith(
    told,
    contrast.failing.map(({ shape }) => shape),
  )
  const judged = others.well + others.failed
  const elsewhere =
    judged === 0
      ? []
      : [
          `; at ${counted(others.servers, 'other server')} the same group worked ${decimal(others.well)} of ${decimal(judged)} times`,
        ]
  return [...failureWords(contrast), ...apart, ...elsewhere, '.']
}

interface Readings {
  readonly firstPass: FirstPass
  readonly plan: Plan
  readonly fetched: Fetched
  /** Redacted if requested. */
  readonly analysis: Analysis
  /** Redacts a fault if requested. */
  readonly show: (fault: FaultRecord) => FaultRecord
  readonly made: Provenance
  /** The user selected only some servers, clients, sessions or findings. */
  readonly selective: boolean
  /** Of the accused parties, not all sessions or findings were selected. */
  readonly partial: boolean
}

function casesOf({ fetched, analysis, made, show }: Readings): Case[] {
  return [...fetched.histograms].map(([one, times]) =>
    toCase(one, fetched, analysis, times, { redacted: made.redacted, show }),
  )
}

/** The text of a mail to send the report with; null when it is not about one case alone. */
export function mailOf(readings: Readings, attachments: Attachments): string | null {
  const [told, ...more] = casesOf(readings)
  if (told === undefined || more.length > 0 || readings.plan.more.length > 0) return null
  const happened = [whatHappened(told), ' ', ...difference(told)]
  return mailText({ told, headline: headline(told), happened, attachments })
}

export function compose(readings: Readings): ReportModel {
  const { fetched, analysis, made } = readings
  const cases = casesOf(readings)
  const shown: Shown = new Set()
  return {
    title: titleOfAll(cases, readings.plan),
    subtitle: subtitle(cases, analysis),
    lead: lead(cases, readings),
    chapters: cases.map((one, i) => chapter(one, i, cases.length === 1 && readings.plan.more.length === 0, shown)),
    closing: [
      ...notHappened(serversOf(cases, readings)),
      unseen(analysis),
      integrity(analysis, [...fetched.samples.values()], made),
    ],
  }
}

/** The servers that the report is about: others may be those of other operators. */
function serversOf(cases: readonly Case[], { analysis, selective }: Readings): readonly ServerRecord[] {
  if (cases.length === 0) return selective ? [] : analysis.servers
  const accused = cases.flatMap(({ servers }) => servers.filter(({ role }) => role === 'accused'))
  return [...new Set(accused.map(({ record }) => record))]
}

function titleOfAll(cases: readonly Case[], plan: Plan): string {
  const [one] = cases
  if (one === undefined) return 'SMTP command pipelining: no violation found'
  return cases.length === 1 && plan.more.length === 0 ? headline(one) : manyHeadline(plan)
}

function subtitle(cases: readonly Case[], { captures }: Analysis): string {
  const first = captures.flatMap(({ firstPacketAt }) => firstPacketAt ?? []).sort()[0]
  const last = captures
    .flatMap(({ lastPacketAt }) => lastPacketAt ?? [])
    .sort()
    .at(-1)
  const days = [...new Set([first, last].flatMap((at) => at?.slice(0, 10) ?? []))].join(' to ')
  const [one] = cases
  const who = one === undefined ? 'No violation' : cases.length === 1 ? titleOf(one) : counted(cases.length, 'case')
  return `SMTP command pipelining. ${who}${days === '' ? '' : `; captured ${days}`}.`
}

const PARTIAL =
  'Only the selected sessions and findings are counted as affected; the totals beside them cover all sessions and groups of a server.'

function lead(cases: readonly Case[], readings: Readings): Block[] {
  const { plan, firstPass, analysis } = readings
  const blocks: Block[] = [...(cases.length === 0 ? innocent(readings) : figures(cases, plan))]
  if (readings.partial && cases.length > 0) blocks.push(paragraph(PARTIAL))
  if (plan.more.length > 0) {
    const named = counted(plan.more.length, 'more server or client', 'more servers and clients')
    blocks.push(
      paragraph(
        `${named} with rarer or less severe findings ${plan.more.length === 1 ? 'has' : 'have'} no chapter here; select one with --server or --client.`,
      ),
    )
  }
  if (firstPass.uncharged > 0)
    blocks.push(
      paragraph(
        `${counted(firstPass.uncharged, 'session')} with findings of further servers or clients are not counted here, because there are too many.`,
      ),
    )
  if (firstPass.aside > 0)
    blocks.push(
      paragraph(
        `${counted(firstPass.aside, 'finding')} about the other side of these sessions ${firstPass.aside === 1 ? 'is' : 'are'} not part of this report.`,
      ),
    )
  if (analysis.captures.some(({ complete }) => !complete))
    blocks.push(paragraph('Part of the captures could not be read; the rest is judged. See Integrity.'))
  return blocks
}

/** The report without findings. Its claim is limited as carefully as an accusation. */
function innocent({ analysis, selective }: Readings): Block[] {
  const { sessions, conforming, inconclusive, violation, suspected, findings } = analysis.summary
  if (sessions === 0)
    return [paragraph('The captures contain no SMTP session, so no server or client could be judged.')]
  const scope = selective
    ? 'In the selected sessions, no server and no client was found to break a rule.'
    : 'No server and no client was found to break a rule.'
  const told = [
    ...(conforming > 0
      ? [`${wereOf(conforming)} judged in full and ${conforming === 1 ? 'conforms' : 'conform'}`]
      : []),
    ...(inconclusive > 0 ? [`${wereOf(inconclusive)} not judged in full, because data is missing`] : []),
    ...(violation + suspected > 0
      ? [
          `${decimal(violation + suspected)} ${violation + suspected === 1 ? 'has' : 'have'} findings that were not selected`,
        ]
      : []),
  ]
  const info =
    findings.info === 0
      ? []
      : [
          paragraph(
            `${counted(findings.info, 'finding')} of severity info ${findings.info === 1 ? 'is' : 'are'} not counted as faults; pipelint check --all lists them.`,
          ),
        ]
  return [paragraph(`${scope} Of ${counted(sessions, 'session')}, ${told.join('; ')}.`), ...info]
}

const wereOf = (n: number) => `${decimal(n)} ${n === 1 ? 'was' : 'were'}`

function figures(cases: readonly Case[], plan: Plan): Block[] {
  const [one] = cases
  if (one !== undefined && cases.length === 1 && plan.more.length === 0) return [caseTiles(one)]
  return [
    manyTiles(plan),
    {
      ...{ kind: 'cases', caption: `${counted(cases.length, 'case')}, the most severe first` },
      rows: cases.map((told, i) => ({
        ...{ chapter: chapterId(i), who: titleOf(told), party: told.plan.party, certainty: told.plan.certainty },
        what: whatOf(told),
        affected: `${decimal(told.plan.affected)} of ${decimal(told.plan.sessions)}`,
        rules: told.plan.rules.map(({ rule }) => rule.id),
      })),
    },
  ]
}

const chapterId = (i: number) => `case-${i + 1}`

function chapter(told: Case, i: number, isLone: boolean, shown: Shown): Chapter {
  const sections = told.plan.alike
    ? [summary(told, isLone), places(told), evidence(told, shown), standard(told), fix(told)]
    : [
        ...[summary(told, isLone), evidence(told, shown), standard(told), controls(told, shown)],
        ...[impact(told), workaround(told), reproduce(told)],
      ]
  return {
    id: chapterId(i),
    title: isLone ? titleOf(told) : headline(told),
    subtitle: isLone || told.plan.alike ? '' : titleOf(told),
    certainty: told.plan.certainty,
    sections: sections.map((section) => ({ ...section, id: `${chapterId(i)}-${section.id}` })),
  }
}

const titleOf = ({ plan, who }: Case) => (plan.alike ? who : `${plan.party === 'server' ? 'Server' : 'Client'} ${who}`)

/** Where it was seen, when several servers or clients did the same in one session each. */
function places({ plan, listed }: Case): Section {
  const more = plan.accusedParties.length - listed.length
  const rows = listed.map(({ id, client, server, clientName, serverName, startedAt, findings }): Inline[] => {
    const [where, name] = plan.party === 'server' ? [server, serverName] : [client, clientName]
    return [where, name ?? '-', id, startedAt.slice(0, 19).replace('T', ' '), findings[0]?.message ?? '']
  })
  const caption = `Where it was seen${more > 0 ? `; ${counted(more, `more ${plan.party}`)} not listed` : ''}`
  const says = plan.certainty === 'proved' ? 'what happened' : 'what is suspected'
  return {
    ...{ id: 'places', title: `The ${plan.party}s` },
    blocks: [{ kind: 'table', caption, head: [plan.party, 'name', 'session', 'started', says], rows }],
  }
}
