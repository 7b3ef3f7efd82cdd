// RFC 5321 section 4.2: exactly one reply to every command, also without pipelining.
import { overtakingIn } from '../missing-replies.ts'
import { defineRule } from '../rule.ts'
import { ackedEvidence, commandsOf, count, nameOf, namesOf, quote, whichOf } from '../wording.ts'

export const replyMissing = defineRule({
  id: 'reply-missing',
  clauses: [
    {
      rfc: 5321,
      section: '4.2',
      item: null,
      keyword: 'MUST',
      text: 'Every command MUST generate exactly one reply.',
    },
  ],
  party: 'server',
  severity: 'error',
  title: 'The server never answered a command that was sent alone',
  headline: 'left a command without a reply',
  why: 'The client waits until its time-out, and then cannot know whether the command was executed.',
  fix: 'Send a reply to every command, an error reply if nothing else fits.',
  proof:
    'No other command was in flight, and a later command gets a reply that only it can get, while fewer replies than commands came before it.',
  excuses: 'Silence alone; a 421; a client that closed first; bytes missing from the capture.',
  violates: `
    C> NOOP
    C> [+30s] QUIT
    S> 221 bye
    S> [fin]`,
  conforms: `
    C> NOOP
    S> [+30s] 250 ok
    C> QUIT
    S> 221 bye
    S> [fin]`,
  needs: ['client-bytes', 'server-bytes', 'pairing'],
  onlyRemarkable: true,
  groupTraits: ['overtaken'],
  applies: () => true,

  *checkGroup(group, session) {
    const overtaking = overtakingIn(group, session)
    if (overtaking === null || overtaking.missing <= 0) return
    const { overtaker, witness, reply, alone, missing, certainty } = overtaking
    yield {
      commands: commandsOf(alone),
      replies: [reply],
      certainty,
      expected: 'exactly one reply to every command',
      actual: `no reply to ${whichOf(alone, missing)}`,
      headline: `left ${alone.length === 1 ? namesOf(commandsOf(alone)) : count(missing, 'command')} without a reply`,
      message: `the server never answered ${count(missing, 'command')} that ${missing === 1 ? 'was' : 'were'} sent alone: ${whichOf(alone, missing)}`,
      evidence: [
        ...ackedEvidence(alone),
        `"${quote(reply)}" in frame ${reply.at.firstFrame} can only answer ${nameOf(overtaker.command)}`,
      ],
      grounds: { by: 'count', unanswered: alone, missing, overtaker, witness },
    }
  },
})
