// RFC 5321 section 4.3.1: without PIPELINING the client waits for every reply.
import type { Exchange } from '../../smtp/records.ts'
import { defineRule } from '../rule.ts'
import { blindEvidence, certaintyOf, isNoSmtp, surestOf } from '../send-before-reply.ts'
import { count, nameOf } from '../wording.ts'

export const pipeliningNotAdvertised = defineRule({
  id: 'pipelining-not-advertised',
  clauses: [
    {
      rfc: 5321,
      section: '4.3.1',
      item: null,
      keyword: 'MUST',
      text: 'Unless other arrangements are negotiated through service extensions, the sender MUST wait for this response before sending further commands.',
    },
    {
      rfc: 2920,
      section: '3.1',
      item: null,
      keyword: null,
      text: 'Once the client SMTP has confirmed that support exists for the pipelining extension, the client SMTP may then elect to transmit groups of SMTP commands',
    },
  ],
  party: 'client',
  severity: 'error',
  title: 'The client pipelined although the server had not offered PIPELINING',
  headline: 'pipelined although PIPELINING was not offered',
  why: 'A server that does not offer the extension may read one command at a time and discard the rest.',
  fix: 'Send groups only after a 250 reply to EHLO or LHLO that lists PIPELINING; never after HELO.',
  proof:
    'A command carries the same acknowledgement number as the end of the command before it, or acknowledges less than the full reply to that command, while the latest reply to EHLO or LHLO does not list PIPELINING, or there is none. At most suspected if it was sent after at least 1 s of silence: the client may have given up waiting.',
  excuses:
    'An EHLO reply that was not captured, or that a device on the path overwrote; QUIT, RSET or NOOP sent after at least 5 s of silence. Reported as info only if the server offers PIPECONNECT.',
  violates: `
    S> 220 mail.example.net ESMTP
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250 SIZE 1000000
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    S> 250 ok
    S| 250 ok
    C> QUIT
    S> 221 bye`,
  conforms: `
    S> 220 mail.example.net ESMTP
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250 SIZE 1000000
    C> MAIL FROM:<a@example.org>
    S> 250 ok
    C> RCPT TO:<b@example.org>
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'offer', 'time'],
  onlyRemarkable: true,
  groupTraits: ['not-offered'],
  applies: () => true,

  *checkGroup(group, session) {
    const found = surestOf(group.exchanges.filter(isUnauthorised))
    const first = found[0]
    if (first?.blind == null) return
    const pair = `${nameOf(first.command)} after ${nameOf(first.blind.after)}`
    const sent = found.length === 1 ? pair : count(found.length, 'command')
    yield {
      commands: found.flatMap(({ blind, command }) => (blind === null ? [] : [blind.after, command])).slice(0, 16),
      certainty: certaintyOf(first.blind),
      ...(session.earlyAllowed && group.index === 1 ? { severity: 'info' as const } : {}),
      expected: `a reply to ${nameOf(first.blind.after)} before ${nameOf(first.command)}: PIPELINING was not offered (${first.offeredWhy})`,
      actual: `${nameOf(first.command)} followed before the reply to ${nameOf(first.blind.after)}`,
      message: `the client sent ${sent} without waiting for the reply although PIPELINING was not offered (${first.offeredWhy})${found.length === 1 ? '' : `: first ${pair}`}`,
      evidence: found.slice(0, 3).flatMap(blindEvidence),
      grounds: { by: 'acknowledgement', sent: found },
    }
  },
})

/** Message content behind DATA and the lines of an AUTH exchange have rules of their own. */
function isUnauthorised(exchange: Exchange): boolean {
  const { blind, command, offered } = exchange
  return blind !== null && offered === false && command.kind === 'command' && !isNoSmtp(exchange)
}
