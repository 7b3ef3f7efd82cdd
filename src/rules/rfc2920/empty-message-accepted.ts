// RFC 2920 section 3.2 (4): an empty message without recipients must not be delivered. Whether it is delivered is not
// on the wire; that it was accepted is.
import { defineRule } from '../rule.ts'
import { quote } from '../wording.ts'

/** Length of a line that consists of a dot, CRLF included. */
const SINGLE_DOT = 3

export const emptyMessageAccepted = defineRule({
  id: 'empty-message-accepted',
  clauses: [
    {
      rfc: 2920,
      section: '3.2',
      item: 4,
      keyword: 'MUST NOT',
      text: 'MUST NOT, after issuing a positive response to a DATA command with no valid recipients and subsequently receiving an empty message, send any message whatsoever to anybody.',
    },
  ],
  party: 'server',
  severity: 'info',
  title: 'The server accepted an empty message without recipients',
  headline: 'accepted an empty message without recipients',
  why: 'The server must not send this message to anybody. The capture cannot show whether it does.',
  fix: 'Answer the final dot with 554 if no recipient was accepted.',
  proof: 'No recipient was accepted, DATA was answered 354, and a single dot followed and was answered 2xx.',
  excuses: 'A RCPT whose reply is not known.',
  violates: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| DATA
    S> 250 2.1.0 Ok
    S| 550 5.1.1 no such user
    S| 354 go ahead
    C> .
    S> 250 2.0.0 Ok
    C> QUIT
    S> 221 2.0.0 Bye`,
  conforms: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| DATA
    S> 250 2.1.0 Ok
    S| 550 5.1.1 no such user
    S| 554 5.5.1 no valid recipients
    C> QUIT
    S> 221 2.0.0 Bye`,
  needs: ['client-bytes', 'server-bytes', 'pairing'],
  onlyRemarkable: true,
  groupTraits: ['without-recipients'],
  applies: () => true,

  *checkGroup(group) {
    if (!group.reading.countable) return
    for (const { command, replies, recipients, sure } of group.exchanges) {
      const reply = replies[0]
      if (command.kind !== 'content' || recipients !== 0 || !sure || reply === undefined || reply.code >= 300) continue
      if (command.at.end - command.at.start > SINGLE_DOT) continue
      yield {
        commands: [command],
        replies: [reply],
        certainty: 'proved',
        expected: '554, or no delivery of the message',
        actual: `"${quote(reply)}"`,
        message: 'the server accepted an empty message although it had accepted no recipient',
        evidence: [`the single dot in frame ${command.at.firstFrame} was answered ${reply.code}`],
      }
    }
  },
})
