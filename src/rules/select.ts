// The options that select sessions, shared by all commands, as one value.
import type { TimeBase } from '../capture/packet.ts'
import type { SessionReport } from './session-report.ts'
import { epochNs } from './time.ts'

/**
 * An address or a host name, with or without a port: `192.0.2.1`, `192.0.2.1:25`, `2001:db8::1`, `[2001:db8::1]:25`,
 * `mx.example.com:25`. A name is in lower case, and is that of the greeting or of EHLO, or a domain that it is in.
 */
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

/** Whether all sessions are selected, whatever the rules. */
export function selectsAll({ rules: _rules, ignored: _ignored, ...others }: Selection): boolean {
  return Object.values(others).every((wanted) => wanted === undefined)
}

/** Whether the session is selected. */
export function isSelected(selection: Selection, report: SessionReport, base: TimeBase): boolean {
  const { ports, servers, clients, sessions, since, until } = selection
  if (ports !== undefined && !ports.includes(portOf(report.server))) return false
  if (servers !== undefined && !servers.some((wanted) => matches(wanted, report.server, report.serverName)))
    return false
  if (clients !== undefined && !clients.some((wanted) => matches(wanted, report.client, report.clientName)))
    return false
  if (sessions !== undefined && !sessions.includes(report.id)) return false
  if (since !== undefined && epochNs(base, report.endNs) < since) return false
  return until === undefined || epochNs(base, report.startNs) <= until
}

function portOf(endpoint: string): number {
  return Number(endpoint.slice(endpoint.lastIndexOf(':') + 1))
}

/** Without a port, `wanted` matches all ports. */
function matches(wanted: Endpoint, endpoint: string, name: string | null): boolean {
  if (wanted === endpoint) return true
  const colon = endpoint.lastIndexOf(':')
  const address = endpoint.slice(0, colon)
  if (wanted === address || `[${wanted}]` === address) return true
  if (name === null) return false
  const host = name.toLowerCase().replace(/\.$/, '')
  const port = endpoint.slice(colon)
  return [wanted, wanted.endsWith(port) ? wanted.slice(0, -port.length) : wanted].some(
    (domain) => host === domain || host.endsWith(`.${domain}`),
  )
}
