// Lines that fit, words that survive, characters that do no harm.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { COLOURED, clauseName, columns, counted, shorten, wrap } from '../../src/report/format-text.ts'

describe('wrap', () => {
  test('keeps every word, and every line within the width unless a word is wider', () => {
    const word = fc.string({ minLength: 1, maxLength: 30, unit: fc.constantFrom('a', 'b', ':', '<') })
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 1, max: 100 }), (words, width) => {
        const lines = wrap(words.join(' '), width, '  ')
        expect(
          lines
            .join(' ')
            .split(' ')
            .filter((each) => each !== ''),
        ).toEqual(words)
        for (const line of lines) expect(line.length <= width || !line.trim().includes(' ')).toBe(true)
      }),
    )
  })

  test('does not count colours', () => {
    expect(wrap(`${COLOURED.red('one')} two`, 7)).toHaveLength(1)
    expect(columns(COLOURED.bold(COLOURED.red('one')))).toBe(3)
  })
})

test('shorten cuts the middle', () => {
  expect(shorten('mail.example.com', 20)).toBe('mail.example.com')
  expect(shorten('a.very.long.name.example.com', 15)).toBe('a.very...le.com')
})

test('counted knows one from many', () => {
  expect([0, 1, 2, 1204].map((n) => counted(n, 'reply', 'replies'))).toEqual([
    '0 replies',
    '1 reply',
    '2 replies',
    '1,204 replies',
  ])
})

test('clauseName reads as people write it', () => {
  expect(clauseName({ rfc: 2920, section: '3.2', item: 9, keyword: 'MUST NOT' })).toBe(
    'RFC 2920 section 3.2 (9), MUST NOT',
  )
  expect(clauseName({ rfc: 5321, section: '4.2', item: null, keyword: null })).toBe('RFC 5321 section 4.2')
})
