// RFC 5321 section 4.1.1.10: a server keeps the connection open until QUIT.
import { SERVER_TIMEOUT_NS } from '../../limits.ts'
import { unansweredOf } from '../../smtp/session/session.ts'
import { isProvoked, isPunishment, isWelcome, saidGoodbye } from '../missing-replies.ts'
import { defineRule } from '../rule.ts'

export const closedWithoutQuitByServer = defineRule({
  id: 'closed-without-quit-by-server',
  clauses: [
    {
      rfc: 5321,
      section: '4.1.1.10',
      item: null,
      keyword: 'MUST NOT',
      text: 'The receiver MUST NOT intentionally close the transmission channel until it receives and replies to a QUIT command',
    },
    {
      rfc: 5321,
      section: '3.8',
      item: null,
      keyword: 'MUST NOT',
      text: 'An SMTP server MUST NOT intentionally close the connection under normal operational circumstances',
    },
  ],
  party: 'server',
  severity: 'warning',
  title: 'The server closed an idle connection without waiting for QUIT or sending 421',
  headline: 'closed an idle connection without waiting for QUIT or sending 421',
  why: 'A client that is about to send its next message finds the connection closed and does not know why.',
  fix: 'Wait for QUIT; send 421 before closing because of a time-out or a shutdown.',
  proof:
    "The first FIN or RST of the connection is the server's, every command was answered, the client sent no QUIT, and the last reply is a success.",
  excuses:
    'A 421; an error reply just before the close; a greeting other than 220, or one whose last line is a refusal; at least 5 minutes of silence; an RST that another device may have sent; a client whose receive window was closed, so that no 421 could be sent; a client that pipelined commands that may not be pipelined, in the last group.',
  violates: `
    C> MAIL FROM:<a@example.org>
    C| RSET
    S> 250 ok
    S| 250 ok
    S> [+1s] [fin]`,
  conforms: `
    C> MAIL FROM:<a@example.org>
    C| RSET
    S> 250 ok
    S| 250 ok
    S> [+1s] 421 4.3.2 shutting down
    S> [fin]`,
  needs: ['client-bytes', 'server-bytes', 'pairing', 'end', 'time'],
  onlyRemarkable: true,
  endTraits: ['no-quit'],
  applies: (session) => !session.opaque || 'encrypted',

  *checkEnd(session) {
    const { close, lastReply, lastGroup, greeting } = session
    if (close === null || close.by !== 'server' || !close.active || close.foreign || session.quitSent) return
    if (session.terminal !== null || isPunishment(lastReply) || close.peerWindowClosed) return
    if (lastReply === null || lastReply.code >= 300 || !isWelcome(greeting)) return
    if (saidGoodbye(session)) return
    if (lastGroup !== null && isProvoked(lastGroup, session)) return
    if (lastGroup !== null && (!lastGroup.reading.countable || unansweredOf(lastGroup).length > 0)) return
    // Without a command of the client nothing shows how many replies came, so the capture may lack a 421.
    if (lastGroup === null && session.serverHidden) return
    // The capture may lack the client's QUIT.
    if (session.idleBeforeCloseNs >= SERVER_TIMEOUT_NS || session.clientHidden) return
    yield {
      replies: [lastReply],
      frames: [close.frame],
      certainty: 'proved',
      expected: 'QUIT from the client, or 421 from the server, before the close',
      actual: `${close.how === 'fin' ? 'a FIN' : 'an RST'} in frame ${close.frame} without either before it`,
      message:
        'the server closed the connection between commands, without QUIT from the client and without sending 421',
      evidence: [
        `the server closed first, in frame ${close.frame}`,
        `the close came ${(session.idleBeforeCloseNs / 1e9).toFixed(1)} s after the last bytes of either side`,
      ],
    }
  },
})
