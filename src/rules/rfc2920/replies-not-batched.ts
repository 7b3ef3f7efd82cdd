// RFC 2920 section 3.2 (2): replies to a group should be sent together.
import { defineRule } from '../rule.ts'
import { commandsOf, count } from '../wording.ts'

export const repliesNotBatched = defineRule({
  id: 'replies-not-batched',
  clauses: [
    {
      rfc: 2920,
      section: '3.2',
      item: 2,
      keyword: 'SHOULD',
      text: 'SHOULD elect to store responses to grouped RSET, MAIL FROM, SEND FROM, SOML FROM, SAML FROM, and RCPT TO commands in an internal buffer so they can sent as a unit.',
    },
  ],
  party: 'server',
  severity: 'info',
  title: 'The server sent the replies to a group one by one',
  headline: 'sent the replies to a group one by one',
  why: 'Each reply needs a TCP segment of its own: pipelining then saves round trips but not packets.',
  fix: 'Collect the replies to such commands and send them together when all input has been read.',
  proof:
    'The server had acknowledged the commands together before it sent the first reply, and the replies began in more than one segment. Reported once per session.',
  excuses: 'Commands that arrived in several segments; replies that took time.',
  violates: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    S> 250 2.1.0 ok
    S> 250 2.1.5 ok
    C> QUIT
    S> 221 bye`,
  conforms: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    S> 250 2.1.0 ok
    S| 250 2.1.5 ok
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'server-bytes', 'pairing'],
  onlyRemarkable: true,
  endTraits: ['unbatched'],
  applies: () => true,

  *checkEnd({ unbatched }) {
    if (unbatched === null) return
    const { exchanges, segments } = unbatched
    yield {
      commands: commandsOf(exchanges).slice(0, 16),
      replies: exchanges.flatMap(({ replies }) => replies).slice(0, 16),
      certainty: 'proved',
      expected: 'the replies to the group sent together',
      actual: `${count(segments, 'segment')} for ${count(exchanges.length, 'reply', 'replies')}`,
      message: `the server used ${count(segments, 'segment')} for ${count(exchanges.length, 'reply', 'replies')} to commands that had arrived together`,
      evidence: ['the first of these segments acknowledges all of the commands'],
    }
  },
})
