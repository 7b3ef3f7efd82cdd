// RFC 5321 sections 4.2 and 4.1.1.10: a server answers what it received before it closes.
import type { Exchange } from '../../smtp/records.ts'
import type { Session } from '../../smtp/session/session.ts'
import { unansweredOf } from '../../smtp/session/session.ts'
import {
  isBehindQuit,
  isProvoked,
  isPunishment,
  isWelcome,
  mayHaveMiscounted,
  saidGoodbye,
} from '../missing-replies.ts'
import { defineRule } from '../rule.ts'
import { ackedEvidence, commandsOf, count, whichOf } from '../wording.ts'

export const prematureClose = defineRule({
  id: 'premature-close',
  clauses: [
    {
      rfc: 5321,
      section: '4.2',
      item: null,
      keyword: 'MUST',
      text: 'Every command MUST generate exactly one reply.',
    },
    {
      rfc: 5321,
      section: '4.1.1.10',
      item: null,
      keyword: 'MUST',
      text: 'This command specifies that the receiver MUST send a "221 OK" reply, and then close the transmission channel.',
    },
  ],
  party: 'server',
  severity: 'error',
  title: 'The server closed the connection before it had answered all commands',
  headline: 'closed the connection with replies outstanding',
  why: 'The client cannot know whether its commands were executed: it reports a lost connection and may send the message again.',
  fix: 'Answer every command that was received before closing; send 421 when the connection must end early.',
  proof:
    "The first FIN or RST of the connection is the server's, this segment or an earlier one acknowledges the commands, and fewer replies than commands came.",
  excuses:
    'A 421 or 521; a greeting other than 220; a refusal of pipelining that the client caused; a line that the client ended with a bare LF; a client that closed first, or whose receive window was closed; an RST that another device may have sent; commands that were in flight when the server closed; bytes missing from the capture.',
  violates: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| DATA
    S> 550 5.7.1 not from you
    S> [fin]`,
  conforms: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| DATA
    S> 550 5.7.1 not from you
    S| 503 5.5.1 MAIL first
    S| 503 5.5.1 MAIL first
    C> QUIT
    S> 221 bye
    S> [fin]`,
  needs: ['client-bytes', 'server-bytes', 'pairing', 'end'],
  onlyRemarkable: true,
  endTraits: ['unanswered'],
  applies: (session) => !session.opaque || 'encrypted',

  *checkEnd(session) {
    const { close, lastGroup } = session
    if (close === null || close.by !== 'server' || !close.active || close.foreign || lastGroup === null) return
    if (close.peerWindowClosed) return
    // The server had the client's FIN, even if the capture has that later, or not at all.
    if (close.peerAcked > session.finOf('client')) return
    if (!lastGroup.reading.countable || isExcused(session) || isProvoked(lastGroup, session)) return
    const received = (exchange: Exchange) =>
      exchange.command.at.end <= close.peerAcked && !isBehindQuit(lastGroup, exchange)
    const owed = unansweredOf(lastGroup).filter(received)
    if (owed.length === 0) return
    // When it is unknown which units have no reply, name all candidates.
    const sure = owed.every(({ sure }) => sure)
    const meant = sure ? owed : lastGroup.exchanges.filter((e) => received(e) && (owed.includes(e) || !e.sure))
    // An LMTP message is owed several replies.
    const outstanding = owed.reduce((sum, { owed, replies }) => sum + owed - replies.length, 0)
    const closing = close.how === 'fin' ? 'FIN' : 'RST'
    yield {
      commands: commandsOf(meant),
      frames: [close.frame],
      certainty: mayHaveMiscounted(lastGroup) ? 'suspected' : 'proved',
      expected: 'a reply to every command, or 421, before the close',
      actual: `${closing} in frame ${close.frame} with ${count(outstanding, 'reply', 'replies')} outstanding`,
      headline: `closed the connection with ${count(outstanding, 'reply', 'replies')} outstanding`,
      message: `the server closed the connection with ${count(outstanding, 'reply', 'replies')} outstanding: ${whichOf(meant, owed.length)}`,
      evidence: [
        ...ackedEvidence(owed),
        `the server closed first, with the ${closing} in frame ${close.frame}`,
        'the server sent no 421 before it',
      ],
      grounds: { by: 'count', unanswered: meant, missing: outstanding, close },
    }
  },
})

function isExcused(session: Session): boolean {
  if (session.terminal !== null || isPunishment(session.lastReply) || saidGoodbye(session)) return true
  return session.greeting !== null && !isWelcome(session.greeting)
}
