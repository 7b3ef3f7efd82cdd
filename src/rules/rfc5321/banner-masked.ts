// RFC 5321 section 4.2: a greeting contains the server's name. A box in the path may mask it.
import { isMasked } from '../../smtp/parse/reply-parser.ts'
import { defineRule } from '../rule.ts'
import { quote } from '../wording.ts'

export const bannerMasked = defineRule({
  id: 'banner-masked',
  clauses: [
    {
      rfc: 5321,
      section: '4.2',
      item: null,
      keyword: null,
      text: 'Greeting       = ( "220 " (Domain / address-literal)',
    },
  ],
  party: 'path',
  severity: 'info',
  title: 'A firewall or proxy masked the greeting with asterisks',
  headline: 'masked the greeting',
  why: 'A device that rewrites the dialogue may also drop parts of it: what looks like a fault of the server may be a fault of this device.',
  fix: 'Switch off the inspection of SMTP in the firewall (Cisco: fixup, inspect esmtp).',
  proof: 'The greeting consists of its code and asterisks.',
  excuses: 'A server that sends such a greeting itself; none is known.',
  violates: `
    S> 220 **************************
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250 PIPELINING
    C> QUIT
    S> 221 bye`,
  conforms: `
    S> 220 mail.example.net ESMTP
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250 PIPELINING
    C> QUIT
    S> 221 bye`,
  needs: ['greeting'],
  onlyRemarkable: true,
  endTraits: ['overwritten'],
  applies: (session) => session.greeting !== null || 'no greeting',

  *checkEnd({ greeting }) {
    if (greeting === null || !isMasked(greeting)) return
    yield {
      replies: [greeting],
      certainty: 'proved',
      expected: 'a greeting with the name of the server',
      actual: `"${quote(greeting)}"`,
      message: 'a firewall or proxy masked the greeting with asterisks',
      evidence: [`the greeting in frame ${greeting.at.firstFrame} is "${quote(greeting)}"`],
    }
  },
})
