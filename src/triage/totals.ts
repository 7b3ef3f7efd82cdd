// Sessions -> totals of one server, client, rule or hour (UTC, by when they began; hours are combined when there are
// too many). Of clients only the number of sessions is kept unless something was found, because there can be more
// clients than anything else.
import type { TimeBase } from '../capture/packet.ts'
import { SERVER_SEQUENCES_MAX, TRIAGE_HOURS_MAX, TRIAGE_ROWS_MAX } from '../limits.ts'
import type { FindingRecord, Party, SequenceCount } from '../rules/analysis.ts'
import { type Room, SequenceSums } from '../rules/command-sequences.ts'
import type { SessionReport } from '../rules/session-report.ts'
import { epochNs } from '../rules/time.ts'
import type { Software } from '../smtp/session/software.ts'
import { GivenUpCounts } from './given-up.ts'
import { Period, RuleCounts } from './rule-counts.ts'
import { TimeHistogram, type TimeScale } from './time-histogram.ts'
import type { TriageRow } from './triage-result.ts'

interface TotalsOptions {
  /** Of nanoseconds since the set's first packet; null where the row is an interval of time itself. */
  readonly scale: TimeScale | null
  /** For shapes, shared by all rows; null where they are not counted. */
  readonly room: Room | null
  /** Whose errors count against the row; null: anybody's. */
  readonly accuses: Party | null
  /** The one rule that it is about; null: all. */
  readonly rule: string | null
}

export class Totals {
  private readonly accused = { proved: 0, suspected: 0 }
  private readonly ruleCounts = new RuleCounts()
  private readonly givenUp = new GivenUpCounts()
  private readonly shapes: SequenceSums | null
  private readonly period = new Period()
  private sessions = 0
  /** It is about several that are not told apart. */
  isMany = false
  private name: string | null = null
  private pipelined = 0
  private readonly verdicts = { violation: 0, suspected: 0, inconclusive: 0, conforming: 0 }
  private readonly software: Software[] = []
  private readonly histogram: TimeHistogram | null
  private readonly options: TotalsOptions

  constructor(options: TotalsOptions) {
    this.options = options
    this.histogram = options.scale === null ? null : new TimeHistogram(options.scale)
    this.shapes = options.room === null ? null : new SequenceSums(SERVER_SEQUENCES_MAX, options.room)
  }

  add(session: SessionReport): void {
    const { verdict, startNs, endNs, findings } = session
    const { rule, accuses } = this.options
    const period = { first: startNs, last: endNs }
    this.sessions++
    this.verdicts[verdict]++
    if (session.pipelined) this.pipelined++
    this.period.add(period)
    this.histogram?.add(startNs, verdict === 'violation')
    if (findings.length === 0) {
      this.shapes?.addAll(session.shapes)
      return
    }
    const counted = rule === null ? findings : findings.filter((finding) => finding.rule === rule)
    const errors = counted.filter(({ severity }) => severity === 'error')
    this.shapes?.addAll(provedShapes(session.shapes, errors))
    this.ruleCounts.add(counted, period)
    this.givenUp.add(counted)
    const against = accuses === null ? errors : errors.filter(({ party }) => party === accuses)
    if (against.length > 0) this.accused[against.some(isProved) ? 'proved' : 'suspected']++
  }

  /** What another row has. Its histogram is its own. */
  addAll(other: Totals): void {
    this.sessions += other.sessions
    this.pipelined += other.pipelined
    for (const name of ['violation', 'suspected', 'inconclusive', 'conforming'] as const)
      this.verdicts[name] += other.verdicts[name]
    for (const name of ['proved', 'suspected'] as const) this.accused[name] += other.accused[name]
    this.period.add(other.period)
    this.shapes?.addAll(other.shapes?.counts() ?? [])
    this.ruleCounts.addAll(other.ruleCounts)
    this.givenUp.addAll(other.givenUp)
  }

  /** How the server or client of a session calls itself, and which program it sounds like. */
  isCalled(name: string | null, software: Software | null): void {
    if (this.isMany) return
    this.name ??= name
    if (software !== null && !this.software.includes(software)) this.software.push(software)
  }

  /** `rules`: the identifiers of the catalogue, in its order. */
  row(key: string, base: TimeBase, rules: readonly string[]): TriageRow {
    const shapes = this.shapes?.counts() ?? []
    return {
      key,
      name: this.name,
      software: this.software,
      sessions: this.sessions,
      pipelined: this.pipelined,
      ...this.verdicts,
      accused: this.accused,
      rules: this.ruleCounts.counts(base, rules),
      givenUp: this.givenUp.counts(shapes),
      ...this.period.times(base),
      shapes,
      bins: binsOf(this.histogram),
    }
  }
}

function binsOf(histogram: TimeHistogram | null): TriageRow['bins'] {
  if (histogram === null) return null
  const intervals = histogram.intervals()
  return { sessions: intervals.map(({ sessions }) => sessions), violation: intervals.map(({ affected }) => affected) }
}

const isProved = ({ certainty }: FindingRecord) => certainty === 'proved'

/** Groups fail by what is proved; by what is only suspected they are not judged. */
function provedShapes(shapes: readonly SequenceCount[], errors: readonly FindingRecord[]): readonly SequenceCount[] {
  const proved = new Set(errors.filter(isProved).map(({ rule }) => rule))
  return shapes.map((count) => {
    if (count.failed === 0) return count
    const rules = Object.entries(count.rules).filter(([rule]) => proved.has(rule))
    const failed = Math.min(
      count.failed,
      rules.reduce((sum, [, n]) => sum + n, 0),
    )
    return { ...count, failed, unjudged: count.unjudged + count.failed - failed, rules: Object.fromEntries(rules) }
  })
}

export class Clients {
  private readonly sessions = new Map<string, number>()
  private readonly sums = new Map<string, Totals>()

  add(session: SessionReport): void {
    const address = addressOf(session.client)
    const before = this.sessions.get(address)
    // Beyond the bound nobody is told apart, and nobody accused.
    if (before === undefined && this.sessions.size >= TRIAGE_ROWS_MAX) return
    this.sessions.set(address, (before ?? 0) + 1)
    if (session.findings.length === 0) return
    const sums = this.sums.get(address) ?? new Totals({ scale: null, room: null, accuses: 'client', rule: null })
    this.sums.set(address, sums)
    sums.isCalled(session.clientName, null)
    sums.add(session)
  }

  /** Those with findings. `sessions`: all that the client had. */
  found(): { readonly address: string; readonly sums: Totals; readonly sessions: number }[] {
    return [...this.sums].map(([address, sums]) => ({ address, sums, sessions: this.sessions.get(address) ?? 0 }))
  }
}

/** Its port is another one every time. */
export function addressOf(endpoint: string): string {
  const colon = endpoint.lastIndexOf(':')
  return endpoint.startsWith('[') ? endpoint.slice(1, colon - 1) : endpoint.slice(0, colon)
}

const HOUR_NS = 3_600_000_000_000n
/** One hour, two, six, twelve, a day: each is a whole number of the one before. Then days double. */
const LONGER = [2, 3, 2, 2]

export class Hours {
  /** How many hours a row sums up. */
  hours = 1
  /** By the number of the row since 1970. */
  private rows = new Map<number, Totals>()
  private readonly options: TotalsOptions
  private longer = 0

  constructor(options: TotalsOptions) {
    this.options = options
  }

  add(session: SessionReport): void {
    const hour = Number(epochNs(session.base, session.startNs) / HOUR_NS)
    this.sumsOf(Math.floor(hour / this.hours)).add(session)
    while (this.rows.size > TRIAGE_HOURS_MAX) this.join()
  }

  /** When each row began, in seconds since 1970, and its sums; in order. */
  inOrder(): { readonly seconds: number; readonly sums: Totals }[] {
    return [...this.rows].sort(([a], [b]) => a - b).map(([row, sums]) => ({ seconds: row * this.hours * 3600, sums }))
  }

  private join(): void {
    const factor = LONGER[this.longer++] ?? 2
    const { rows } = this
    this.hours *= factor
    this.rows = new Map()
    for (const [row, sums] of rows) this.sumsOf(Math.floor(row / factor)).addAll(sums)
  }

  private sumsOf(row: number): Totals {
    const sums = this.rows.get(row) ?? new Totals(this.options)
    this.rows.set(row, sums)
    return sums
  }
}
