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
  title: 'Replies to a group left one by one',
  why: 'Each reply costs a segment: what pipelining saves in round trips is spent in packets.',
  fix: 'Collect the replies to such commands, and send them when the input is empty.',
  proof:
    'The server had acknowledged the commands together before it sent the first reply, and the replies began in more than one segment. Told once a session.',
  excuses: 'Commands that came in several segments; replies that take time.',
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
  applies: () => true,

  *checkEnd({ unbatched }) {
    if (unbatched === null) return
    const { exchanges, segments } = unbatched
    yield {
      commands: commandsOf(exchanges).slice(0, 16),
      replies: exchanges.flatMap(({ replies }) => replies).slice(0, 16),
      certainty: 'proved',
      expected: 'the replies as a unit',
      actual: `${count(segments, 'segment')} for ${count(exchanges.length, 'reply', 'replies')}`,
      message: `${count(exchanges.length, 'reply', 'replies')} to commands that came together left in ${count(segments, 'segment')}`,
      evidence: ['the first of them acknowledges all of the commands'],
    }
  },
})
