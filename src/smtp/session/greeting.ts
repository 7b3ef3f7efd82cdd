// The beginning of a session: which reply is its greeting, and whether the client waited for it (RFC 5321 section 4.3.1).

import { serverNameIn } from '../parse/reply-parser.ts'
import type { PendingCommand } from '../pending-command.ts'
import type { Reply } from '../records.ts'
import type { SessionState } from './session.ts'
import { softwareInGreeting } from './software.ts'

export class Greeting {
  private readonly session: SessionState
  /** False when bytes of the server may be missing from before its first complete reply. */
  private known: boolean
  private units = 0

  /** `known`: the server's stream is known from its first byte. */
  constructor(session: SessionState, known: boolean) {
    this.session = session
    this.known = known
  }

  /** Bytes of the server are missing. */
  lose(): void {
    if (this.session.greeting === null) this.known = false
  }

  /** Whether the reply is the greeting. `commands`: how many the client had sent before it. */
  greets(reply: Reply, commands: number): boolean {
    const { session } = this
    if (session.greeting !== null || !session.startSeen || reply.index !== 1) return false
    // Where something may be missing in front, only a 220, or a refusal that nothing was sent before, can be nothing else.
    const refuses = reply.code >= 400 && commands === 0
    if (!this.known && reply.code !== 220 && !refuses) return false
    session.greeting = reply
    const line = reply.lines[0] ?? ''
    session.serverName = serverNameIn(line)
    session.software = softwareInGreeting(line)
    session.talkedEarly = commands > 0
    return true
  }

  /** Goes on behind an ordinary opening. `units`: whether the client has spoken. */
  resume(greeting: Reply, units: number): void {
    this.greets(greeting, 0)
    this.units = units
  }

  /** A unit of the client: was the first sent before the greeting was complete? */
  unit(unit: PendingCommand): void {
    const { session } = this
    const { greeting } = session
    if (this.units++ > 0 || !session.startSeen || (!this.known && greeting === null)) return
    session.talkedEarly = greeting === null || (unit.seenAtStart >= 0 && unit.seenAtStart < greeting.at.end)
    if (session.talkedEarly) session.early = unit.freeze()
  }
}
