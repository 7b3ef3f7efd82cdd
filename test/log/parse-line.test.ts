// Lines as Postfix, Exim and Sendmail write them -> what they say of a session.
import { describe, expect, test } from 'vitest'
import { type LogLine, parseLogLine } from '../../src/log/parse-line.ts'

const REFERENCE = new Date(2010, 10, 28, 7, 47, 0)
const LOCAL_MS = new Date(2010, 10, 28, 7, 47, 8).getTime()
const UTC_MS = Date.UTC(2010, 10, 28, 7, 47, 8)

const parse = (line: string) => parseLogLine(line, REFERENCE)

const SYSLOG = 'Nov 28 07:47:08 amnesiac '

describe('who was spoken to, about which message, and whether it is trouble', () => {
  test.each<[string, Partial<LogLine>]>([
    [
      `${SYSLOG}postfix/smtp[1234]: 4A1B2C3D4E: to=<A@example.com>, relay=mx.example.net[203.0.113.25]:25, delay=1.2, dsn=4.4.2, status=deferred (lost connection with mx.example.net[203.0.113.25] while sending RCPT TO)`,
      {
        side: 'client',
        peer: '203.0.113.25',
        peerPort: 25,
        queueId: '4A1B2C3D4E',
        recipients: ['a@example.com'],
        isTrouble: true,
      },
    ],
    [
      `${SYSLOG}postfix/smtp[1234]: 4A1B2C3D4E: lost connection with mx.example.net[203.0.113.25] while receiving the initial server greeting`,
      { side: 'client', peer: '203.0.113.25', peerPort: null, recipients: [], isTrouble: true },
    ],
    [
      `${SYSLOG}postfix/smtp[1234]: 3qV0000000z6LFKB: to=<a@example.com>, relay=mx.example.net[2001:DB8:0::25]:25, delay=1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4Qx1234567z1)`,
      { peer: '2001:db8::25', queueId: '3qV0000000z6LFKB', repliedId: '4Qx1234567z1', isTrouble: false },
    ],
    [
      `${SYSLOG}postfix/smtp[1]: 4A1B2C3D4E: to=<a@example.com>, relay=none, delay=30, status=deferred (connect to mx.example.net[203.0.113.25]:25: Connection timed out)`,
      { peer: '203.0.113.25', peerPort: 25, isTrouble: true },
    ],
    [
      `${SYSLOG}postfix/smtpd[77]: lost connection after DATA from mail.example.org[192.0.2.1]`,
      { side: 'server', peer: '192.0.2.1', queueId: null, isTrouble: true },
    ],
    [
      `${SYSLOG}postfix/submission/smtpd[77]: improper command pipelining after EHLO from unknown[192.0.2.1]: MAIL FROM:<a@b>`,
      { side: 'server', peer: '192.0.2.1', isTrouble: true },
    ],
    [
      `${SYSLOG}postfix/postscreen[77]: COMMAND PIPELINING from [192.0.2.1]:49152 after RCPT: DATA`,
      { side: 'server', peer: '192.0.2.1', peerPort: 49152, isTrouble: true },
    ],
    [
      `${SYSLOG}postfix/smtpd[77]: NOQUEUE: reject: RCPT from mail.example.org[192.0.2.1]: 550 5.1.1 <x@y>: Recipient address rejected`,
      { side: 'server', peer: '192.0.2.1', queueId: null, isTrouble: true },
    ],
    [
      `${SYSLOG}postfix/smtpd[77]: 4A1B2C3D4E: client=mail.example.org[192.0.2.1]`,
      { side: 'server', peer: '192.0.2.1', queueId: '4A1B2C3D4E', isTrouble: false },
    ],
    [
      '2010-11-28 07:47:08 1PMaBc-0001Xy-2Q == a@example.com R=dnslookup T=remote_smtp defer (-18) H=mx.example.net [203.0.113.25]:25: Remote host closed connection in response to pipelined end of data',
      {
        side: 'client',
        peer: '203.0.113.25',
        peerPort: 25,
        queueId: '1PMaBc-0001Xy-2Q',
        recipients: ['a@example.com'],
        isTrouble: true,
      },
    ],
    [
      '2010-11-28 07:47:08 1PMaBc-000000001Xy-2QAb => a@example.com R=dnslookup T=remote_smtp H=mx.example.net [203.0.113.25] C="250 2.0.0 Ok: queued as 4A1B2C3D4E"',
      { side: 'client', queueId: '1PMaBc-000000001Xy-2QAb', repliedId: '4A1B2C3D4E', isTrouble: false },
    ],
    [
      '2010-11-28 07:47:08 1PMaBc-0001Xy-2Q <= b@example.org H=mail.example.org (amnesiac) [192.0.2.1]:49152 I=[203.0.113.25]:25 P=esmtp S=1234',
      { side: 'server', peer: '192.0.2.1', peerPort: 49152, isTrouble: false },
    ],
    [
      '2010-11-28 07:47:08 SMTP protocol synchronization error (input sent without waiting for greeting): rejected connection from H=[192.0.2.1] input="EHLO x"',
      { side: 'server', peer: '192.0.2.1', queueId: null, isTrouble: true },
    ],
    [
      '2010-11-28 07:47:08 unexpected disconnection while reading SMTP command from (amnesiac) [192.0.2.1]:49152 D=1s',
      { side: 'server', peer: '192.0.2.1', peerPort: 49152, isTrouble: true },
    ],
    [
      `${SYSLOG}sendmail[1234]: oAS7l8xx001234: to=<a@example.com>, delay=00:00:01, mailer=esmtp, relay=mx.example.net. [203.0.113.25], dsn=4.0.0, stat=Deferred: Connection reset by mx.example.net.`,
      {
        side: 'client',
        peer: '203.0.113.25',
        queueId: 'oAS7l8xx001234',
        recipients: ['a@example.com'],
        isTrouble: true,
      },
    ],
    [
      `${SYSLOG}sm-mta[1234]: oAS7l8xx001234: to=<a@example.com>, relay=mx.example.net. [203.0.113.25], dsn=2.0.0, stat=Sent (oAS7l9yy005678 Message accepted for delivery)`,
      { side: 'client', isTrouble: false },
    ],
    [
      `${SYSLOG}sm-mta[1234]: oAS7l8xx001234: lost input channel from mail.example.org [192.0.2.1] to MTA after rcpt`,
      { side: 'server', peer: '192.0.2.1', isTrouble: true },
    ],
    [
      `${SYSLOG}sm-mta[1234]: oAS7l8xx001234: timeout waiting for input from [IPv6:2001:db8::1] during server cmd read`,
      { side: 'server', peer: '2001:db8::1', isTrouble: true },
    ],
  ])('%s', (line, expected) => expect(parse(line)).toMatchObject(expected))
})

describe('times', () => {
  const rest = 'mx postfix/smtpd[1]: connect from unknown[192.0.2.1]'
  test.each([
    [`Nov 28 07:47:08 ${rest}`, LOCAL_MS],
    [`Nov  8 07:47:08 ${rest}`, new Date(2010, 10, 8, 7, 47, 8).getTime()],
    [`Mar  1 07:47:08 ${rest}`, new Date(2011, 2, 1, 7, 47, 8).getTime()],
    [`2010-11-28T07:47:08.123456Z ${rest}`, UTC_MS + 123],
    [`2010-11-28T09:47:08+02:00 ${rest}`, UTC_MS],
    [`2010-11-28T02:47:08-0500 ${rest}`, UTC_MS],
    ['<22>1 2010-11-28T07:47:08.5Z mx postfix/smtpd 1 - - connect from unknown[192.0.2.1]', UTC_MS + 500],
    [`<22>Nov 28 07:47:08 ${rest}`, LOCAL_MS],
    ['2010-11-28 07:47:08 SMTP connection from [192.0.2.1] lost', LOCAL_MS],
    ['2010-11-28 07:47:08.250 +0000 [99] SMTP connection from [192.0.2.1] lost', UTC_MS + 250],
  ])('%s', (line, ms) => expect(parse(line)?.atMs).toBe(ms))

  test('a year is that of the capture, also around New Year', () => {
    const line = `Dec 31 23:59:59 ${rest}`
    const wanted = new Date(2010, 11, 31, 23, 59, 59).getTime()
    expect(parseLogLine(line, new Date(2011, 0, 1))?.atMs).toBe(wanted)
    expect(parseLogLine(line, new Date(2010, 11, 31))?.atMs).toBe(wanted)
  })
})

test.each([
  '',
  'no log',
  `${SYSLOG}dovecot: imap-login: Login: user=<a>, rip=192.0.2.1`,
  `${SYSLOG}postfix/qmgr[1]: 4A1B2C3D4E: removed`,
  `${SYSLOG}kernel: postfix`,
  '2010-11-28 Start queue run: pid=1',
  `Foo 28 07:47:08 mx postfix/smtpd[1]: connect from unknown[192.0.2.1]`,
])('%j says nothing of a session', (line) => expect(parse(line)).toBeNull())

test('a line that is made to take long takes no time', () => {
  for (const piece of ['a[', 'H=', '(', 'to=<', ' ', '1.2.', '[1', 'host '])
    for (const head of [`${SYSLOG}postfix/smtp[1]: `, '2010-11-28 07:47:08 ', `${SYSLOG}sendmail[1]: `]) {
      const started = performance.now()
      parse(head + piece.repeat(20_000))
      expect(performance.now() - started).toBeLessThan(500)
    }
})
