// A judged session -> what is kept of it to be shown: its dialogue, cut to what matters where it is long.
import type { FindingRecord, LimitRecord, VerdictName } from '../../rules/analysis.ts'
import type { SessionReport } from '../../rules/observe.ts'
import type { Close, Exchange, Group, Reply } from '../../smtp/records.ts'

/** Groups of one session that are shown: at its beginning, around what is wrong, at its end. */
const SHOWN_AT_BEGINNING = 4
const SHOWN_AROUND = 1
const SHOWN_AT_END = 2
/** Groups with a fault that are shown of one session: more of the same prove no more. */
const SHOWN_FAULTS = 4
/** Findings kept of one session. */
const FINDINGS = 24

export interface Exhibit {
  readonly id: string
  readonly client: string
  readonly server: string
  readonly clientName: string | null
  readonly serverName: string | null
  readonly startedAt: string
  readonly startNs: number
  readonly verdict: VerdictName
  readonly greeting: Reply | null
  /** In order; null stands for groups that are left out. */
  readonly groups: readonly (Group | null)[]
  readonly close: Close | null
  readonly opaque: boolean
  readonly findings: readonly FindingRecord[]
  readonly limits: readonly LimitRecord[]
  /** Shapes of its groups. */
  readonly shapes: readonly string[]
}

/** `findings`: those that the report is about. */
export function toExhibit(report: SessionReport, findings: readonly FindingRecord[]): Exhibit {
  const { record, groups } = report
  const faulty = new Set(findings.flatMap((finding) => groupsOf(finding, groups)).slice(0, SHOWN_FAULTS))
  return {
    id: report.id,
    client: record.client,
    server: record.server,
    clientName: record.clientName,
    serverName: record.serverName,
    startedAt: record.startedAt,
    startNs: report.startNs,
    verdict: report.verdict,
    greeting: report.greeting,
    groups: excerpt(groups, faulty),
    close: report.close,
    opaque: report.opaque,
    findings: findings.slice(0, FINDINGS),
    limits: report.limits.filter(({ rules }) => rules.length > 0),
    shapes: report.shapes.map(({ shape }) => shape),
  }
}

/** The groups that a finding is about: its own, or those of its commands where it is about the session. */
export function groupsOf({ group, commands }: FindingRecord, groups: readonly (Group | null)[]): Group[] {
  const known = groups.filter((one) => one !== null)
  if (group !== null) return known.filter(({ index }) => index === group)
  return known.filter(({ exchanges }) => exchanges.some((exchange) => commands.some((one) => isOf(exchange, one))))
}

function isOf({ command }: Exchange, named: FindingRecord['commands'][number]): boolean {
  return command.index === named.index && command.verb === named.verb
}

function excerpt(groups: readonly Group[], faulty: ReadonlySet<Group>): (Group | null)[] {
  const at = groups.flatMap((group, i) => (faulty.has(group) ? [i] : []))
  const shown = groups.map(
    (_, i) =>
      i < SHOWN_AT_BEGINNING ||
      i >= groups.length - SHOWN_AT_END ||
      at.some((fault) => Math.abs(fault - i) <= SHOWN_AROUND),
  )
  return groups.flatMap((group, i) => (shown[i] ? [group] : shown[i - 1] ? [null] : []))
}
