// Adds session reports up to the sums of an analysis: by verdict, severity and server. Sums of parts can be merged in
// any order: the servers that are listed separately are those whose first session closed first.
import { SERVERS_APART_SLACK, SERVERS_MAX } from '../limits.ts'
import type { LimitCode } from '../smtp/records.ts'
import type { ServerRecord, Severities, Summary } from './analysis.ts'
import { SequenceSums } from './command-sequences.ts'
import type { Rule } from './rule.ts'
import type { SessionReport } from './session-report.ts'

/** The name under which all servers beyond the limit are counted together. */
const OTHER_SERVERS = 'others'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/**
 * A session's place in the order of closing: its closing packet (infinite if it never closed), then its first packet.
 */
interface Place {
  readonly closed: number
  readonly first: number
}

interface ServerSums extends Omit<Mutable<ServerRecord>, 'findings' | 'shapes'> {
  findings: Map<string, number>
  shapes: SequenceSums | null
  /** The session that closed first, and the first that gave the server's name. */
  first: Place
  named: Place | null
}

/** The sums of a part of the sessions. */
export interface SummaryPart {
  readonly sessions: number
  readonly opaque: number
  readonly verdicts: Verdicts
  readonly severities: Severities
  readonly proved: Severities
  readonly limits: ReadonlyMap<LimitCode, number>
  readonly servers: readonly ServerSums[]
}

type Verdicts = Pick<Summary, 'violation' | 'suspected' | 'inconclusive' | 'conforming'>

export class SummaryBuilder {
  private readonly servers = new Map<string, ServerSums>()
  private readonly verdicts = { violation: 0, suspected: 0, inconclusive: 0, conforming: 0 }
  private readonly severities = { error: 0, warning: 0, info: 0 }
  private readonly proved = { error: 0, warning: 0, info: 0 }
  private readonly limits = new Map<LimitCode, number>()
  private sessions = 0
  private opaque = 0
  private readonly shapes: boolean

  /** `shapes`: count command sequences by server. */
  constructor(shapes: boolean) {
    this.shapes = shapes
  }

  add(session: SessionReport): void {
    this.sessions++
    this.verdicts[session.verdict]++
    if (session.opaque) this.opaque++
    const sums = this.serverOf(session)
    sums.sessions++
    sums[session.verdict]++
    sums.shapes?.addAll(session.shapes)
    if (session.limits.length > 0) {
      const harmful = new Set(session.limits.filter(({ rules }) => rules.length > 0).map(({ code }) => code))
      for (const code of harmful) count(this.limits, code, 1)
    }
    for (const { rule, severity, certainty } of session.findings) {
      this.severities[severity]++
      if (certainty === 'proved') this.proved[severity]++
      count(sums.findings, rule, 1)
    }
  }

  /** The number of sessions counted so far, and of proved errors in them. */
  get soFar(): { readonly sessions: number; readonly errors: number } {
    return { sessions: this.sessions, errors: this.proved.error }
  }

  /** The sums so far, to be merged into another builder. */
  part(): SummaryPart {
    const { sessions, opaque, verdicts, severities, proved, limits } = this
    this.trim()
    return { sessions, opaque, verdicts, severities, proved, limits, servers: [...this.servers.values()] }
  }

  merge(part: SummaryPart): void {
    this.sessions += part.sessions
    this.opaque += part.opaque
    addUp(this.verdicts, part.verdicts)
    addUp(this.severities, part.severities)
    addUp(this.proved, part.proved)
    for (const [code, n] of part.limits) count(this.limits, code, n)
    for (const sums of part.servers) {
      const known = this.servers.get(sums.server)
      if (known === undefined) this.servers.set(sums.server, sums)
      else absorb(known, sums)
    }
    if (this.servers.size > SERVERS_MAX + SERVERS_APART_SLACK) this.trim()
  }

  summary(packets: Summary['packets']): Summary {
    return {
      sessions: this.sessions,
      ...this.verdicts,
      opaque: this.opaque,
      findings: { ...this.severities },
      proved: { ...this.proved },
      packets,
      limits: Object.fromEntries([...this.limits].sort(([a], [b]) => (a < b ? -1 : 1))),
    }
  }

  /** Ordered by address and port as text, so that the order does not depend on timing. */
  serverRecords(rules: readonly Rule[]): ServerRecord[] {
    this.trim()
    const ordered = [...this.servers.values()].sort((a, b) => (a.server < b.server ? -1 : 1))
    return ordered.map(({ findings, shapes, first: _first, named: _named, ...sums }) => ({
      ...sums,
      ...(shapes && { shapes: shapes.counts() }),
      findings: Object.fromEntries(
        rules.flatMap(({ id }) => {
          const number = findings.get(id)
          return number === undefined ? [] : [[id, number] as const]
        }),
      ),
    }))
  }

  private serverOf({ server, serverName, closedFrame, firstFrame }: SessionReport): ServerSums {
    const closed = closedFrame ?? Number.POSITIVE_INFINITY
    let sums = this.servers.get(server)
    if (sums === undefined) {
      if (this.servers.size > SERVERS_MAX + SERVERS_APART_SLACK) this.trim()
      sums = {
        server,
        serverName: null,
        sessions: 0,
        violation: 0,
        suspected: 0,
        inconclusive: 0,
        conforming: 0,
        findings: new Map(),
        shapes: this.shapes ? new SequenceSums() : null,
        first: { closed, first: firstFrame },
        named: null,
      }
      this.servers.set(server, sums)
    } else if (isBefore(closed, firstFrame, sums.first)) sums.first = { closed, first: firstFrame }
    if (serverName !== null && (sums.named === null || isBefore(closed, firstFrame, sums.named))) {
      sums.serverName = serverName
      sums.named = { closed, first: firstFrame }
    }
    return sums
  }

  /**
   * Merges the servers beyond the limit into one record. Closing order decides which these are, so later parts cannot
   * bring one of them back.
   */
  private trim(): void {
    const { servers } = this
    const others = servers.get(OTHER_SERVERS)
    if (servers.size - (others === undefined ? 0 : 1) <= SERVERS_MAX) return
    const ranked = [...servers.values()].filter((sums) => sums !== others).sort(byFirst)
    for (const sums of ranked.slice(SERVERS_MAX)) {
      servers.delete(sums.server)
      const sum = servers.get(OTHER_SERVERS)
      if (sum !== undefined) absorb(sum, sums)
      else servers.set(OTHER_SERVERS, { ...sums, server: OTHER_SERVERS, serverName: null, named: null })
    }
    const sum = servers.get(OTHER_SERVERS)
    if (sum !== undefined) sum.serverName = sum.named = null
  }
}

function absorb(into: ServerSums, from: ServerSums): void {
  into.sessions += from.sessions
  into.violation += from.violation
  into.suspected += from.suspected
  into.inconclusive += from.inconclusive
  into.conforming += from.conforming
  for (const [rule, n] of from.findings) count(into.findings, rule, n)
  if (from.shapes !== null) into.shapes?.addAll(from.shapes.counts())
  if (isBefore(from.first.closed, from.first.first, into.first)) into.first = from.first
  if (from.named !== null && (into.named === null || isBefore(from.named.closed, from.named.first, into.named))) {
    into.serverName = from.serverName
    into.named = from.named
  }
}

function count<K>(sums: Map<K, number>, key: K, n: number): void {
  sums.set(key, (sums.get(key) ?? 0) + n)
}

function addUp<K extends string>(sums: Record<K, number>, part: Readonly<Record<K, number>>): void {
  for (const key of Object.keys(sums) as K[]) sums[key] += part[key]
}

function isBefore(closed: number, first: number, other: Place): boolean {
  return closed < other.closed || (closed === other.closed && first < other.first)
}

function byFirst({ first: one }: ServerSums, { first: other }: ServerSums): number {
  return isBefore(one.closed, one.first, other) ? -1 : 1
}
