// The rules as a user reads them: all in a list, each in full.
import { describe, expect, test } from 'vitest'
import { PLAIN } from '../../src/report/format-text.ts'
import { renderCatalogue, renderRule } from '../../src/report/rule-pages.ts'
import { RULES } from '../../src/rules/index.ts'

const flat = (text: string) => text.replace(/\s+/g, ' ')

describe.each([60, 80, 160])('at %i columns', (width) => {
  const shape = { width, style: PLAIN }

  test('the list names every rule with its title, in order', () => {
    const text = renderCatalogue(RULES, shape)
    expect(text.split('\n').filter((line) => line.length > width)).toEqual([])
    const places = RULES.map(({ id }) => text.search(new RegExp(`^${id}\\b`, 'm')))
    expect(places).toEqual([...places].sort((a, b) => a - b))
    expect(places).not.toContain(-1)
  })

  test.each(RULES)('$id has everything that is known of it', (rule) => {
    const text = renderRule(rule, shape)
    for (const words of [
      rule.title,
      rule.why,
      rule.proof,
      rule.excuses,
      rule.fix,
      ...rule.clauses.map((c) => c.text),
    ]) {
      expect(flat(text)).toContain(flat(words))
    }
    for (const line of [...rule.violates.split('\n'), ...rule.conforms.split('\n')])
      expect(text).toContain(`  ${line}\n`)
  })
})
