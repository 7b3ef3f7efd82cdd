// What is known of a session as a whole -> its record.
import type { TimeBase } from '../capture/clock.ts'
import type { SessionOutline } from '../smtp/outline.ts'
import type { Encryption } from '../smtp/session.ts'
import type { Side } from '../stream/chunk.ts'
import type { ConnectionFacts } from '../stream/connection.ts'
import type { LimitRecord, SessionRecord, VerdictName } from './analysis.ts'
import { isoTime } from './time.ts'

export function recordOf(
  connection: ConnectionFacts,
  client: Side,
  session: SessionOutline,
  base: TimeBase,
  limits: readonly LimitRecord[],
  encryption: Encryption,
  verdict: VerdictName,
): SessionRecord {
  return {
    id: `s${connection.firstFrame}`,
    client: connection.ends.name(client),
    server: connection.ends.name(client === 0 ? 1 : 0),
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
