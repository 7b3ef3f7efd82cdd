// RFC 5321 section 4.1.1.4: only CRLF.CRLF ends a message.
import type { Exchange, FalseEnd, Group } from '../../smtp/records.ts'
import type { Grounds } from '../grounds.ts'
import { defineRule } from '../rule.ts'
import { quote } from '../wording.ts'

export const bareNewlineAccepted = defineRule({
  id: 'bare-newline-accepted',
  clauses: [
    {
      rfc: 5321,
      section: '4.1.1.4',
      item: null,
      keyword: 'MUST NOT',
      text: '(bare line feeds, without carriage returns) MUST NOT be treated as equivalent to <CRLF>.<CRLF>',
    },
  ],
  party: 'server',
  severity: 'error',
  title: 'The server took a dot between bare newlines for the end of a message',
  headline: 'accepted a dot between bare newlines as the end of a message',
  why: 'An attacker who can put such a dot into a message can smuggle further messages through a stricter server in front (SMTP smuggling).',
  fix: 'End a message only at CRLF.CRLF; refuse or convert bare newlines.',
  proof:
    'The server accepts the message at a dot that is surrounded by bare newlines, before the real end has arrived; or a 354 follows a message that contains such a dot, and no DATA is waiting for a reply. Suspected if there are only more replies than commands.',
  excuses: 'An error reply in the middle of message content; bytes missing from the capture.',
  violates: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| DATA
    S> 250 ok
    S| 250 ok
    S| 354 go ahead
    C> Subject: one
    C| <LF>.<LF>
    S> 250 ok queued
    C> QUIT
    S> 221 bye`,
  conforms: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| DATA
    S> 250 ok
    S| 250 ok
    S| 354 go ahead
    C> Subject: one
    C| .
    S> 250 ok queued
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'content', 'server-bytes', 'pairing'],
  onlyRemarkable: true,
  groupTraits: ['false-end'],
  applies: (session) => !session.opaque || 'encrypted',

  *checkGroup(group) {
    const found = group.exchanges.find(({ command }) => command.falseEnd !== null)
    const end = found?.command.falseEnd
    if (found === undefined || end == null) return
    const surplus = smuggledReplies(group, found)
    const reply = end.taken ? found.replies[0] : surplus[0]
    if (reply === undefined) return
    const hard = surplus.find(({ code }) => code === 354)
    yield {
      commands: [found.command],
      replies: end.taken ? [reply] : surplus.slice(0, 16),
      frames: [end.frame],
      certainty: end.taken || hard !== undefined ? 'proved' : 'suspected',
      expected: 'no reply to the message before CRLF.CRLF, and one reply after it',
      actual: `"${quote(reply)}" to a message that ends in ${end.form}`,
      headline: `accepted ${end.form} as the end of a message`,
      message: `the server took ${end.form} for the end of a message`,
      evidence: [
        `frame ${end.frame} carries ${end.form} inside the message`,
        end.taken
          ? `when the server sent its reply in frame ${reply.at.firstFrame}, it had received nothing else that could end the message`
          : hard !== undefined
            ? `the 354 in frame ${hard.at.firstFrame} answers a DATA that is inside the message`
            : 'there are more replies than commands and messages',
      ],
      grounds: grounds(end),
    }
  },
})

function grounds({ form, position, frame }: FalseEnd): Grounds {
  const octets = form.replace(/CR|LF/g, '_').length
  const start = position - octets
  return { by: 'octets', side: 'client', what: form, start, end: position, frame }
}

/** Replies after the message that answer no command outside it. */
function smuggledReplies(group: Group, { replies }: Exchange) {
  const own = replies[0]
  if (!group.reading.countable || own === undefined) return []
  return group.surplus.filter(({ at }) => at.start >= own.at.start)
}
