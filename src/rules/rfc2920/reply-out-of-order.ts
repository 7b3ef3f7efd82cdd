// RFC 2920 section 3.2 (1): the n-th reply answers the n-th command.
import { isProvoked, overtakingIn, wasOffered } from '../missing-replies.ts'
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
  title: 'Replies came in another order than the commands',
  why: 'The client must match replies by counting alone, so a reply out of its place is taken for the reply to another command.',
  fix: 'Answer commands strictly in the order of arrival, also where one of them is worked on in the background.',
  proof:
    'A reply that only a later command can draw was sent while an earlier one had none; or the totals agree, counting pairs two replies with commands that cannot draw them, and another order explains all. Suspected where only texts (echoed addresses, enhanced status codes) tell.',
  excuses:
    'A client that pipelined what it must not, or ended a line by a bare LF; bytes that the capture lacks; a server that never offered PIPELINING.',
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
  applies: (session) => session.offered !== false || 'the server did not offer PIPELINING',

  *checkGroup(group, session) {
    if (!wasOffered(group)) return
    const overtaking = overtakingIn(group, session)
    if (overtaking !== null) {
      const { overtaker, witness, reply, together, alone, certainty } = overtaking
      const atLeast = group.reading.overtakenAtLeast
      const waiting = [...together, ...alone]
      yield {
        commands: [...commandsOf(waiting), overtaker.command],
        replies: [reply],
        certainty,
        expected: `the ${count(atLeast, 'reply', 'replies')} that came before it in the order of the commands`,
        actual: `${reply.code} to ${nameOf(overtaker.command)} while ${whichOf(waiting, atLeast)} had none`,
        message: `the reply to ${nameOf(overtaker.command)} overtook ${count(atLeast, 'earlier command')}: ${whichOf(waiting, atLeast)}`,
        evidence: [
          `"${quote(reply)}" in frame ${reply.at.firstFrame} answers only ${nameOf(overtaker.command)}`,
          `its segment acknowledges the earlier commands: the server's TCP had them`,
        ],
        grounds: { by: 'count', unanswered: waiting, missing: atLeast, overtaker, witness },
      }
    }
    const { permuted, hard, countable } = group.reading
    if (!countable || permuted.length === 0 || isProvoked(group, session)) return
    const replies = permuted.flatMap((exchange) => exchange.replies)
    yield {
      commands: commandsOf(permuted),
      replies,
      certainty: hard ? 'proved' : 'suspected',
      expected: `replies in the order ${namesOf(commandsOf(permuted))}`,
      actual: `replies ${[...replies]
        .sort((a, b) => a.at.start - b.at.start)
        .map(({ code }) => code)
        .join(', ')}`,
      message: `${count(permuted.length, 'reply', 'replies')} of the group came out of order: those to ${namesOf(commandsOf(permuted))}`,
      evidence: hard
        ? ['as many replies as commands, but counting gives some to commands that cannot draw them']
        : ["the texts of the replies name each other's commands; their codes would fit as counted"],
      grounds: { by: 'order' },
    }
  },
})
