// RFC 3030 section 2: BDAT only to servers that list CHUNKING.
import { defineRule } from '../rule.ts'

export const chunkingNotAdvertised = defineRule({
  id: 'chunking-not-advertised',
  clauses: [
    {
      rfc: 3030,
      section: '2',
      item: null,
      keyword: null,
      text: 'it is important to send the BDAT only to systems that have declared their capability to accept BDAT commands',
    },
  ],
  party: 'client',
  severity: 'error',
  title: 'The client sent BDAT to a server that does not offer CHUNKING',
  headline: 'used BDAT although CHUNKING was not offered',
  why: 'A server that does not know BDAT reads the message as commands.',
  fix: 'Send BDAT only after an EHLO reply that lists CHUNKING; otherwise use DATA.',
  proof:
    'The client sent BDAT although the latest EHLO reply does not list CHUNKING, or the server has given no EHLO reply.',
  excuses: 'An EHLO reply that was not captured, or that a device on the path overwrote.',
  violates: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    S> 250 ok
    S| 250 ok
    C> BDAT 10 LAST
    C| {10 bytes}
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
    C> BDAT 10 LAST
    C| {10 bytes}
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'offer'],
  onlyRemarkable: true,
  groupTraits: ['chunk'],
  applies: () => true,

  *checkGroup(group) {
    const found = group.exchanges.find(
      ({ command, keywords }) =>
        command.verb === 'BDAT' && keywords !== null && keywords.size > 0 && !keywords.has('CHUNKING'),
    )
    if (found === undefined) return
    yield {
      commands: [found.command],
      certainty: 'proved',
      expected: 'CHUNKING in the latest EHLO reply before BDAT',
      actual: 'BDAT without CHUNKING',
      message: 'the client sent BDAT although the server had not offered CHUNKING',
      evidence: ['the latest EHLO reply does not list CHUNKING'],
    }
  },
})
