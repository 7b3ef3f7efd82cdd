// The start of a session: which reply is the greeting, and whether the client waited for it (RFC 5321 section 4.3.1).

import { serverNameIn } from '../parse/reply-parser.ts'
import { type PendingCommand, sentBeforeReceipt } from '../pending-command.ts'
import type { Reply } from '../records.ts'
import type { SessionState } from './session.ts'
import { softwareInGreeting } from './software.ts'

export class Greeting {
  private readonly session: SessionState
  /** False when server bytes may be missing before the first complete reply. */
  private known: boolean
  private units = 0

  /** `known`: the server's stream is known from its first byte. */
  constructor(session: SessionState, known: boolean) {
    this.session = session
    this.known = known
  }

  /** Server bytes are missing. */
  lose(): void {
    if (this.session.greeting === null) this.known = false
  }

  /** Whether the reply is the greeting. `commands`: how many the client had sent before it. */
  greets(reply: Reply, commands: number): boolean {
    const { session } = this
    if (session.greeting !== null || !session.startSeen || reply.index !== 1) return false
    // If bytes may be missing before it, only a 220, or a refusal before any command, is certainly the greeting.
    const refuses = reply.code >= 400 && commands === 0
    if (!this.known && reply.code !== 220 && !refuses) return false
    session.greeting = reply
    const line = reply.lines[0] ?? ''
    session.serverName = serverNameIn(line)
    session.software = softwareInGreeting(line)
    session.talkedEarly = commands > 0
    return true
  }

  /** Continues a session that was read elsewhere so far. `units`: number of units sent. */
  resume(greeting: Reply, units: number): void {
    this.greets(greeting, 0)
    this.units = units
  }

  /** Processes a unit of the client: records whether the first one was sent before the greeting was complete. */
  unit(unit: PendingCommand): void {
    const { session } = this
    const { greeting } = session
    if (this.units++ > 0 || !session.startSeen || (!this.known && greeting === null)) return
    session.talkedEarly = greeting === null || sentBeforeReceipt(unit, greeting)
    if (session.talkedEarly) session.early = unit.freeze()
  }
}
