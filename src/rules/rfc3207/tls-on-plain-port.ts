// RFC 3207 section 4: on a port where the server speaks plaintext, TLS starts after the 220 to STARTTLS.
import { defineRule } from '../rule.ts'
import { quote } from '../wording.ts'

export const tlsOnPlainPort = defineRule({
  id: 'tls-on-plain-port',
  clauses: [
    {
      rfc: 3207,
      section: '4',
      item: null,
      keyword: 'MUST',
      text: 'After receiving a 220 response to a STARTTLS command, the client MUST start the TLS negotiation before giving any other SMTP commands.',
    },
  ],
  party: 'client',
  severity: 'info',
  title: 'The client started TLS on a port where the server speaks plaintext',
  headline: 'started TLS on a port where the server speaks plaintext',
  why: 'The server reads the first TLS record as a command and refuses it. The client reads the greeting as a TLS record and reports "wrong version number" or "unknown protocol".',
  fix: 'Set the client to STARTTLS for this port, or use a port with TLS from the start (465).',
  proof:
    'A TLS record from the client arrives where a command is expected, and the server greets or replies in plaintext.',
  excuses: 'Nothing. This is for information only, and no other rule judges such a session.',
  violates: `
    S> 220 mail.example.net ESMTP
    C> \\x16\\x03\\x01\\x00\\x04\\x01\\x00\\x00\\x00<nothing>
    S> 554 5.5.1 syntax error
    S> [fin]`,
  conforms: `
    S> 220 mail.example.net ESMTP
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250 STARTTLS
    C> QUIT
    S> 221 bye`,
  needs: ['greeting'],
  onlyRemarkable: true,
  endTraits: ['tls-in-clear'],
  applies: (session) => session.startSeen || 'the start was not captured',

  *checkEnd({ tlsInClear, greeting, lastReply }) {
    const reply = greeting ?? lastReply
    if (tlsInClear === 0 || reply === null) return
    yield {
      replies: [reply],
      frames: [tlsInClear],
      certainty: 'proved',
      expected: 'a command in plaintext, and STARTTLS before TLS',
      actual: `a TLS record in frame ${tlsInClear}`,
      message: 'the client started TLS on a port where the server speaks plaintext',
      evidence: [
        `frame ${tlsInClear} begins with a TLS record`,
        `the server replied in plaintext, in frame ${reply.at.lastFrame}: "${quote(reply)}"`,
      ],
    }
  },
})
