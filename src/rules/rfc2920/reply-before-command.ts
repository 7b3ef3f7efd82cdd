// RFC 2920 section 3.2 (8): no reply to a command before it has arrived.
import { TIMEOUT_SILENCE_NS } from '../../limits.ts'
import type { Command, Exchange, Reply } from '../../smtp/records.ts'
import type { Session } from '../../smtp/session/session.ts'
import { isPipelinedWrongly } from '../missing-replies.ts'
import { defineRule } from '../rule.ts'
import { commandsOf, nameOf, quote } from '../wording.ts'

/** RFC 5321 section 4.5.3.1.4: the command line length that a server must accept. */
const COMMAND_LINE_OCTETS = 512

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
  title: 'The server answered a command before it had received it completely',
  headline: 'answered a command before it had received all of it',
  why: 'The client has not decided yet what to send. If it sends another command, the reply is taken for the reply to that command; a message that is accepted before its end may never be completed.',
  fix: 'Answer a command when its line is complete, a message after its final dot, and a chunk after its last byte.',
  proof:
    'All earlier commands were answered, and the segment of the reply acknowledges less than the whole command; or only that command can get the code of the reply.',
  excuses:
    'The greeting; 421; a refusal of a command line of which at least 512 bytes had arrived, or which stayed incomplete for 10 s; a line that a FIN of the client cut short; a refusal of a message or a chunk before its end. If the server answers again when the command is complete, reply-unexpected reports the extra reply.',
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
  onlyRemarkable: true,
  groupTraits: ['early-reply'],
  applies: (session) => !session.opaque || 'encrypted',

  *checkGroup(group, session) {
    if (!group.reading.countable || isPipelinedWrongly(group, session)) return
    const answeredEarly = ({ command, replies, sure }: Exchange) =>
      // A 354 answers DATA, whichever unit the other replies answer.
      sure || replies[0]?.code === 354 ? replies.find((reply) => isEarly(command, reply, session)) : undefined
    const found = group.exchanges.filter((exchange) => answeredEarly(exchange) !== undefined)
    const [first] = found
    const reply = first && answeredEarly(first)
    if (first === undefined || reply === undefined) return
    const { command } = first
    yield {
      commands: commandsOf(found).slice(0, 16),
      replies: found.flatMap((exchange) => answeredEarly(exchange) ?? []).slice(0, 16),
      certainty: 'proved',
      expected: `no reply to ${nameOf(command)} before its last byte`,
      actual: `"${quote(reply)}"`,
      headline: `answered ${nameOf(command)} before it had received all of it`,
      message: `the server answered ${nameOf(command)} before it had received all of it`,
      evidence: found.slice(0, 3).flatMap((exchange) => evidenceOf(exchange, answeredEarly(exchange))),
      grounds: { by: 'precedence', unit: command, reply },
    }
  },
})

/** Whether the reply was sent when the server had only part of the unit, without an excuse. */
function isEarly(command: Command, reply: Reply, { close, clock }: Session): boolean {
  const { at, complete, falseEnd, verb, extraLines } = command
  if (reply.code === 421 || reply.seenAtStart < 0 || (complete && reply.seenAtStart >= at.end)) return false
  const accepts = reply.code >= 200 && reply.code < 300
  // A server may refuse a message or a chunk before its end; only accepting it is early.
  if (command.kind === 'content') return accepts && !(falseEnd !== null && falseEnd.position <= reply.seenAtStart)
  if (verb === 'BDAT') return accepts
  // A server that reads to the end of input takes the client's FIN for the end of the line. An ACK counts the FIN as an
  // octet.
  // Some servers accept another line end than CRLF, and such a one has arrived.
  if (!complete && extraLines > 0) return false
  const isCutShort = close?.by === 'client' && reply.at.firstFrame > close.frame
  if (!complete && (isCutShort || reply.seenAtStart > at.end)) return false
  const isTooLong = reply.seenAtStart - at.start >= COMMAND_LINE_OCTETS
  const sent = { frame: at.firstFrame, timeNs: command.sentNs }
  const isTimedOut = clock.longest(sent, { frame: reply.at.firstFrame, timeNs: reply.at.timeNs }) >= TIMEOUT_SILENCE_NS
  return reply.code < 400 || !(isTooLong || isTimedOut)
}

function evidenceOf({ command }: Exchange, reply: Reply | undefined): string[] {
  if (reply === undefined) return []
  const end = command.complete ? `ends at byte ${command.at.end}` : 'was never completed'
  return [
    `the reply in frame ${reply.at.firstFrame} acknowledges ${reply.seenAtStart} bytes from the client; ${nameOf(command)} ${end}`,
  ]
}
