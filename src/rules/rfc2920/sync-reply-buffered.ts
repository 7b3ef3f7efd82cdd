// RFC 2920 section 3.2 (5): replies to EHLO, DATA, VRFY, EXPN, TURN, QUIT and NOOP are not buffered.

import { withheldOfKind } from '../delayed-reply-violations.ts'
import { defineRule } from '../rule.ts'

export const syncReplyBuffered = defineRule({
  id: 'sync-reply-buffered',
  clauses: [
    {
      rfc: 2920,
      section: '3.2',
      item: 5,
      keyword: 'MUST NOT',
      text: 'MUST NOT buffer responses to EHLO, DATA, VRFY, EXPN, TURN, QUIT, and NOOP',
    },
  ],
  party: 'server',
  severity: 'error',
  title: 'The reply to a command that ends its group was held back',
  why: 'The client waits for a reply that waits for the client: both sit until a time-out.',
  fix: 'Flush the reply buffer whenever there is no more input to read, and behind these commands in any case.',
  proof:
    'The server had acknowledged the command, was silent for at least 5 seconds, and answered at once when something more arrived; twice in a session. Once is suspected.',
  excuses:
    'Slowness: a reply that needs no new input to come; bytes that the capture lacks; a client that closed its window.',
  violates: `
    C> NOOP
    C> [+15s] RSET
    S> 250 ok
    S| 250 ok
    C> QUIT
    S> 221 bye`,
  conforms: `
    C> NOOP
    S> [+15s] 250 ok
    C> RSET
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'server-bytes', 'pairing', 'time'],
  onlyRemarkable: true,
  applies: (session) => session.offered !== false || 'the server did not offer PIPELINING',

  checkEnd: (session) => withheldOfKind(session, 'sync'),
})
