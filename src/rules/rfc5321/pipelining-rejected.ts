// RFC 5321 section 4.2.4: a server that offers PIPELINING must not refuse it.
import { isProvoked } from '../missing-replies.ts'
import { defineRule } from '../rule.ts'
import { commandsOf, quote } from '../wording.ts'

const REFUSES = /pipelin|synchroni[sz]ation error|protocol synchroni[sz]ation|talk too soon/i

export const pipeliningRejected = defineRule({
  id: 'pipelining-rejected',
  clauses: [
    {
      rfc: 5321,
      section: '4.2.4',
      item: null,
      keyword: 'MUST NOT',
      text: 'Extended SMTP systems MUST NOT list capabilities in response to EHLO for which they will return 502 (or 500) replies.',
    },
    {
      rfc: 2920,
      section: '3.2',
      item: 9,
      keyword: 'MUST NOT',
      text: 'MUST NOT flush or otherwise lose the contents of the TCP input buffer under any circumstances whatsoever.',
    },
  ],
  party: 'server',
  severity: 'error',
  title: 'The server offered PIPELINING and refused a valid group',
  headline: 'refused pipelining that it had offered',
  why: 'The client did what was offered, and its mail is refused.',
  fix: 'Do not list PIPELINING if it is not wanted; a proxy should list only what the server behind it supports.',
  proof:
    'PIPELINING was offered, the group contains only commands that are allowed in a group, and a reply refuses pipelining itself.',
  excuses:
    'A client that broke a rule of pipelining in the group; a server that did not offer it; an EHLO reply that a device on the path overwrote; bytes missing from the capture.',
  violates: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    S> 503 5.5.0 Improper use of SMTP command pipelining
    S| 503 5.5.0 Improper use of SMTP command pipelining
    C> QUIT
    S> 221 bye`,
  conforms: `
    C> MAIL FROM:<a@example.org>
    C| RCPT TO:<b@example.org>
    S> 550 5.7.1 not from you
    S| 503 5.5.1 need MAIL
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'server-bytes', 'pairing', 'offer'],
  onlyRemarkable: true,
  groupTraits: ['refused'],
  applies: (session) => session.offered !== false || 'the server did not offer PIPELINING',

  *checkGroup(group, session) {
    // The bytes that the capture lacks may contain the client's fault that the server refuses.
    if (!group.reading.countable) return
    if (isProvoked(group, session) || !group.exchanges.every(({ offered }) => offered === true)) return
    if (!group.exchanges.some(({ blind }) => blind !== null)) return
    if (group.exchanges.some(({ command }) => command.verb === 'OTHER' || command.bare !== null)) return
    const replies = group.replies.filter((reply) => reply.code >= 400 && REFUSES.test(reply.lines.join(' ')))
    const [first] = replies
    if (first === undefined) return
    yield {
      commands: commandsOf(group.exchanges).slice(0, 16),
      replies: replies.slice(0, 16),
      certainty: 'proved',
      expected: 'replies to the commands of the group, because PIPELINING was offered',
      actual: `"${quote(first)}"`,
      message: `the server offered PIPELINING and then refused it: "${quote(first)}"`,
      evidence: [
        'the latest EHLO reply lists PIPELINING',
        'every command of the group is allowed at its place in a group',
        `the server answered "${quote(first)}" in frame ${first.at.firstFrame}`,
      ],
    }
  },
})
