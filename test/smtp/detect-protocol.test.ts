import { expect, test } from 'vitest'
import { type ConnectionContext, detectProtocol, look } from '../../src/smtp/parse/detect-protocol.ts'

const looks = (text: string) => look(Buffer.from(text, 'latin1'), text.length, false)
const amid = (text: string) => look(Buffer.from(text, 'latin1'), text.length, true)

test('EHLO without its argument', () => {
  for (const line of ['EHLO\r\n', 'helo\n', 'LHLO \r\n', 'EHLO client.example.com\r\n'])
    expect(looks(line)).toBe('command')
})

test('lines end at a line feed, not at an escaped one', () => {
  expect(looks('QUIT\\x0d\\x0a')).toBe('more')
  expect(looks('QUIT\r\r\n')).toBe('verb')
  expect(looks('EHLO\ta.example\r\n')).toBe('other')
  expect(looks('220 a\r b ESMTP\r\n')).toBe('greeting')
  expect(look(Buffer.from('\x80\xff\nRSET\n', 'latin1'), 8, true)).toBe('verb')
})

test('text that only starts like a command', () => {
  for (const line of ['EHLOX a\r\n', 'HELOISE\r\n', 'HELP me\r\n']) expect(looks(line)).toBe('other')
})

test('mid-stream, only a side that sends nothing but replies is a server', () => {
  expect(amid('0 2.0.0 queued\r\n250 ok\r\n')).toBe('reply')
  expect(amid('they said:\r\n554 no\r\nbye\r\n')).toBe('more')
  expect(amid('550 no\r\nMAIL FROM:<a@example.org>\r\n')).toBe('command')
})

test('a greeting names SMTP on any of its lines', () => {
  expect(looks('220-mail.example.net\r\n220 ESMTP\r\n')).toBe('greeting')
  expect(looks('220 ftp.example.net\r\n214 SMTP\r\n')).toBe('reply')
})

test('the hellos of TLS show the roles', () => {
  expect(looks('\x16\x03\x01\x00\x04\x01')).toBe('hello')
  expect(looks('\x16\x03\x03\x00\x04\x02')).toBe('answer')
  expect(amid('\x17\x03\x03\x00\x04abcd')).toBe('tls')
})

const ODD: ConnectionContext = { startSeen: true, proxied: null, smtpPort: [false, false] }
const ODD_AMID: ConnectionContext = { startSeen: false, proxied: null, smtpPort: [false, false] }
const KNOWN_AMID: ConnectionContext = { startSeen: false, proxied: null, smtpPort: [false, true] }

test('on an unknown port, commands or greetings that only SMTP has are required', () => {
  expect(detectProtocol(['verb', 'reply'], ODD, false)).toBeNull()
  expect(detectProtocol(['verb', 'reply'], ODD, true)?.what).toBe('other')
  expect(detectProtocol(['command', 'reply'], ODD, false)).toEqual({ what: 'smtp', client: 0 })
  expect(detectProtocol(['more', 'greeting'], ODD, false)).toEqual({ what: 'smtp', client: 0 })
  expect(detectProtocol(['command', 'more'], ODD_AMID, true)?.what).toBe('other')
  expect(detectProtocol(['reply', 'command'], ODD_AMID, false)).toEqual({ what: 'smtp', client: 1 })
})

test('the port decides, unless both sides contradict it', () => {
  expect(detectProtocol(['reply', 'reply'], KNOWN_AMID, false)).toEqual({ what: 'smtp', client: 0 })
  expect(detectProtocol(['reply', 'more'], KNOWN_AMID, false)).toBeNull()
  expect(detectProtocol(['reply', 'command'], KNOWN_AMID, false)).toEqual({ what: 'smtp', client: 1 })
  expect(detectProtocol(['answer', 'more'], KNOWN_AMID, false)).toEqual({ what: 'tls', client: 1 })
  expect(detectProtocol(['tls', 'more'], { ...KNOWN_AMID, smtpPort: [true, false] }, false)).toEqual({
    what: 'tls',
    client: 1,
  })
})
