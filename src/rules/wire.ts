// Positions in the streams of a conversation -> sequence numbers as they stand on the wire (RFC 9293 section 3.4).
import type { Conversation } from '../smtp/conversation.ts'
import type { SessionState } from '../smtp/session.ts'
import type { Half } from '../stream/half.ts'

export type Speaker = 'client' | 'server'

export class Wire {
  private readonly conversation: Conversation
  private readonly session: SessionState

  constructor(conversation: Conversation, session: SessionState) {
    this.conversation = conversation
    this.session = session
  }

  /** The sequence number at a position of a side; null where nothing on the wire has it: inside TLS, or never seen. */
  number(by: Speaker, position: number): number | null {
    const { connection, client } = this.conversation
    const half = connection.halves[by === 'client' ? client : 1 - client] as Half
    return position < 0 || !half.known || position > this.readableTo(by) ? null : half.sequenceAt(position)
  }

  /** Behind it a stream is that of what was decrypted. */
  private readableTo(by: Speaker): number {
    return this.session.encryption === 'decrypted' ? (this.session.tlsStart?.ends[by] ?? 0) : Number.POSITIVE_INFINITY
  }
}
