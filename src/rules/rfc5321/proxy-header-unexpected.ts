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
  why: 'The server reads the header as commands. It refuses them, may count them as errors, and closes where it takes the QUIT in version 2 for one. What it replies to the header looks like the reply to EHLO.',
  fix: 'Switch the PROXY protocol on in the server for the address of the load balancer (Postfix: smtpd_upstream_proxy_protocol; Exim: hosts_proxy; HAProxy as server: accept-proxy), or off in the load balancer (send-proxy, send-proxy-v2).',
  proof:
    'The server replied to the header with errors: before it had anything else of the client, or with one reply more than the command behind the header can draw.',
  excuses: 'None: nobody is accused. Replies to the header are not counted against server or client.',
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
  applies: (session) => session.proxyHeader !== null || 'no PROXY header',

  *checkEnd({ proxyHeader }) {
    if (proxyHeader === null || proxyHeader.replies.length === 0) return
    const { version, at, replies } = proxyHeader
    yield {
      replies,
      frames: [at.firstFrame, at.lastFrame],
      certainty: 'proved',
      expected: 'a server that takes the PROXY header',
      actual: `${count(replies.length, 'reply', 'replies')} to it, the first "${quote(replies[0] as (typeof replies)[0])}"`,
      message: `the server does not expect the PROXY header (version ${version}): it replied to it as to commands`,
      evidence: [
        `the header of ${at.end - at.start} octets ends in frame ${at.lastFrame}`,
        ...replies.slice(0, 4).map((reply) => `"${quote(reply)}" in frame ${reply.at.lastFrame} answers it`),
      ],
    }
  },
})
