// One TCP connection -> at most one session: recognises it, finds out who is who, and feeds the dialogue.
import { KEPT_RECORD_BYTES, RECOGNISE_BYTES_MAX, RECOGNISE_CHUNKS_MAX } from '../limits.ts'
import type { ChunkView, Side, StreamConsumer } from '../stream/chunk.ts'
import type { Connection } from '../stream/connection.ts'
import type { Half } from '../stream/half.ts'
import { Dialogue } from './dialogue.ts'
import { type Circumstances, type Look, look, recognise } from './recognise.ts'
import type { Group } from './records.ts'
import { codeOf } from './replies.ts'
import type { Row } from './row.ts'
import type { SessionState } from './session.ts'
import type { Unit } from './unit.ts'

/** Ports where SMTP is spoken: what comes there is a session whatever it looks like. */
export const SMTP_PORTS: readonly number[] = [24, 25, 465, 587, 2525]

const NO_BYTES = new Uint8Array(0)

export interface ConversationEvents {
  /** Every group is wanted, also those in which no rule can find anything. */
  readonly wantsGroups: boolean
  /** Counts a group of which no record is made; null where nobody does. */
  readonly plain: ((units: Row<Unit>) => void) | null
  group(conversation: Conversation, group: Group, session: SessionState): void
  /** The session is over; the last group has been told. */
  end(conversation: Conversation, session: SessionState): void
}

export class Conversation implements StreamConsumer {
  readonly connection: Connection
  client: Side = 0
  private readonly events: ConversationEvents
  private readonly about: Circumstances
  private dialogue: Dialogue | null = null
  private waiting: { side: Side; chunk: ChunkView }[] = []
  private readonly first: [Uint8Array, Uint8Array] = [NO_BYTES, NO_BYTES]
  private readonly looks: [Look, Look] = ['more', 'more']

  constructor(connection: Connection, ports: ReadonlySet<number>, events: ConversationEvents) {
    this.connection = connection
    this.events = events
    const [a, b] = connection.halves
    this.about = {
      startSeen: a.synSeen || b.synSeen,
      smtpPort: [ports.has(connection.ports[0]), ports.has(connection.ports[1])],
    }
  }

  chunk(side: Side, chunk: ChunkView): boolean {
    if (this.dialogue === null) return this.recognise(side, chunk)
    if (side === this.client) this.dialogue.fromClient(chunk)
    else this.dialogue.fromServer(chunk)
    return true
  }

  end(): boolean {
    if (this.dialogue === null) {
      const found = recognise(this.looks, this.about, true)
      if (found === null || (found.what === 'other' && !this.onSmtpPort)) return false
      this.start(found.what, found.client)
    }
    const { dialogue } = this
    if (dialogue === null) return false
    dialogue.end(this.connection.lastNs)
    this.events.end(this, dialogue.session)
    dialogue.release()
    return true
  }

  private get onSmtpPort(): boolean {
    return this.about.smtpPort[0] || this.about.smtpPort[1]
  }

  private recognise(side: Side, chunk: ChunkView): boolean {
    if (this.isPlainGreeting(side, chunk)) {
      this.start('smtp', 0)
      return this.chunk(side, chunk)
    }
    const octets = chunk.kind === 'bytes' ? chunk.length : 0
    this.waiting.push({
      side,
      chunk: { ...chunk, bytes: chunk.bytes.slice(chunk.offset, chunk.offset + octets), offset: 0 },
    })
    this.connection.ration.take(octets + KEPT_RECORD_BYTES)
    const tooMany = this.waiting.length >= RECOGNISE_CHUNKS_MAX
    if (octets > 0) this.look(side, chunk)
    else if (!tooMany) return true
    const enough = tooMany || (this.first[side] as Uint8Array).length >= RECOGNISE_BYTES_MAX
    const found = recognise(this.looks, this.about, enough)
    if (found === null) return true
    if (found.what === 'other' && !this.onSmtpPort) return false
    this.start(found.what, found.client)
    return true
  }

  /** Looks at the first bytes of a side once more, now that there are more of them. */
  private look(side: Side, chunk: ChunkView): void {
    const known = this.first[side]
    const joined = new Uint8Array(known.length + chunk.length)
    joined.set(known)
    joined.set(chunk.bytes.subarray(chunk.offset, chunk.offset + chunk.length), known.length)
    this.first[side] = joined.subarray(0, RECOGNISE_BYTES_MAX)
    this.looks[side] = look(joined, this.first[side].length, !this.about.startSeen)
  }

  /** The usual beginning: the side that was connected to says 220 on a port where SMTP is spoken. */
  private isPlainGreeting(side: Side, chunk: ChunkView): boolean {
    if (side !== 1 || this.waiting.length > 0 || !this.about.startSeen || !this.about.smtpPort[1]) return false
    const { bytes, offset, length } = chunk
    return chunk.kind === 'bytes' && length > 4 && codeOf(bytes, offset, offset + length) === 220
  }

  private start(what: 'smtp' | 'tls' | 'other', client: Side): void {
    this.client = client
    const greetingSeen = (this.connection.halves[1 - client] as Half).synSeen
    const { events, about } = this
    const { wantsGroups, plain } = events
    const { ration } = this.connection
    const group = (group: Group, session: SessionState) => events.group(this, group, session)
    const dialogue = new Dialogue(about.startSeen, greetingSeen, { wantsGroups, plain, group }, ration)
    this.dialogue = dialogue
    const frame = this.waiting[0]?.chunk.frame ?? 0
    if (what !== 'smtp') dialogue.becomeOpaque(what === 'tls' ? 'tls' : 'not-smtp', frame)
    const { waiting } = this
    this.waiting = []
    for (const { side, chunk } of waiting) {
      ration.take(-chunk.bytes.length - KEPT_RECORD_BYTES)
      this.chunk(side, chunk)
    }
  }
}
