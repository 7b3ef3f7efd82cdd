// Session reports -> the sums of an analysis: per verdict, per severity, per server.
import { SERVERS_MAX } from '../limits.ts'
import type { LimitCode } from '../smtp/records.ts'
import type { ServerRecord, Summary } from './analysis.ts'
import type { SessionReport } from './observe.ts'
import type { Rule } from './rule.ts'
import { ShapeSums } from './shapes.ts'

/** Stands for the servers that are not told apart. */
const OTHER_SERVERS = 'others'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

interface ServerSums extends Omit<Mutable<ServerRecord>, 'findings' | 'shapes'> {
  findings: Map<string, number>
  shapes: ShapeSums | null
}

export class Tally {
  private readonly servers = new Map<string, ServerSums>()
  private readonly verdicts = {
    violation: 0,
    suspected: 0,
    inconclusive: 0,
    conforming: 0,
  }
  private readonly severities = { error: 0, warning: 0, info: 0 }
  private readonly proved = { error: 0, warning: 0, info: 0 }
  private readonly limits = new Map<LimitCode, number>()
  private sessions = 0
  private opaque = 0
  private readonly shapes: boolean

  /** `shapes`: sum up the shapes of groups per server. */
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
    if (sums.server === session.server) sums.serverName ??= session.serverName
    sums.shapes?.addAll(session.shapes)
    const harmful = new Set(session.limits.filter(({ rules }) => rules.length > 0).map(({ code }) => code))
    for (const code of harmful) this.limits.set(code, (this.limits.get(code) ?? 0) + 1)
    for (const { rule, severity, certainty } of session.findings) {
      this.severities[severity]++
      if (certainty === 'proved') this.proved[severity]++
      sums.findings.set(rule, (sums.findings.get(rule) ?? 0) + 1)
    }
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

  /** Ordered by address and port as text, so that the order says nothing about time. */
  serverRecords(rules: readonly Rule[]): ServerRecord[] {
    const ordered = [...this.servers.values()].sort((a, b) => (a.server < b.server ? -1 : 1))
    return ordered.map(({ findings, shapes, ...sums }) => ({
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

  private serverOf({ server, serverName }: SessionReport): ServerSums {
    // Beyond the bound the others are one.
    const name = this.servers.size < SERVERS_MAX || this.servers.has(server) ? server : OTHER_SERVERS
    let sums = this.servers.get(name)
    if (sums === undefined) {
      sums = {
        server: name,
        serverName: name === server ? serverName : null,
        sessions: 0,
        violation: 0,
        suspected: 0,
        inconclusive: 0,
        conforming: 0,
        findings: new Map(),
        shapes: this.shapes ? new ShapeSums() : null,
      }
      this.servers.set(name, sums)
    }
    return sums
  }
}
