// RFC 5321 section 4.1.4: no MAIL while a mail transaction is open.
import { OPENS_TRANSACTION } from '../../smtp/parse/commands.ts'
import { defineRule } from '../rule.ts'
import { nameOf, quote } from '../wording.ts'

export const mailWithoutReset = defineRule({
  id: 'mail-without-reset',
  clauses: [
    {
      rfc: 5321,
      section: '4.1.4',
      item: null,
      keyword: 'MUST NOT',
      text: 'MUST NOT be sent if a mail transaction is already open',
    },
    {
      rfc: 2920,
      section: '3.1',
      item: null,
      keyword: null,
      text: 'If the DATA command was properly rejected the client SMTP can just issue RSET',
    },
  ],
  party: 'client',
  severity: 'error',
  title: 'The client sent MAIL while a mail transaction was open',
  headline: 'sent MAIL while a mail transaction was open',
  why: 'The server refuses it; what follows is then refused too, or added to the open transaction.',
  fix: 'If a transaction did not end with a message, send RSET (or EHLO) before the next MAIL.',
  proof:
    'A MAIL was accepted, and since then neither the end of a message nor RSET, EHLO or HELO was answered; the next MAIL is refused.',
  excuses:
    'A transaction that ended with a refused message; replies that are not known. Reported as info only if the server accepts the second MAIL.',
  violates: `
    C> MAIL FROM:<a@example.org>
    S> 250 ok
    C> MAIL FROM:<b@example.org>
    S> 503 5.5.1 nested MAIL command
    C> QUIT
    S> 221 bye`,
  conforms: `
    C> MAIL FROM:<a@example.org>
    S> 250 ok
    C> RSET
    S> 250 ok
    C> MAIL FROM:<b@example.org>
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'server-bytes', 'pairing'],
  onlyRemarkable: true,
  groupTraits: ['in-transaction'],
  applies: () => true,

  *checkGroup(group) {
    if (!group.reading.countable) return
    for (const { command, replies, transaction, sure } of group.exchanges) {
      const reply = replies[0]
      if (!OPENS_TRANSACTION.has(command.verb) || transaction !== true || !sure || reply === undefined) continue
      const accepted = reply.code < 300
      yield {
        commands: [command],
        replies: [reply],
        certainty: 'proved',
        ...(accepted ? { severity: 'info' as const } : {}),
        expected: `RSET or EHLO before ${nameOf(command)}`,
        actual: `${nameOf(command)}, answered "${quote(reply)}"`,
        headline: `sent ${nameOf(command)} while a mail transaction was open`,
        message: `the client sent ${nameOf(command)} while a mail transaction was open`,
        evidence: [
          `an earlier MAIL was accepted, and its transaction had not ended before frame ${command.at.firstFrame}`,
        ],
      }
    }
  },
})
