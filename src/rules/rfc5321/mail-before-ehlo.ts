// RFC 5321 section 4.1.1.1: a session starts with EHLO or HELO.
import { OPENS_TRANSACTION } from '../../smtp/parse/commands.ts'
import { defineRule } from '../rule.ts'
import { nameOf } from '../wording.ts'

export const mailBeforeEhlo = defineRule({
  id: 'mail-before-ehlo',
  clauses: [
    {
      rfc: 5321,
      section: '4.1.1.1',
      item: null,
      keyword: 'MUST',
      text: 'a client MUST issue HELO or EHLO before starting a mail transaction',
    },
  ],
  party: 'client',
  severity: 'error',
  title: 'The client started a mail transaction before EHLO or HELO',
  headline: 'started a mail transaction before EHLO or HELO',
  why: 'The server does not know the client yet and has not offered any extension; many servers refuse this.',
  fix: 'Send EHLO first, and again after XCLIENT.',
  proof: 'The client sent MAIL with no EHLO, HELO or LHLO before it, or none since XCLIENT.',
  excuses: 'A session whose start was not captured, or in which bytes before MAIL are missing.',
  violates: `
    S> 220 mail.example.net ESMTP
    C> MAIL FROM:<a@example.org>
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  conforms: `
    S> 220 mail.example.net ESMTP
    C> HELO client.example.com
    S> 250 mail.example.net
    C> MAIL FROM:<a@example.org>
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['greeting', 'client-bytes'],
  onlyRemarkable: true,
  groupTraits: ['not-greeted'],
  applies: () => true,

  *checkGroup(group) {
    const found = group.exchanges.find(
      ({ command, greeted }) => OPENS_TRANSACTION.has(command.verb) && greeted === false,
    )
    if (found === undefined) return
    const { command, replies } = found
    yield {
      commands: [command],
      replies: replies.slice(0, 1),
      certainty: 'proved',
      expected: `EHLO or HELO before ${nameOf(command)}`,
      actual: `${nameOf(command)} in frame ${command.at.firstFrame}`,
      headline: `sent ${nameOf(command)} before EHLO or HELO`,
      message: `the client sent ${nameOf(command)} before EHLO or HELO`,
      evidence: [`there is no EHLO, HELO or LHLO before frame ${command.at.firstFrame}, or none since XCLIENT`],
    }
  },
})
