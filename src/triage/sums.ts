// Sessions of one server, client, rule or hour -> their sums. An ordinary session only raises a few numbers.
import type { TimeBase } from '../capture/clock.ts'
import { SERVER_SHAPES_MAX } from '../limits.ts'
import type { FindingRecord, Party, ShapeCount } from '../rules/analysis.ts'
import type { SessionReport } from '../rules/observe.ts'
import { type Room, ShapeSums } from '../rules/shapes.ts'
import type { Software } from '../smtp/software.ts'
import { Bins, type Stretch } from './bins.ts'
import { Charges, Period } from './charges.ts'
import type { TriageRow } from './records.ts'

export interface SumsOptions {
  /** Null where the row is a stretch of time itself. */
  readonly stretch: Stretch | null
  /** For shapes, shared by all rows; null where they are not counted. */
  readonly room: Room | null
  /** Whose errors count against the row; null: anybody's. */
  readonly accuses: Party | null
  /** The one rule that it is about; null: all. */
  readonly rule: string | null
}

export class Sums {
  private readonly accused = { proved: 0, suspected: 0 }
  private readonly charges = new Charges()
  private readonly shapes: ShapeSums | null
  private readonly period = new Period()
  private sessions = 0
  /** It is about several that are not told apart. */
  isMany = false
  private name: string | null = null
  private pipelined = 0
  private readonly verdicts = { violation: 0, suspected: 0, inconclusive: 0, conforming: 0 }
  private readonly software: Software[] = []
  private readonly bins: Bins | null
  private readonly options: SumsOptions

  constructor(options: SumsOptions) {
    this.options = options
    this.bins = options.stretch === null ? null : new Bins(options.stretch)
    this.shapes = options.room === null ? null : new ShapeSums(SERVER_SHAPES_MAX, options.room)
  }

  add(session: SessionReport): void {
    const { verdict, startNs, endNs, findings } = session
    const { rule, accuses } = this.options
    const period = { first: startNs, last: endNs }
    this.sessions++
    this.verdicts[verdict]++
    if (session.pipelined) this.pipelined++
    this.period.add(period)
    this.bins?.add(startNs, verdict === 'violation')
    if (findings.length === 0) {
      this.shapes?.addAll(session.shapes)
      return
    }
    const counted = rule === null ? findings : findings.filter((finding) => finding.rule === rule)
    const errors = counted.filter(({ severity }) => severity === 'error')
    this.shapes?.addAll(provedShapes(session.shapes, errors))
    this.charges.add(counted, period)
    const against = accuses === null ? errors : errors.filter(({ party }) => party === accuses)
    if (against.length > 0) this.accused[against.some(isProved) ? 'proved' : 'suspected']++
  }

  /** What another row has. Its stretches of time are its own. */
  addAll(other: Sums): void {
    this.sessions += other.sessions
    this.pipelined += other.pipelined
    for (const name of ['violation', 'suspected', 'inconclusive', 'conforming'] as const)
      this.verdicts[name] += other.verdicts[name]
    for (const name of ['proved', 'suspected'] as const) this.accused[name] += other.accused[name]
    this.period.add(other.period)
    this.shapes?.addAll(other.shapes?.counts() ?? [])
    this.charges.addAll(other.charges)
  }

  /** How the server or client of a session calls itself, and which program it sounds like. */
  isCalled(name: string | null, software: Software | null): void {
    if (this.isMany) return
    this.name ??= name
    if (software !== null && !this.software.includes(software)) this.software.push(software)
  }

  /** `rules`: the identifiers of the catalogue, in its order. */
  row(key: string, base: TimeBase, rules: readonly string[]): TriageRow {
    return {
      key,
      name: this.name,
      software: this.software,
      sessions: this.sessions,
      pipelined: this.pipelined,
      ...this.verdicts,
      accused: this.accused,
      rules: this.charges.counts(base, rules),
      ...this.period.times(base),
      shapes: this.shapes?.counts() ?? [],
      bins: this.bins?.counts() ?? null,
    }
  }
}

const isProved = ({ certainty }: FindingRecord) => certainty === 'proved'

/** Groups fail by what is proved; by what is only suspected they are not judged. */
function provedShapes(shapes: readonly ShapeCount[], errors: readonly FindingRecord[]): readonly ShapeCount[] {
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
