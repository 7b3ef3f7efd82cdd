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
  title: 'Plaintext was sent after STARTTLS',
  headline: 'sent plaintext after STARTTLS, or a device on the path inserted it',
  why: 'A server that keeps the plaintext processes it inside the encrypted session (CVE-2011-0411). The client need not be the sender: an attacker on the path can have inserted it.',
  fix: 'Send nothing after STARTTLS until its reply has been read, and then TLS.',
  proof: 'STARTTLS was answered 220, and the next bytes from the client are text, not a TLS record.',
  excuses: 'A STARTTLS that was refused: the dialogue then continues in plaintext.',
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
  endTraits: ['starttls'],
  applies: (session) => session.tlsStart !== null || 'no STARTTLS',

  *checkEnd({ tlsStart, close }) {
    const plaintext = tlsStart?.plaintext
    if (tlsStart == null || plaintext == null || tlsStart.gaveUp === 'yes') return
    // The capture may have been taken behind a device that decrypts TLS; only the further dialogue shows that.
    if (tlsStart.mayBeDecrypted && close === null) return
    yield {
      commands: [plaintext],
      certainty: tlsStart.gaveUp === 'no' ? 'proved' : 'suspected',
      expected: 'a TLS record after STARTTLS',
      actual: `${nameOf(plaintext)} in plaintext`,
      message: `${nameOf(plaintext)} followed STARTTLS in plaintext${tlsStart.blind ? ', before the reply to STARTTLS' : ''}: the client sent it, or a device on the path inserted it`,
      evidence: [
        `frame ${plaintext.at.firstFrame} carries ${nameOf(plaintext)} in plaintext, between STARTTLS and the first TLS record`,
        'the capture does not show whether the client or a device on the path sent it',
      ],
    }
  },
})
