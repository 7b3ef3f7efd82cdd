// An ordinary session -> its report. What is not asked for is not made: nearly all sessions are only counted.
import type { TimeBase } from '../capture/packet.ts'
import type { CurrentFingerprint } from '../smtp/parse/fingerprint.ts'
import type { OrdinarySummary } from '../smtp/session/session-summary.ts'
import type { ConnectionFacts } from '../tcp/connection.ts'
import type { SequenceCount, SessionRecord } from './analysis.ts'
import type { SessionSequences } from './command-sequences.ts'
import { recordOf } from './records-of.ts'
import type { SessionReport } from './session-report.ts'

const NOT_ANY: readonly never[] = []

/** Whoever opened the connection is the client: anything else is not ordinary. */
const CLIENT = 0
const SERVER = 1

export class OrdinaryReport implements SessionReport {
  readonly verdict = 'conforming'
  readonly opaque = false
  readonly tls = null
  readonly findings = NOT_ANY
  readonly limits = NOT_ANY
  readonly groups = NOT_ANY
  readonly greeting = null
  readonly proxyHeader = null
  readonly close = null
  readonly isReversed = false
  readonly fingerprint: SessionReport['fingerprint']
  private readonly connection: ConnectionFacts
  private readonly summary: OrdinarySummary
  readonly base: TimeBase
  private readonly counted: SessionSequences | null
  private counts: readonly SequenceCount[] | null = null

  constructor(
    connection: ConnectionFacts,
    summary: OrdinarySummary,
    { base, fingerprints }: { readonly base: TimeBase; readonly fingerprints: CurrentFingerprint | null },
    counted: SessionSequences | null,
  ) {
    this.connection = connection
    this.summary = summary
    this.base = base
    this.fingerprint = fingerprints?.value ?? null
    this.counted = counted
  }

  get id(): string {
    return `s${this.connection.firstFrame}`
  }

  get client(): string {
    return this.connection.ends.name(CLIENT)
  }

  get clientName(): string | null {
    return this.summary.clientName
  }

  get server(): string {
    return this.connection.ends.name(SERVER)
  }

  get serverName(): string | null {
    return this.summary.serverName
  }

  get software(): SessionReport['software'] {
    return this.summary.software
  }

  get pipelined(): boolean {
    return this.summary.used
  }

  get shapes(): readonly SequenceCount[] {
    this.counts ??= this.counted?.counts() ?? NOT_ANY
    return this.counts
  }

  get firstFrame(): number {
    return this.connection.firstFrame
  }

  get closedFrame(): SessionReport['closedFrame'] {
    return this.connection.closedFrame
  }

  get lastFrame(): number {
    return this.connection.lastFrame
  }

  get packets(): number {
    return this.connection.packets
  }

  get startNs(): number {
    return this.connection.startNs
  }

  get endNs(): number {
    return this.connection.lastNs
  }

  get record(): SessionRecord {
    return recordOf(this.connection, CLIENT, this.summary, this.base, NOT_ANY, 'none', 'conforming')
  }
}
