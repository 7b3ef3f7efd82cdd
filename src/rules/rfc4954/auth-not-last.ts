// RFC 4954 section 4: AUTH ends its group, and the client waits for the server after every line of the exchange.
import type { Exchange } from '../../smtp/records.ts'
import { defineRule } from '../rule.ts'
import { blindEvidence, certaintyOf, surestOf } from '../send-before-reply.ts'
import { nameOf } from '../wording.ts'

/** Mechanisms that end with the reply to their initial response: always, or only when the server accepts it. */
const ONE_ROUND = /^(?:PLAIN|EXTERNAL|ANONYMOUS) +(?:\[|= *$)/i
const ONE_ROUND_ON_SUCCESS = /^(?:XOAUTH2|OAUTHBEARER) +(?:\[|= *$)/i

export const authNotLast = defineRule({
  id: 'auth-not-last',
  clauses: [
    {
      rfc: 4954,
      section: '4',
      item: null,
      keyword: 'MUST',
      text: 'it MUST be the last command in a pipelined group of commands',
    },
    {
      rfc: 4954,
      section: '4',
      item: null,
      keyword: null,
      text: 'contains an initial response for a SASL mechanism that allows the client to send data first',
    },
  ],
  party: 'client',
  severity: 'error',
  title: 'The client did not wait during AUTH: it sent a command or a response too early',
  headline: 'pipelined during AUTH',
  why: 'Until the AUTH exchange is over, the server reads each line as a response: it takes a command that is sent too early for a response, and may take a password for a command.',
  fix: 'Wait for the challenge before each response, and for the final reply before the next command.',
  proof:
    'The next line carries the same acknowledgement number as the end of the line before it, or acknowledges less than the full reply to that line.',
  excuses:
    'PLAIN, EXTERNAL and ANONYMOUS with an initial response, which end in one round trip. XOAUTH2 and OAUTHBEARER with an initial response are reported as info only.',
  violates: `
    C> AUTH LOGIN
    C| dXNlcg==
    S> 334 VXNlcm5hbWU6
    S| 334 UGFzc3dvcmQ6
    C> cGFzcw==
    S> 235 2.7.0 ok
    C> QUIT
    S> 221 bye`,
  conforms: `
    C> AUTH LOGIN
    S> 334 VXNlcm5hbWU6
    C> dXNlcg==
    S> 334 UGFzc3dvcmQ6
    C> cGFzcw==
    S> 235 2.7.0 ok
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'time'],
  onlyRemarkable: true,
  groupTraits: ['behind-last'],
  applies: () => true,

  *checkGroup(group) {
    const [found] = surestOf(group.exchanges.filter(isSentBehindAuth))
    if (found?.blind == null) return
    const { after } = found.blind
    const usual = after.kind === 'command' && ONE_ROUND_ON_SUCCESS.test(after.argument)
    yield {
      commands: [after, found.command],
      certainty: certaintyOf(found.blind),
      ...(usual ? { severity: 'info' as const } : {}),
      expected: `the reply to ${nameOf(after)} before ${nameOf(found.command)}`,
      actual: `${nameOf(found.command)} followed before that reply`,
      headline: `sent ${nameOf(found.command)} after ${nameOf(after)} without waiting for the reply`,
      message: `the client sent ${nameOf(found.command)} after ${nameOf(after)} without waiting for the reply to ${nameOf(after)}`,
      evidence: blindEvidence(found),
      grounds: { by: 'acknowledgement', sent: [found] },
    }
  },
})

function isSentBehindAuth({ blind }: Exchange): boolean {
  if (blind === null) return false
  const { verb, kind, argument } = blind.after
  return kind === 'auth-response' || ((verb === 'AUTH' || verb === 'X-EXPS') && !ONE_ROUND.test(argument))
}
