// Clauses of pipelining that have no rule, and why no capture can show a violation. Clauses that have a rule are listed
// in the rules themselves.
import type { QuotedClause } from './rule.ts'

export interface UncoveredClause extends QuotedClause {
  /** Why no rule judges it, or which rules show its consequences. */
  readonly reason: string
}

const CLIENT = { rfc: 2920, section: '3.1', item: null } as const

export const UNCOVERED: readonly UncoveredClause[] = [
  {
    ...CLIENT,
    keyword: 'MUST',
    text: 'Client SMTP implementations that employ pipelining MUST check ALL statuses associated with each command in a group.',
    reason:
      'A capture does not show what a client reads, only what it does next: content-without-recipients, content-without-354.',
  },
  {
    ...CLIENT,
    keyword: null,
    text: 'Matching on the basis of either the error code value or associated text is expressly forbidden.',
    reason: 'A capture does not show how a client matches replies.',
  },
  {
    ...CLIENT,
    keyword: 'MUST',
    text: 'Multiline responses MUST be supported.',
    reason: 'Visible only if a client acts on part of a reply: partial-reply-acted-on.',
  },
  {
    ...CLIENT,
    keyword: null,
    text: 'can all appear anywhere in a pipelined command group',
    reason: 'A permission (RSET, MAIL FROM, SEND FROM, SOML FROM, SAML FROM, RCPT TO): it cannot be broken.',
  },
  {
    ...CLIENT,
    keyword: null,
    text: 'actual transfer of message content is explicitly allowed to be the first "command" in a group',
    reason: 'A permission: it cannot be broken.',
  },
]
