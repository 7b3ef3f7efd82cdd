// RFC 2920 section 3.1: a client that does not read while it writes must not send more than the TCP window holds.
import { defineRule } from '../rule.ts'

export const windowDeadlock = defineRule({
  id: 'window-deadlock',
  clauses: [
    {
      rfc: 2920,
      section: '3.1',
      item: null,
      keyword: 'MUST',
      text: 'client SMTP implementations MUST also check the TCP window size and make sure that each group of commands fits entirely within the window',
    },
  ],
  party: 'client',
  severity: 'error',
  title: 'Client and server each waited for the other to read',
  headline: 'stopped reading replies while it sent more commands',
  why: 'The client writes and does not read; the server cannot send its replies and stops reading. Nothing moves until one of them times out.',
  fix: 'Read replies while writing commands, or keep each group smaller than the TCP window.',
  proof: 'The receive windows of both sides were closed at the same time for at least 10 s.',
  excuses: 'One closed window alone; a group larger than the window that does no harm.',
  violates: `
    C> [closed] MAIL FROM:<a@example.org>
    S> [closed] 250 ok
    C> [closed] [+15s] RCPT TO:<b@example.org>
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  conforms: `
    C> [closed] MAIL FROM:<a@example.org>
    S> 250 ok
    C> [+15s] RCPT TO:<b@example.org>
    S> 250 ok
    C> QUIT
    S> 221 bye`,
  needs: ['client-bytes', 'time'],
  onlyRemarkable: true,
  endTraits: ['deadlock'],
  applies: () => true,

  *checkEnd({ deadlock }) {
    if (deadlock === null) return
    const seconds = (deadlock.lastedNs / 1e9).toFixed(1)
    yield {
      frames: [deadlock.clientFrame, deadlock.serverFrame],
      certainty: 'proved',
      expected: 'the client reads replies while it writes, or sends no more than the window holds',
      actual: `both receive windows were closed for ${seconds} s`,
      message: `client and server each waited ${seconds} s for the other to read: both receive windows were closed`,
      evidence: [
        `the client closed its window in frame ${deadlock.clientFrame}, the server in frame ${deadlock.serverFrame}`,
      ],
      grounds: { by: 'windows', deadlock },
    }
  },
})
