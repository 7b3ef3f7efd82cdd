// An ordinary session -> its report. What is not asked for is not made: nearly all sessions are only counted.
import type { TimeBase } from '../capture/clock.ts'
import type { Conversation } from '../smtp/conversation.ts'
import type { OrdinaryOutline } from '../smtp/outline.ts'
import type { SessionRecord, ShapeCount } from './analysis.ts'
import type { SessionReport } from './observe.ts'
import { endpointOf, recordOf } from './session-record.ts'
import type { SessionShapes } from './shapes.ts'

const NOT_ANY: readonly never[] = []

export class OrdinaryReport implements SessionReport {
  readonly verdict = 'conforming'
  readonly opaque = false
  readonly tls = null
  readonly findings = NOT_ANY
  readonly limits = NOT_ANY
  readonly groups = NOT_ANY
  readonly greeting = null
  readonly close = null
  private readonly conversation: Conversation
  private readonly outline: OrdinaryOutline
  readonly base: TimeBase
  private readonly counted: SessionShapes | null
  private counts: readonly ShapeCount[] | null = null

  constructor(conversation: Conversation, outline: OrdinaryOutline, base: TimeBase, counted: SessionShapes | null) {
    this.conversation = conversation
    this.outline = outline
    this.base = base
    this.counted = counted
  }

  get id(): string {
    return `s${this.conversation.connection.firstFrame}`
  }

  get client(): string {
    return endpointOf(this.conversation, 'client')
  }

  get clientName(): string | null {
    return this.outline.clientName
  }

  get server(): string {
    return endpointOf(this.conversation, 'server')
  }

  get serverName(): string | null {
    return this.outline.serverName
  }

  get software(): SessionReport['software'] {
    return this.outline.software
  }

  get pipelined(): boolean {
    return this.outline.used
  }

  get shapes(): readonly ShapeCount[] {
    this.counts ??= this.counted?.counts() ?? NOT_ANY
    return this.counts
  }

  get firstFrame(): number {
    return this.conversation.connection.firstFrame
  }

  get closedFrame(): SessionReport['closedFrame'] {
    return this.conversation.connection.closedFrame
  }

  get lastFrame(): number {
    return this.conversation.connection.lastFrame
  }

  get packets(): number {
    return this.conversation.connection.packets
  }

  get startNs(): number {
    return this.conversation.connection.startNs
  }

  get endNs(): number {
    return this.conversation.connection.lastNs
  }

  get record(): SessionRecord {
    return recordOf(this.conversation, this.outline, this.base, NOT_ANY, 'none', 'conforming')
  }
}
