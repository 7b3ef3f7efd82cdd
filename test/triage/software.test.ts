// What servers call themselves -> which program they sound like; and nothing where that is not clear.
import { describe, expect, test } from 'vitest'
import { softwareInGreeting, softwareInOffer } from '../../src/smtp/session/software.ts'

describe('greetings', () => {
  test.each([
    ['220 mail.example.org ESMTP Postfix (Debian/GNU)', 'Postfix'],
    ['220-mail.example.org ESMTP Postfix', 'Postfix'],
    ['220 mail.example.org ESMTP Exim 4.98 Sun, 28 Nov 2010 07:47:08 +0000', 'Exim'],
    ['220 mail.example.org ESMTP Sendmail 8.18.1/8.18.1; Sun, 28 Nov 2010 07:47:08 GMT', 'Sendmail'],
    ['220 DB3EHSMHS006.bigfish.com Microsoft ESMTP MAIL Service ready at Sun, 28 Nov 2010', 'Exchange'],
    ['220 mx.google.com ESMTP a1si123456wmb.1 - gsmtp', 'Gmail'],
    ['220 mail.example.org ESMTP OpenSMTPD', 'OpenSMTPD'],
    ['220 mail.example.org ESMTP Haraka/3.0.3 ready', 'Haraka'],
    ['220 [127.0.0.1] ESMTP amavisd-new service ready', 'Amavis'],
    ['220 [127.0.0.1] ESMTP Amavis service ready', 'Amavis'],
    ['220 mail.example.org ESMTP Courier', 'Courier'],
    ['220 mail.example.org LMTP Cyrus 3.6.1 ready', 'Cyrus'],
    ['220 mail.example.org Cyrus LMTP4 v2.3 server ready', null],
    ['220 mail.example.org ESMTP Service (Lotus Domino Release 8.5) ready', 'Domino'],
    ['220 mail.example.org Dovecot ready.', 'Dovecot'],
    ['220 mail.example.org MICROSOFT ESMTP MAIL Service ready', 'Exchange'],
    ['220 mail.example.org ESMTP hMailServer', 'hMailServer'],
    ['220 mail.example.org ESMTP MDaemon 21.0; Sun, 28 Nov 2010', 'MDaemon'],
    ['220 mail.example.org ESMTP PowerMTA(TM) v4.0 service ready', 'PowerMTA'],
    ['220 mail.example.org ESMTP qpsmtpd 0.96 ready', 'qpsmtpd'],
    ['220 mail.example.org NO UCE NO UBE NO RELAY PROBES ESMTP', 'Twisted'],
    ['220 mail.example.org Python SMTP 1.4.4', 'aiosmtpd'],
    // The name of a host says nothing, nor does a code that is no greeting, nor what names two.
    ['220 postfix.example.org ESMTP', null],
    ['220 exim ESMTP', null],
    ['554 mail.example.org ESMTP Postfix', null],
    ['220 mail.example.org ESMTP Postfix behind ESMTP Exim', null],
    ['220 mail.example.org not Postfix at all', null],
    ['220 ****************', null],
    ['', null],
  ])('%s', (line, software) => expect(softwareInGreeting(line)).toBe(software))
})

const offer = (hello: string, ...keywords: readonly string[]) =>
  [hello, ...keywords].map((text, i, all) => `250${i === all.length - 1 ? ' ' : '-'}${text}`)

describe('replies to EHLO', () => {
  const POSTFIX = ['PIPELINING', 'SIZE 10240000', 'VRFY', 'ETRN', 'STARTTLS', 'ENHANCEDSTATUSCODES', '8BITMIME', 'DSN']
  const SENDMAIL = ['ENHANCEDSTATUSCODES', 'PIPELINING', '8BITMIME', 'SIZE', 'DSN', 'ETRN', 'DELIVERBY', 'HELP']
  const PLEASED = 'h Hello c [192.0.2.1], pleased to meet you'
  test.each([
    ['Postfix', offer('h', ...POSTFIX)],
    ['Exim', offer('h Hello c [192.0.2.1]', 'SIZE 52428800', '8BITMIME', 'PIPELINING', 'HELP')],
    ['Sendmail', offer(PLEASED, ...SENDMAIL)],
    ['qmail', offer('h', 'PIPELINING', '8BITMIME')],
    ['Exchange', offer('h Hello [192.0.2.1]', 'PIPELINING', 'X-ANONYMOUSTLS', '8BITMIME')],
    ['Gmail', offer('mx.google.com at your service, [192.0.2.1]', 'SIZE 157286400', 'PIPELINING')],
    ['Courier', offer('h Ok.', 'XVERP=Courier', 'PIPELINING')],
    // OpenSMTPD is as pleased as Sendmail.
    [null, offer(PLEASED, '8BITMIME', 'ENHANCEDSTATUSCODES', 'SIZE 36700160', 'DSN', 'HELP')],
    [null, offer('h', ...[...POSTFIX].reverse())],
    [null, offer('h', 'PIPELINING', '8BITMIME', 'SIZE')],
    [null, offer('h')],
    [null, ['502 unimplemented']],
    [null, []],
  ])('%s', (software, lines) => expect(softwareInOffer(lines)).toBe(software))
})
