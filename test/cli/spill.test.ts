// Texts that wait for the end of a document: in order, whole, from memory or from a file, as often as they are read.
import { afterEach, expect, test } from 'vitest'
import { Spill } from '../../src/cli/spill.ts'
import { SPILL_BYTES_MAX } from '../../src/limits.ts'

let spill = new Spill()
afterEach(() => {
  spill.close()
  spill = new Spill()
})

/** Texts of some 10 kB, the numbers not in order, two of each. */
function fill(count: number): string[] {
  const all = Array.from({ length: count }, (_, i) => ({
    number: ((i * 7919) % count) >> 1,
    text: `${i} é`.repeat(1 + (i % 4000)),
  }))
  for (const { number, text } of all) spill.add(number, text)
  return all.toSorted((a, b) => a.number - b.number).map(({ text }) => text)
}

test('none', () => expect([...spill.inOrder()]).toEqual([]))

test('few, in memory', () => {
  const expected = fill(100)
  expect([...spill.inOrder()]).toEqual(expected)
})

test('many, in a file; read twice, and more added between', () => {
  const expected = fill(2000).join('|')
  expect(expected.length).toBeGreaterThan(SPILL_BYTES_MAX)
  expect([...spill.inOrder()].join('|') === expected).toBe(true)
  spill.add(-1, 'first')
  expect([...spill.inOrder()].join('|') === `first|${expected}`).toBe(true)
})

test('one that is larger than what is read at once', () => {
  const large = 'x'.repeat(SPILL_BYTES_MAX + 1)
  spill.add(2, large)
  spill.add(1, 'small')
  expect([...spill.inOrder()].map(({ length }) => length)).toEqual([5, large.length])
})
