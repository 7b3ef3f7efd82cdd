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
  title: 'The client sent message content without a 354',
  headline: 'sent message content without a 354',
  why: 'If DATA is refused, the server reads every line of the message as a command: the author of the mail can then issue commands.',
  fix: 'Send content only after the 354 has been read; after any other reply send RSET or the next command.',
  proof:
    'The first byte of content acknowledges less than the full reply to DATA; or DATA was refused, and lines follow that look like a message and end with a single dot. Suspected if it is not certain how DATA was answered. At most suspected if it was sent after at least 1 s of silence: the client may have given up waiting.',
  excuses: 'A single dot alone after a refused DATA; lines that nothing identifies as a message.',
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
  groupTraits: ['behind-last', 'behind-refused-data'],
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
        expected: 'the 354 before the first byte of content',
        actual: 'content followed before the reply to DATA',
        headline: 'sent message content without waiting for 354',
        message: 'the client sent message content after DATA without waiting for 354',
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
        refusal === null ? '354 to DATA before the message' : `RSET or another command after ${refusal.code} to DATA`,
      actual: `${count(lines.length, 'line')} of a message`,
      headline:
        refusal === null
          ? 'sent message content although DATA had not been answered 354'
          : `sent message content although DATA had been answered ${refusal.code}`,
      message:
        refusal === null
          ? 'the client sent message content although DATA had not been answered 354'
          : `the client sent message content although DATA had been answered ${refusal.code}`,
      evidence: [
        `${count(lines.length, 'line')} after DATA ${lines.length === 1 ? 'looks' : 'look'} like a message, not like ${lines.length === 1 ? 'a command' : 'commands'}`,
      ],
    }
  },
})

/** The lines start with a header field, or a dot on a line of its own follows another line. */
function looksLikeMessage(lines: readonly Exchange[]): boolean {
  const isDot = ({ refusedData }: Exchange) => refusedData?.readsLike === 'dot'
  return lines[0]?.refusedData?.readsLike === 'header-field' || (lines.length > 1 && lines.some(isDot))
}
