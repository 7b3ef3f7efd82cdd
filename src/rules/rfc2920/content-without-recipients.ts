// RFC 2920 section 3.1: when no recipient was accepted and DATA was answered 354 anyway, the client sends a single dot.
import { defineRule } from '../rule.ts'

/** Length of a line that consists of a dot, CRLF included. */
const SINGLE_DOT = 3

export const contentWithoutRecipients = defineRule({
  id: 'content-without-recipients',
  clauses: [
    {
      rfc: 2920,
      section: '3.1',
      item: null,
      keyword: null,
      text: 'if the DATA command was accepted the client SMTP should send a single dot',
    },
  ],
  party: 'client',
  severity: 'warning',
  title: 'The client sent a message although no recipient had been accepted',
  headline: 'sent a message although no recipient had been accepted',
  why: 'The message has no recipient: the server may bounce or lose it.',
  fix: 'Check the replies to RCPT: if none is 2xx and DATA is answered 354, send only a single dot.',
  proof:
    'Every RCPT since the last MAIL was answered, none with 2xx, and the client sent more than a single dot after the 354.',
  excuses: 'A RCPT whose reply is not known; content sent before the replies arrived, which another rule reports.',
  violates: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| DATA
    S> 250 2.1.0 Ok
    S| 550 5.1.1 no such user
    S| 354 go ahead
    C> Subject: hello
    C| .
    S> 554 5.5.1 no valid recipients
    C> QUIT
    S> 221 2.0.0 Bye`,
  conforms: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| DATA
    S> 250 2.1.0 Ok
    S| 250 2.1.5 Ok
    S| 354 go ahead
    C> Subject: hello
    C| .
    S> 250 2.0.0 Ok: queued as 1234
    C> QUIT
    S> 221 2.0.0 Bye`,
  needs: ['client-bytes', 'server-bytes', 'pairing'],
  onlyRemarkable: true,
  groupTraits: ['without-recipients'],
  applies: (session) => session.protocol !== 'lmtp' || 'LMTP',

  *checkGroup(group) {
    if (!group.reading.countable) return
    for (const { command, recipients, blind } of group.exchanges) {
      const octets = command.at.end - command.at.start
      if (command.kind !== 'content' || recipients !== 0 || octets <= SINGLE_DOT) continue
      if (blind?.after.verb === 'DATA') continue
      yield {
        commands: [command],
        certainty: 'proved',
        expected: 'a single dot: no recipient had been accepted',
        actual: `${octets} bytes of message content`,
        message: 'the client sent a message although no recipient of the transaction had been accepted',
        evidence: [`no RCPT since the last MAIL was answered 2xx before frame ${command.at.firstFrame}`],
      }
    }
  },
})
