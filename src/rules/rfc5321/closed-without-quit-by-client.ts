// RFC 5321 section 4.1.4: a client ends its session with QUIT.
import { isWelcome } from '../missing-replies.ts'
import { defineRule } from '../rule.ts'

export const closedWithoutQuitByClient = defineRule({
  id: 'closed-without-quit-by-client',
  clauses: [
    {
      rfc: 5321,
      section: '4.1.4',
      item: null,
      keyword: 'MUST',
      text: 'The last command in a session MUST be the QUIT command.',
    },
  ],
  party: 'client',
  severity: 'info',
  title: 'The client closed the connection without QUIT',
  headline: 'closed the connection without QUIT',
  why: 'The server cannot tell whether the client has finished or has failed, and may keep an open transaction.',
  fix: 'Send QUIT and wait for its reply before closing.',
  proof: "The first FIN or RST of the connection is the client's, and the client sent no QUIT.",
  excuses:
    'A 421 or another refusal before the close; a closed receive window of the server; TLS; a session whose start was not captured.',
  violates: `
    C> MAIL FROM:<a@example.org>
    S> 250 ok
    C> [fin]`,
  conforms: `
    C> MAIL FROM:<a@example.org>
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'end'],
  onlyRemarkable: true,
  endTraits: ['no-quit'],
  applies: (session) => !session.opaque || 'encrypted',

  *checkEnd(session) {
    const { close, greeting, lastReply } = session
    if (close === null || close.by !== 'client' || close.peerWindowClosed) return
    if (session.quitSent || !session.startSeen) return
    if (!isWelcome(greeting) || session.terminal !== null || (lastReply?.code ?? 0) >= 500) return
    yield {
      frames: [close.frame],
      certainty: 'proved',
      expected: 'QUIT before the close',
      actual: `${close.how === 'fin' ? 'a FIN' : 'an RST'} in frame ${close.frame} without QUIT before it`,
      message: 'the client closed the connection without QUIT',
      evidence: [`the client closed first, in frame ${close.frame}`],
    }
  },
})
