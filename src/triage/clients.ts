// Sessions -> how many each client had, and sums of those against which something was found: all that is asked of
// clients where the rows are not theirs. There can be more clients than anything else.
import { TRIAGE_ROWS_MAX } from '../limits.ts'
import type { SessionReport } from '../rules/observe.ts'
import { Sums } from './sums.ts'

export class Clients {
  private readonly sessions = new Map<string, number>()
  private readonly sums = new Map<string, Sums>()

  add(session: SessionReport): void {
    const address = addressOf(session.client)
    const before = this.sessions.get(address)
    // Beyond the bound nobody is told apart, and nobody accused.
    if (before === undefined && this.sessions.size >= TRIAGE_ROWS_MAX) return
    this.sessions.set(address, (before ?? 0) + 1)
    if (session.findings.length === 0) return
    const sums = this.sums.get(address) ?? new Sums({ stretch: null, room: null, accuses: 'client', rule: null })
    this.sums.set(address, sums)
    sums.isCalled(session.clientName, null)
    sums.add(session)
  }

  /** Those with findings. `sessions`: all that the client had. */
  found(): { readonly address: string; readonly sums: Sums; readonly sessions: number }[] {
    return [...this.sums].map(([address, sums]) => ({ address, sums, sessions: this.sessions.get(address) ?? 0 }))
  }
}

/** Its port is another one every time. */
export function addressOf(endpoint: string): string {
  const colon = endpoint.lastIndexOf(':')
  return endpoint.startsWith('[') ? endpoint.slice(1, colon - 1) : endpoint.slice(0, colon)
}
