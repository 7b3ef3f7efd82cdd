// The options that select sessions, shared by all commands, as one value.
import type { TimeBase } from '../capture/packet.ts'
import type { SessionReport } from './session-report.ts'
import { epochNs } from './time.ts'

/** An address, with or without a port: `192.0.2.1`, `192.0.2.1:25`, `2001:db8::1`, `[2001:db8::1]:25`. */
type Endpoint = string

/** An absent option selects everything. Times are nanoseconds since the Unix epoch. */
export interface Selection {
  /** Server ports. They also count as SMTP ports when protocols are detected. */
  readonly ports?: readonly number[]
  readonly servers?: readonly Endpoint[]
  readonly clients?: readonly Endpoint[]
  /** Session ids: `s17`. */
  readonly sessions?: readonly string[]
  /** Rule identifiers: only these rules run. */
  readonly rules?: readonly string[]
  /** Rule identifiers: these rules do not run. */
  readonly ignored?: readonly string[]
  /** Sessions that were open at or after `since`, and at or before `until`. */
  readonly since?: bigint
  readonly until?: bigint
}

/** Whether the session is selected. */
export function isSelected(selection: Selection, report: SessionReport, base: TimeBase): boolean {
  const { ports, servers, clients, sessions, since, until } = selection
  if (ports !== undefined && !ports.includes(portOf(report.server))) return false
  if (servers !== undefined && !servers.some((wanted) => matches(wanted, report.server))) return false
  if (clients !== undefined && !clients.some((wanted) => matches(wanted, report.client))) return false
  if (sessions !== undefined && !sessions.includes(report.id)) return false
  if (since !== undefined && epochNs(base, report.endNs) < since) return false
  return until === undefined || epochNs(base, report.startNs) <= until
}

function portOf(endpoint: string): number {
  return Number(endpoint.slice(endpoint.lastIndexOf(':') + 1))
}

/** `wanted` is an endpoint, or an address that matches all its ports. */
function matches(wanted: Endpoint, endpoint: string): boolean {
  if (wanted === endpoint) return true
  const address = endpoint.slice(0, endpoint.lastIndexOf(':'))
  return wanted === address || `[${wanted}]` === address
}
