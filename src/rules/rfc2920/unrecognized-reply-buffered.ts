// RFC 2920 section 3.2 (6): replies to unrecognized commands are not buffered.

import { withheldOfKind } from '../delayed-reply-violations.ts'
import { defineRule } from '../rule.ts'

export const unrecognizedReplyBuffered = defineRule({
  id: 'unrecognized-reply-buffered',
  clauses: [
    {
      rfc: 2920,
      section: '3.2',
      item: 6,
      keyword: 'MUST NOT',
      text: 'MUST NOT buffer responses to unrecognized commands',
    },
  ],
  party: 'server',
  severity: 'error',
  title: 'The reply to an unknown command was held back',
  why: 'The client waits for a reply that waits for the client: both sit until a time-out.',
  fix: 'Flush the reply buffer whenever there is no more input to read, and behind an unknown command in any case.',
  proof:
    'The server had acknowledged the command, was silent for at least 5 seconds, and answered at once when something more arrived; twice in a session. Once is suspected.',
  excuses:
    'Slowness: a reply that needs no new input to come; bytes that the capture lacks; a client that closed its window.',
  violates: `
    C> XFOO
    C> [+15s] RSET
    S> 500 what?
    S| 250 ok
    C> QUIT
    S> 221 bye`,
  conforms: `
    C> XFOO
    S> [+15s] 500 what?
    C> RSET
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'server-bytes', 'pairing', 'time'],
  onlyRemarkable: true,
  applies: (session) => session.offered !== false || 'the server did not offer PIPELINING',

  checkEnd: (session) => withheldOfKind(session, 'unrecognized'),
})
