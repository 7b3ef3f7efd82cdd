// RFC 2920 section 3.2 (1): the n-th reply answers the n-th command.
import { hasOddLines, isPipelinedWrongly, overtakingIn, wasOffered } from '../missing-replies.ts'
import { defineRule } from '../rule.ts'
import { commandsOf, count, nameOf, namesOf, quote, whichOf } from '../wording.ts'

export const replyOutOfOrder = defineRule({
  id: 'reply-out-of-order',
  clauses: [
    {
      rfc: 2920,
      section: '3.2',
      item: 1,
      keyword: 'MUST',
      text: 'MUST respond to commands in the order they are received from the client.',
    },
  ],
  party: 'server',
  severity: 'error',
  title: 'The server sent replies in a different order than the commands',
  headline: 'sent replies in another order than the commands',
  why: 'The client matches replies to commands by counting alone: it takes a reply out of order for the reply to another command.',
  fix: 'Answer commands strictly in the order in which they arrive, even if one of them is processed in the background.',
  proof:
    'A reply that only a later command can get was sent while an earlier command had none; or there are as many replies as commands, in order of arrival two replies answer commands that cannot get them, and another order explains all. Suspected if only texts (echoed addresses, enhanced status codes) show the order.',
  excuses:
    'A client that pipelined commands that may not be pipelined, or ended a line with a bare LF; bytes missing from the capture; a server that never offered PIPELINING.',
  violates: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| DATA
    S> 250 2.1.0 Ok
    S| 354 go ahead
    S| 250 2.1.5 Ok
    C> .
    S> 250 2.0.0 Ok: queued as 1234
    C> QUIT
    S> 221 2.0.0 Bye`,
  conforms: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| DATA
    S> 250 2.1.0 Ok
    S| 250 2.1.5 Ok
    S| 354 go ahead
    C> .
    S> 250 2.0.0 Ok: queued as 1234
    C> QUIT
    S> 221 2.0.0 Bye`,
  needs: ['client-bytes', 'server-bytes', 'pairing', 'offer'],
  onlyRemarkable: true,
  groupTraits: ['overtaken', 'permuted'],
  applies: (session) => session.offered !== false || 'the server did not offer PIPELINING',

  *checkGroup(group, session) {
    if (!wasOffered(group)) return
    const overtaking = overtakingIn(group, session)
    if (overtaking !== null) {
      const { overtaker, witness, reply, together, alone, certainty } = overtaking
      const atLeast = group.reading.overtakenAtLeast
      const waiting = [...together, ...alone]
      const [which, later] = [whichOf(waiting, atLeast), nameOf(overtaker.command)]
      yield {
        commands: [...commandsOf(waiting), overtaker.command],
        replies: [reply],
        certainty,
        expected:
          atLeast === 1
            ? 'first the reply to the earlier command'
            : `first the ${atLeast} replies to the earlier commands`,
        actual: `${reply.code} to ${later} while ${which} had no reply`,
        headline: `answered ${later} before ${count(atLeast, 'earlier command')}`,
        message: `the server answered ${later} before ${count(atLeast, 'earlier command')}: ${which}`,
        evidence: [
          `"${quote(reply)}" in frame ${reply.at.firstFrame} can only answer ${later}`,
          `frame ${reply.at.firstFrame} also acknowledges the earlier commands: the server's TCP had received them`,
        ],
        grounds: { by: 'count', unanswered: waiting, missing: atLeast, overtaker, witness },
      }
    }
    const { permuted, hard, countable } = group.reading
    if (!countable || permuted.length === 0 || isPipelinedWrongly(group, session)) return
    const replies = permuted.flatMap((exchange) => exchange.replies)
    yield {
      commands: commandsOf(permuted),
      replies,
      certainty: hard && !hasOddLines(group) ? 'proved' : 'suspected',
      expected: `replies in the order of the commands: ${namesOf(commandsOf(permuted))}`,
      actual: `replies ${[...replies]
        .sort((a, b) => a.at.start - b.at.start)
        .map(({ code }) => code)
        .join(', ')}`,
      headline: `sent ${count(permuted.length, 'reply', 'replies')} of a group out of order`,
      message: `the server sent ${count(permuted.length, 'reply', 'replies')} of the group out of order: those to ${namesOf(commandsOf(permuted))}`,
      evidence: hard
        ? [
            'there are as many replies as commands, but in order of arrival some replies have codes that their commands cannot get',
          ]
        : ["the texts of the replies name each other's commands; the codes alone would fit in order of arrival"],
      grounds: { by: 'order' },
    }
  },
})
