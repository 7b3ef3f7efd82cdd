// RFC 3030 section 2: no further chunk after one was refused.
import { defineRule } from '../rule.ts'
import { quote } from '../wording.ts'

export const bdatAfterFailedBdat = defineRule({
  id: 'bdat-after-failed-bdat',
  clauses: [
    {
      rfc: 3030,
      section: '2',
      item: null,
      keyword: 'MUST NOT',
      text: 'MUST NOT send any additional BDAT segments',
    },
  ],
  party: 'client',
  severity: 'error',
  title: 'The client sent another chunk after the server had refused one',
  headline: 'ignored the refusal of a chunk and sent another',
  why: 'The message has already failed: the rest of it is wasted, and a server may take it for a separate message.',
  fix: 'Read the replies to chunks as they arrive; after a refusal send RSET.',
  proof:
    "Suspected: the first byte of the chunk acknowledges the whole refusal, so the client's TCP had received it. That the client program had read it is an assumption.",
  excuses: 'Chunks that were in flight when the refusal arrived.',
  violates: `
    S> 220 mail.example.net ESMTP
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250-PIPELINING
    S| 250 CHUNKING
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    S> 250 ok
    S| 250 ok
    C> BDAT 10
    C| {10 bytes}
    S> 552 too much
    C> [+1s] BDAT 10 LAST
    C| {10 bytes}
    S> 503 not now
    C> RSET
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  conforms: `
    S> 220 mail.example.net ESMTP
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250-PIPELINING
    S| 250 CHUNKING
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    S> 250 ok
    S| 250 ok
    C> BDAT 10
    C| {10 bytes}
    S> 552 too much
    C> RSET
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'server-bytes', 'pairing'],
  onlyRemarkable: true,
  groupTraits: ['chunk'],
  applies: () => true,

  *checkGroup(group) {
    if (!group.reading.countable) return
    for (const { command, failedChunk } of group.exchanges) {
      if (failedChunk === null || command.seenAtStart < failedChunk.at.end) continue
      yield {
        commands: [command],
        replies: [failedChunk],
        certainty: 'suspected',
        expected: `RSET after "${quote(failedChunk)}"`,
        actual: command.text,
        message: `the client sent another chunk although the refusal "${quote(failedChunk)}" had reached its TCP`,
        evidence: [
          `frame ${command.at.firstFrame} acknowledges the refusal in frame ${failedChunk.at.lastFrame}`,
          'assumed: the client program had read what its TCP had acknowledged',
        ],
      }
      return
    }
  },
})
