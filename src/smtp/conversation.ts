// One TCP connection -> at most one session: recognises it, finds out who is who, and feeds the fast lane or the dialogue.
import { KEPT_RECORD_BYTES, ORDINARY_GROUP_BYTES_MAX } from '../limits.ts'
import type { ChunkView, Side, StreamConsumer } from '../stream/chunk.ts'
import type { Connection } from '../stream/connection.ts'
import type { Half } from '../stream/half.ts'
import { Dialogue } from './dialogue.ts'
import { FirstBytes } from './first-bytes.ts'
import { FastLane } from './lane.ts'
import type { OrdinaryOutline } from './outline.ts'
import type { Circumstances } from './recognise.ts'
import type { Group } from './records.ts'
import { codeOf } from './replies.ts'
import type { Row } from './row.ts'
import type { SessionState } from './session.ts'
import type { Unit } from './unit.ts'

/** Ports where SMTP is spoken: what comes there is a session whatever it looks like. */
export const SMTP_PORTS: readonly number[] = [24, 25, 465, 587, 2525]

export interface ConversationEvents {
  /** Every group is wanted, also those in which no rule can find anything. */
  readonly wantsGroups: boolean
  /** Counts a group of which no record is made; null where nobody does. */
  readonly plain: ((units: Row<Unit>) => void) | null
  group(conversation: Conversation, group: Group, session: SessionState): void
  /** The session is over; the last group has been told. */
  end(conversation: Conversation, session: SessionState): void
  /** The session is over, and no rule can find anything in it. */
  endOrdinary(conversation: Conversation, outline: OrdinaryOutline): void
}

export class Conversation implements StreamConsumer {
  readonly connection: Connection
  client: Side = 0
  private readonly ports: ReadonlySet<number>
  private readonly events: ConversationEvents
  private lane: FastLane | null = null
  private dialogue: Dialogue | null = null
  private first: FirstBytes | null = null

  constructor(connection: Connection, ports: ReadonlySet<number>, events: ConversationEvents) {
    this.connection = connection
    this.ports = ports
    this.events = events
  }

  chunk(side: Side, chunk: ChunkView): boolean {
    const { lane } = this
    if (lane !== null) {
      if (side === 0 ? lane.fromClient(chunk) : lane.fromServer(chunk)) return true
      this.leave(lane)
    }
    if (this.dialogue === null) return this.recognise(side, chunk)
    if (side === this.client) this.dialogue.fromClient(chunk)
    else this.dialogue.fromServer(chunk)
    return true
  }

  end(): boolean {
    const { lane } = this
    if (lane !== null) {
      const outline = lane.end()
      if (outline !== null) {
        this.events.endOrdinary(this, outline)
        lane.release()
        return true
      }
      this.leave(lane)
    }
    if (this.dialogue === null) {
      const first = this.firstBytes()
      const found = first.recognise(true)
      if (found === null || (found.what === 'other' && !first.onSmtpPort)) return false
      this.start(found.what, found.client, first)
    }
    const { dialogue } = this
    if (dialogue === null) return false
    dialogue.end(this.connection.lastNs)
    this.events.end(this, dialogue.session)
    dialogue.release()
    return true
  }

  private recognise(side: Side, chunk: ChunkView): boolean {
    if (this.isPlainGreeting(side, chunk)) {
      // The lane keeps no units that anybody could be told of.
      const { wantsGroups, plain } = this.events
      if (wantsGroups || plain !== null) this.dialogue = this.open()
      else this.lane = FastLane.take()
      if (this.lane !== null) this.connection.ration.take(ORDINARY_GROUP_BYTES_MAX)
      return this.chunk(side, chunk)
    }
    const first = this.firstBytes()
    const found = first.add(side, chunk)
    if (found === null) return true
    if (found.what === 'other' && !first.onSmtpPort) return false
    this.start(found.what, found.client, first)
    return true
  }

  /** The usual beginning: the side that was connected to says 220 on a port where SMTP is spoken. */
  private isPlainGreeting(side: Side, chunk: ChunkView): boolean {
    if (side !== 1 || this.first !== null || !this.startSeen || !this.ports.has(this.connection.ports[1])) return false
    const { bytes, offset, length } = chunk
    return chunk.kind === 'bytes' && length > 4 && codeOf(bytes, offset, offset + length) === 220
  }

  private firstBytes(): FirstBytes {
    const [a, b] = this.connection.ports
    const about: Circumstances = { startSeen: this.startSeen, smtpPort: [this.ports.has(a), this.ports.has(b)] }
    this.first ??= new FirstBytes(about, this.connection.ration)
    return this.first
  }

  private get startSeen(): boolean {
    const [a, b] = this.connection.halves
    return a.synSeen || b.synSeen
  }

  /** Something is remarkable: from the beginning of the open group on, the dialogue is followed in full. */
  private leave(lane: FastLane): void {
    this.lane = null
    this.connection.ration.take(-ORDINARY_GROUP_BYTES_MAX)
    const dialogue = this.open()
    this.dialogue = dialogue
    if (lane.isGreeted) dialogue.resume(lane)
    lane.tell(dialogue)
    lane.release()
  }

  private start(what: 'smtp' | 'tls' | 'other', client: Side, { waiting }: FirstBytes): void {
    this.client = client
    const dialogue = this.open()
    this.dialogue = dialogue
    const frame = waiting[0]?.chunk.frame ?? 0
    if (what !== 'smtp') dialogue.becomeOpaque(what === 'tls' ? 'tls' : 'not-smtp', frame)
    this.first = null
    for (const { side, chunk } of waiting) {
      this.connection.ration.take(-chunk.bytes.length - KEPT_RECORD_BYTES)
      this.chunk(side, chunk)
    }
  }

  private open(): Dialogue {
    const greetingSeen = (this.connection.halves[1 - this.client] as Half).synSeen
    const { wantsGroups, plain } = this.events
    const group = (group: Group, session: SessionState) => this.events.group(this, group, session)
    return new Dialogue(this.startSeen, greetingSeen, { wantsGroups, plain, group }, this.connection.ration)
  }
}
