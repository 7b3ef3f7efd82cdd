// RFC 2920 section 3.2 (3): 354 if and only if at least one recipient was accepted.
import { defineRule } from '../rule.ts'
import { quote } from '../wording.ts'

export const dataAcceptedWithoutRecipients = defineRule({
  id: 'data-accepted-without-recipients',
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
  title: 'The server accepted DATA although it had accepted no recipient',
  headline: 'accepted DATA although it had accepted no recipient',
  why: 'A client that pipelines DATA after its RCPT commands must then send an empty message, which the server must not deliver to anybody.',
  fix: 'Answer DATA with 554 (or 503) if every RCPT of the transaction was refused.',
  proof: 'Every RCPT since the last MAIL was answered, none with 2xx, and DATA was answered 354.',
  excuses: 'A RCPT whose reply is not known; a transaction whose start was not captured.',
  violates: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| DATA
    S> 250 2.1.0 Ok
    S| 550 5.1.1 no such user
    S| 354 go ahead
    C> .
    S> 554 5.5.1 no valid recipients
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
    for (const { command, replies, sure, recipients } of group.exchanges) {
      const reply = replies[0]
      if (command.verb !== 'DATA' || recipients !== 0 || !sure || reply?.code !== 354) continue
      yield {
        commands: [command],
        replies: [reply],
        certainty: 'proved',
        expected: '554 or 503 to DATA: no recipient had been accepted',
        actual: `"${quote(reply)}"`,
        message: 'the server answered DATA with 354 although it had accepted no recipient of the transaction',
        evidence: [`no RCPT since the last MAIL was answered 2xx before frame ${reply.at.firstFrame}`],
      }
    }
  },
})
