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
  title: 'The server held back replies until the client sent something more',
  headline: 'held back replies until more input arrived',
  why: 'The client waits for a reply while the server waits for more input: nothing moves until one of them times out.',
  fix: 'Send all pending replies whenever there is no more input to read.',
  proof:
    'The server had acknowledged the command, stayed silent for at least 5 s, and answered immediately when more input arrived, at least twice in the session. If it happened only once, it is suspected.',
  excuses:
    'A slow server: its reply comes without new input; bytes missing from the capture; a client that had closed its receive window.',
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
  endTraits: ['withheld'],
  applies: (session) => session.offered !== false || 'the server did not offer PIPELINING',

  checkEnd: (session) => withheldOfKind(session, 'group'),
})
