// Builds the report model from both passes: a summary, a chapter for each case, and the basis of the report.

import { REPORT_ROWS_MAX } from '../../limits.ts'
import type { Analysis, ServerRecord } from '../../rules/analysis.ts'
import { clauseName, counted, decimal } from '../format-text.ts'
import { asClause, type Case, enumerated, paragraph, sessionsOf, toCase } from './case.ts'
import { failureWords } from './contrast.ts'
import { controls, othersWith } from './controls.ts'
import { evidence, type Shown } from './evidence-section.ts'
import type { FirstPass } from './first-pass.ts'
import { impact } from './impact.ts'
import { integrity, notHappened, type Provenance, unseen } from './integrity.ts'
import type { Block, Chapter, Inline, ReportModel, Section, Words } from './report-model.ts'
import type { Plan } from './report-plan.ts'
import { reproduce } from './reproduce.ts'
import type { SecondPass } from './second-pass.ts'
import { standard } from './standard.ts'
import { workaround } from './workaround.ts'

function summary(told: Case): Section {
  const { plan } = told
  return {
    id: 'summary',
    title: 'Summary',
    blocks: [
      paragraph(whatHappened(told), ' ', ...difference(told)),
      ...(plan.certainty === 'suspected' ? [paragraph(DOUBT)] : []),
      {
        kind: 'table',
        caption: 'What was found',
        head: ['rule', 'what happened', 'proved', 'suspected', 'sessions'],
        rows: plan.rules.map(({ rule, proved, suspected, sessions }): Inline[] => [
          { code: rule.id },
          rule.title,
          decimal(proved),
          decimal(suspected),
          decimal(sessions),
        ]),
      },
    ],
  }
}

const DOUBT = 'All of this is suspected, not proved: each finding names the assumption that is left.'

/** Suspected findings are not mixed with proved ones. */
function whatHappened({ plan, who }: Case): string {
  const { rules, certainty, affected, sessions } = plan
  const told = certainty === 'proved' ? rules.filter(({ proved }) => proved > 0) : rules
  const first = told.flatMap(({ rule }) => rule.clauses.slice(0, 1))
  const clauses = [...new Set(first.map((clause) => clauseName({ ...clause, keyword: null })))]
  const titles = told.map(({ rule }) => asClause(rule.title))
  const grave = told.some(({ rule }) => rule.severity === 'error')
  const broke = certainty === 'suspected' ? 'is suspected to have broken' : grave ? 'broke' : 'did not follow'
  return `In ${sessionsOf(affected, sessions)}, ${who} ${broke} ${enumerated(clauses)}: ${titles.join('; ')}.`
}

function difference(told: Case): Words {
  const { contrast, affected, sessions, party } = told.plan
  if (contrast.failing.length === 0) {
    const well = sessions - affected
    if (well === 0) return [`The capture has no session of this ${party} without it.`]
    return [`${counted(well, 'more session')} of the same ${party} ${well === 1 ? 'does' : 'do'} not show it.`]
  }
  const well = contrast.working.reduce((sum, count) => sum + count.well, 0)
  const apart = well === 0 ? [] : [`; none of ${counted(well, 'other group')} failed`]
  const others = othersWith(
    told,
    contrast.failing.map(({ shape }) => shape),
  )
  const judged = others.well + others.failed
  const elsewhere =
    judged === 0
      ? []
      : [
          `; at ${counted(others.servers, 'other server')} the same worked ${decimal(others.well)} of ${counted(judged, 'time')}`,
        ]
  return [...failureWords(contrast), ...apart, ...elsewhere, '.']
}

interface Readings {
  readonly firstPass: FirstPass
  readonly plan: Plan
  readonly fetched: SecondPass
  /** Redacted if requested. */
  readonly analysis: Analysis
  readonly made: Provenance
  /** The user selected only some servers, clients, sessions or findings. */
  readonly selective: boolean
  /** Of the accused parties, not all sessions or findings were selected. */
  readonly partial: boolean
}

export function compose(readings: Readings): ReportModel {
  const { fetched, analysis, made } = readings
  const cases = [...fetched.histograms].map(([one, histogram]) =>
    toCase(one, fetched, analysis, histogram, made.redacted),
  )
  const shown: Shown = new Set()
  return {
    title: `SMTP command pipelining: ${cases.length === 0 ? 'no violation found' : 'report of violations'}`,
    subtitle: subtitle(cases, analysis),
    lead: lead(cases, readings),
    chapters: cases.map((one, i) => chapter(one, i, shown)),
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

function subtitle(cases: readonly Case[], { captures }: Analysis): string {
  const first = captures.flatMap(({ firstPacketAt }) => firstPacketAt ?? []).sort()[0]
  const last = captures
    .flatMap(({ lastPacketAt }) => lastPacketAt ?? [])
    .sort()
    .at(-1)
  const days = [...new Set([first, last].flatMap((at) => at?.slice(0, 10) ?? []))].join(' to ')
  const [one] = cases
  const who =
    one === undefined ? 'No violation' : cases.length === 1 ? titleOf(one) : `${counted(cases.length, 'case')}`
  return days === '' ? who : `${who}; captured ${days}`
}

const PARTIAL =
  'Only the selected sessions and findings are counted as affected; the totals beside them cover all sessions and groups of a server.'

function lead(cases: readonly Case[], readings: Readings): Block[] {
  const { plan, firstPass, analysis } = readings
  const blocks: Block[] = [...(cases.length === 0 ? innocent(readings) : many(cases))]
  if (readings.partial && cases.length > 0) blocks.push(paragraph(PARTIAL))
  if (plan.more.length > 0) {
    const named = counted(plan.more.length, 'more server or client', 'more servers and clients')
    blocks.push(
      paragraph(
        `${named} with less severe findings ${plan.more.length === 1 ? 'has' : 'have'} no chapter here; select one with --server or --client.`,
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

/** A report with one case has no table of contents. */
function many(cases: readonly Case[]): Block[] {
  if (cases.length < 2) return []
  return [
    paragraph(`${counted(cases.length, 'case')}, the most severe first:`),
    {
      kind: 'table',
      caption: 'Cases',
      head: ['who', 'party', 'certainty', 'affected sessions', 'rules'],
      rows: cases
        .slice(0, REPORT_ROWS_MAX)
        .map(({ who, plan }): Inline[] => [
          who,
          plan.party,
          plan.certainty,
          `${decimal(plan.affected)} of ${decimal(plan.sessions)}`,
          plan.rules.map(({ rule }) => rule.id).join(', '),
        ]),
    },
  ]
}

function chapter(one: Case, i: number, shown: Shown): Chapter {
  const sections = [
    ...[summary(one), evidence(one, shown), standard(one), controls(one, shown)],
    ...[impact(one), workaround(one), reproduce(one)],
  ]
  return {
    id: `case-${i + 1}`,
    title: titleOf(one),
    subtitle: '',
    certainty: one.plan.certainty,
    sections: sections.map((section) => ({ ...section, id: `case-${i + 1}-${section.id}` })),
  }
}

const titleOf = ({ plan, who }: Case) => `${plan.party === 'server' ? 'Server' : 'Client'} ${who}`
