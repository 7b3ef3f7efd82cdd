// RFC 2033 section 4.2: one reply to the message for every accepted recipient.

import { isLastChunk } from '../../smtp/pairing/transaction.ts'
import type { Exchange, Group, Reply } from '../../smtp/records.ts'
import type { Session } from '../../smtp/session/session.ts'
import { isProvoked, mayBeSmuggled } from '../missing-replies.ts'
import { defineRule, type Violation } from '../rule.ts'
import { count } from '../wording.ts'

export const lmtpReplyCount = defineRule({
  id: 'lmtp-reply-count',
  clauses: [
    {
      rfc: 2033,
      section: '4.2',
      item: null,
      keyword: null,
      text: 'the server returns one reply for each previously successful RCPT command in the mail transaction, in the order that the RCPT commands were issued',
    },
  ],
  party: 'server',
  severity: 'error',
  title: 'The server sent more or fewer replies to a message than it had accepted recipients',
  headline: 'sent a wrong number of replies to a message',
  why: 'The client matches replies to recipients by counting. If one reply is missing or extra, it sends mail again, or bounces it, for the wrong recipient.',
  fix: 'Send exactly one reply per accepted recipient, in the order of the recipients, even if the result is the same for all of them.',
  proof:
    'All replies to RCPT are known, the whole message was acknowledged, and the session continued after fewer replies than accepted recipients, or more replies came.',
  excuses:
    'A 421 or a close before the last reply; BDAT to a server without CHUNKING; silence until the end of the capture; bytes missing from the capture.',
  violates: `
    S> 220 mail.example.net LMTP
    C> LHLO client.example.com
    S> 250-mail.example.net
    S| 250 PIPELINING
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| RCPT TO:<c@example.org>
    C| DATA
    S> 250 ok
    S| 250 ok
    S| 250 ok
    S| 354 go ahead
    C> .
    S> 250 delivered
    C> [+1s] QUIT
    S> 221 bye`,
  conforms: `
    S> 220 mail.example.net LMTP
    C> LHLO client.example.com
    S> 250-mail.example.net
    S| 250 PIPELINING
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| RCPT TO:<c@example.org>
    C| DATA
    S> 250 ok
    S| 250 ok
    S| 250 ok
    S| 354 go ahead
    C> .
    S> 250 delivered
    S| 250 delivered
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'server-bytes', 'pairing'],
  onlyRemarkable: true,
  groupTraits: ['overtaken', 'surplus'],
  applies: (session) => session.protocol === 'lmtp' || 'not LMTP',

  *checkGroup(group, session) {
    // Replies to commands that the server read inside a message do not belong to the message.
    if (!group.reading.countable || isProvoked(group, session) || mayBeSmuggled(group)) return
    const message = group.exchanges.find(earnsPerRecipient)
    if (message === undefined) return
    const own = message.replies[0]?.at.start ?? 0
    const isForIt = ({ at, seenAtStart }: Reply) => at.start >= own || seenAtStart > message.command.at.start
    const surplus = group.surplus.filter((reply) => reply.code !== 421 && isForIt(reply))
    if (surplus.length > 0) yield finding(message, message.owed + surplus.length, group, session)
    else if (group.reading.overtaken.includes(message)) {
      // The missing replies that the other overtaken units cannot account for.
      const others = group.reading.overtaken.filter((exchange) => exchange !== message)
      const missing = group.reading.overtakenAtLeast - others.reduce((sum, { owed }) => sum + owed, 0)
      if (missing > 0) yield finding(message, message.owed - missing, group, session)
    }
  },
})

function finding(message: Exchange, replies: number, group: Group, session: Session): Violation {
  const { command, owed } = message
  const what = command.kind === 'content' ? 'the message' : 'the last chunk of the message'
  return {
    commands: [command],
    replies: [...message.replies, ...group.surplus].slice(0, 16),
    certainty: group.reading.by === 'counting' || group.reading.hard ? 'proved' : 'suspected',
    expected: `${count(owed, 'reply', 'replies')} to ${what}, one for each accepted recipient`,
    actual: `${count(replies, 'reply', 'replies')}`,
    headline: `sent ${count(replies, 'reply', 'replies')} to a message with ${count(owed, 'accepted recipient')}`,
    message: `the server sent ${count(replies, 'reply', 'replies')} to ${what}, which had ${count(owed, 'accepted recipient')}`,
    evidence: [
      `${owed} RCPT of the transaction ${owed === 1 ? 'was' : 'were'} answered 2xx, and ${what} ends in frame ${command.at.lastFrame}`,
      ...(session.close === null ? [] : [`the connection continued until frame ${session.close.frame}`]),
    ],
    grounds:
      replies < owed
        ? { by: 'count', unanswered: [message], missing: owed - replies }
        : { by: 'surplus', surplus: group.surplus },
  }
}

/** Message content, or the last chunk. A server that does not offer CHUNKING reads a chunk as command lines. */
function earnsPerRecipient({ command, keywords }: Exchange): boolean {
  if (command.kind === 'content') return true
  return command.verb === 'BDAT' && isLastChunk(command) && keywords?.has('CHUNKING') !== false
}
