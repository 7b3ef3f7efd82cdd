// Counts, by server, how often each command sequence (the verbs of a group, in order) was answered correctly or failed.
import { SERVER_SEQUENCES_MAX, SESSION_RUNS_MAX, SESSION_SEQUENCES_MAX } from '../limits.ts'
import type { CommandSequence, SequenceTable, UnremarkableSequences } from '../smtp/pairing/command-sequence.ts'
import type { PendingCommand } from '../smtp/pending-command.ts'
import type { Command, Exchange, Group, Reply } from '../smtp/records.ts'
import type { ReusableArray } from '../smtp/reusable-array.ts'
import type { Certainty, SequenceCount } from './analysis.ts'
import { GAVE_UP } from './incidents.ts'
import type { Rule, Violation } from './rule.ts'

/** The name under which all sequences beyond the limit are counted together. */
export const OTHER_SHAPES = 'other shapes'

interface Count {
  well: number
  failed: number
  unjudged: number
  /** Absent for none, as in nearly all sequences. */
  suspected?: number
  givenUp?: number
  unanswered?: number
  /** Null until the first failure, which most sequences never have. */
  rules: Map<string, number> | null
  suspectedRules?: Map<string, number>
}

/** What must be known of a violation to find its runs. */
type Named = Pick<Violation, 'commands' | 'replies' | 'severity' | 'certainty'>

const NO_RULES: Readonly<Record<string, number>> = {}

/** Consecutive units of a group that were sent without waiting: usually the whole group. */
interface Run {
  readonly shape: CommandSequence
  /** `[start, end)` in the stream of the client. */
  readonly start: number
  readonly end: number
  readonly judged: boolean
  /** The client broke a rule of pipelining in its group, which excuses missing replies. */
  readonly provoked: boolean
  /** Server rules of severity error that were broken in this run. */
  readonly broken: Map<string, Certainty>
  /** The client stopped waiting for a reply in it; or it lacks one. */
  lacks: 'givenUp' | 'unanswered' | null
}

/** Command sequences of one session, counted as its groups settle. Created only when sequences are counted. */
export class SessionSequences implements UnremarkableSequences {
  private readonly table: SequenceTable
  private readonly sums = new Map<CommandSequence, Count>()
  /** Runs that a finding at the end of the session may still mark as failed. */
  private runs: Run[] = []
  private isDoubtful = false

  constructor(table: SequenceTable) {
    this.table = table
  }

  get root(): CommandSequence {
    return this.table.root
  }

  countGroup(units: ReusableArray<PendingCommand>): void {
    let shape = this.root
    for (let u = 0; u < units.length; u++) shape = shape.followedBy(units.at(u).verb)
    this.countAnswered(shape)
  }

  countAnswered(shape: CommandSequence, times = 1): void {
    this.countOf(shape).well += times
  }

  /** Adds a group. Must be called before its rules run, so that `violated` finds it. */
  group(group: Group): void {
    const { exchanges, reading, provoked } = group
    for (let from = 0, to = 1; from < exchanges.length; from = to++) {
      while (to < exchanges.length && (exchanges[to] as Exchange).blind !== null) to++
      const run = exchanges.slice(from, to)
      this.runs.push({
        shape: run.reduce((shape, { command }) => shape.followedBy(command.verb), this.table.root),
        start: (run[0] as Exchange).command.at.start,
        end: (run[run.length - 1] as Exchange).command.at.end,
        judged: reading.countable && run.every(wasAnswered),
        provoked: provoked !== 'none',
        broken: new Map(),
        lacks: null,
      })
    }
    while (this.runs.length > SESSION_RUNS_MAX) this.fold(this.runs.shift() as Run)
  }

  /** Records a rule violation in `group`; null for violations found at the end of the session. */
  violated(rule: Rule, violation: Named, group: Group | null): void {
    const [waited] = violation.commands ?? []
    if (rule.id === GAVE_UP && waited !== undefined) this.lacksReply(waited, 'givenUp')
    if (rule.party !== 'server' || (violation.severity ?? rule.severity) !== 'error') return
    const { commands = [], replies = [] } = violation
    const at = commands.length > 0 ? commands : answeredBy(replies, group)
    for (const run of this.runs) {
      const named = at.some((command) => command.at.start >= run.start && command.at.start < run.end)
      // A violation without commands or replies applies to every run of the group.
      if ((named || (at.length === 0 && group !== null && isOf(run, group))) && run.broken.get(rule.id) !== 'proved')
        run.broken.set(rule.id, violation.certainty)
    }
  }

  /** Nothing that was found in the session stays proved. */
  doubt(): void {
    this.isDoubtful = true
  }

  /** Notes that the client stopped waiting for the reply to a unit, or that it never came. */
  lacksReply({ at }: Pick<Command, 'at'>, lacks: 'givenUp' | 'unanswered'): void {
    const run = this.runs.find(({ start, end }) => at.start >= start && at.start < end)
    if (run !== undefined && run.lacks !== 'givenUp') run.lacks = lacks
  }

  /** Sorted by name, so that the order does not depend on timing. */
  counts(): SequenceCount[] {
    for (const run of this.runs) this.fold(run)
    this.runs = []
    const counts: SequenceCount[] = []
    for (const [shape, count] of this.sums)
      counts.push(countOf(shape.name, this.isDoubtful ? { ...count, ...unproved(count) } : count))
    counts.sort(byName)
    // A `SequenceTable` that was full and restarted has the same name twice.
    const distinct = counts.every(({ shape }, i) => counts[i + 1]?.shape !== shape)
    if (distinct && counts.length <= SESSION_SEQUENCES_MAX) return counts
    const sums = new SequenceSums(SESSION_SEQUENCES_MAX)
    sums.addAll(counts)
    return sums.counts()
  }

  private fold({ shape, judged, provoked, broken, lacks }: Run): void {
    const count = this.countOf(shape)
    // Where one of the two broke a rule, that explains it.
    if (lacks !== null && broken.size === 0 && !provoked) count[lacks] = (count[lacks] ?? 0) + 1
    if (broken.size === 0) count[judged ? 'well' : 'unjudged']++
    else {
      count.failed++
      if (![...broken.values()].includes('proved')) count.suspected = (count.suspected ?? 0) + 1
    }
    for (const [rule, certainty] of broken) blame(count, rule, 1, certainty === 'suspected' ? 1 : 0)
  }

  private countOf(shape: CommandSequence): Count {
    const known = this.sums.get(shape)
    if (known !== undefined) return known
    const count = nothingYet()
    this.sums.set(shape, count)
    return count
  }
}

/** How many more sequences may be counted separately. */
export interface Room {
  left: number
}

/** Counts of many sessions by the name of the sequence: of one server, of one client, or of all. */
export class SequenceSums {
  private readonly sums = new Map<string, Count>()
  private readonly most: number
  private readonly room: Room

  /** `room` may be shared by several instances, which then have one limit together. */
  constructor(most = SERVER_SEQUENCES_MAX, room: Room = { left: Number.POSITIVE_INFINITY }) {
    this.most = most
    this.room = room
  }

  add(name: string, count: Count): void {
    const sum = this.sumOf(name, count)
    if (count.rules !== null) for (const [rule, n] of count.rules) blame(sum, rule, n, count.suspectedRules?.get(rule))
  }

  addAll(counts: readonly SequenceCount[]): void {
    for (const count of counts) {
      const sum = this.sumOf(count.shape, count)
      if (count.failed > 0)
        for (const [rule, n] of Object.entries(count.rules)) blame(sum, rule, n, count.suspectedRules?.[rule])
    }
  }

  counts(): SequenceCount[] {
    return [...this.sums].map(([shape, count]) => countOf(shape, count)).sort(byName)
  }

  private sumOf(name: string, { well, failed, unjudged, suspected, givenUp, unanswered }: Sums): Count {
    let sum = this.sums.get(name)
    if (sum === undefined) {
      const known = this.sums.size < this.most && this.room.left > 0 ? name : OTHER_SHAPES
      sum = this.sums.get(known) ?? nothingYet()
      if (!this.sums.has(known)) this.room.left--
      this.sums.set(known, sum)
    }
    sum.well += well
    sum.failed += failed
    sum.unjudged += unjudged
    if (suspected !== undefined) sum.suspected = (sum.suspected ?? 0) + suspected
    if (givenUp !== undefined) sum.givenUp = (sum.givenUp ?? 0) + givenUp
    if (unanswered !== undefined) sum.unanswered = (sum.unanswered ?? 0) + unanswered
    return sum
  }
}

type Sums = Omit<Count, 'rules' | 'suspectedRules'>

function countOf(shape: string, count: Count): SequenceCount {
  const { well, failed, unjudged, suspected, givenUp, unanswered, rules, suspectedRules } = count
  return {
    ...{ shape, well, failed, unjudged },
    ...(suspected !== undefined && { suspected }),
    ...(givenUp !== undefined && { givenUp }),
    ...(unanswered !== undefined && { unanswered }),
    rules: rules === null ? NO_RULES : sorted(rules),
    ...(suspectedRules !== undefined && { suspectedRules: sorted(suspectedRules) }),
  }
}

function sorted(rules: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  return Object.fromEntries([...rules].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The failures of a count in which nothing is proved. */
function unproved({ failed, rules }: Count): Partial<Count> {
  return rules === null ? {} : { suspected: failed, suspectedRules: rules }
}

function byName(a: SequenceCount, b: SequenceCount): number {
  return a.shape < b.shape ? -1 : a.shape > b.shape ? 1 : 0
}

function nothingYet(): Count {
  return { well: 0, failed: 0, unjudged: 0, rules: null }
}

/** `suspected`: of `times`, those in which it is only suspected. */
function blame(count: Count, rule: string, times: number, suspected = 0): void {
  count.rules ??= new Map()
  count.rules.set(rule, (count.rules.get(rule) ?? 0) + times)
  if (suspected === 0) return
  count.suspectedRules ??= new Map()
  count.suspectedRules.set(rule, (count.suspectedRules.get(rule) ?? 0) + suspected)
}

/** Whether the unit certainly has all replies that it is owed. */
function wasAnswered({ command, replies, owed, sure }: Exchange): boolean {
  return command.complete && sure && replies.length >= owed
}

function answeredBy(replies: readonly Reply[], group: Group | null): Command[] {
  const exchanges = group?.exchanges ?? []
  return exchanges.filter((exchange) => exchange.replies.some((reply) => replies.includes(reply))).map((e) => e.command)
}

function isOf(run: Run, { exchanges }: Group): boolean {
  const first = exchanges[0]?.command.at.start ?? Number.POSITIVE_INFINITY
  const last = exchanges[exchanges.length - 1]?.command.at.end ?? 0
  return run.start >= first && run.end <= last
}

/** Number of groups of the sequence that were given up or never answered. */
export function lacksIn({ givenUp = 0, unanswered = 0 }: SequenceCount): number {
  return givenUp + unanswered
}

/** Number of answered sequences that are named beside those that were not. */
const NAMED = 3

/** Sequences that were given up or never answered, and the most frequent others that always had all replies. */
export function unansweredAmong(shapes: readonly SequenceCount[]): {
  readonly lacking: readonly SequenceCount[]
  readonly answered: readonly SequenceCount[]
} {
  const named = shapes.filter(({ shape }) => shape !== OTHER_SHAPES)
  const lacking = named.filter((count) => lacksIn(count) > 0).sort((a, b) => lacksIn(b) - lacksIn(a))
  const answered = named
    .filter((count) => count.well > 0 && count.failed + count.unjudged + lacksIn(count) === 0)
    .sort((a, b) => opens(a) - opens(b) || b.well - a.well)
  return { lacking, answered: answered.slice(0, NAMED) }
}

/** 1 for sequences that only open or end a session: others say more about what a server answers. */
function opens({ shape }: SequenceCount): number {
  return shape.split(' ').every((verb) => OPENS_OR_ENDS.has(verb)) ? 1 : 0
}

const OPENS_OR_ENDS: ReadonlySet<string> = new Set(['EHLO', 'HELO', 'LHLO', 'STARTTLS', 'QUIT'])
