// A second reading of the captures -> the dialogues of the sessions that the plan names, and when the accused were met.
import { REPORT_BINS_MAX } from '../../limits.ts'
import type { FindingRecord } from '../../rules/analysis.ts'
import { copyOf, type GroupObserver, type SessionReport } from '../../rules/session-report.ts'
import type { Group } from '../../smtp/records.ts'
import { TimeHistogram, TimeScale } from '../../triage/time-histogram.ts'
import { type DialogueSample, Excerpt, toDialogueSample } from './dialogue-sample.ts'
import type { Bin, Timeline } from './report-model.ts'
import { type CasePlan, isAccused, type Plan } from './report-plan.ts'

export class SecondPass implements GroupObserver {
  readonly sessions: ReadonlySet<string>
  readonly samples = new Map<string, DialogueSample>()
  /** Sessions of the accused, in seconds since 1970. */
  readonly histograms: ReadonlyMap<CasePlan, TimeHistogram>
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
    this.histograms = new Map(plan.cases.map((one) => [one, new TimeHistogram(timelineScale())]))
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
    const shown = this.show(copyOf(report, { groups: excerpt.groups() }))
    const wanted = new Set(report.findings.filter(this.wants).map(({ id }) => id))
    const findings = shown.findings.filter(({ id }) => wanted.has(id))
    this.samples.set(report.id, toDialogueSample(shown, findings))
  }

  private place(report: SessionReport): void {
    let wanted: readonly FindingRecord[] | null = null
    for (const [one, histogram] of this.histograms) {
      // A record costs more than all else that is done here.
      if (one.party === 'server' && !isAccused(one, report.server, '')) continue
      if (!isAccused(one, report.server, report.record.client)) continue
      wanted ??= this.accuses(report) ? report.findings.filter(this.wants) : []
      const affected = wanted.some(({ party }) => party === one.party)
      histogram.add(Math.floor(Date.parse(report.record.startedAt) / 1000), affected)
    }
  }
}

/** Widths of the bars of a timeline: in seconds, and what each is called. */
const WIDTHS: readonly (readonly [number, string])[] = [
  [1, '1 second'],
  [5, '5 seconds'],
  [15, '15 seconds'],
  [60, '1 minute'],
  [300, '5 minutes'],
  [900, '15 minutes'],
  [3600, '1 hour'],
  [21_600, '6 hours'],
  [86_400, '1 day'],
  [604_800, '7 days'],
  [31_449_600, '52 weeks'],
  [314_496_000, '520 weeks'],
  // From 1970 to 9999, as far as a broken clock goes.
  [6_289_920_000, '10,400 weeks'],
]
const DAY = 86_400
const MINUTE = 60

/** Of times in seconds since 1970. */
export function timelineScale(): TimeScale {
  return new TimeScale(
    WIDTHS.map(([seconds]) => seconds),
    REPORT_BINS_MAX,
    false,
  )
}

/** The histogram of a case as it is shown; null where it has fewer than two bars. */
export function timelineOf(title: string, histogram: TimeHistogram): Timeline | null {
  const { scale } = histogram
  const starts = scale.starts()
  const bins = histogram.intervals().map((count, i): Bin => ({ label: labelOf(starts[i] ?? 0, scale.width), ...count }))
  const [first] = bins
  if (first === undefined || bins.length < 2) return null
  return { title, from: `${first.label} UTC`, width: WIDTHS[scale.widened]?.[1] ?? '', bins }
}

/** `2010-11-28 07:47`, as exact as the width of the bars. */
function labelOf(seconds: number, width: number): string {
  const iso = new Date(seconds * 1000).toISOString()
  const length = width >= DAY ? 10 : width >= MINUTE ? 16 : 19
  return iso.slice(0, length).replace('T', ' ')
}
