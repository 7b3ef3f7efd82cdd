// RFC 3207 section 4: after STARTTLS the client sends only TLS.
import { defineRule } from '../rule.ts'
import { nameOf } from '../wording.ts'

export const plaintextAfterStarttls = defineRule({
  id: 'plaintext-after-starttls',
  clauses: [
    {
      rfc: 3207,
      section: '4',
      item: null,
      keyword: 'MUST',
      text: 'the client MUST start the TLS negotiation before giving any other SMTP commands',
    },
  ],
  party: 'client',
  severity: 'error',
  title: 'Plaintext followed STARTTLS',
  why: 'A server that keeps it carries it into the encrypted session. It need not be the client that wrote it: whoever sits in the path can have put it there (CVE-2011-0411).',
  fix: 'Send nothing behind STARTTLS until its reply is read, and then TLS.',
  proof: 'STARTTLS drew 220, and the next octets of the client are text and no TLS record.',
  excuses: 'A STARTTLS that was refused: then the dialogue goes on in plaintext.',
  violates: `
    C> STARTTLS
    C| RSET
    S> 220 go ahead
    C> \\x16\\x03\\x01<nothing>`,
  conforms: `
    C> STARTTLS
    S> 454 not now
    C> RSET
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'time'],
  onlyRemarkable: true,
  applies: (session) => session.tlsStart !== null || 'no STARTTLS',

  *checkEnd({ tlsStart, close }) {
    const plaintext = tlsStart?.plaintext
    if (tlsStart == null || plaintext == null || tlsStart.left === 'yes') return
    // The capture may have been taken behind a device that decrypts TLS; only the further dialogue shows that.
    if (tlsStart.mayBeDecrypted && close === null) return
    yield {
      commands: [plaintext],
      certainty: tlsStart.left === 'no' ? 'proved' : 'suspected',
      expected: 'a TLS record behind STARTTLS',
      actual: `${nameOf(plaintext)} in plaintext`,
      message: `${nameOf(plaintext)} followed STARTTLS in plaintext${tlsStart.blind ? ', before its reply' : ''}`,
      evidence: [
        `frame ${plaintext.at.firstFrame} carries it between STARTTLS and the first TLS record`,
        'the client, or somebody in the path who injects commands, may have sent it',
      ],
    }
  },
})
