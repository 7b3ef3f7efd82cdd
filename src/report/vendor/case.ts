// A case of the report: its plan, the dialogues of the second pass, and names that may be shown; and wording that the
// sections share.
import { addressOf } from '../../decode/address.ts'
import type { Analysis, Certainty, FaultRecord, FindingRecord, ServerRecord } from '../../rules/analysis.ts'
import type { Exchange, Group } from '../../smtp/records.ts'
import { lacksReply } from '../dialogue.ts'
import { counted, decimal, sparkline } from '../format-text.ts'
import type { Bin, Words } from './report-model.ts'
import type { CasePlan, Role } from './report-plan.ts'
import { type CaseTimes, type DialogueSample, type Fetched, groupsOf } from './second-pass.ts'

export interface Seen {
  readonly record: ServerRecord
  readonly role: Role
}

export interface Case {
  readonly plan: CasePlan
  /** The servers with a role in the plan, in the order of the analysis. */
  readonly servers: readonly Seen[]
  readonly samples: readonly DialogueSample[]
  /** The sessions of parties that did the same, one each. */
  readonly listed: readonly DialogueSample[]
  /** What they did, the gravest first. */
  readonly faults: readonly FaultRecord[]
  readonly controls: readonly DialogueSample[]
  readonly others: readonly DialogueSample[]
  /** Times of its sessions, in seconds since 1970. */
  readonly times: CaseTimes
  /** The accused in words: the first address, its name, and the number of further addresses. */
  readonly who: string
  /** Whether addresses and names are placeholders. */
  readonly redacted: boolean
}

/** `analysis`: redacted if requested; `show` redacts a fault. */
export function toCase(
  plan: CasePlan,
  fetched: Fetched,
  analysis: Analysis,
  times: CaseTimes,
  { redacted, show }: { readonly redacted: boolean; readonly show: (fault: FaultRecord) => FaultRecord },
): Case {
  const known = (ids: readonly string[]) => ids.flatMap((id) => fetched.samples.get(id) ?? [])
  const servers = [...plan.roles].flatMap(([i, role]) => {
    const record = analysis.servers[i]
    return record === undefined ? [] : [{ record, role }]
  })
  const samples = known(plan.samples.map(({ id }) => id))
  return {
    ...{ plan, servers, samples, times, who: whoOf(plan, servers, samples), redacted },
    listed: known(plan.listed.map(({ id }) => id)),
    faults: plan.faults.map(show),
    controls: known(plan.controls),
    others: known(plan.others),
  }
}

/** Whether the dialogues of the case are LMTP (RFC 2033). */
export function isLmtp({ samples }: Pick<Case, 'samples'>): boolean {
  return samples.some(({ protocol }) => protocol === 'lmtp')
}

function whoOf(
  { party, accusedParties, alike }: CasePlan,
  servers: readonly Seen[],
  samples: readonly DialogueSample[],
): string {
  if (alike) return counted(accusedParties.length, party)
  const [first] = samples
  const address = party === 'server' ? first?.server : first && addressOf(first.client)
  const name = party === 'server' ? serverNameOf(first, servers) : (first?.clientName ?? null)
  const more = accusedParties.length === 1 ? '' : ` and ${accusedParties.length - 1} more of the same service`
  return `${address ?? 'unknown'}${name === null ? '' : ` (${name})`}${more}`
}

function serverNameOf(sample: DialogueSample | undefined, servers: readonly Seen[]): string | null {
  return servers.find(({ record }) => record.server === sample?.server)?.record.serverName ?? null
}

/** The groups of a dialogue sample that have faults. */
export function faultyGroups({ findings, groups }: DialogueSample): Group[] {
  return [...new Set(findings.flatMap((finding) => groupsOf(finding, groups)))].sort((a, b) => a.index - b.index)
}

/**
 * The units that were sent without waiting around the first fault. A group continues while replies are owed, so other
 * parts of it may have been waited for. Empty when no finding is about a group.
 */
export function faultyRun(sample: DialogueSample): readonly Exchange[] {
  const { findings, groups } = sample
  for (const finding of findings) {
    const runs = groupsOf(finding, groups).flatMap(runsOf)
    const named = ({ command }: Exchange) =>
      finding.commands.some(({ index, verb }) => index === command.index && verb === command.verb)
    const run = runs.find((one) => one.some(named)) ?? runs[0]
    if (run !== undefined) return run
  }
  return []
}

function runsOf({ exchanges }: Group): Exchange[][] {
  const runs: Exchange[][] = []
  for (const exchange of exchanges) {
    const last = runs[runs.length - 1]
    if (last === undefined || exchange.blind === null) runs.push([exchange])
    else last.push(exchange)
  }
  return runs
}

/** Whether a reply is owed and never came, in a group with a finding. In other groups a reply may only be late. */
export function isLost(exchange: Exchange, { findings, groups }: DialogueSample): boolean {
  return lacksReply(exchange) && findings.some((finding) => concerns(finding, exchange, groups))
}

/** Rules whose findings say that replies never came. */
const MISSING: ReadonlySet<string> = new Set([
  'input-lost',
  'reply-missing',
  'premature-close',
  'reply-out-of-order',
  'lmtp-reply-count',
])

function concerns(finding: FindingRecord, { command }: Exchange, groups: DialogueSample['groups']): boolean {
  return groupsOf(finding, groups).some(({ exchanges }) => exchanges.some((one) => one.command === command))
}

/** How certain the findings say that a reply is owed and never came; null when none says so. */
export function fateOf(exchange: Exchange, { findings, groups }: DialogueSample): Certainty | null {
  if (!lacksReply(exchange)) return null
  const about = findings.filter((finding) => MISSING.has(finding.rule) && concerns(finding, exchange, groups))
  if (about.length === 0) return null
  return about.some(({ certainty }) => certainty === 'proved') ? 'proved' : 'suspected'
}

/** `a`, `a and b`, `a, b and c`. */
export function enumerated(parts: readonly string[], last = 'and'): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} ${last} ${parts[parts.length - 1]}`
}

/** A title as part of a sentence. A leading word in capitals is unchanged: `MAIL was sent while …`. */
export function asClause(title: string): string {
  return /^[A-Z]{2}/.test(title) ? title : title.charAt(0).toLowerCase() + title.slice(1)
}

/** `41 of 1,204 sessions`, `all 41 sessions`, `the only session seen`. */
export function sessionsOf(affected: number, sessions: number): string {
  if (sessions === 1) return 'the only session'
  return affected === sessions
    ? `all ${decimal(sessions)} sessions`
    : `${decimal(affected)} of ${decimal(sessions)} sessions`
}

/** `3.4 %`. Values are never rounded to 0 or 100. */
export function share(part: number, whole: number): string {
  if (whole === 0) return '-'
  const tenths = Math.round((part / whole) * 1000)
  if (part > 0 && tenths === 0) return 'below 0.1 %'
  if (part < whole && tenths === 1000) return 'above 99.9 %'
  return `${(tenths / 10).toFixed(1).replace(/\.0$/, '')} %`
}

export const paragraph = (...words: Words) => ({ kind: 'paragraph', words }) as const

/** One character for each bar of a timeline: the share of sessions in which a fault is proved. */
export function timelineMarks(bins: readonly Bin[]): string {
  return sparkline(
    bins.map(({ sessions, proved }) => (sessions === 0 ? null : proved / sessions)),
    { none: '.', zero: '_', marks: '▁▂▃▄▅▆▇█', round: Math.round },
  )
}
