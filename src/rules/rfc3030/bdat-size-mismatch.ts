// RFC 3030 section 2: a chunk has as many octets as its BDAT announces.
import { GIVE_UP_NS } from '../../limits.ts'
import type { Command, Exchange } from '../../smtp/records.ts'
import type { Session } from '../../smtp/session/session.ts'
import { defineRule, type Violation } from '../rule.ts'
import { count, quote } from '../wording.ts'

export const bdatSizeMismatch = defineRule({
  id: 'bdat-size-mismatch',
  clauses: [
    {
      rfc: 3030,
      section: '2',
      item: null,
      keyword: null,
      text: 'If the sender-SMTP indicates a chunk-size larger than the actual chunk-size, the receiver-SMTP will continue to wait for the remainder of the data',
    },
    {
      rfc: 3030,
      section: '2',
      item: null,
      keyword: null,
      text: 'If the sender-SMTP indicates a chunk-size smaller than the actual chunk-size, the receiver-SMTP will interpret the remainder of the message data as invalid commands.',
    },
  ],
  party: 'client',
  severity: 'error',
  title: 'BDAT announced a different number of bytes than the client sent',
  headline: 'announced another number of bytes with BDAT than it sent',
  why: 'If BDAT announces too many bytes, the server waits for bytes that never come. If it announces too few, the server reads the rest as commands.',
  fix: 'Count the bytes as they are sent, after every conversion of line ends.',
  proof:
    'At most suspected: bytes directly after the chunk, sent together with it, which the server refuses as an unknown command; or a chunk that is incomplete when the client falls silent, although the server has acknowledged all of its bytes.',
  excuses:
    'A client that was still sending; bytes that the server did not acknowledge; a chunk that was refused; bytes missing from the capture.',
  violates: `
    S> 220 mail.example.net ESMTP
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250-PIPELINING
    S| 250 CHUNKING
    C> MAIL FROM:<a@example.org>
    S> 250 2.1.0 ok
    C> RCPT TO:<b@example.org>
    S> 250 2.1.5 ok
    C> BDAT 10 LAST
    C| {16 bytes}
    S> 250 2.0.0 queued
    S| 500 5.5.2 command not recognized
    C> QUIT
    S> 221 bye`,
  conforms: `
    S> 220 mail.example.net ESMTP
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250-PIPELINING
    S| 250 CHUNKING
    C> MAIL FROM:<a@example.org>
    S> 250 2.1.0 ok
    C> RCPT TO:<b@example.org>
    S> 250 2.1.5 ok
    C> BDAT 16 LAST
    C| {16 bytes}
    S> 250 2.0.0 queued
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'pairing'],
  onlyRemarkable: true,
  groupTraits: ['chunk'],
  endTraits: ['unfinished-chunk'],
  words: ['directly'],
  applies: (session) => !session.opaque || 'encrypted',

  *checkGroup(group) {
    if (!group.reading.countable) return
    const rest = group.exchanges.filter(({ chunkBefore }) => chunkBefore !== null)
    const chunk = rest[0]?.chunkBefore
    if (chunk == null) return
    const lines = rest.filter(({ chunkBefore }) => chunkBefore === chunk)
    const refusal = lines.find(isNoCommand)?.replies[0]
    if (refusal === undefined) return
    const more = lines.reduce((sum, { command }) => sum + command.at.end - command.at.start, 0)
    const announced = announcedIn(chunk)
    yield {
      commands: [chunk, ...lines.map(({ command }) => command)].slice(0, 16),
      replies: [refusal],
      certainty: 'suspected',
      expected: `BDAT ${announced + more}`,
      actual: `BDAT ${announced}, and ${count(more, 'byte')} after the chunk`,
      headline: `sent ${count(announced + more, 'byte')} for a BDAT of ${announced}`,
      message: `the client sent ${count(more, 'byte')} directly after a BDAT chunk of ${count(announced, 'byte')}, and the server refused them as commands`,
      evidence: [
        `these bytes follow the chunk directly, in frame ${lines[0]?.command.at.firstFrame}, before its reply`,
        `the server answered them with "${quote(refusal)}" in frame ${refusal.at.firstFrame}`,
      ],
    }
  },

  *checkEnd(session) {
    const last = session.lastGroup?.exchanges.at(-1)
    if (last === undefined || last.command.verb !== 'BDAT' || last.command.complete) return
    if (session.lastGroup?.reading.countable !== true || last.replies.some(({ code }) => code !== 421)) return
    yield* waitedFor(last.command, session)
  },
})

/** The client stopped sending in the middle of the chunk, and the server had received all that it sent. */
function* waitedFor(command: Command, session: Session): Iterable<Violation> {
  const { close, clock } = session
  const { missing, at } = command
  if (missing === 0 || close === null || close.foreign || session.clientAcked < at.end) return
  const silenceNs = clock.shortest({ frame: at.lastFrame, timeNs: at.timeNs }, close)
  if (silenceNs < GIVE_UP_NS) return
  const announced = announcedIn(command)
  yield {
    commands: [command],
    frames: [close.frame],
    certainty: 'suspected',
    expected: `BDAT ${announced - missing}`,
    actual: `BDAT ${announced}, and ${count(announced - missing, 'byte')}`,
    headline: `sent ${count(announced - missing, 'byte')} for a BDAT of ${announced}`,
    message: `the client announced ${count(announced, 'byte')} with BDAT, sent ${announced - missing} and then nothing: the server waited for ${missing} more`,
    evidence: [
      `the client was silent for ${(silenceNs / 1e9).toFixed(1)} s after these bytes, until the close in frame ${close.frame}`,
      'the server had acknowledged all bytes that the client had sent',
    ],
  }
}

function isNoCommand({ replies }: Exchange): boolean {
  const code = replies[0]?.code ?? 0
  return code >= 500 && code <= 504
}

function announcedIn({ argument }: Command): number {
  return Number(/^\d+/.exec(argument)?.[0] ?? 0)
}
