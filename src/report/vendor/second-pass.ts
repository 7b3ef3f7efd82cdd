// The second pass over the captures: reads the dialogues of the sessions in the plan, shortened when they are long, and
// the times of the accused parties' sessions. Groups are chosen as they settle, so that memory does not grow with the
// length of a session.

import { REPORT_BINS_MAX } from '../../limits.ts'
import type { LogQuote } from '../../log/mail-log.ts'
import type { FindingRecord, LimitRecord, SessionRecord, VerdictName } from '../../rules/analysis.ts'
import { copyOf, type GroupObserver, type SessionReport } from '../../rules/session-report.ts'
import type { Close, Exchange, Group, Reply } from '../../smtp/records.ts'
import { TimeHistogram, TimeScale } from '../../triage/time-histogram.ts'
import type { FileFrames } from '../file-frames.ts'
import type { Bin, Timeline } from './report-model.ts'
import { type CasePlan, isAccused, type Plan } from './report-plan.ts'

/** Maximum number of groups shown of one session: at its beginning, around faults, at its end. */
const SHOWN_AT_BEGINNING = 4
const SHOWN_AROUND = 1
const SHOWN_AT_END = 2
/** Maximum number of faulty groups shown of one session; more would prove no more. */
const SHOWN_FAULTS = 4
/** Maximum number of findings kept of one session. */
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
  /** In order; null marks omitted groups. */
  readonly groups: readonly (Group | null)[]
  readonly close: Close | null
  /** Of several captures: names the files of frames; null for one. */
  readonly files: FileFrames | null
  readonly opaque: boolean
  readonly encryption: SessionReport['encryption']
  readonly findings: readonly FindingRecord[]
  readonly limits: readonly LimitRecord[]
  /** Its command sequences. */
  readonly shapes: readonly string[]
  /** Lines of mail logs that belong to it. */
  readonly log: readonly LogQuote[]
}

/** `findings`: those in the report. The groups are those of an `Excerpt`. */
export function toDialogueSample(
  report: SessionReport,
  findings: readonly FindingRecord[],
  { log, files }: Pick<DialogueSample, 'log' | 'files'>,
): DialogueSample {
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
    files,
    opaque: report.opaque,
    encryption: report.encryption,
    findings: findings.slice(0, FINDINGS),
    limits: report.limits.filter(({ rules }) => rules.length > 0),
    shapes: report.shapes.map(({ shape }) => shape),
    log,
  }
}

/** The groups of a finding: its own, or those of its commands when it is about the session. */
export function groupsOf({ group, commands }: FindingRecord, groups: readonly (Group | null)[]): Group[] {
  const known = groups.filter((one) => one !== null)
  if (group !== null) return known.filter(({ index }) => index === group)
  return known.filter(({ exchanges }) => exchanges.some((exchange) => commands.some((one) => isOf(exchange, one))))
}

function isOf({ command }: Exchange, named: FindingRecord['commands'][number]): boolean {
  return command.index === named.index && command.verb === named.verb
}

/** The numbers of a session's groups and commands with faults. */
interface Faults {
  readonly groups: ReadonlySet<number>
  readonly commands: ReadonlySet<number>
}

/** Chooses the groups to show, as the groups of a session settle. */
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

  /** Number of groups, including those at the end. */
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

/** What the second pass found. */
export interface Fetched {
  readonly samples: ReadonlyMap<string, DialogueSample>
  /** Times of the accused parties' sessions, in seconds since 1970. */
  readonly histograms: ReadonlyMap<CasePlan, CaseTimes>
}

export class SecondPass implements GroupObserver, Fetched {
  readonly sessions: ReadonlySet<string>
  readonly samples = new Map<string, DialogueSample>()
  /** Times of the accused parties' sessions, in seconds since 1970. */
  readonly histograms: ReadonlyMap<CasePlan, CaseTimes>
  private readonly excerpts = new Map<string, Excerpt>()
  private readonly wants: (finding: FindingRecord) => boolean
  private readonly accuses: (report: SessionReport) => boolean
  private readonly show: (report: SessionReport) => SessionReport
  private readonly quote: (report: SessionReport) => readonly LogQuote[]
  private readonly files: FileFrames | null

  /**
   * `wants` and `accuses` as in the first pass; `show` redacts a session if requested; `quote`: lines of mail logs; `files`: names the files
   * of frames.
   */
  constructor(
    plan: Plan,
    how: {
      readonly wants: (finding: FindingRecord) => boolean
      readonly accuses: (report: SessionReport) => boolean
      readonly show: (report: SessionReport) => SessionReport
      readonly quote: (report: SessionReport) => readonly LogQuote[]
      readonly files?: FileFrames
    },
  ) {
    this.wants = how.wants
    this.accuses = how.accuses
    this.show = how.show
    this.files = how.files?.isNeeded === true ? how.files : null
    this.quote = how.quote
    this.histograms = new Map(plan.cases.map((one) => [one, timesOf(timelineScale())]))
    const nowhere = { groups: new Set<number>(), commands: new Set<number>() }
    for (const { controls, others } of plan.cases)
      for (const id of [...controls, ...others]) this.excerpts.set(id, new Excerpt(nowhere))
    for (const { samples, listed } of plan.cases)
      for (const one of [...listed, ...samples]) this.excerpts.set(one.id, new Excerpt(one))
    this.sessions = new Set(this.excerpts.keys())
  }

  group(session: string, group: Group): void {
    this.excerpts.get(session)?.add(group)
  }

  session(report: SessionReport): void {
    this.place(report)
    const excerpt = this.excerpts.get(report.id)
    if (excerpt === undefined) return
    const excerpted = copyOf(report, { groups: excerpt.groups() })
    const shown = this.show(excerpted)
    const wanted = new Set(report.findings.filter(this.wants).map(({ id }) => id))
    const findings = shown.findings.filter(({ id }) => wanted.has(id))
    this.samples.set(report.id, toDialogueSample(shown, findings, { log: this.quote(excerpted), files: this.files }))
  }

  private place(report: SessionReport): void {
    let wanted: readonly FindingRecord[] | null = null
    for (const [one, { proved, suspected }] of this.histograms) {
      // Creating the record is expensive.
      if (one.party === 'server' && !isAccused(one, report.server, '')) continue
      if (!isAccused(one, report.server, report.record.client)) continue
      wanted ??= this.accuses(report) ? report.findings.filter(this.wants) : []
      const theirs = wanted.filter(({ party }) => party === one.party)
      const isProved = theirs.some(({ certainty }) => certainty === 'proved')
      const at = Math.floor(Date.parse(report.record.startedAt) / 1000)
      proved.add(at, isProved)
      suspected.add(at, theirs.length > 0 && !isProved)
    }
  }
}

/** The sessions of a case over time; both count all of them, as affected those with such a finding. */
export interface CaseTimes {
  readonly proved: TimeHistogram
  /** Sessions in which nothing is proved. */
  readonly suspected: TimeHistogram
}

export function timesOf(scale: TimeScale): CaseTimes {
  return { proved: new TimeHistogram(scale), suspected: new TimeHistogram(scale) }
}

/** Widths of timeline bars in seconds, and their names. */
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
  // From 1970 to 9999, because clocks may be broken.
  [6_289_920_000, '10,400 weeks'],
]
const DAY = 86_400
const MINUTE = 60

/** For times in seconds since 1970. */
export function timelineScale(): TimeScale {
  return new TimeScale(
    WIDTHS.map(([seconds]) => seconds),
    REPORT_BINS_MAX,
    false,
  )
}

/** The times of a case for the report; null when it has fewer than two bars. */
export function timelineOf(title: string, { proved, suspected }: CaseTimes): Timeline | null {
  const { scale } = proved
  const starts = scale.starts()
  const doubtful = suspected.intervals()
  const bins = proved.intervals().map(({ sessions, affected }, i): Bin => {
    const label = labelOf(starts[i] ?? 0, scale.width)
    return { label, sessions, proved: affected, suspected: doubtful[i]?.affected ?? 0 }
  })
  const [first] = bins
  if (first === undefined || bins.length < 2) return null
  return { title, from: `${first.label} UTC`, width: WIDTHS[scale.widened]?.[1] ?? '', bins }
}

/** `2010-11-28 07:47`, as precise as the width of the bars. */
function labelOf(seconds: number, width: number): string {
  const iso = new Date(seconds * 1000).toISOString()
  const length = width >= DAY ? 10 : width >= MINUTE ? 16 : 19
  return iso.slice(0, length).replace('T', ' ')
}
