// What fails and what works -> the smallest difference, in words; and no claim beyond the counts.
import { describe, expect, test } from 'vitest'
import { caveats, contrastOf, contrastWords, failureWords } from '../../../src/report/vendor/contrast.ts'
import type { Words } from '../../../src/report/vendor/report-model.ts'
import { relevant } from '../../../src/report/vendor/report-plan.ts'
import type { SequenceCount } from '../../../src/rules/analysis.ts'

/** `MAIL RCPT DATA`: well, failed. */
const counts = (shapes: Readonly<Record<string, readonly [number, number]>>): SequenceCount[] =>
  Object.entries(shapes).map(([shape, [well, failed]]) => ({ shape, well, failed, unjudged: 0, rules: {} }))

const said = (words: Words) => words.map((part) => (typeof part === 'string' ? part : part.code)).join('')
const words = (shapes: Parameters<typeof counts>[0]) => said(contrastWords(contrastOf(counts(shapes))))
const remarks = (shapes: Parameters<typeof counts>[0]) =>
  caveats(contrastOf(counts(shapes)))
    .map(said)
    .join(' ')

describe('the smallest difference', () => {
  test('two verbs in one group', () => {
    const text = words({
      'MAIL RCPT RSET QUIT': [0, 41],
      QUIT: [1204, 0],
      '. QUIT': [873, 0],
      'MAIL RCPT RSET': [9, 0],
    })
    expect(text).toBe(
      'It failed whenever QUIT was in the same group as MAIL, RCPT or RSET: 41 of 41; never when QUIT was sent alone: 0 of 1,204; never with end of data + QUIT: 0 of 873; never without QUIT, as in MAIL RCPT RSET: 0 of 9.',
    )
  })

  test('one verb, whatever is beside it', () => {
    const text = words({ 'MAIL RCPT': [0, 3], 'MAIL RCPT DATA': [0, 5], 'MAIL DATA': [7, 0] })
    expect(text).toMatch(/^It failed whenever RCPT was in the group: 8 of 8; never with MAIL DATA: 0 of 7\.$/)
  })

  test('pipelining as such', () => {
    expect(words({ 'MAIL RCPT DATA': [0, 6], MAIL: [9, 0], RCPT: [9, 0], DATA: [9, 0] })).toMatch(
      /^It failed whenever more than one command was sent without waiting: 6 of 6/,
    )
  })

  test('more of one verb', () => {
    expect(words({ 'MAIL RCPT×n DATA': [0, 6], 'MAIL RCPT DATA': [9, 0] })).toMatch(
      /^It failed whenever a group had more than one RCPT: 6 of 6/,
    )
  })

  test('not every time', () => {
    expect(words({ 'MAIL RCPT DATA': [90, 10], MAIL: [5, 0], RCPT: [5, 0] })).toMatch(
      /^It failed sometimes, but not always, when .*: 10 of 100/,
    )
  })
})

describe('what is only suspected', () => {
  const failures = (suspected: number) =>
    said(
      failureWords(
        contrastOf([
          ...counts({ QUIT: [3, 0] }),
          { shape: 'MAIL QUIT', well: 0, failed: 4, unjudged: 0, suspected, rules: {} },
        ]),
      ),
    )

  test('is counted apart', () => {
    expect(failures(1)).toBe('It failed whenever MAIL was in the group: 4 of 4, 1 of them only suspected')
    expect(failures(4)).toBe('It is suspected to have failed whenever MAIL was in the group: 4 of 4')
  })

  test('also when some rules are of another case', () => {
    const count = {
      ...{ shape: 'MAIL QUIT', well: 1, failed: 5, unjudged: 0, suspected: 1 },
      ...{ rules: { a: 3, b: 4, c: 2 }, suspectedRules: { a: 2, b: 1 } },
    }
    expect(relevant(count, new Set(['a', 'b', 'c']))).toEqual(count)
    expect(relevant(count, new Set(['a']))).toMatchObject({ failed: 3, suspected: 2, unjudged: 2 })
    expect(relevant(count, new Set(['a', 'b']))).toMatchObject({ failed: 4, suspected: 1, unjudged: 1 })
  })
})

describe('what the counts do not say', () => {
  test('nothing that works was seen', () => {
    expect(remarks({ 'MAIL RCPT DATA': [0, 10] })).toContain('The capture contains no working group')
  })

  test('verbs that were never apart', () => {
    const text = remarks({ 'MAIL RCPT RSET QUIT': [0, 41], QUIT: [9, 0], '. QUIT': [9, 0], 'MAIL RCPT RSET': [9, 0] })
    expect(text).toContain('MAIL, RCPT and RSET were always together')
  })

  test('one verb, or pipelining as such', () => {
    const text = remarks({ 'MAIL RCPT DATA': [0, 6], MAIL: [9, 0], RCPT: [9, 0] })
    expect(text).toContain('whether that or DATA is the cause is not known')
  })

  test('few of them', () =>
    expect(remarks({ 'MAIL RCPT DATA': [0, 1], MAIL: [9, 0] })).toContain('The counts are small'))

  test('no failure, no difference', () => expect(words({ MAIL: [1, 0] })).toBe('No command sequence failed.'))
})
