// Every variant runs within ten days, at least one each day; the scope of a run is read from its environment.
import { describe, expect, test } from 'vitest'
import { tenthOf } from './sample.ts'
import { scopeOf } from './scope.ts'

const days = Array.from({ length: 10 }, (_, n) => `2026-11-${21 + n}`)

describe('a tenth', () => {
  for (const count of [1, 3, 10, 75]) {
    test(`of ${count} variants`, () => {
      const variants = [...Array(count).keys()]
      const taken = days.map((day) => tenthOf(variants, 'a title', day))
      expect(new Set(taken.flat())).toEqual(new Set(variants))
      for (const each of taken) {
        expect(each.length).toBeGreaterThanOrEqual(1)
        expect(each.length).toBeLessThanOrEqual(Math.ceil(count / 10))
      }
    })
  }

  test('of none is none', () => expect(tenthOf([], 'a title', '2026-11-30')).toEqual([]))

  test('is another one for another test', () => {
    const variants = [...Array(75).keys()]
    const taken = ['one', 'other', 'third'].map((key) => tenthOf(variants, key, '2026-11-30').join())
    expect(new Set(taken).size).toBe(3)
  })
})

describe('the scope', () => {
  test('of npm test: today, and always the same seed', () => {
    const scope = scopeOf({})
    expect(scope).toEqual({ ...scopeOf({}), all: false })
    expect(scope.day).toMatch(/^\d{4}-\d\d-\d\d$/)
  })

  test('of test:all: another seed each time, or the one that is said', () => {
    expect(scopeOf({ TEST_SCOPE: 'all' }).seed).not.toBe(scopeOf({ TEST_SCOPE: 'all' }).seed)
    expect(scopeOf({ TEST_SCOPE: 'all', TEST_SEED: '7' })).toMatchObject({ all: true, seed: 7 })
  })

  test.each([{ TEST_SCOPE: 'some' }, { TEST_DAY: 'monday' }, { TEST_SEED: 'x' }])('%o is refused', (environment) => {
    expect(() => scopeOf(environment)).toThrow(/^TEST_\w+=/)
  })
})
