// A judged session and the groups that were kept of it -> what is shown: its dialogue, cut to what matters where it is
// long. Groups are chosen as they settle, so that a session of a million of them costs no more than a short one.
import type { FindingRecord, LimitRecord, SessionRecord, VerdictName } from '../../rules/analysis.ts'
import type { SessionReport } from '../../rules/session-report.ts'
import type { Close, Exchange, Group, Reply } from '../../smtp/records.ts'

/** Groups of one session that are shown: at its beginning, around what is wrong, at its end. */
const SHOWN_AT_BEGINNING = 4
const SHOWN_AROUND = 1
const SHOWN_AT_END = 2
/** Groups with a fault that are shown of one session: more of the same prove no more. */
const SHOWN_FAULTS = 4
/** Findings kept of one session. */
const FINDINGS = 24

export interface DialogueSample {
  readonly id: string
  readonly client: string
  readonly server: string
  readonly clientName: string | null
  readonly serverName: string | null
  readonly protocol: SessionRecord['protocol']
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

/** `findings`: those that the report is about. The groups are those of an `Excerpt`. */
export function toDialogueSample(report: SessionReport, findings: readonly FindingRecord[]): DialogueSample {
  const { record, groups } = report
  return {
    id: report.id,
    client: record.client,
    server: record.server,
    clientName: record.clientName,
    serverName: record.serverName,
    protocol: record.protocol,
    startedAt: record.startedAt,
    startNs: report.startNs,
    verdict: report.verdict,
    greeting: report.greeting,
    groups: groups.flatMap((group, i) => (group.index === (groups[i - 1]?.index ?? 0) + 1 ? [group] : [null, group])),
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

/** Where the faults of a session are: numbers of groups and of commands. */
interface Faults {
  readonly groups: ReadonlySet<number>
  readonly commands: ReadonlySet<number>
}

/** Groups of one session as they settle -> those that are shown. */
export class Excerpt {
  private readonly kept: Group[] = []
  private last: readonly Group[] = []
  private faults = 0
  private behind = 0
  private readonly where: Faults

  constructor(where: Faults) {
    this.where = where
  }

  add(group: Group): void {
    const before = this.last
    this.last = [...before, group].slice(-SHOWN_AT_END)
    if (this.isFaulty(group)) {
      this.faults++
      this.keep(...before.slice(-SHOWN_AROUND), group)
      this.behind = SHOWN_AROUND
    } else if (group.index <= SHOWN_AT_BEGINNING || this.behind > 0) {
      this.keep(group)
      this.behind = Math.max(0, this.behind - 1)
    }
  }

  /** Those at the end included. */
  groups(): readonly Group[] {
    this.keep(...this.last)
    return this.kept
  }

  private isFaulty({ index, exchanges }: Group): boolean {
    const { groups, commands } = this.where
    if (this.faults === SHOWN_FAULTS) return false
    return groups.has(index) || exchanges.some(({ command }) => commands.has(command.index))
  }

  private keep(...groups: readonly Group[]): void {
    for (const group of groups) if (group.index > (this.kept[this.kept.length - 1]?.index ?? 0)) this.kept.push(group)
  }
}
