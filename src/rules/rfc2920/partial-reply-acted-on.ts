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
  title: 'The client sent a command before a multiline reply was complete',
  headline: 'acted on a multiline reply before it was complete',
  why: 'The client takes the rest of the reply for the replies to its next commands.',
  fix: 'Read up to the line that has a space, not a hyphen, after its code: that line ends the reply.',
  proof:
    'The command acknowledges part of a multiline reply, but not all of it, and the reply is to a command that must be the last of its group. At most suspected if it was sent after at least 1 s of silence: the client may have given up waiting.',
  excuses: 'QUIT, RSET or NOOP sent after at least 5 s of silence; bytes missing from the capture.',
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
  groupTraits: ['behind-last'],
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
      expected: `${reply.lineCount === 2 ? 'both' : `all ${reply.lineCount}`} lines of the reply to ${nameOf(after)} before ${nameOf(found.command)}`,
      actual: `${nameOf(found.command)} was sent when only part of that reply had arrived`,
      headline: `sent ${nameOf(found.command)} before the multiline reply to ${nameOf(after)} was complete`,
      message: `the client sent ${nameOf(found.command)} before the multiline reply to ${nameOf(after)} was complete`,
      evidence: [
        ...blindEvidence(found),
        `${nameOf(found.command)} acknowledges ${found.command.seenAtStart - reply.at.start} of the ${reply.at.end - reply.at.start} bytes of that reply`,
      ],
      grounds: { by: 'acknowledgement', sent: [found] },
    }
  },
})

function isSentInReply({ blind }: Exchange): boolean {
  if (blind?.partOf == null) return false
  return blind.partOf.lineCount > 1 && MUST_END_GROUP.has(blind.after.verb)
}
