// RFC 2920 section 3.1: commands of other extensions end their group unless the extension says otherwise.
import type { Verb } from '../../smtp/parse/commands.ts'
import type { Exchange } from '../../smtp/records.ts'
import type { Severity } from '../analysis.ts'
import { defineRule } from '../rule.ts'
import { blindEvidence, certaintyOf, isNoSmtp } from '../send-before-reply.ts'
import { nameOf } from '../wording.ts'

/**
 * Commands whose specification does not allow others to follow without waiting. RFC 1985 and RFC 5321 say nothing about
 * ETRN and HELP.
 */
const LAST: ReadonlySet<Verb> = new Set<Verb>([
  'STARTTLS',
  'X-ANONYMOUSTLS',
  'ATRN',
  'XEXCH50',
  'ETRN',
  'HELP',
  'OTHER',
])
const SILENT: ReadonlySet<Verb> = new Set<Verb>(['ETRN', 'HELP'])
const PRIVATE: ReadonlySet<Verb> = new Set<Verb>(['X-ANONYMOUSTLS', 'XEXCH50', 'OTHER'])

export const extensionCommandNotLast = defineRule({
  id: 'extension-command-not-last',
  clauses: [
    {
      rfc: 2920,
      section: '3.1',
      item: null,
      keyword: null,
      text: 'Additional commands added by other SMTP extensions may only appear as the last command in a group unless otherwise specified by the extensions',
    },
    {
      rfc: 5321,
      section: '4.3.1',
      item: null,
      keyword: 'MUST',
      text: 'Unless other arrangements are negotiated through service extensions, the sender MUST wait for this response before sending further commands.',
    },
  ],
  party: 'client',
  severity: 'error',
  title: 'The client sent more after an extension command that must be the last of its group',
  headline: 'pipelined behind an extension command that must be the last of its group',
  why: 'Such a command may change how the server reads the next bytes: the server may drop or refuse them.',
  fix: 'Wait for the reply to such a command before sending anything else.',
  proof:
    'The next command carries the same acknowledgement number as the end of this one, or acknowledges less than the full reply to it. At most suspected if it was sent after at least 1 s of silence: the client may have given up waiting. ETRN and HELP are a warning, because their standards do not say whether they must be last. Unknown and private commands are suspected, because client and server may have agreed otherwise, and a warning unless the server answers 500 or 502.',
  excuses:
    'BDAT, BURL, XFORWARD and XCLIENT, which their specifications allow inside a group; AUTH, which has a rule of its own; QUIT, RSET or NOOP sent after at least 5 s of silence; message content after a refused DATA; lines with an unknown verb where bytes of the server are missing: a 354 may be among them.',
  violates: `
    C> ETRN example.org
    C| MAIL FROM:<a@example.org>
    S> 250 queuing started
    S| 250 ok
    C> QUIT
    S> 221 bye`,
  conforms: `
    C> ETRN example.org
    S> 250 queuing started
    C> MAIL FROM:<a@example.org>
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'time'],
  onlyRemarkable: true,
  groupTraits: ['behind-last'],
  applies: () => true,

  *checkGroup(group, session) {
    // Lines with an unknown verb may be content: a device on the path may have written over DATA.
    const mayLack354 = !group.reading.countable && session.serverHidden
    const found = group.exchanges.flatMap((exchange, u) => {
      const before = group.exchanges.findLast(({ command }, i) => i < u && command.verb !== 'EMPTY')
      if (mayLack354 && exchange.blind?.after.verb === 'OTHER') return []
      return isSentBehindExtension(exchange, before) ? [{ exchange, severity: severityOf(exchange, before) }] : []
    })
    // One finding for the group: the most severe.
    const first = found.find(({ severity }) => severity === 'error') ?? found[0]
    if (first?.exchange.blind == null) return
    const { exchange, severity } = first
    const { after } = first.exchange.blind
    yield {
      commands: [after, exchange.command],
      certainty: PRIVATE.has(after.verb) ? 'suspected' : certaintyOf(first.exchange.blind),
      severity,
      expected: `${nameOf(after)} is the last command of its group`,
      actual: `${nameOf(exchange.command)} followed before the reply to ${nameOf(after)}`,
      headline: `sent ${nameOf(exchange.command)} after ${nameOf(after)} without waiting for the reply`,
      message: `the client sent ${nameOf(exchange.command)} after ${nameOf(after)} without waiting for the reply to ${nameOf(after)}`,
      evidence: blindEvidence(exchange),
      grounds: { by: 'acknowledgement', sent: [exchange] },
    }
  },
})

/** Both sides may have agreed on a private verb (RFC 5321 section 4.1.5), but not when the server does not know it. */
function severityOf({ blind }: Exchange, before: Exchange | undefined): Severity {
  const verb = blind?.after.verb ?? 'OTHER'
  if (!PRIVATE.has(verb)) return SILENT.has(verb) ? 'warning' : 'error'
  const code = before?.replies[0]?.code
  return code === 500 || code === 502 ? 'error' : 'warning'
}

function isSentBehindExtension(exchange: Exchange, before: Exchange | undefined): boolean {
  const { blind, command } = exchange
  if (isNoSmtp(exchange)) return false
  if (blind === null || command.kind !== 'command' || command.verb === 'EMPTY') return false
  // Neither lines of a message behind a refused DATA nor responses behind a refused AUTH are commands.
  if (before?.refusedData != null || blind.after.hidden) return false
  return LAST.has(blind.after.verb)
}
