// RFC 2920 section 3.1: a reply is not complete after a line with a hyphen behind its code.
import { MUST_END_GROUP } from '../../smtp/parse/commands.ts'
import type { Exchange } from '../../smtp/records.ts'
import { defineRule } from '../rule.ts'
import { blindEvidence, certaintyOf, surestOf } from '../send-before-reply.ts'
import { nameOf } from '../wording.ts'

export const partialReplyActedOn = defineRule({
  id: 'partial-reply-acted-on',
  clauses: [
    {
      rfc: 2920,
      section: '3.1',
      item: null,
      keyword: 'MUST NOT',
      text: 'Clients MUST NOT confuse responses to multiple commands with multiline responses.',
    },
  ],
  party: 'client',
  severity: 'error',
  title: 'The client went on in the midst of a reply of several lines',
  why: 'It takes the rest of the reply for the replies to its next commands.',
  fix: 'A reply ends with the line that has no hyphen behind its code.',
  proof:
    'The command acknowledges some of the reply to a command that must end its group, and not all of it, and that reply has several lines.',
  excuses:
    'QUIT, RSET or NOOP sent at least 5 seconds into silence (what is sent after 1 second of it is at most suspected); bytes that the capture lacks.',
  violates: `
    S> 220 mail.example.net ESMTP
    C> EHLO client.example.com
    S> 250-mail.example.net
    C> MAIL FROM:<a@example.org>
    S> 250 PIPELINING
    S| 250 ok
    C> QUIT
    S> 221 bye`,
  conforms: `
    S> 220 mail.example.net ESMTP
    C> EHLO client.example.com
    S> 250-mail.example.net
    S> 250 PIPELINING
    C> MAIL FROM:<a@example.org>
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'server-bytes', 'pairing', 'time'],
  onlyRemarkable: true,
  applies: () => true,

  *checkGroup(group) {
    const [found] = surestOf(group.exchanges.filter(isSentInReply))
    const reply = found?.blind?.partOf
    if (found?.blind == null || reply == null) return
    const { after } = found.blind
    yield {
      commands: [after, found.command],
      replies: [reply],
      certainty: certaintyOf(found.blind),
      expected: `all ${reply.lineCount} lines of the reply to ${nameOf(after)} before ${nameOf(found.command)}`,
      actual: `${nameOf(found.command)} followed when part of that reply had arrived`,
      message: `${nameOf(found.command)} was sent in the midst of the reply to ${nameOf(after)}`,
      evidence: [
        ...blindEvidence(found),
        `it acknowledges ${found.command.seenAtStart - reply.at.start} of the ${reply.at.end - reply.at.start} octets of that reply`,
      ],
      grounds: { by: 'acknowledgement', sent: [found] },
    }
  },
})

function isSentInReply({ blind }: Exchange): boolean {
  if (blind?.partOf == null) return false
  return blind.partOf.lineCount > 1 && MUST_END_GROUP.has(blind.after.verb)
}
