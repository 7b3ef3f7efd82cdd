import { expect, test } from 'vitest'
import { look } from '../../src/smtp/recognise.ts'

const looks = (text: string) => look(Buffer.from(text), text.length, false)

test('a command that stands alone although it wants a name', () => {
  for (const line of ['EHLO\r\n', 'helo\n', 'LHLO \r\n', 'EHLO client.example.com\r\n'])
    expect(looks(line)).toBe('command')
})

test('what only begins like one', () => {
  for (const line of ['EHLOX a\r\n', 'HELOISE\r\n', 'HELP me\r\n']) expect(looks(line)).toBe('other')
})
