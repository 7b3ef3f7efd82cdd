// RFC 5321 section 3.3: message content is sent only after a 354.
import type { Exchange } from '../../smtp/records.ts'
import { defineRule } from '../rule.ts'
import { blindEvidence, certaintyOf, surestOf } from '../send-before-reply.ts'
import { commandsOf, count } from '../wording.ts'

export const contentWithout354 = defineRule({
  id: 'content-without-354',
  clauses: [
    {
      rfc: 5321,
      section: '3.3',
      item: null,
      keyword: 'MUST NOT',
      text: 'message data MUST NOT be sent unless a 354 reply is received',
    },
  ],
  party: 'client',
  severity: 'error',
  title: 'Message content was sent without a 354',
  why: 'When DATA is refused, every line of the message is read as a command: mail text can then do what its author likes.',
  fix: 'Send content only when the 354 has been read; after any other reply send RSET or the next command.',
  proof:
    'The first octet of content acknowledges less than the whole reply to DATA; or DATA was refused, and lines that look like a message and end in a lone dot follow.',
  excuses: 'A lone dot alone behind a refused DATA; lines of which nothing shows that they are a message.',
  violates: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| DATA
    C| Subject: hello
    C| .
    S> 250 ok
    S| 250 ok
    S| 354 go ahead
    S| 250 ok queued
    C> QUIT
    S> 221 bye`,
  conforms: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| DATA
    S> 250 ok
    S| 250 ok
    S| 354 go ahead
    C> Subject: hello
    C| .
    S> 250 ok queued
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'time'],
  onlyRemarkable: true,
  applies: () => true,

  *checkGroup(group, session) {
    // The capture may lack a 354 that the client had received.
    if (!group.reading.countable && session.serverHidden) return
    const [early] = surestOf(
      group.exchanges.filter(
        ({ blind, command }) => command.kind === 'content' && !command.likeCommands && blind?.after.verb === 'DATA',
      ),
    )
    if (early?.blind != null) {
      yield {
        commands: [early.blind.after, early.command],
        certainty: certaintyOf(early.blind),
        expected: 'the 354 before the first octet of content',
        actual: 'content followed before the reply to DATA',
        message: 'message content was sent behind DATA without waiting for 354',
        evidence: blindEvidence(early),
        grounds: { by: 'acknowledgement', sent: [early] },
      }
    }
    const lines = group.exchanges.filter(({ refusedData }) => refusedData !== null)
    const [first] = lines
    if (first?.refusedData == null || !looksLikeMessage(lines)) return
    const { reply: refusal, sure } = first.refusedData
    // Lines sent blind behind DATA violate the rule whatever the reply. When the reply is no refusal, the client may
    // have taken it for a 354.
    const unasked = (refusal?.code ?? 0) >= 400 && (sure || (first.blind?.after.verb === 'DATA' && first.blind.sure))
    yield {
      commands: commandsOf(lines).slice(0, 16),
      replies: refusal === null ? [] : [refusal],
      certainty: unasked ? 'proved' : 'suspected',
      expected:
        refusal === null ? '354 to DATA before a message' : `RSET or another command after ${refusal.code} to DATA`,
      actual: `${count(lines.length, 'line')} of a message`,
      message: `message content was sent although DATA had drawn ${refusal?.code ?? 'no 354'}`,
      evidence: [`${count(lines.length, 'line')} behind DATA read like a message, not like commands`],
    }
  },
})

/** The lines start with a header field, or a dot on a line of its own follows another line. */
function looksLikeMessage(lines: readonly Exchange[]): boolean {
  const isDot = ({ refusedData }: Exchange) => refusedData?.readsLike === 'dot'
  return lines[0]?.refusedData?.readsLike === 'header-field' || (lines.length > 1 && lines.some(isDot))
}
