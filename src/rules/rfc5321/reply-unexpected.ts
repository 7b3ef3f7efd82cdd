// RFC 5321 section 4.2: exactly one reply to every command, so no reply without a command.
import type { Group, Reply } from '../../smtp/records.ts'
import type { Session } from '../../smtp/session/session.ts'
import { hasOddLines, isPipelinedWrongly, isPunishment, mayBeSmuggled } from '../missing-replies.ts'
import { defineRule, type Violation } from '../rule.ts'
import { count, quote } from '../wording.ts'

export const replyUnexpected = defineRule({
  id: 'reply-unexpected',
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
  title: 'The server sent an extra reply that answers no command',
  headline: 'sent an extra reply that answers no command',
  why: 'A client that counts replies takes it for the reply to its next command, and is one reply off from then on.',
  fix: 'Send one reply for each command, each message and each chunk; mark continued lines with a hyphen.',
  proof: 'The server sent a complete reply when it had already answered every command that it had received.',
  excuses:
    'A 421, or an error reply directly before the server closes; a client that pipelined commands that may not be pipelined; chunks and content that a server read as commands; replies that are not valid (reply-malformed); bytes missing from the capture.',
  violates: `
    C> MAIL FROM:<a@example.org>
    S> 250 ok
    S| 250 ok
    C> [+1s] QUIT
    S> 221 bye`,
  conforms: `
    C> MAIL FROM:<a@example.org>
    S> 250-ok
    S| 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'server-bytes', 'pairing'],
  onlyRemarkable: true,
  groupTraits: ['surplus'],
  applies: (session) => !session.opaque || 'encrypted',

  *checkGroup(group, session) {
    if (
      !group.reading.countable ||
      isPipelinedWrongly(group, session) ||
      isReadAsCommands(group, session) ||
      mayBeSmuggled(group)
    )
      return
    const surplus = group.surplus.filter(({ code }) => code !== 421).slice(group.repliesToParts)
    const last = surplus[surplus.length - 1]
    if (last === undefined || mayBeGreeted(surplus, session)) return
    if (last.code < 400) yield excess(group, surplus, session)
    else {
      // Whether the server closes after this reply is only known at the end of the session.
      yield { ...excess(group, surplus, session), unless: (ended) => isFarewell(last, ended) }
      const others = surplus.slice(0, -1)
      if (others.length > 0) yield { ...excess(group, others, session), unless: (ended) => !isFarewell(last, ended) }
    }
  },
})

function excess(group: Group, surplus: readonly Reply[], session: Session): Violation {
  const first = surplus[0] as Reply
  const counted = group.reading.by === 'counting'
  const sum = `${count(group.replies.length, 'reply', 'replies')} to ${count(group.exchanges.length, 'command')}`
  // When every unit has all its replies, the number of surplus ones is certain, whichever they are.
  const isSum = group.exchanges.every(({ command, replies, owed }) => command.complete && replies.length === owed)
  // A server that knows the client has closed may send anything: that proves nothing.
  const closed = first.seenAtStart > session.finOf('client')
  return {
    commands: group.exchanges.slice(-1).map(({ command }) => command),
    replies: surplus.slice(0, 16),
    certainty: (counted || isSum) && !closed && !hasOddLines(group) ? 'proved' : 'suspected',
    expected: `${count(group.replies.length - surplus.length, 'reply', 'replies')} to the ${group.exchanges.length === 1 ? 'command' : `${group.exchanges.length} commands`} of the group`,
    actual: `${count(group.replies.length, 'reply', 'replies')}`,
    headline:
      surplus.length === 1
        ? 'sent an extra reply that answers no command'
        : `sent ${surplus.length} extra replies that answer no command`,
    message: counted
      ? surplus.length === 1
        ? `the server sent an extra reply that answers no command: "${quote(first)}"`
        : `the server sent ${surplus.length} extra replies that answer no command: first "${quote(first)}"`
      : `the server sent ${sum}: perhaps "${quote(first)}" is the extra one`,
    evidence: counted
      ? [
          `when the server sent frame ${first.at.firstFrame}, it had already answered every command that this frame acknowledges`,
        ]
      : ['there are more replies than commands; only their texts tell which of them may be extra'],
    grounds: { by: 'surplus', surplus },
  }
}

/**
 * Whether a unit of the group can explain surplus replies: an LMTP message is owed several, and a server may read a
 * refused chunk or refused content as commands.
 */
function isReadAsCommands(group: Group, session: Session): boolean {
  return group.exchanges.some(({ command, replies, chunkAsLines }) => {
    if (chunkAsLines) return true
    if (command.kind === 'content') return session.mayBeLmtp || replies.some(({ code }) => code === 353)
    return command.verb === 'BDAT' && (session.mayBeLmtp || replies.some(({ code }) => code >= 400))
  })
}

/**
 * Whether one of the replies may be a greeting that was not seen, or the refusal of a client that did not wait for it.
 */
function mayBeGreeted(surplus: readonly Reply[], { greeting }: Session): boolean {
  return greeting === null && surplus.some((reply) => reply.code === 220 || isPunishment(reply))
}

/** Whether the reply announced that the server was about to close, or that it had timed out waiting for input. */
function isFarewell(reply: Reply, { lastReply, withheld, close }: Session): boolean {
  if (withheld.some(({ release }) => release === reply)) return true
  return reply === lastReply && close?.by !== 'client'
}
