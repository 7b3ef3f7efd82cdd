// RFC 2920 section 3.2 (7): pending replies are sent when the input is empty.

import { withheldOfKind } from '../delayed-reply-violations.ts'
import { defineRule } from '../rule.ts'

export const repliesWithheld = defineRule({
  id: 'replies-withheld',
  clauses: [
    {
      rfc: 2920,
      section: '3.2',
      item: 7,
      keyword: 'MUST',
      text: 'MUST send all pending responses immediately whenever the local TCP input buffer is emptied',
    },
  ],
  party: 'server',
  severity: 'error',
  title: 'Replies were held back until the client sent something more',
  why: 'The client waits for a reply that waits for the client: both sit until a time-out.',
  fix: 'Flush the reply buffer whenever there is no more input to read.',
  proof:
    'The server had acknowledged the command, was silent for at least 5 seconds, and answered at once when something more arrived; twice in a session. Once is suspected.',
  excuses:
    'Slowness: a reply that needs no new input to come; bytes that the capture lacks; a client that closed its window.',
  violates: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C> [+15s] NOOP
    S> 250 ok
    S| 250 ok
    S| 250 ok
    C> QUIT
    S> 221 bye`,
  conforms: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    S> [+15s] 250 ok
    S| 250 ok
    C> NOOP
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'server-bytes', 'pairing', 'time'],
  onlyRemarkable: true,
  applies: (session) => session.offered !== false || 'the server did not offer PIPELINING',

  checkEnd: (session) => withheldOfKind(session, 'group'),
})
