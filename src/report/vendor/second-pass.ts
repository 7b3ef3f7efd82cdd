// A second reading of the captures -> the dialogues of the sessions that the plan names, and when the accused were met.
import type { FindingRecord } from '../../rules/analysis.ts'
import type { GroupObserver, SessionReport } from '../../rules/session-report.ts'
import type { Group } from '../../smtp/records.ts'
import { type DialogueSample, Excerpt, toDialogueSample } from './dialogue-sample.ts'
import { Bins } from './report-bins.ts'
import { type CasePlan, isAccused, type Plan } from './report-plan.ts'

export class SecondPass implements GroupObserver {
  readonly sessions: ReadonlySet<string>
  readonly samples = new Map<string, DialogueSample>()
  readonly bins: ReadonlyMap<CasePlan, Bins>
  private readonly excerpts = new Map<string, Excerpt>()
  private readonly wants: (finding: FindingRecord) => boolean
  private readonly accuses: (report: SessionReport) => boolean
  private readonly show: (report: SessionReport) => SessionReport

  /** `wants` and `accuses` as in the first reading; `show` is what may be shown of a session. */
  constructor(
    plan: Plan,
    how: {
      readonly wants: (finding: FindingRecord) => boolean
      readonly accuses: (report: SessionReport) => boolean
      readonly show: (report: SessionReport) => SessionReport
    },
  ) {
    this.wants = how.wants
    this.accuses = how.accuses
    this.show = how.show
    this.bins = new Map(plan.cases.map((one) => [one, new Bins()]))
    const nowhere = { groups: new Set<number>(), commands: new Set<number>() }
    for (const { controls, others } of plan.cases)
      for (const id of [...controls, ...others]) this.excerpts.set(id, new Excerpt(nowhere))
    for (const { samples } of plan.cases) for (const one of samples) this.excerpts.set(one.id, new Excerpt(one))
    this.sessions = new Set(this.excerpts.keys())
  }

  group(session: string, group: Group): void {
    this.excerpts.get(session)?.add(group)
  }

  session(report: SessionReport): void {
    this.place(report)
    const excerpt = this.excerpts.get(report.id)
    if (excerpt === undefined) return
    const shown = this.show({ ...report, record: report.record, groups: excerpt.groups() })
    const wanted = new Set(report.findings.filter(this.wants).map(({ id }) => id))
    const findings = shown.findings.filter(({ id }) => wanted.has(id))
    this.samples.set(report.id, toDialogueSample(shown, findings))
  }

  private place(report: SessionReport): void {
    let wanted: readonly FindingRecord[] | null = null
    for (const [one, bins] of this.bins) {
      // A record costs more than all else that is done here.
      if (one.party === 'server' && !isAccused(one, report.server, '')) continue
      if (!isAccused(one, report.server, report.record.client)) continue
      wanted ??= this.accuses(report) ? report.findings.filter(this.wants) : []
      const affected = wanted.some(({ party }) => party === one.party)
      bins.add(Math.floor(Date.parse(report.record.startedAt) / 1000), affected)
    }
  }
}
