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
  title: 'The server held back the reply to an unknown command',
  headline: 'held back the reply to an unknown command',
  why: 'The client waits for a reply while the server waits for more input: nothing moves until one of them times out.',
  fix: 'Send all pending replies whenever there is no more input to read, and always after an unknown command.',
  proof:
    'The server had acknowledged the command, stayed silent for at least 5 s, and answered immediately when more input arrived, at least twice in the session. If it happened only once, it is suspected.',
  excuses:
    'A slow server: its reply comes without new input; bytes missing from the capture; a client that had closed its receive window.',
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
  endTraits: ['withheld'],
  applies: (session) => session.offered !== false || 'the server did not offer PIPELINING',

  checkEnd: (session) => withheldOfKind(session, 'unrecognized'),
})
