// RFC 3030 section 2: the server must read a refused chunk to its end before it answers.
import type { Exchange, Group } from '../../smtp/records.ts'
import type { Session } from '../../smtp/session/session.ts'
import { isProvoked } from '../missing-replies.ts'
import { defineRule } from '../rule.ts'
import { count, quote } from '../wording.ts'

export const bdatChunkNotConsumed = defineRule({
  id: 'bdat-chunk-not-consumed',
  clauses: [
    {
      rfc: 3030,
      section: '2',
      item: null,
      keyword: 'MUST',
      text: 'the receiver-SMTP MUST accept and discard the associated message data before sending the appropriate 5XX or 4XX code',
    },
  ],
  party: 'server',
  severity: 'error',
  title: 'The server did not read a refused chunk to its end',
  headline: 'refused a chunk before it had read all of it',
  why: 'The server may read the rest of the chunk as commands: the author of the mail can then issue commands.',
  fix: 'Read as many bytes as BDAT announces, then answer.',
  proof:
    'The refusal acknowledges less than the whole chunk; or after it come more error replies than commands were sent. Suspected if the client never sent the rest of the chunk.',
  excuses:
    'A server that does not offer CHUNKING; a 421, or a refusal after which the server closes; bytes missing from the capture.',
  violates: `
    S> 220 mail.example.net ESMTP
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250-PIPELINING
    S| 250 CHUNKING
    C> BDAT 20 LAST
    C| line one
    C| line two
    S> 503 5.5.1 need MAIL
    S| 500 what?
    S| 500 what?
    C> [+1s] QUIT
    S> 221 bye`,
  conforms: `
    S> 220 mail.example.net ESMTP
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250-PIPELINING
    S| 250 CHUNKING
    C> BDAT 20 LAST
    C| line one
    C| line two
    S> 503 5.5.1 need MAIL
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'server-bytes', 'pairing'],
  onlyRemarkable: true,
  groupTraits: ['chunk'],
  applies: (session) => !session.mayBeLmtp || 'LMTP',

  *checkGroup(group, session) {
    if (!group.reading.countable || isProvoked(group, session)) return
    const refused = group.exchanges.find((exchange) => isRefusedChunk(exchange))
    const reply = refused?.replies[0]
    if (refused === undefined || reply === undefined || isFarewell(refused, session)) return
    const { command } = refused
    const unsent = command.complete && command.missing > 0
    const early = unsent || (reply.seenAtStart >= 0 && (!command.complete || reply.seenAtStart < command.at.end))
    const executed = surplusErrors(group, refused)
    if (!early && executed.length === 0) return
    yield {
      commands: [command],
      replies: [reply, ...executed].slice(0, 16),
      // The rest of the chunk was never sent: only the size in BDAT says that there should be more.
      certainty: unsent ? 'suspected' : 'proved',
      expected: 'one reply, after the last byte of the chunk',
      actual: early
        ? `"${quote(reply)}" before the whole chunk had arrived`
        : `${count(executed.length + 1, 'reply', 'replies')} to one chunk`,
      headline: early
        ? 'refused a chunk before it had received all of it'
        : 'read the content of a refused chunk as commands',
      message: early
        ? `the server refused a chunk before it had received all of it: "${quote(reply)}"`
        : `the server read the content of a refused chunk as commands: ${count(executed.length, 'further reply', 'further replies')}`,
      evidence: early
        ? [`frame ${reply.at.firstFrame} acknowledges ${reply.seenAtStart} bytes from the client; the chunk ends later`]
        : [
            `after "${quote(reply)}" in frame ${reply.at.firstFrame} no command was waiting for a reply, but ${count(executed.length, 'reply', 'replies')} followed`,
          ],
      grounds: early ? { by: 'precedence', unit: command, reply } : { by: 'surplus', surplus: executed },
    }
  },
})

function isRefusedChunk({ command, replies, keywords }: Exchange): boolean {
  // A server that does not offer CHUNKING reads a chunk as command lines.
  if (keywords !== null && !keywords.has('CHUNKING')) return false
  return command.verb === 'BDAT' && replies.some(({ code }) => code >= 400)
}

/** Replies after the refusal that answer no command. */
function surplusErrors(group: Group, { replies }: Exchange) {
  const from = replies[0]?.at.end ?? 0
  return group.surplus.filter(({ code, at }) => code !== 421 && at.start >= from)
}

/** The refusal is the last reply before the server closes. */
function isFarewell({ replies }: Exchange, { lastReply, close }: Session): boolean {
  const [reply] = replies
  return reply?.code === 421 || (reply === lastReply && close?.by === 'server')
}
