// RFC 2920 section 3.2 (3): DATA must not be refused for lack of recipients when a recipient was accepted.
import { defineRule } from '../rule.ts'
import { count, quote } from '../wording.ts'

const WANTS_RECIPIENTS =
  /no valid recipients?|no recipients?\b|need rcpt|rcpt (?:command )?(?:first|must|required)|need recipient|valid rcpt|5\.5\.1\b/i

export const dataRefusedWithRecipients = defineRule({
  id: 'data-refused-with-recipients',
  clauses: [
    {
      rfc: 2920,
      section: '3.2',
      item: 3,
      keyword: 'SHOULD',
      text: 'SHOULD issue a positive response to the DATA command if and only if one or more valid RCPT TO addresses have been previously received.',
    },
  ],
  party: 'server',
  severity: 'warning',
  title: 'The server refused DATA for lack of recipients although it had accepted one',
  headline: 'refused DATA for lack of recipients although it had accepted one',
  why: 'The accepted recipients do not get the message.',
  fix: 'Keep the accepted recipients of a transaction when another recipient is refused.',
  proof:
    'A RCPT since the last MAIL was answered 2xx, and DATA was answered 503 or 554 with a text that asks for recipients.',
  excuses:
    'A refusal for any other reason, such as policy; BDAT or BODY=BINARYMIME in the transaction, after which RFC 3030 requires 503; RSET or EHLO in between; replies that are not known.',
  violates: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| DATA
    S> 250 2.1.0 Ok
    S| 250 2.1.5 Ok
    S| 554 5.5.1 no valid recipients
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
  groupTraits: ['refused'],
  applies: () => true,

  *checkGroup(group) {
    if (!group.reading.countable) return
    for (const { command, replies, sure, recipients, chunked } of group.exchanges) {
      const reply = replies[0]
      if (command.verb !== 'DATA' || chunked || !sure || recipients === null || recipients === 0 || reply === undefined)
        continue
      if ((reply.code !== 503 && reply.code !== 554) || !WANTS_RECIPIENTS.test(reply.lines.join(' '))) continue
      yield {
        commands: [command],
        replies: [reply],
        certainty: 'proved',
        expected: `354, or a refusal for another reason: ${count(recipients, 'recipient')} had been accepted`,
        actual: `"${quote(reply)}"`,
        message: `the server refused DATA for lack of recipients although it had accepted ${count(recipients, 'recipient')}`,
        evidence: [
          `${recipients} RCPT since the last MAIL ${recipients === 1 ? 'was' : 'were'} answered 2xx before frame ${reply.at.firstFrame}`,
        ],
      }
    }
  },
})
