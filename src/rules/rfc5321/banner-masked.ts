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
  title: 'The greeting was blotted out on its way',
  why: 'A box that rewrites the dialogue may also drop parts of it: what looks like the fault of the server may be its.',
  fix: 'Switch the inspection of SMTP off in the firewall (Cisco: fixup, inspect esmtp).',
  proof: 'The greeting consists of its code and asterisks.',
  excuses: 'A server that greets so by itself, which none is known to do.',
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
  applies: (session) => session.greeting !== null || 'no greeting',

  *checkEnd({ greeting }) {
    if (greeting === null || !isMasked(greeting)) return
    yield {
      replies: [greeting],
      certainty: 'proved',
      expected: 'the name of the server',
      actual: `"${quote(greeting)}"`,
      message: 'a box in the path blotted the greeting out',
      evidence: [`"${quote(greeting)}" in frame ${greeting.at.firstFrame}`],
    }
  },
})
