// All data of a connection, after it has closed -> the summary of an ordinary session. Any other session is declined,
// and is read by the engine from its beginning.

import { i32 } from '../../decode/bytes.ts'
import type { SegmentView } from '../../decode/segment.ts'
import { ORDINARY_GROUP_BYTES_MAX } from '../../limits.ts'
import type { SessionReader } from '../../tcp/briefs.ts'
import type { ChunkView, Side } from '../../tcp/chunk.ts'
import type { ConnectionFacts } from '../../tcp/connection.ts'
import type { UnremarkableSequences } from '../pairing/command-sequence.ts'
import { codeOf } from '../parse/reply-parser.ts'
import type { OrdinarySummary } from '../session/session-summary.ts'
import { OrdinarySession } from './session.ts'

export interface WholeEvents {
  /** Counts the groups of the session that is read next; null if they are not counted. */
  shapes(): UnremarkableSequences | null
  /** Whether it is enough to know that the session of a connection is ordinary. */
  takes(connection: ConnectionFacts): boolean
  /** That session is ordinary. */
  endOrdinary(connection: ConnectionFacts, summary: OrdinarySummary): void
}

const CASE = 0x20202020
const STARTTLS = 0x73746172
const AUTH = 0x61757468

export class OrdinaryReader implements SessionReader {
  readonly charge = ORDINARY_GROUP_BYTES_MAX
  private readonly ports: ReadonlySet<number>
  private readonly events: WholeEvents
  private readonly session = new OrdinarySession()

  /** `ports`: where SMTP is spoken. */
  constructor(ports: ReadonlySet<number>, events: WholeEvents) {
    this.ports = ports
    this.events = events
  }

  wants(port: number): boolean {
    return this.ports.has(port)
  }

  /** The server greets. */
  begins(side: Side, { bytes, offset, length }: SegmentView): boolean {
    return side === 1 && length > 4 && codeOf(bytes, offset, offset + length) === 220
  }

  /** Neither STARTTLS nor AUTH: no ordinary session has them, and what follows is long. */
  goesOn(side: Side, { bytes, offset, length }: SegmentView): boolean {
    if (side === 1 || length < 6) return true
    const word = i32(bytes, offset) | CASE
    return word !== STARTTLS && word !== AUTH
  }

  begin(): void {
    this.session.begin(this.events.shapes())
  }

  chunk(side: Side, chunk: ChunkView): boolean {
    return side === 0 ? this.session.fromClient(chunk) : this.session.fromServer(chunk)
  }

  end(connection: ConnectionFacts): boolean {
    const summary = this.events.takes(connection) ? this.session.end() : null
    if (summary === null) return false
    this.events.endOrdinary(connection, summary)
    return true
  }
}
