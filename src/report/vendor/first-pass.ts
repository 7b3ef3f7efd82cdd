// The first pass over the captures: collects, as sessions close, the accused parties and the sessions worth showing. It
// keeps counts and session ids, but no dialogues: these are read in a second pass.

import { addressOf } from '../../decode/address.ts'
import { REPORT_ACCUSED_MAX, REPORT_CONTROLS_MAX } from '../../limits.ts'
import type { Certainty, FindingRecord } from '../../rules/analysis.ts'
import { addIncidents, type FaultSums } from '../../rules/fault-sums.ts'
import { incidentsOf } from '../../rules/incidents.ts'
import type { SessionReport } from '../../rules/session-report.ts'
import { UNKNOWN_WHICH } from '../../rules/wording.ts'

/** The selection of the report. */
interface Wanted {
  /** Whether the findings of a session count. Any session may be a control. */
  readonly accuses: (report: SessionReport) => boolean
  /** The values of the selection, each with the sessions that it stands for. */
  readonly named?: ReadonlyMap<string, (report: SessionReport) => boolean>
  /** Ids of findings; null for all except those of severity info. */
  readonly findings: readonly string[] | null
  /** Findings of severity info count too. */
  readonly information: boolean
  /** The parties that may be accused. */
  readonly parties: ReadonlySet<'server' | 'client'>
}

/**
 * Maximum number of kinds of faulty sessions remembered for one party. Sessions are of one kind when they break the
 * same rules.
 */
const KINDS = 8

/** Findings of a rule by certainty, and the number of sessions with them. */
export interface RuleTotals {
  proved: number
  suspected: number
  sessions: number
}

/** Commands without a reply, by verb. */
export type Unanswered = Map<string, number>

/** A session that may be shown, and its commands and groups with faults. */
export interface Candidate {
  readonly id: string
  readonly groups: ReadonlySet<number>
  readonly commands: ReadonlySet<number>
  readonly proved: number
}

/** The findings against one server or client. */
export interface AccusedParty {
  readonly party: 'server' | 'client'
  /** Address and port of a server, or address of a client, not redacted. */
  readonly who: string
  /** Sessions with findings, and those in which at least one is proved. */
  sessions: number
  provedSessions: number
  messages: number
  firstAt: string
  lastAt: string
  readonly rules: Map<string, RuleTotals>
  /** What it did, as sums of incidents. */
  readonly faults: FaultSums
  /**
   * Commands without a reply, by how certain that is. `untold`: for some findings it is unknown which of the named
   * commands were not answered.
   */
  readonly unanswered: Readonly<Record<Certainty, Unanswered>>
  untold: boolean
  readonly candidates: Map<string, Candidate>
}

/** Rules whose findings name the commands that were never answered. */
const UNANSWERED: ReadonlySet<string> = new Set(['input-lost', 'reply-missing', 'premature-close'])

export class FirstPass {
  readonly accusedParties = new Map<string, AccusedParty>()
  /** Sessions of servers and clients beyond the limit. */
  uncharged = 0
  /** Selected finding ids that exist. */
  readonly met = new Set<string>()
  /** Values of the selection that no session matches. */
  readonly absent: Map<string, (report: SessionReport) => boolean>
  /** Number of selected sessions. */
  selected = 0
  /** Number of findings about a party that is not selected. */
  aside = 0
  /** Number of sessions per client. */
  readonly clientSessions = new Map<string, number>()
  private readonly well = new Map<string, string>()
  private readonly wanted: Wanted

  constructor(wanted: Wanted) {
    this.wanted = wanted
    this.absent = new Map(wanted.named)
  }

  session(report: SessionReport): void {
    const { parties } = this.wanted
    if (parties.has('client')) this.countClient(report)
    this.remember(report)
    for (const [value, matches] of this.absent) if (matches(report)) this.absent.delete(value)
    if (!this.wanted.accuses(report)) return
    this.selected++
    if (report.findings.length === 0) return
    const findings = report.findings.filter((finding) => this.wants(finding))
    for (const party of ['server', 'client'] as const) {
      const theirs = findings.filter((finding) => finding.party === party)
      if (theirs.length === 0) continue
      if (parties.has(party)) this.accusedParty(party, report, theirs)
      else this.aside += theirs.length
    }
  }

  wants({ id, severity }: FindingRecord): boolean {
    const { findings, information } = this.wanted
    if (findings === null) return information || severity !== 'info'
    if (!findings.includes(id)) return false
    this.met.add(id)
    return true
  }

  /** The id of a conforming session in which this sequence worked at this server. */
  wellAt(server: string, shape: string): string | null {
    return this.well.get(`${server} ${shape}`) ?? null
  }

  private countClient({ record }: SessionReport): void {
    const client = addressOf(record.client)
    const known = this.clientSessions.get(client)
    if (known === undefined && this.clientSessions.size >= REPORT_ACCUSED_MAX) return
    this.clientSessions.set(client, (known ?? 0) + 1)
  }

  private remember({ id, server, shapes, verdict }: SessionReport): void {
    if (verdict !== 'conforming') return
    for (const { shape, well } of shapes) {
      const key = `${server} ${shape}`
      if (well > 0 && this.well.size < REPORT_CONTROLS_MAX && !this.well.has(key)) this.well.set(key, id)
    }
  }

  private accusedParty(party: 'server' | 'client', report: SessionReport, findings: readonly FindingRecord[]): void {
    const { record } = report
    const who = party === 'server' ? report.server : addressOf(record.client)
    const accusedParty = this.accusedPartyOf(party, who)
    if (accusedParty === null) {
      this.uncharged++
      return
    }
    accusedParty.sessions++
    if (findings.some(({ certainty }) => certainty === 'proved')) accusedParty.provedSessions++
    addIncidents(accusedParty.faults, incidentsOf(findings), record.startedAt)
    accusedParty.messages += record.messages
    if (accusedParty.firstAt === '' || record.startedAt < accusedParty.firstAt) accusedParty.firstAt = record.startedAt
    if (record.startedAt > accusedParty.lastAt) accusedParty.lastAt = record.startedAt
    countRules(accusedParty, findings)
    countUnanswered(accusedParty, findings)
    this.nominate(accusedParty, report, findings)
  }

  private accusedPartyOf(party: 'server' | 'client', who: string): AccusedParty | null {
    const key = `${party} ${who}`
    const known = this.accusedParties.get(key)
    if (known !== undefined) return known
    if (this.accusedParties.size >= REPORT_ACCUSED_MAX) return null
    const accusedParty: AccusedParty = {
      ...{ party, who, sessions: 0, provedSessions: 0, messages: 0, firstAt: '', lastAt: '' },
      ...{ rules: new Map(), faults: new Map(), untold: false, candidates: new Map() },
      unanswered: { proved: new Map(), suspected: new Map() },
    }
    this.accusedParties.set(key, accusedParty)
    return accusedParty
  }

  /** The first session of each kind of fault. */
  private nominate(accusedParty: AccusedParty, { id }: SessionReport, findings: readonly FindingRecord[]): void {
    const kind = [...new Set(findings.map(({ rule, certainty }) => `${rule} ${certainty}`))].sort().join(', ')
    if (accusedParty.candidates.has(kind) || accusedParty.candidates.size >= KINDS) return
    accusedParty.candidates.set(kind, {
      id,
      ...placesOf(findings),
      proved: findings.filter(({ certainty, severity }) => certainty === 'proved' && severity === 'error').length,
    })
  }
}

/** Where the findings of a session are. */
export function placesOf(findings: readonly FindingRecord[]): Pick<Candidate, 'groups' | 'commands'> {
  return {
    groups: new Set(findings.flatMap(({ group }) => group ?? [])),
    commands: new Set(findings.flatMap(({ group, commands }) => (group === null ? commands.map((c) => c.index) : []))),
  }
}

function countRules({ rules }: AccusedParty, findings: readonly FindingRecord[]): void {
  const here = new Set<string>()
  for (const { rule, certainty } of findings) {
    const summaryBuilder = rules.get(rule) ?? { proved: 0, suspected: 0, sessions: 0 }
    rules.set(rule, summaryBuilder)
    summaryBuilder[certainty]++
    if (!here.has(rule)) summaryBuilder.sessions++
    here.add(rule)
  }
}

/** A command that several findings name counts once, as proved if one of them is. */
function countUnanswered(accusedParty: AccusedParty, findings: readonly FindingRecord[]): void {
  const seen = new Set<string>()
  for (const certainty of ['proved', 'suspected'] as const) {
    const unanswered = accusedParty.unanswered[certainty]
    for (const { commands, message } of findings.filter(
      (one) => UNANSWERED.has(one.rule) && one.certainty === certainty,
    )) {
      accusedParty.untold ||= message.endsWith(UNKNOWN_WHICH)
      for (const { index, verb } of commands) {
        const key = `${index} ${verb}`
        if (!seen.has(key)) unanswered.set(verb, (unanswered.get(verb) ?? 0) + 1)
        seen.add(key)
      }
    }
  }
}
