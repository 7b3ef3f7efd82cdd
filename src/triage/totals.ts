// Totals of one server, client, rule or hour (UTC, by the start of sessions; hours are combined when there are too
// many): sessions by verdict, in how many of them each rule was broken, and what clients gave up waiting for. There can
// be very many of them, so nothing is allocated before it is needed.
import type { TimeBase } from '../capture/packet.ts'
import { addressOf } from '../decode/address.ts'
import { SERVER_SEQUENCES_MAX, TRIAGE_HOURS_MAX, TRIAGE_ROWS_MAX } from '../limits.ts'
import type { Certainty, Party, SequenceCount, Severity } from '../rules/analysis.ts'
import { type Room, SequenceSums } from '../rules/command-sequences.ts'
import type { FindingFacts } from '../rules/incidents.ts'
import { clientGaveUp } from '../rules/rfc5321/client-gave-up.ts'
import { accusedBy, factsOf, type SessionReport } from '../rules/session-report.ts'
import { epochNs, isoTime } from '../rules/time.ts'
import { wordOf } from '../smtp/pairing/command-sequence.ts'
import type { Software } from '../smtp/session/software.ts'
import { TimeHistogram, type TimeScale } from './time-histogram.ts'
import type { GivenUp, RuleCount, TriageRow } from './triage-result.ts'

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'info']
const CERTAINTIES: readonly Certainty[] = ['proved', 'suspected']

/** Nanoseconds since the first packet: the earliest start and the latest end of a session. */
class Period {
  first = Number.POSITIVE_INFINITY
  last = Number.NEGATIVE_INFINITY

  add({ first, last }: Pick<Period, 'first' | 'last'>): void {
    if (first < this.first) this.first = first
    if (last > this.last) this.last = last
  }

  times(base: TimeBase): { readonly firstAt: string; readonly lastAt: string } {
    return { firstAt: isoTime(base, this.first), lastAt: isoTime(base, this.last) }
  }
}

type CountedRule = Pick<RuleCount, 'rule' | 'party' | 'severity' | 'certainty'>

interface RuleSum extends Pick<Period, 'first' | 'last'> {
  readonly counted: CountedRule
  sessions: number
  first: number
  last: number
}

/** One object for each combination: thousands of rows refer to it. */
const COUNTED_RULES = new Map<string, CountedRule>()

function countedRule({ rule, party, severity, certainty }: FindingFacts): CountedRule {
  const key = `${rule} ${party} ${severity} ${certainty}`
  const known = COUNTED_RULES.get(key)
  if (known !== undefined) return known
  const counted = { rule, party, severity, certainty }
  COUNTED_RULES.set(key, counted)
  return counted
}

class RuleCounts {
  /** Few: the rules that one server or client broke. */
  private readonly sums: RuleSum[] = []

  /** Adds the findings of one session. For each rule only the most severe one counts. */
  add(findings: readonly FindingFacts[], period: Pick<Period, 'first' | 'last'>): void {
    const gravest = new Map<string, FindingFacts>()
    for (const finding of findings) {
      const before = gravest.get(finding.rule)
      if (before === undefined || gravity(finding) < gravity(before)) gravest.set(finding.rule, finding)
    }
    for (const finding of gravest.values()) this.raise(countedRule(finding), 1, period)
  }

  addAll(other: RuleCounts): void {
    for (const sum of other.sums) this.raise(sum.counted, sum.sessions, sum)
  }

  /** `order`: the rules of the catalogue. Sorted by severity, then by sessions, then in that order. */
  counts(base: TimeBase, order: readonly string[]): RuleCount[] {
    const place = ({ rule }: CountedRule) => order.indexOf(rule)
    return [...this.sums]
      .sort(
        (a, b) =>
          gravity(a.counted) - gravity(b.counted) || b.sessions - a.sessions || place(a.counted) - place(b.counted),
      )
      .map(({ counted, sessions, first, last }) => ({
        ...counted,
        sessions,
        firstAt: isoTime(base, first),
        lastAt: isoTime(base, last),
      }))
  }

  private raise(counted: CountedRule, sessions: number, { first, last }: Pick<Period, 'first' | 'last'>): void {
    const sum = this.sums.find((one) => one.counted.rule === counted.rule && gravity(one.counted) === gravity(counted))
    if (sum === undefined) this.sums.push({ counted, sessions, first, last })
    else {
      sum.sessions += sessions
      sum.first = Math.min(sum.first, first)
      sum.last = Math.max(sum.last, last)
    }
  }
}

/** 0 is the most severe. Severity weighs more than certainty. */
function gravity({ severity, certainty }: Pick<CountedRule, 'severity' | 'certainty'>): number {
  return SEVERITIES.indexOf(severity) * CERTAINTIES.length + CERTAINTIES.indexOf(certainty)
}

class GivenUpCounts {
  /** Number of sessions by the verb that was waited for. The parser knows few verbs; most rows have none. */
  private sums: Map<string, number> | null = null

  /** Adds the findings of one session, which counts once for each verb. */
  add(findings: readonly FindingFacts[]): void {
    const waits = findings.filter(({ rule }) => rule === clientGaveUp.id)
    if (waits.length === 0) return
    const verbs = new Set(
      waits.flatMap(({ commands }) => (commands[0] === undefined ? [] : [wordOf(commands[0].verb)])),
    )
    for (const verb of verbs) this.raise(verb, 1)
  }

  addAll(other: GivenUpCounts): void {
    for (const [verb, sessions] of other.sums ?? []) this.raise(verb, sessions)
  }

  /** Sorted by sessions. `shapes`: all sequences of the row, which show how many groups were answered. */
  counts(shapes: readonly SequenceCount[]): GivenUp[] {
    return [...(this.sums ?? [])]
      .map(([verb, sessions]) => ({ verb, sessions, answered: answeredWith(verb, shapes) }))
      .sort((a, b) => b.sessions - a.sessions || (a.verb < b.verb ? -1 : 1))
  }

  private raise(verb: string, sessions: number): void {
    this.sums ??= new Map()
    this.sums.set(verb, (this.sums.get(verb) ?? 0) + sessions)
  }
}

function answeredWith(verb: string, shapes: readonly SequenceCount[]): number {
  return shapes.filter(({ shape }) => verbsOf(shape).includes(verb)).reduce((sum, { well }) => sum + well, 0)
}

/** The verbs of a sequence such as `MAIL RCPT×n DATA`. */
export function verbsOf(shape: string): string[] {
  return shape.split(' ').map((word) => word.replace(/×n$/, ''))
}

interface TotalsOptions {
  /** A scale in nanoseconds since the first packet; null when the row itself is a time interval. */
  readonly scale: TimeScale | null
  /** Memory for command sequences, shared by all rows; null when they are not counted. */
  readonly room: Room | null
  /** The party whose errors count against the row; null: both. */
  readonly accuses: Party | null
  /** The rule of the row; null: all rules. */
  readonly rule: string | null
}

const NO_SOFTWARE: readonly Software[] = []

export class Totals {
  private readonly accused = { proved: 0, suspected: 0 }
  private readonly ruleCounts = new RuleCounts()
  private readonly givenUp = new GivenUpCounts()
  private readonly shapes: SequenceSums | null
  private readonly period = new Period()
  private sessions = 0
  /** The row combines several servers or clients. */
  isMany = false
  private name: string | null = null
  private pipelined = 0
  private readonly verdicts = { violation: 0, suspected: 0, inconclusive: 0, conforming: 0 }
  private readonly parties = { violation: { server: 0, client: 0 }, suspected: { server: 0, client: 0 } }
  private software: readonly Software[] = NO_SOFTWARE
  private readonly histogram: TimeHistogram | null
  private readonly options: TotalsOptions

  constructor(options: TotalsOptions) {
    this.options = options
    this.histogram = options.scale === null ? null : new TimeHistogram(options.scale)
    this.shapes = options.room === null ? null : new SequenceSums(SERVER_SEQUENCES_MAX, options.room)
  }

  add(session: SessionReport): void {
    const { verdict, startNs, endNs } = session
    const findings = factsOf(session)
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
    this.addParties(session)
    const against = accuses === null ? errors : errors.filter(({ party }) => party === accuses)
    if (against.length > 0) this.accused[against.some(isProved) ? 'proved' : 'suspected']++
  }

  private addParties(session: SessionReport): void {
    const { verdict } = session
    if (verdict !== 'violation' && verdict !== 'suspected') return
    for (const party of accusedBy(factsOf(session), verdict)) if (party !== 'path') this.parties[verdict][party]++
  }

  /** Adds another row. Its histogram stays separate. */
  addAll(other: Totals): void {
    this.sessions += other.sessions
    this.pipelined += other.pipelined
    for (const name of ['violation', 'suspected', 'inconclusive', 'conforming'] as const)
      this.verdicts[name] += other.verdicts[name]
    for (const name of ['proved', 'suspected'] as const) this.accused[name] += other.accused[name]
    for (const name of ['violation', 'suspected'] as const) {
      this.parties[name].server += other.parties[name].server
      this.parties[name].client += other.parties[name].client
    }
    this.period.add(other.period)
    this.shapes?.addAll(other.shapes?.counts() ?? [])
    this.ruleCounts.addAll(other.ruleCounts)
    this.givenUp.addAll(other.givenUp)
  }

  /** The first name that the server or client gave, and the software that it resembles. */
  isCalled(name: string | null, software: Software | null): void {
    if (this.isMany) return
    this.name ??= name
    if (software !== null && !this.software.includes(software)) this.software = [...this.software, software]
  }

  /** `rules`: the identifiers of the catalogue, in order. */
  row(key: string, base: TimeBase, rules: readonly string[]): TriageRow {
    const shapes = this.shapes?.counts() ?? []
    return {
      key,
      name: this.name,
      software: this.software,
      sessions: this.sessions,
      pipelined: this.pipelined,
      ...this.verdicts,
      parties: this.parties,
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

const isProved = ({ certainty }: FindingFacts) => certainty === 'proved'

/** Groups fail by proved findings only. Groups with only suspected findings count as not judged. */
function provedShapes(shapes: readonly SequenceCount[], errors: readonly FindingFacts[]): readonly SequenceCount[] {
  const counted = new Set(errors.map(({ rule }) => rule))
  return shapes.map((count) => {
    if (count.failed === 0) return count
    const { suspected = 0, suspectedRules, ...sums } = count
    const rules = Object.entries(count.rules).flatMap(([rule, n]) => {
      const proved = counted.has(rule) ? n - (suspectedRules?.[rule] ?? 0) : 0
      return proved > 0 ? [[rule, proved] as const] : []
    })
    const failed = Math.min(
      count.failed - suspected,
      rules.reduce((sum, [, n]) => sum + n, 0),
    )
    return { ...sums, failed, unjudged: count.unjudged + count.failed - failed, rules: Object.fromEntries(rules) }
  })
}

interface ClientCount {
  sessions: number
  name: string | null
  /** Totals of the sessions with an error of the client; null until the first. */
  sums: Totals | null
}

/** The clients when the rows are about something else: which of them have errors, and where each rule was broken. */
export class Clients {
  private readonly counts = new Map<string, ClientCount>()
  /** For each rule the clients in whose sessions it was broken. */
  private readonly having = new Map<string, Set<ClientCount>>()

  add(session: SessionReport): void {
    const { client, clientName } = session
    const findings = factsOf(session)
    const count = this.countOf(addressOf(client))
    // Clients beyond the limit are neither counted nor accused.
    if (count === null) return
    count.sessions++
    if (findings.length === 0) return
    count.name ??= clientName
    for (const { rule } of findings) this.note(rule, count)
    if (!findings.some(({ party, severity }) => party === 'client' && severity === 'error')) return
    count.sums ??= new Totals({ scale: null, room: null, accuses: 'client', rule: null })
    count.sums.add(session)
  }

  /** The number of clients in whose sessions the rule was broken. */
  countWith(rule: string): number {
    return this.having.get(rule)?.size ?? 0
  }

  /** A row for each client with errors. */
  rows(base: TimeBase, rules: readonly string[]): TriageRow[] {
    return [...this.counts].flatMap(([address, { sessions, name, sums }]) =>
      sums === null ? [] : [{ ...sums.row(address, base, rules), name, sessions }],
    )
  }

  private countOf(address: string): ClientCount | null {
    const known = this.counts.get(address)
    if (known !== undefined) return known
    if (this.counts.size >= TRIAGE_ROWS_MAX) return null
    const count = { sessions: 0, name: null, sums: null }
    this.counts.set(address, count)
    return count
  }

  private note(rule: string, count: ClientCount): void {
    let clients = this.having.get(rule)
    if (clients === undefined) {
      clients = new Set()
      this.having.set(rule, clients)
    }
    clients.add(count)
  }
}

const HOUR_NS = 3_600_000_000_000n
/** Factors from one hour to two, six, twelve hours and a day; then days double. */
const LONGER = [2, 3, 2, 2]

export class Hours {
  /** Number of hours in a row. */
  hours = 1
  /** Rows by number since 1970. */
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

  /** The start of each row, in seconds since 1970, and its totals; in order. */
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
