// What is known of a session as a whole -> its record.
import type { TimeBase } from '../capture/clock.ts'
import type { Host } from '../network/host.ts'
import type { Conversation } from '../smtp/conversation.ts'
import type { SessionOutline } from '../smtp/outline.ts'
import type { Encryption } from '../smtp/session.ts'
import type { LimitRecord, SessionRecord, VerdictName } from './analysis.ts'
import { isoTime } from './time.ts'

export function recordOf(
  conversation: Conversation,
  session: SessionOutline,
  base: TimeBase,
  limits: readonly LimitRecord[],
  encryption: Encryption,
  verdict: VerdictName,
): SessionRecord {
  const { connection } = conversation
  return {
    id: `s${connection.firstFrame}`,
    client: endpointOf(conversation, 'client'),
    server: endpointOf(conversation, 'server'),
    clientName: session.clientName,
    serverName: session.serverName,
    startedAt: isoTime(base, connection.startNs),
    endedAt: isoTime(base, connection.lastNs),
    protocol: session.protocol,
    pipelining: { advertised: session.offered, used: session.used },
    encryption,
    closedBy: session.closedBy,
    commands: session.commands,
    replies: session.replies,
    unanswered: session.unanswered,
    groups: session.groups,
    messages: session.messages,
    limits,
    verdict,
  }
}

export function endpointOf({ connection, client }: Conversation, who: 'client' | 'server'): string {
  const side = who === 'client' ? client : 1 - client
  return (connection.hosts[side] as Host).at(connection.ports[side] as number)
}
