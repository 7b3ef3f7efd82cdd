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
  title: 'The server answered different commands with the same text',
  headline: 'answered different commands with the same text',
  why: 'If a reply is lost, the replies do not show which command it belonged to: findings then only say how many are missing.',
  fix: 'Say in the text what was done, or send enhanced status codes (RFC 2034).',
  proof:
    'Two neighbouring commands of a group, with different verbs, got identical replies without an enhanced status code. Reported once per session.',
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
  endTraits: ['ambiguous'],
  applies: () => true,

  *checkEnd({ ambiguous }) {
    const reply = ambiguous?.[0].replies[0]
    if (ambiguous == null || reply === undefined) return
    const [a, b] = ambiguous
    yield {
      commands: [a.command, b.command],
      replies: [...a.replies, ...b.replies],
      certainty: 'proved',
      expected: 'different texts for different commands',
      actual: `"${quote(reply)}" to both`,
      message: `the server answered ${nameOf(a.command)} and ${nameOf(b.command)} with the same text: "${quote(reply)}"`,
      evidence: ['neither reply has an enhanced status code'],
    }
  },
})
