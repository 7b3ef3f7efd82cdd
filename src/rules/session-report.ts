// The report of a session, for callers and output. Of nearly all reports only the counts are used, so the other parts
// are computed on first access.
import type { TimeBase } from '../capture/packet.ts'
import type { Fingerprint } from '../smtp/parse/fingerprint.ts'
import type { Close, ClosedBy, Command, Group, Malformed, ProxyHeader, Reply } from '../smtp/records.ts'
import type { Encryption } from '../smtp/session/session.ts'
import type { SessionSummary } from '../smtp/session/session-summary.ts'
import type { Software } from '../smtp/session/software.ts'
import type { Side } from '../tcp/chunk.ts'
import type { ConnectionFacts } from '../tcp/connection.ts'
import type {
  FindingRecord,
  LimitRecord,
  Party,
  SequenceCount,
  SessionRecord,
  UnansweredUnit,
  VerdictName,
} from './analysis.ts'
import type { SessionSequences } from './command-sequences.ts'
import type { FindingFacts } from './incidents.ts'
import { NO_FINDINGS, type SessionFindings } from './session-findings.ts'
import { isoTime } from './time.ts'

/** Consecutive encrypted records of one side, up to the next record of the other. */
export interface OpaqueFlight {
  readonly by: 'client' | 'server'
  readonly records: number
  /** Octets on the wire, headers included. */
  readonly bytes: number
  readonly firstFrame: number
  readonly lastFrame: number
  /** When its last record was complete, in nanoseconds since the first packet of the set. */
  readonly timeNs: number
}

/** The TLS connection of a session. It contains no secrets. */
export interface TlsReport {
  readonly flights: readonly OpaqueFlight[]
  /** Number of flights beyond those in `flights`. */
  readonly moreFlights: number
  /** Sides that sent an alert. Most likely it is close_notify, but an encrypted alert does not show that. */
  readonly alerted: readonly ('client' | 'server')[]
  /** The randoms of the client's hellos in hexadecimal, which identify the connection in a key log. */
  readonly clientRandoms: readonly string[]
}

/**
 * A judged session. `groups` is empty, and `greeting` and `close` are null, unless the caller asked for its groups;
 * `shapes` is empty unless it asked for command sequences.
 */
/** A line of the server that is no valid reply. */
export type OddLine = Omit<Malformed, 'reply'>

export interface SessionReport {
  readonly id: string
  readonly client: string
  readonly clientName: string | null
  readonly server: string
  readonly serverName: string | null
  /** The server program, guessed from reply texts that its operator can change. */
  readonly software: Software | null
  /** Some command was sent before the reply to the preceding one. */
  readonly pipelined: boolean
  readonly verdict: VerdictName
  readonly opaque: boolean
  readonly encryption: Encryption
  readonly closedBy: ClosedBy
  /** Replies that are missing. */
  readonly unanswered: number
  readonly findings: readonly FindingRecord[]
  readonly limits: readonly LimitRecord[]
  readonly greeting: Reply | null
  /** The PROXY header that a load balancer sent before the client's data; null when there is none. */
  readonly proxyHeader: ProxyHeader | null
  /** The first lines of the server that are no valid replies; empty unless the caller asked for the groups. */
  readonly malformed: readonly OddLine[]
  readonly groups: readonly Group[]
  readonly shapes: readonly SequenceCount[]
  readonly close: Close | null
  /** The client is the side that received the SYN. */
  readonly isReversed: boolean
  /** Identifies the session in another capture; null unless the caller asked for it. */
  readonly fingerprint: Fingerprint | null
  /** Null if TLS was never started. */
  readonly tls: TlsReport | null
  /**
   * Numbers within the set of the connection's first packet and of the one that closed it; null when it was open at the
   * end.
   */
  readonly firstFrame: number
  readonly closedFrame: number | null
  /** The time of the set's first packet. */
  readonly base: TimeBase
  /** The times of the connection's first and last packet, in nanoseconds since `base`. */
  readonly startNs: number
  readonly endNs: number
  /** The number of its last packet within the set, and the number of its packets. */
  readonly lastFrame: number
  readonly packets: number
  /** Computed on first access. */
  readonly record: SessionRecord
}

/** Where a session was seen, and what of it the caller asked for. */
export interface SessionSource {
  readonly connection: ConnectionFacts
  readonly client: Side
  readonly summary: SessionSummary
  readonly base: TimeBase
  readonly fingerprint: Fingerprint | null
  readonly tls: TlsReport | null
  readonly shapes: SessionSequences | null
}

/** The result of the rules for one session. */
export interface Judgement {
  readonly verdict: VerdictName
  readonly findings: Pick<SessionFindings, 'facts' | 'records'>
  readonly limits: readonly LimitRecord[]
  /** Empty and null unless the caller asked for the groups. */
  readonly groups: readonly Group[]
  readonly greeting: Reply | null
  readonly malformed: readonly OddLine[]
  readonly close: Close | null
}

/** Of a session in which no rule can find anything. */
const CONFORMING: Judgement = {
  verdict: 'conforming',
  findings: NO_FINDINGS,
  limits: [],
  groups: [],
  greeting: null,
  malformed: [],
  close: null,
}
const NO_ONE: readonly Party[] = []
const NO_SHAPES: readonly SequenceCount[] = []

/**
 * The report of a session that was read here. Other reports are copies of one: without names, or from another thread.
 */
export class JudgedSession implements SessionReport {
  private readonly source: SessionSource
  private readonly judgement: Judgement
  private counts: readonly SequenceCount[] | null = null
  private made: SessionRecord | null = null

  constructor(source: SessionSource, judgement: Judgement = CONFORMING) {
    this.source = source
    this.judgement = judgement
  }

  get id(): string {
    return `s${this.source.connection.firstFrame}`
  }

  get client(): string {
    return this.source.connection.ends.name(this.source.client)
  }

  get clientName(): string | null {
    return this.source.summary.clientName
  }

  get server(): string {
    return this.source.connection.ends.name(this.source.client === 0 ? 1 : 0)
  }

  get serverName(): string | null {
    return this.source.summary.serverName
  }

  get software(): Software | null {
    return this.source.summary.software
  }

  get pipelined(): boolean {
    return this.source.summary.used
  }

  get verdict(): VerdictName {
    return this.judgement.verdict
  }

  get opaque(): boolean {
    return this.source.summary.encryption === 'opaque'
  }

  get encryption(): Encryption {
    return this.source.summary.encryption
  }

  get closedBy(): ClosedBy {
    return this.source.summary.closedBy
  }

  get unanswered(): number {
    return this.source.summary.unanswered
  }

  get findings(): readonly FindingRecord[] {
    return this.judgement.findings.records
  }

  /** What sums need of them. */
  get facts(): readonly FindingFacts[] {
    return this.judgement.findings.facts
  }

  get limits(): readonly LimitRecord[] {
    return this.judgement.limits
  }

  get greeting(): Reply | null {
    return this.judgement.greeting
  }

  get proxyHeader(): ProxyHeader | null {
    return this.source.summary.proxyHeader
  }

  get malformed(): readonly OddLine[] {
    return this.judgement.malformed
  }

  get groups(): readonly Group[] {
    return this.judgement.groups
  }

  get shapes(): readonly SequenceCount[] {
    this.counts ??= this.source.shapes?.counts() ?? NO_SHAPES
    return this.counts
  }

  get close(): Close | null {
    return this.judgement.close
  }

  get isReversed(): boolean {
    return this.source.client === 1
  }

  get fingerprint(): Fingerprint | null {
    return this.source.fingerprint
  }

  get tls(): TlsReport | null {
    return this.source.tls
  }

  get firstFrame(): number {
    return this.source.connection.firstFrame
  }

  get closedFrame(): number | null {
    return this.source.connection.closedFrame
  }

  get base(): TimeBase {
    return this.source.base
  }

  get startNs(): number {
    return this.source.connection.startNs
  }

  get endNs(): number {
    return this.source.connection.lastNs
  }

  get lastFrame(): number {
    return this.source.connection.lastFrame
  }

  get packets(): number {
    return this.source.connection.packets
  }

  get record(): SessionRecord {
    this.made ??= this.makeRecord()
    return this.made
  }

  private makeRecord(): SessionRecord {
    const { connection, summary, base } = this.source
    const record: SessionRecord = {
      id: this.id,
      client: this.client,
      server: this.server,
      clientName: summary.clientName,
      serverName: summary.serverName,
      startedAt: isoTime(base, connection.startNs),
      endedAt: isoTime(base, connection.lastNs),
      protocol: summary.protocol,
      pipelining: { advertised: summary.offered, used: summary.used },
      encryption: summary.encryption,
      closedBy: summary.closedBy,
      commands: summary.commands,
      replies: summary.replies,
      unanswered: summary.unanswered,
      groups: summary.groups,
      messages: summary.messages,
      limits: this.limits,
      verdict: this.verdict,
      accused: accusedBy(this.facts, this.verdict),
    }
    const units = summary.withoutReply
    if (units.length === 0) return record
    const hasClock = !this.limits.some(({ code }) => code === 'clock')
    return {
      ...record,
      ...(summary.terminal !== null && { closingReply: summary.terminal.code }),
      unansweredUnits: units.map((unit) => unansweredUnit(unit, base, hasClock ? summary.close : null)),
    }
  }
}

function unansweredUnit(unit: Command, base: TimeBase, close: Close | null): UnansweredUnit {
  const { kind, verb, index, at, acked } = unit
  return {
    ...{ kind, verb, index },
    at: isoTime(base, at.timeNs),
    frames: at.firstFrame === at.lastFrame ? [at.firstFrame] : [at.firstFrame, at.lastFrame],
    acknowledgedIn: acked,
    waitedMs: close === null ? null : Math.max(0, Math.round((close.timeNs - at.timeNs) / 1e6)),
  }
}

/** The parties whose errors led to the verdict. */
export function accusedBy(findings: readonly FindingFacts[], verdict: VerdictName): readonly Party[] {
  if (verdict !== 'violation' && verdict !== 'suspected') return NO_ONE
  const certainty = verdict === 'violation' ? 'proved' : 'suspected'
  const errors = findings.filter((finding) => finding.severity === 'error' && finding.certainty === certainty)
  return (['server', 'client'] as const).filter((party) => errors.some((finding) => finding.party === party))
}

/** The findings, as sums need them: the records of a session that was judged here need not be made for that. */
export function factsOf(report: SessionReport): readonly FindingFacts[] {
  return report instanceof JudgedSession ? report.facts : report.findings
}

/** A report as plain data, with some of its parts replaced. */
export function copyOf(report: SessionReport, changes: Partial<SessionReport>): SessionReport {
  return {
    id: report.id,
    client: report.client,
    clientName: report.clientName,
    server: report.server,
    serverName: report.serverName,
    software: report.software,
    pipelined: report.pipelined,
    verdict: report.verdict,
    opaque: report.opaque,
    encryption: report.encryption,
    closedBy: report.closedBy,
    unanswered: report.unanswered,
    findings: report.findings,
    limits: report.limits,
    greeting: report.greeting,
    proxyHeader: report.proxyHeader,
    malformed: report.malformed,
    groups: report.groups,
    shapes: report.shapes,
    close: report.close,
    isReversed: report.isReversed,
    fingerprint: report.fingerprint,
    tls: report.tls,
    firstFrame: report.firstFrame,
    closedFrame: report.closedFrame,
    base: report.base,
    startNs: report.startNs,
    endNs: report.endNs,
    lastFrame: report.lastFrame,
    packets: report.packets,
    record: report.record,
    ...changes,
  }
}

/** What can be sent to another thread or machine: all but the dialogue. */
export function withoutDialogue(report: SessionReport): SessionReport {
  return copyOf(report, {
    greeting: null,
    proxyHeader: null,
    malformed: [],
    groups: [],
    close: null,
    fingerprint: null,
  })
}

/** Receives the groups of some sessions as they settle. */
export interface GroupObserver {
  /** Session ids. */
  readonly sessions: ReadonlySet<string>
  group(session: string, group: Group): void
}
