// Makes a triage from session reports: totals per server, client, rule or hour, and what to look at first. Priorities
// count only errors, proved ones before suspected ones; sessions that could not be judged do not count. Reports are not
// kept. Filled by `onSession` of an analysis with `shapes`.

import type { TimeBase } from '../capture/packet.ts'
import { addressOf } from '../decode/address.ts'
import { TRIAGE_BINS_MAX, TRIAGE_ROWS_MAX, TRIAGE_SEQUENCES_MAX } from '../limits.ts'
import type { Party, SequenceCount, Severity } from '../rules/analysis.ts'
import { lacksIn, OTHER_SHAPES, type Room, unansweredAmong } from '../rules/command-sequences.ts'
import { RULES } from '../rules/index.ts'
import { factsOf, type SessionReport } from '../rules/session-report.ts'
import { isoTime } from '../rules/time.ts'
import { TimeScale } from './time-histogram.ts'
import { Clients, Hours, Totals, verbsOf } from './totals.ts'
import type { By, Priority, QuietServer, TriageResult, TriageRow } from './triage-result.ts'

/** Maximum number of sequences named of each kind. */
const SHAPES = 3

/** `rows`: the rows about one server or client each. */
function prioritiesIn(rows: readonly TriageRow[], party: Priority['party']): Priority[] {
  return rows.flatMap((row): Priority[] => {
    const { key, name, accused, sessions } = row
    const certainty = accused.proved > 0 ? 'proved' : 'suspected'
    const affected = accused[certainty]
    if (affected === 0) return []
    const rules = row.rules.filter(
      (count) => count.party === party && count.severity === 'error' && count.certainty === certainty,
    )
    const { fails, works } = party === 'server' && certainty === 'proved' ? contrast(row.shapes) : NOTHING
    const firstAt = rules.map((count) => count.firstAt).sort()[0] ?? row.firstAt
    const lastAt = rules.map((count) => count.lastAt).sort()[rules.length - 1] ?? row.lastAt
    return [{ party, key, name, certainty, affected, sessions, rules, firstAt, lastAt, fails, works }]
  })
}

/** Proved errors first, then by affected sessions, by their share, and the latest first. */
function byWeight(a: Priority, b: Priority): number {
  const proved = ({ certainty }: Priority) => (certainty === 'proved' ? 0 : 1)
  const share = ({ affected, sessions }: Priority) => affected / sessions
  const text = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)
  return (
    proved(a) - proved(b) ||
    b.affected - a.affected ||
    share(b) - share(a) ||
    text(b.lastAt, a.lastAt) ||
    text(a.key, b.key)
  )
}

/** `rows`: the rows about servers. Sorted by such groups, then by name. */
function quietAmong(rows: readonly TriageRow[]): QuietServer[] {
  const most = ({ lacking }: QuietServer) => lacking.reduce((sum, count) => sum + lacksIn(count), 0)
  return rows
    .map(({ key, name, sessions, givenUp, shapes }) => {
      const { lacking, answered } = unansweredAmong(shapes)
      return { key, name, sessions, givenUp, lacking, answered }
    })
    .filter(({ givenUp, lacking }) => givenUp.length + lacking.length > 0)
    .sort((a, b) => most(b) - most(a) || (a.key < b.key ? -1 : 1))
}

const NOTHING = { fails: [], works: [] }

/** Sequences that failed, and sequences with one of their verbs that never did; most frequent first. */
function contrast(shapes: readonly SequenceCount[]): Pick<Priority, 'fails' | 'works'> {
  const named = shapes.filter(({ shape }) => shape !== OTHER_SHAPES)
  const fails = named.filter(({ failed }) => failed > 0).sort((a, b) => b.failed - a.failed)
  const involved = new Set(fails.flatMap(({ shape }) => verbsOf(shape)))
  const works = named
    .filter((count) => count.failed === 0 && count.well > 0 && verbsOf(count.shape).some((verb) => involved.has(verb)))
    .sort((a, b) => b.well - a.well)
  return { fails: fails.slice(0, SHAPES), works: works.slice(0, SHAPES) }
}

export type { By, Priority, RuleCount, TriageResult, TriageRow } from './triage-result.ts'

/** The servers or clients that are not counted separately. */
export const OTHERS = 'others'

const SECOND_NS = 1_000_000_000
/** Widths that double, starting at one second, beyond the range of any clock. */
const WIDTHS_NS = Array.from({ length: 40 }, (_, i) => SECOND_NS * 2 ** i)

const RULE_IDS = RULES.map(({ id }) => id)

export class Triage {
  private readonly by: By
  /** Shared by all rows, so that their bars are aligned. */
  private readonly scale = new TimeScale(WIDTHS_NS, TRIAGE_BINS_MAX, true)
  private readonly room: Room = { left: TRIAGE_SEQUENCES_MAX }
  private readonly servers = new Map<string, Totals>()
  /** Filled only when the rows are clients. */
  private readonly clientRows = new Map<string, Totals>()
  private readonly clients = new Clients()
  private readonly rules = new Map<string, Totals>()
  private readonly hours = new Hours({ scale: null, room: this.room, accuses: null, rule: null })
  private base: TimeBase | null = null

  constructor(by: By) {
    this.by = by
  }

  add(session: SessionReport): void {
    this.base ??= session.base
    const server = this.sumsOf(this.servers, session.server, 'server')
    server.isCalled(session.serverName, session.software)
    server.add(session)
    if (this.by === 'client') {
      const client = this.sumsOf(this.clientRows, addressOf(session.client), 'client')
      client.isCalled(session.clientName, null)
      client.add(session)
    } else this.clients.add(session)
    if (this.by === 'hour') this.hours.add(session)
    if (this.by === 'rule')
      for (const rule of new Set(factsOf(session).map((one) => one.rule))) this.ruled(rule, session)
  }

  result(): TriageResult {
    const { base, by, scale } = this
    if (base === null) return { by, hours: null, timeline: null, first: [], quiet: [], rows: [] }
    const servers = rowsOf(this.servers, base)
    const clients = this.by === 'client' ? rowsOf(this.clientRows, base) : this.clients.rows(base, RULE_IDS)
    const known = ({ key }: TriageRow) => key !== OTHERS
    const first = [...prioritiesIn(servers.filter(known), 'server'), ...prioritiesIn(clients.filter(known), 'client')]
    return {
      by,
      hours: by === 'hour' ? this.hours.hours : null,
      timeline: by === 'hour' ? null : { from: isoTime(base, 0), seconds: scale.width / SECOND_NS, bins: scale.count },
      first: first.sort(byWeight),
      quiet: quietAmong(servers.filter(known)),
      rows: this.rowsBy(servers, clients, base),
    }
  }

  private rowsBy(servers: readonly TriageRow[], clients: readonly TriageRow[], base: TimeBase): TriageRow[] {
    switch (this.by) {
      case 'server':
        return [...servers].sort(worstFirst)
      case 'client':
        return [...clients].sort(worstFirst)
      case 'hour':
        return this.hours
          .inOrder()
          .map(({ seconds, sums }) => sums.row(isoTime({ seconds, nanoseconds: 0 }, 0), base, RULE_IDS))
      case 'rule': {
        const serversWith = (rule: string) =>
          servers.filter(({ key, rules }) => key !== OTHERS && rules.some((count) => count.rule === rule)).length
        return rowsOf(this.rules, base)
          .map((row) => ({ ...row, servers: serversWith(row.key), clients: this.clients.countWith(row.key) }))
          .sort(worstFirst)
      }
    }
  }

  private ruled(rule: string, session: SessionReport): void {
    const sums = this.rules.get(rule) ?? new Totals({ scale: this.scale, room: this.room, accuses: null, rule })
    this.rules.set(rule, sums)
    sums.add(session)
  }

  private sumsOf(rows: Map<string, Totals>, name: string, accuses: Party): Totals {
    const found = rows.get(name)
    if (found !== undefined) return found
    const full = rows.size >= TRIAGE_ROWS_MAX
    const sums =
      rows.get(full ? OTHERS : name) ?? new Totals({ scale: this.scale, room: this.room, accuses, rule: null })
    if (full) sums.isMany = true
    rows.set(full ? OTHERS : name, sums)
    return sums
  }
}

function rowsOf(sums: ReadonlyMap<string, Totals>, base: TimeBase): TriageRow[] {
  return [...sums].map(([key, each]) => each.row(key, base, RULE_IDS))
}

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'info']

/** By its most severe finding. */
function gravityOf({ rules }: TriageRow): number {
  return rules[0] === undefined ? SEVERITIES.length : SEVERITIES.indexOf(rules[0].severity)
}

/** Most sessions with errors first; rows that are equal otherwise are sorted by name. */
function worstFirst(a: TriageRow, b: TriageRow): number {
  return (
    b.accused.proved - a.accused.proved ||
    b.accused.suspected - a.accused.suspected ||
    gravityOf(a) - gravityOf(b) ||
    b.violation - a.violation ||
    b.sessions - a.sessions ||
    (a.key < b.key ? -1 : 1)
  )
}
