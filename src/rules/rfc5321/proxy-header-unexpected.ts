// RFC 5321 section 4.2.2: a server refuses commands that it does not recognise. A PROXY header is not an SMTP command.
import { defineRule } from '../rule.ts'
import { count, quote } from '../wording.ts'

export const proxyHeaderUnexpected = defineRule({
  id: 'proxy-header-unexpected',
  clauses: [
    {
      rfc: 5321,
      section: '4.2.2',
      item: null,
      keyword: null,
      text: '500  Syntax error, command unrecognized',
    },
  ],
  party: 'path',
  severity: 'info',
  title: 'A load balancer sends a PROXY header that the server does not expect',
  headline: 'sent a PROXY header that the server did not expect',
  why: 'The server reads the header as commands. It refuses them, may count them as errors, and closes the connection if it takes the QUIT in a version 2 header for a command. Its replies to the header look like replies to EHLO.',
  fix: 'Switch on the PROXY protocol in the server for the address of the load balancer (Postfix: smtpd_upstream_proxy_protocol; Exim: hosts_proxy; HAProxy as server: accept-proxy), or switch it off in the load balancer (send-proxy, send-proxy-v2).',
  proof:
    'The server answered the header with errors: before it had received anything else from the client, or with one reply more than the command after the header can get.',
  excuses:
    'Nothing. This is for information only: replies to the header are not counted against the server or the client.',
  violates: `
    C> PROXY TCP4 192.0.2.1 198.51.100.25 56324 25
    S> 220 mail.example.net ESMTP
    S> 502 5.5.2 Error: command not recognized
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250 PIPELINING
    C> QUIT
    S> 221 bye`,
  conforms: `
    C> PROXY TCP4 192.0.2.1 198.51.100.25 56324 25
    S> 220 mail.example.net ESMTP
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250 PIPELINING
    C> QUIT
    S> 221 bye`,
  needs: ['greeting'],
  onlyRemarkable: true,
  endTraits: ['proxy-header'],
  applies: (session) => session.proxyHeader !== null || 'no PROXY header',

  *checkEnd({ proxyHeader }) {
    if (proxyHeader === null || proxyHeader.replies.length === 0) return
    const { version, at, replies } = proxyHeader
    yield {
      replies,
      frames: [at.firstFrame, at.lastFrame],
      certainty: 'proved',
      expected: 'a server that accepts the PROXY header',
      actual: `${count(replies.length, 'reply', 'replies')} to it, the first "${quote(replies[0] as (typeof replies)[0])}"`,
      message: `the server does not expect the PROXY header (version ${version}): it answered the header as if it were commands`,
      evidence: [
        `the header of ${at.end - at.start} bytes ends in frame ${at.lastFrame}`,
        ...replies.slice(0, 4).map((reply) => `"${quote(reply)}" in frame ${reply.at.lastFrame} answers the header`),
      ],
    }
  },
})
