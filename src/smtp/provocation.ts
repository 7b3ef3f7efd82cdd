// Whether a unit broke a rule of pipelining: what the server does then may be its answer to that, for Postfix, Exim,
// Sendmail and OpenSMTPD close or drop on purpose.
import { MUST_END_GROUP } from './commands.ts'
import type { Exchange, Provocation } from './records.ts'

/** The gravest that the units of a group give. */
export function provocationOf(exchanges: readonly Exchange[]): Provocation {
  if (exchanges.some(provokes)) return 'offence'
  return exchanges.some(({ blind }) => blind?.after.verb === 'OTHER') ? 'unknown-verb' : 'none'
}

function provokes({ blind, offered, command }: Exchange): boolean {
  if (blind === null) return false
  if (command.kind === 'content') return blind.after.verb === 'DATA'
  if (command.kind === 'auth-response') return true
  return offered === false || MUST_END_GROUP.has(blind.after.verb)
}
