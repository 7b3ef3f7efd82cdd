// Dialogues as mail people write them by hand, made from captures: what was said, what went wrong and where, and
// nothing of what must not be shown.
import { describe, expect, test } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import { PLAIN } from '../../src/report/format-text.ts'
import { renderTranscript } from '../../src/report/transcript.ts'
import { toCapture } from '../support/judge.ts'
import { parseTranscript } from '../support/transcript.ts'

async function render(notation: string, frames = false): Promise<string> {
  const capture = toCapture(parseTranscript(notation))
  async function* bytes(): AsyncIterable<Uint8Array> {
    yield capture
  }
  let text = ''
  await analyze([{ name: 'test.pcap', bytes: bytes() }], {
    dialogues: true,
    onSession(session) {
      text += renderTranscript(session, { width: 80, style: PLAIN, frames })
    },
  })
  return text
}

const LOST = `
C> MAIL FROM:<a@example.org>
C| RCPT TO:<b@example.org>
C| RSET
C| QUIT
S> 250 2.1.0 Sender OK
S| 221 2.0.0 Bye
S> [fin]`

describe('a group that lost two commands', () => {
  test('as a whole', async () => {
    expect(await render(LOST)).toBe(`s1 192.0.2.1:49152 -> 203.0.113.25:25 at 2010-11-28T07:47:08Z: server at fault

S> 220 mail.example.net ESMTP   (after 0.002 s)

-- at 0.003 s
C> EHLO client.example.com

S> 250-mail.example.net   (after 0.001 s)
S> 250 PIPELINING

-- at 0.005 s
C> MAIL FROM:<a@example.org>
C> RCPT TO:<b@example.org>   <-- no reply
C> RSET   <-- no reply
C> QUIT

S> 250 2.1.0 Sender OK   (after 0.001 s)
S> 221 2.0.0 Bye

!! reply-out-of-order (server, error, proved): the server answered QUIT before 2
   earlier commands: RCPT, RSET
!! input-lost (server, error, proved): 2 commands that the server's TCP
   acknowledged were never answered: RCPT, RSET

-- server closes (FIN, frame 9) with 2 replies outstanding: RCPT, RSET

!! premature-close (server, error, proved): the server closed the connection
   with 2 replies outstanding: RCPT, RSET
`)
  })

  test('with frame numbers on the first line of each command and reply', async () => {
    const lines = (await render(LOST, true)).split('\n')
    const marked = lines.filter((line) => /^[CS]>/.test(line)).map((line) => / {3}#\d+/.test(line))
    expect(marked).toEqual([true, true, true, false, true, true, true, true, true, true])
  })
})

test('a line that is no valid reply stands where it was sent', async () => {
  const text = await render('C> RSET\nS> DEBUG: 0.02 s\nS| 250 ok\nC> QUIT\nS> 221 bye')
  expect(text).toContain('C> RSET\n\nS> DEBUG: 0.02 s   <-- not a valid reply   (after 0.001 s)\nS> 250 ok\n')
  // This one is part of a reply.
  const other = await render('C> VRFY a\nS> 250-first\nS| 550 second\nC> QUIT\nS> 221 bye')
  expect(other.match(/^S> 550 second/gm)).toHaveLength(1)
})

test('an answer that arrived before a command stands above it', async () => {
  const text = await render(`
C> MAIL FROM:<a@example.org>
C| RCPT TO:<b@example.org>
S> 250 sender ok
C> DATA
S> 250 recipient ok
S| 354 go ahead
C> .
S> 250 queued`)
  const said = text.split('\n').filter((line) => /^[CS]> /.test(line) && !/220|EHLO|mail.example|PIPELINING/.test(line))
  expect(said.map((line) => line.replace(/ {3}\(after.*| FROM.*| TO.*/, ''))).toEqual([
    ...['C> MAIL', 'C> RCPT', 'S> 250 sender ok', 'C> DATA', 'S> 250 recipient ok', 'S> 354 go ahead'],
    ...['C> .', 'S> 250 queued'],
  ])
})

test('times, and a silence of more than a second', async () => {
  const text = await render('C> NOOP\nS> [+30s] 250 ok\nC> [+2s] QUIT\nS> [+80ms] 221 bye')
  expect(text).toMatch(
    /\n-- at 0\.\d+ s\nC> NOOP\n\n-- at 30\.\d+ s, after 30\.0 s of silence\nS> 250 ok\n\n-- at 32\.\d+ s, after 2\.0 s of silence\nC> QUIT\n/,
  )
  expect(text).toContain('S> 221 bye   (after 0.080 s)')
})

test('a finding stands where it happened, and what is suspected says that it is not proved', async () => {
  const text = await render(`
C> MAIL FROM:<a@example.org>
C| NOOP
C| RCPT TO:<b@example.org>
S> 250 ok
S| 250 ok
S| 250 ok
C> [+2s] RSET
S> 250 ok
C> QUIT
S> 221 bye`)
  expect(text).toMatch(
    /C> RCPT TO:<b@example.org>\n\n!! command-after-sync-command \(client, error, proved\): the client/,
  )
  const suspected = await render('C> VRFY a\nC> [+2s] [blind] NOOP\nS> 252 ok\nS> 250 ok')
  expect(suspected).toMatch(/\(client, error, suspected\): not proved: /)
})

test('message content is measured, never shown, and its dot stands alone', async () => {
  const text = await render(`
C> MAIL FROM:<a@example.org>
C| RCPT TO:<b@example.org>
C| DATA
S> 250 ok
S| 250 ok
S| 354 go ahead
C> {1812 bytes}
C| .
C| QUIT
S> 250 queued
S| 221 bye`)
  expect(text).toContain(
    '-- at 0.007 s\nC> [message content, 1,812 bytes]\nC> .\nC> QUIT\n\nS> 250 queued   (after 0.001 s)\n',
  )
  expect(text).not.toContain('fox')
})

test('credentials are never shown', async () => {
  const text = await render(`
S> 220 mail.example.net ESMTP
C> EHLO client.example.com
S> 250-mail.example.net
S| 250-AUTH PLAIN LOGIN
S| 250 PIPELINING
C> AUTH LOGIN
S> 334 VXNlcm5hbWU6
C> c2VjcmV0LXVzZXI=
S> 334 UGFzc3dvcmQ6
C> c2VjcmV0LXdvcmQ=
S> 235 ok
C> QUIT
S> 221 bye`)
  expect(text.match(/C> \[AUTH response, \d+ bytes\]/g)).toHaveLength(2)
  expect(text).not.toMatch(/c2Vjcm/)
})

test('what could not be seen is said at the end', async () => {
  const text = await render(`
C> MAIL FROM:<a@example.org>
S> [lost] 250 ok
C> RCPT TO:<b@example.org>
S> 250 ok
C> QUIT
S> 221 bye`)
  expect(text).toMatch(/^-- gap-server \(frame \d+\): bytes from the server are missing from the capture/m)
})

test('what strangers send is shown as printable ASCII', async () => {
  const text = await render('C> NOOP \\x1b[2J\\x9b\\x07\nS> 250 \\x1b]0;owned\\x07')
  expect(text).toMatch(/^[\x20-\x7e\n]*$/)
})
