// The catalogue lists every rule file, under valid names.
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { RULES } from '../src/rules/index.ts'

const folder = new URL('../src/rules/', import.meta.url)

describe('the catalogue', () => {
  test('lists every rule file, and the id of each rule is the name of its file', () => {
    const files = readdirSync(folder, { recursive: true })
      .map(String)
      .filter((name) => /^rfc\d+\/.*\.ts$/.test(name))
      .map((name) => name.replace(/^.*\/|\.ts$/g, ''))
    expect(RULES.map(({ id }) => id).sort()).toEqual(files.sort())
  })

  test('lists no id twice', () => {
    expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length)
  })

  test('every rule has a clause and all its texts', () => {
    for (const rule of RULES) {
      expect(rule.clauses.length, rule.id).toBeGreaterThan(0)
      for (const words of [rule.title, rule.why, rule.fix, rule.proof, rule.excuses]) {
        expect(words.length, rule.id).toBeGreaterThan(10)
      }
      expect(rule.needs.length, rule.id).toBeGreaterThan(0)
    }
  })
})
