// RFC 3207 section 4: the server must discard plaintext that arrives after STARTTLS, and not answer it.
import { defineRule } from '../rule.ts'
import { nameOf, quote } from '../wording.ts'

export const starttlsInputAnswered = defineRule({
  id: 'starttls-input-answered',
  clauses: [
    {
      rfc: 3207,
      section: '4.2',
      item: null,
      keyword: 'MUST',
      text: 'The server MUST discard any knowledge obtained from the client, such as the argument to the EHLO command',
    },
  ],
  party: 'server',
  severity: 'error',
  title: 'The server answered plaintext that was sent after STARTTLS',
  headline: 'answered plaintext that was sent after STARTTLS',
  why: 'An attacker on the path can insert commands there, which then count as commands of the encrypted session (CVE-2011-0411).',
  fix: 'Discard the input buffer between the reply to STARTTLS and the TLS handshake.',
  proof:
    'After the 220 to STARTTLS and before the first TLS record, the server sends another reply in plaintext, and the client had sent plaintext there. Or the first reply of the server inside TLS comes in a segment that acknowledges nothing of what the client sent inside TLS.',
  excuses:
    'A STARTTLS that was refused: what follows it must be answered. An error reply in plaintext to plaintext that was sent after the 220: it may be about the handshake.',
  violates: `
    C> STARTTLS
    C| RSET
    S> 220 go ahead
    S| 250 ok
    C> \\x16\\x03\\x01<nothing>`,
  conforms: `
    C> STARTTLS
    S> 454 not now
    C> RSET
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['server-bytes', 'client-bytes'],
  onlyRemarkable: true,
  endTraits: ['starttls'],
  applies: (session) => session.tlsStart !== null || 'no STARTTLS',

  *checkEnd({ tlsStart }) {
    if (tlsStart === null) return
    const { plaintext, answer, inside, blind } = tlsStart
    if (plaintext === null || answer === null) return
    if (!inside && !blind && answer.code >= 400) return
    const where = inside ? 'inside TLS' : 'in plaintext'
    yield {
      commands: [plaintext],
      replies: [answer],
      certainty: 'proved',
      expected: 'only TLS after the 220 to STARTTLS',
      actual: `"${quote(answer)}" ${where}`,
      message: `the server answered ${nameOf(plaintext)}, which was sent in plaintext after STARTTLS: "${quote(answer)}"`,
      evidence: [
        `frame ${plaintext.at.firstFrame} carries plaintext after STARTTLS`,
        inside
          ? `frame ${answer.at.firstFrame} carries a reply inside TLS and acknowledges nothing that the client had sent inside TLS`
          : `frame ${answer.at.firstFrame} carries a reply after the 220 and before any TLS record`,
      ],
    }
  },
})
