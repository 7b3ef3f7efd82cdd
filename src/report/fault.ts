// The identity of a fault: what stays the same when a test suite runs again and is captured again. Times, session
// numbers, names in banners and ports that the system hands out are not part of it.
import { addressOf } from '../decode/address.ts'
import type { FindingRecord, SessionRecord } from '../rules/analysis.ts'

/** Systems hand out ports from 32768 (Linux) or 49152 (IANA); services listen below. */
const EPHEMERAL_FROM = 32_768

export interface Fault {
  readonly rule: string
  readonly party: FindingRecord['party']
  /** Address of the client or server at fault, of the server for a fault on the path. */
  readonly by: string
  /** The verbs of the commands it is about: `MAIL RCPT×n DATA`. */
  readonly commands: string
}

export function faultOf({ rule, party, commands }: FindingRecord, { client, server }: Ends): Fault {
  const by = party === 'client' ? addressOf(client) : stableEndpoint(server)
  return { rule, party, by, commands: verbsOf(commands.map(({ verb }) => verb)) }
}

type Ends = Pick<SessionRecord, 'client' | 'server'>

/** In one line; equal for the same fault only. */
export function faultKey({ rule, party, by, commands }: Fault): string {
  return [rule, party, by, commands].filter((word) => word !== '').join(' ')
}

/** The endpoint of a server, without its port if the system chose that. */
export function stableEndpoint(endpoint: string): string {
  return Number(endpoint.slice(endpoint.lastIndexOf(':') + 1)) < EPHEMERAL_FROM ? endpoint : addressOf(endpoint)
}

/** The number of recipients, or of anything else that is repeated, is not part of the fault. */
function verbsOf(verbs: readonly string[]): string {
  const runs: string[] = []
  for (const [i, verb] of verbs.entries()) {
    if (verb !== verbs[i - 1]) runs.push(verb)
    else if (runs.at(-1) === verb) runs[runs.length - 1] = `${verb}×n`
  }
  return runs.join(' ')
}
