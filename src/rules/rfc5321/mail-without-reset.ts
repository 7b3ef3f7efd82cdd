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
  title: 'MAIL was sent while a mail transaction was open',
  why: 'The server refuses it, and what follows is then refused or added to the transaction before.',
  fix: 'Send RSET (or EHLO) after a transaction that did not end with a message, before the next MAIL.',
  proof:
    'A MAIL was accepted, and neither the end of a message nor RSET, EHLO or HELO was answered since; the next MAIL is refused.',
  excuses:
    'A transaction that ended with a refused message; a server that accepts the second MAIL (then for information only); replies that are not known.',
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
        actual: quote(reply),
        message: `${nameOf(command)} was sent while a mail transaction was open`,
        evidence: [
          `an earlier MAIL was accepted, and nothing has ended its transaction before frame ${command.at.firstFrame}`,
        ],
      }
    }
  },
})
