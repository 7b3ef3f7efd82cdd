import { expect, test } from 'vitest'
import { look } from '../../src/smtp/recognise.ts'

const looks = (text: string) => look(Buffer.from(text), text.length, false)

test('a command that stands alone although it wants a name', () => {
  for (const line of ['EHLO\r\n', 'helo\n', 'LHLO \r\n', 'EHLO client.example.com\r\n'])
    expect(looks(line)).toBe('command')
})

test('lines end where a line feed is, not where one is spelt', () => {
  expect(looks('QUIT\\x0d\\x0a')).toBe('more')
  expect(looks('QUIT\r\r\n')).toBe('command')
  expect(looks('EHLO\ta.example\r\n')).toBe('other')
  expect(looks('220 a\r b ESMTP\r\n')).toBe('greeting')
  expect(look(Buffer.from('\x80\xff\nRSET\n', 'latin1'), 8, true)).toBe('command')
})

test('what only begins like one', () => {
  for (const line of ['EHLOX a\r\n', 'HELOISE\r\n', 'HELP me\r\n']) expect(looks(line)).toBe('other')
})
