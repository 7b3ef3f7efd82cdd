// RFC 2920 section 3.2 (8): no reply to what has not arrived.
import type { Exchange } from '../../smtp/records.ts'
import { isProvoked } from '../loss.ts'
import { defineRule } from '../rule.ts'
import { nameOf, quote } from '../words.ts'

export const replyBeforeCommand = defineRule({
  id: 'reply-before-command',
  clauses: [
    {
      rfc: 2920,
      section: '3.2',
      item: 8,
      keyword: 'MUST NOT',
      text: 'MUST NOT make assumptions about commands that are yet to be received.',
    },
  ],
  party: 'server',
  severity: 'error',
  title: 'The server answered a command before it had received it',
  why: 'The client has not decided yet what to send: a reply to a guess answers the wrong command when it sends another.',
  fix: 'Answer a command when its line is complete, and nothing before.',
  proof: "The reply's segment acknowledges less than the whole command, and only that command can draw its code.",
  excuses:
    'The greeting; 421 and time-outs; refusals of a line that is too long; message content and chunks, which have rules of their own.',
  violates: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    S> 250 ok
    S| 250 ok
    S| 354 go ahead
    C> [+1s] DATA
    C> .
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  conforms: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    S> 250 ok
    S| 250 ok
    C> [+1s] DATA
    S> 354 go ahead
    C> .
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'server-bytes', 'pairing'],
  applies: (session) => !session.opaque || 'encrypted',

  *checkGroup(group, session) {
    if (!group.reading.countable || isProvoked(group, session)) return
    const found = group.exchanges.find(isAnsweredEarly)
    const reply = found?.replies[0]
    if (found === undefined || reply === undefined) return
    const { command } = found
    yield {
      commands: [command],
      replies: [reply],
      certainty: 'proved',
      expected: `no reply to ${nameOf(command)} before its last octet`,
      actual: `"${quote(reply)}"`,
      message: `the reply to ${nameOf(command)} was sent before the command had arrived`,
      evidence: [
        `the reply in frame ${reply.at.firstFrame} acknowledges ${reply.seenAtStart} octets of the client; ${nameOf(command)} ends at octet ${command.at.end}`,
      ],
      grounds: { by: 'precedence', unit: command, reply },
    }
  },
})

/** Only where the code leaves no doubt which command it was meant for. */
function isAnsweredEarly({ command, replies, sure }: Exchange): boolean {
  const reply = replies[0]
  if (!sure || command.verb !== 'DATA' || reply?.code !== 354 || !command.complete) return false
  return reply.seenAtStart >= 0 && reply.seenAtStart < command.at.end
}
