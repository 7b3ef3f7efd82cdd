// RFC 5321 section 4.2.4: a server implements the commands that its EHLO reply offers.
import type { Verb } from '../../smtp/parse/commands.ts'
import type { Exchange } from '../../smtp/records.ts'
import { isProvoked } from '../missing-replies.ts'
import { defineRule } from '../rule.ts'
import { nameOf, quote } from '../wording.ts'

/**
 * The keyword that offers a verb, and a pattern that only correct arguments match: with others, a 500 may be a syntax
 * error.
 */
const OFFERS: ReadonlyMap<Verb, readonly [string, RegExp]> = new Map<Verb, readonly [string, RegExp]>([
  ['BDAT', ['CHUNKING', /^\d+( LAST)?$/i]],
  ['BURL', ['BURL', /^\S+( LAST)?$/i]],
  ['ETRN', ['ETRN', /^\S+$/]],
  ['STARTTLS', ['STARTTLS', /^$/]],
  ['HELP', ['HELP', /^$/]],
  ['ATRN', ['ATRN', /^\S*$/]],
  ['XFORWARD', ['XFORWARD', /^\S+=/]],
])

export const advertisedButUnimplemented = defineRule({
  id: 'advertised-but-unimplemented',
  clauses: [
    {
      rfc: 5321,
      section: '4.2.4',
      item: null,
      keyword: 'MUST NOT',
      text: 'Extended SMTP systems MUST NOT list capabilities in response to EHLO for which they will return 502 (or 500) replies.',
    },
  ],
  party: 'server',
  severity: 'error',
  title: 'The server does not know a command that its EHLO reply offers',
  headline: 'refused a command that its EHLO reply offers',
  why: 'Clients choose commands by that list. If CHUNKING is listed and not implemented, the server may read the message itself as commands.',
  fix: 'List only what is implemented, also where a proxy answers EHLO for another server.',
  proof: 'The latest EHLO reply lists the keyword, the command is well formed, and it is answered 500 or 502.',
  excuses:
    'VRFY and EXPN, which may be answered 502; refusals with any other code; a client that pipelined commands that may not be pipelined.',
  violates: `
    S> 220 mail.example.net ESMTP
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250 ETRN
    C> ETRN example.org
    S> 500 what?
    C> QUIT
    S> 221 bye`,
  conforms: `
    S> 220 mail.example.net ESMTP
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250 ETRN
    C> ETRN example.org
    S> 458 not now
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'server-bytes', 'pairing', 'offer'],
  onlyRemarkable: true,
  groupTraits: ['refused'],
  applies: () => true,

  *checkGroup(group, session) {
    if (!group.reading.countable || isProvoked(group, session)) return
    const found = group.exchanges.find(isUnknownThoughListed)
    // The command is part of a refused chunk that the server read as commands, so the 500 answers the chunk.
    if (found?.failedChunk) return
    const reply = found?.replies[0]
    if (found === undefined || reply === undefined) return
    const keyword = OFFERS.get(found.command.verb)?.[0] ?? ''
    yield {
      commands: [found.command],
      replies: [reply],
      certainty: 'proved',
      expected: `any reply but 500 and 502: the EHLO reply lists ${keyword}`,
      actual: `"${quote(reply)}"`,
      headline: `answered ${nameOf(found.command)} with ${reply.code} although its EHLO reply lists ${keyword}`,
      message: `the server answered ${nameOf(found.command)} with ${reply.code} although its EHLO reply lists ${keyword}`,
      evidence: [
        `the latest EHLO reply lists ${keyword}`,
        `the server answered "${quote(reply)}" in frame ${reply.at.firstFrame}`,
      ],
    }
  },
})

function isUnknownThoughListed({ command, replies, keywords, sure }: Exchange): boolean {
  const code = replies[0]?.code
  const offer = OFFERS.get(command.verb)
  if (!sure || offer === undefined || (code !== 500 && code !== 502)) return false
  return keywords?.has(offer[0]) === true && offer[1].test(command.argument.trim())
}
