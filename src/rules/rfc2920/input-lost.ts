// RFC 2920 section 3.2 (9): the server must process and answer all input that its TCP has acknowledged.
import { TIMEOUT_SILENCE_NS } from '../../limits.ts'
import { saysTimeout } from '../../smtp/pairing/delayed-replies.ts'
import type { Exchange } from '../../smtp/records.ts'
import { type Session, unansweredOf } from '../../smtp/session/session.ts'
import { isProvoked, overtakingIn, wasOffered } from '../missing-replies.ts'
import { defineRule, type Violation } from '../rule.ts'
import { ackedEvidence, commandsOf, count, nameOf, namesOf, quote, whichOf } from '../wording.ts'

export const inputLost = defineRule({
  id: 'input-lost',
  clauses: [
    {
      rfc: 2920,
      section: '3.2',
      item: 9,
      keyword: 'MUST NOT',
      text: 'MUST NOT flush or otherwise lose the contents of the TCP input buffer under any circumstances whatsoever.',
    },
  ],
  party: 'server',
  severity: 'error',
  title: 'Commands that the server had received were never answered',
  why: 'The client counts replies: one command that vanishes leaves it waiting, or gives every later reply to the wrong command.',
  fix: 'Read commands from one buffer that survives errors, hand-offs and the end of a transaction, until it is empty.',
  proof:
    'A later command draws a reply that only it can draw (354, 221, 235, 334), while fewer replies than commands came before it. Suspected where texts rather than codes identify the later command, where the server times out waiting for input that it has acknowledged, and where it ends with an RST that destroys acknowledged input.',
  excuses:
    'A 421; a client that pipelined what it must not, or ended a line by a bare LF; plaintext behind STARTTLS; a close by the client; bytes that the capture lacks; a server that never offered PIPELINING.',
  violates: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| RSET
    C| QUIT
    S> 250 2.1.0 Sender OK
    S| 221 2.0.0 Bye
    S> [fin]`,
  conforms: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| RSET
    C| QUIT
    S> 250 2.1.0 Sender OK
    S| 250 2.1.5 Recipient OK
    S| 250 2.0.0 Resetting
    S| 221 2.0.0 Bye
    S> [fin]`,
  needs: ['client-bytes', 'server-bytes', 'pairing', 'offer', 'time'],
  onlyRemarkable: true,
  applies: (session) => session.offered !== false || 'the server did not offer PIPELINING',

  *checkGroup(group, session) {
    const overtaking = overtakingIn(group, session)
    if (overtaking === null || !wasOffered(group) || overtaking.lost <= 0) return
    const { overtaker, witness, reply, together, lost, certainty } = overtaking
    yield {
      commands: commandsOf(together),
      replies: [reply],
      frames: together.flatMap(({ command }) => command.acked ?? []),
      certainty,
      expected: `one reply to each of the ${count(group.exchanges.length, 'command')} of the group`,
      actual: `no reply to ${whichOf(together, lost)}`,
      message: `${count(lost, 'command')} that the server's TCP acknowledged ${lost === 1 ? 'was' : 'were'} never answered: ${whichOf(together, lost)}`,
      evidence: [
        ...ackedEvidence(together),
        `"${quote(reply)}" in frame ${reply.at.firstFrame} answers only ${nameOf(overtaker.command)}`,
        `${count(group.exchanges.length, 'command')} and ${count(group.replies.length, 'reply', 'replies')} in the group`,
      ],
      grounds: { by: 'count', unanswered: together, missing: lost, overtaker, witness },
    }
  },

  *checkEnd(session) {
    const group = session.lastGroup
    if (group === null || !group.reading.countable || !wasOffered(group) || isProvoked(group, session)) return
    if (group.exchanges.length < 2) return
    const open = unansweredOf(group).filter((exchange) => !group.reading.overtaken.includes(exchange))
    yield* timedOut(session, [...group.exchanges.filter(({ replies }) => replies[0]?.code === 421), ...open])
    yield* destroyed(session, open)
  },
})

/** The server reports a time-out although it has acknowledged commands that it did not answer. */
function* timedOut(session: Session, open: readonly Exchange[]): Iterable<Violation> {
  const reply = session.terminal
  if (reply === null || session.close?.by === 'client') return
  if (!saysTimeout(reply)) return
  const waiting = open.filter(({ command }) => command.acked !== null && reply.seenAtStart >= command.at.end)
  const last = waiting[waiting.length - 1]
  if (last === undefined) return
  const since = { frame: last.command.at.lastFrame, timeNs: last.command.at.timeNs }
  const silenceNs = session.clock.shortest(since, { frame: reply.at.lastFrame, timeNs: reply.at.timeNs })
  if (silenceNs < TIMEOUT_SILENCE_NS) return
  yield {
    commands: commandsOf(waiting),
    replies: [reply],
    certainty: 'suspected',
    expected: 'replies to the commands that it had acknowledged',
    actual: `"${quote(reply)}" after ${Math.round(silenceNs / 1e9)} s of silence`,
    message: `the server timed out waiting for input while ${namesOf(commandsOf(waiting))} lay acknowledged and unanswered`,
    evidence: [...ackedEvidence(waiting), 'the text of its last reply says time-out'],
  }
}

/**
 * An RST with the ACK flag that no segment of the client provoked: the server closed with unread data (RFC 1122 section
 * 4.2.2.13).
 */
function* destroyed(session: Session, open: readonly Exchange[]): Iterable<Violation> {
  const { serverReset, close, terminal } = session
  if (serverReset === null || serverReset.foreign || close?.by !== 'server' || terminal !== null) return
  const unread = open.filter(({ command }) => command.at.end <= serverReset.peerAcked)
  if (unread.length === 0) return
  yield {
    commands: commandsOf(unread),
    frames: [serverReset.frame],
    certainty: 'suspected',
    expected: 'replies, then a FIN',
    actual: `an RST in frame ${serverReset.frame}`,
    message: `the server's TCP destroyed acknowledged input: ${namesOf(commandsOf(unread))}`,
    evidence: [
      ...ackedEvidence(unread),
      `the RST in frame ${serverReset.frame} carries the ACK flag: a host sends it when it closes with received data unread`,
    ],
  }
}
