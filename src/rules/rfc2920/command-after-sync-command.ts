// RFC 2920 section 3.1: EHLO, DATA, VRFY, EXPN, TURN, QUIT and NOOP end their group.
import { MUST_END_GROUP } from '../../smtp/parse/commands.ts'
import type { Command, Exchange, Group } from '../../smtp/records.ts'
import type { Session } from '../../smtp/session/session.ts'
import { defineRule } from '../rule.ts'
import { blindEvidence, certaintyOf, surestOf } from '../send-before-reply.ts'
import { count, nameOf } from '../wording.ts'

export const commandAfterSyncCommand = defineRule({
  id: 'command-after-sync-command',
  clauses: [
    {
      rfc: 2920,
      section: '3.1',
      item: null,
      keyword: null,
      text: 'The EHLO, DATA, VRFY, EXPN, TURN, QUIT, and NOOP commands can only appear as the last command in a group',
    },
    {
      rfc: 5321,
      section: '4.3.1',
      item: null,
      keyword: 'MUST',
      text: 'Unless other arrangements are negotiated through service extensions, the sender MUST wait for this response before sending further commands.',
    },
  ],
  party: 'client',
  severity: 'error',
  title: 'The client sent more after a command that must be the last of its group',
  headline: 'pipelined behind a command that must be the last of its group',
  why: 'The reply to such a command changes the session, so the client cannot know how the server reads what follows. Servers drop or refuse it.',
  fix: 'Wait for the reply to EHLO, DATA, VRFY, EXPN, TURN, QUIT and NOOP before sending anything else.',
  proof:
    'The next command carries the same acknowledgement number as the end of this one, or acknowledges less than the full reply to it: the client cannot have read that reply. At most suspected if it was sent after at least 1 s of silence: the client may have given up waiting. The same holds after a NOOP if the greeting or the EHLO reply was not captured: a device on the path may have written NOOP over another command.',
  excuses:
    'QUIT, RSET or NOOP sent after at least 5 s of silence; empty lines after QUIT; message content after DATA; commands after a NOOP where a device on the path overwrites commands. Reported as info only if the server offers PIPECONNECT.',
  violates: `
    C> MAIL FROM:<a@example.org>
    C| NOOP
    C| RCPT TO:<b@example.org>
    S> 250 ok
    S| 250 ok
    S| 250 ok
    C> QUIT
    S> 221 bye`,
  conforms: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    C| NOOP
    S> 250 ok
    S| 250 ok
    S| 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'time'],
  onlyRemarkable: true,
  groupTraits: ['behind-last'],
  applies: () => true,

  *checkGroup(group, session) {
    const noop = noopOf(session)
    const behind = group.exchanges.filter(
      (exchange) => isSentBehindSyncCommand(exchange) && !(noop === 'overwritten' && isBehindNoop(exchange)),
    )
    const certain = behind.filter((exchange) => noop === 'own' || !isBehindNoop(exchange))
    const found = surestOf(certain.some(({ blind }) => blind?.sure) ? certain : behind)
    const first = found[0]
    if (first?.blind == null) return
    const { after } = first.blind
    const isDoubtful = noop !== 'own' && isBehindNoop(first)
    yield {
      commands: found.flatMap(({ blind, command }) => (blind === null ? [] : [blind.after, command])).slice(0, 16),
      certainty: isDoubtful ? 'suspected' : certaintyOf(first.blind),
      ...(isEarlyStart(group, session) ? { severity: 'info' as const } : {}),
      expected: `${after.verb} is the last command of its group`,
      actual: `${sentAs(first.command)} followed before the reply to ${after.verb}`,
      headline: `sent ${sentAs(first.command)} after ${after.verb} without waiting for the reply`,
      message:
        found.length === 1
          ? `the client sent ${sentAs(first.command)} after ${after.verb} without waiting for the reply to ${after.verb}`
          : `the client sent ${count(found.length, 'command')} of the group after commands that must be the last of their group: first ${sentAs(first.command)} after ${after.verb}`,
      evidence: [
        ...found.slice(0, 3).flatMap(blindEvidence),
        ...(isDoubtful
          ? [
              'the greeting or the EHLO reply was not captured: a device on the path may have written NOOP over another command',
            ]
          : []),
      ],
      grounds: { by: 'acknowledgement', sent: found },
    }
  },
})

function sentAs(command: Command): string {
  return command.likeCommands ? 'a line that looks like a command' : nameOf(command)
}

function isSentBehindSyncCommand({ blind, command }: Exchange): boolean {
  // The client sent commands behind DATA because it had miscounted the replies; the server answered 354 and read them
  // as a message.
  if (blind?.after.verb === 'DATA' && command.likeCommands) return true
  if (blind === null || command.kind !== 'command' || !MUST_END_GROUP.has(blind.after.verb)) return false
  // Unknown verbs behind a refused DATA are lines of a message that was sent anyway.
  return !(blind.after.verb === 'DATA' && command.verb === 'OTHER')
}

/** EHLO and later commands, sent before the greeting to a server that allows it (PIPECONNECT). */
function isEarlyStart(group: Group, session: Session): boolean {
  return session.earlyAllowed && group.index === 1
}

function isBehindNoop({ blind }: Exchange): boolean {
  return blind?.after.verb === 'NOOP'
}

/**
 * Whether a NOOP was sent by the client. A box in the path that overwrites server lines may also have replaced another
 * command by NOOP; the greeting and the EHLO reply show such a box.
 */
function noopOf({ greeting, offered, isOverwritten }: Session): 'own' | 'unknown' | 'overwritten' {
  if (isOverwritten) return 'overwritten'
  return greeting === null || offered === null ? 'unknown' : 'own'
}
