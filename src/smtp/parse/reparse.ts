// A reply that was heard elsewhere -> the record that the engine would have made of it, by the same code.
import { emptyChunk } from '../../tcp/chunk.ts'
import type { Reply } from '../records.ts'
import { LineReader } from './lines.ts'
import { ReplyParser } from './reply-parser.ts'

/** A complete reply that came in one segment: its octets, and what the segment said. */
export interface RawReply {
  readonly bytes: Uint8Array
  readonly position: number
  readonly frame: number
  readonly timeNs: number
  readonly peerAcked: number
}

/** `index`: among the complete replies of the session. Null when the octets are no complete reply. */
export function reparse({ bytes, position, frame, timeNs, peerAcked }: RawReply, index: number): Reply | null {
  const chunk = { ...emptyChunk(), bytes, length: bytes.length, position, frame, timeNs, peerAcked }
  const lines = new LineReader()
  const replies = new ReplyParser()
  replies.count = index - 1
  let reply: Reply | null = null
  for (let at = 0; at >= 0 && at < bytes.length && reply === null; ) {
    at = lines.next(chunk, at)
    if (at >= 0) reply = replies.line(lines.line)
  }
  // Read now: the text of the wire is not kept.
  reply?.lines
  replies.release()
  return reply
}
