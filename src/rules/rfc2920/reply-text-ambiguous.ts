// RFC 2920 section 3.2 (10): the text of a reply should identify the command that it answers.
import { defineRule } from '../rule.ts'
import { nameOf, quote } from '../wording.ts'

export const replyTextAmbiguous = defineRule({
  id: 'reply-text-ambiguous',
  clauses: [
    {
      rfc: 2920,
      section: '3.2',
      item: 10,
      keyword: 'SHOULD',
      text: 'SHOULD issue response text that indicates, either implicitly or explicitly, what command the response matches.',
    },
  ],
  party: 'server',
  severity: 'info',
  title: 'Different commands drew the very same reply',
  why: 'Where a reply is lost, nobody can tell which: findings then say how many.',
  fix: 'Say what was done, or send enhanced status codes (RFC 2034).',
  proof:
    'Two neighbours of a group, with different verbs, drew replies that are the same to the letter and have no enhanced code. Told once a session.',
  excuses: 'Replies with enhanced status codes.',
  violates: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    S> 250 ok
    S| 250 ok
    C> QUIT
    S> 221 bye`,
  conforms: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    S> 250 sender ok
    S| 250 recipient ok
    C> QUIT
    S> 221 bye`,
  needs: ['server-bytes', 'pairing'],
  onlyRemarkable: true,
  applies: () => true,

  *checkEnd({ ambiguous }) {
    const reply = ambiguous?.[0].replies[0]
    if (ambiguous == null || reply === undefined) return
    const [a, b] = ambiguous
    yield {
      commands: [a.command, b.command],
      replies: [...a.replies, ...b.replies],
      certainty: 'proved',
      expected: 'texts that differ',
      actual: `"${quote(reply)}" to both`,
      message: `${nameOf(a.command)} and ${nameOf(b.command)} drew the same reply: "${quote(reply)}"`,
      evidence: ['neither has an enhanced status code'],
    }
  },
})
