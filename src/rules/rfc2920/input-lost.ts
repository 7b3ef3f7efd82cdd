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
  title: 'The server never answered commands that it had received',
  headline: 'lost pipelined commands',
  why: 'The client matches replies to commands by counting. If one reply is missing, the client waits until its time-out, or takes every later reply for the reply to the wrong command.',
  fix: 'Read commands from one buffer until it is empty, and keep that buffer across errors, hand-offs between processes and the end of a transaction.',
  proof:
    'A later command gets a reply that only it can get (354, 221, 235, 334), while fewer replies than commands came before it. Suspected if only the texts of the replies, not their codes, identify the later command; if the server times out waiting for input although its TCP has acknowledged input that is not answered; and if the server ends the connection with an RST while acknowledged input is not answered.',
  excuses:
    'A 421; a client that pipelined commands that may not be pipelined, or ended a line with a bare LF; plaintext after STARTTLS; a client that closed the connection; bytes missing from the capture; a server that never offered PIPELINING.',
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
  groupTraits: ['overtaken'],
  endTraits: ['terminal', 'server-reset'],
  applies: (session) => session.offered !== false || 'the server did not offer PIPELINING',

  *checkGroup(group, session) {
    const overtaking = overtakingIn(group, session)
    if (overtaking === null || !wasOffered(group) || overtaking.lost <= 0) return
    const { overtaker, witness, reply, together, lost, certainty } = overtaking
    const which = whichOf(together, lost)
    yield {
      commands: commandsOf(together),
      replies: [reply],
      frames: together.flatMap(({ command }) => command.acked ?? []),
      certainty,
      expected: `one reply to each of the ${count(group.exchanges.length, 'command')} of the group`,
      actual: `no reply to ${which}`,
      headline: `lost ${lost} of ${count(group.exchanges.length, 'pipelined command')}`,
      message: `${count(lost, 'command')} that the server's TCP acknowledged ${lost === 1 ? 'was' : 'were'} never answered: ${which}`,
      evidence: [
        ...ackedEvidence(together),
        `"${quote(reply)}" in frame ${reply.at.firstFrame} can only answer ${nameOf(overtaker.command)}`,
        `the group has ${count(group.exchanges.length, 'command')} and ${count(group.replies.length, 'reply', 'replies')}`,
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
    yield* resetWithUnreadInput(session, open)
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
    expected: 'replies to the commands that its TCP had acknowledged',
    actual: `"${quote(reply)}" after ${Math.round(silenceNs / 1e9)} s of silence`,
    headline: `lost ${count(waiting.length, 'command')} that its TCP had acknowledged, and timed out`,
    message: `the server timed out waiting for input although its TCP had acknowledged ${namesOf(commandsOf(waiting))}, which it had not answered`,
    evidence: [...ackedEvidence(waiting), 'the text of its last reply reports a time-out'],
  }
}

/**
 * An RST with the ACK flag that no segment of the client provoked: the server closed with unread data (RFC 1122 section
 * 4.2.2.13).
 */
function* resetWithUnreadInput(session: Session, open: readonly Exchange[]): Iterable<Violation> {
  const { serverReset, close, terminal } = session
  if (
    serverReset === null ||
    serverReset.foreign ||
    close?.by !== 'server' ||
    close.peerWindowClosed ||
    terminal !== null
  )
    return
  const unread = open.filter(({ command }) => command.at.end <= serverReset.peerAcked)
  if (unread.length === 0) return
  yield {
    commands: commandsOf(unread),
    frames: [serverReset.frame],
    certainty: 'suspected',
    expected: 'a reply to each command, then a FIN',
    actual: `an RST in frame ${serverReset.frame}`,
    headline: `lost ${count(unread.length, 'command')} that its TCP had acknowledged, and reset the connection`,
    message: `the server reset the connection after acknowledging ${namesOf(commandsOf(unread))}, which it had not answered`,
    evidence: [
      ...ackedEvidence(unread),
      `the RST in frame ${serverReset.frame} carries the ACK flag: a host sends this when it closes while received data is unread`,
    ],
  }
}
