// What is generated from the rules is fresh (`npm run docs` writes it).
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { analyze } from '../src/analyze.ts'
import { renderTable } from '../src/report/check-table.ts'
import { PLAIN } from '../src/report/format-text.ts'
import { coveragePage, rulePage, ruleTable } from '../src/report/rule-pages.ts'
import { RULES } from '../src/rules/index.ts'
import { UNCOVERED } from '../src/rules/uncovered-clauses.ts'
import { expectGolden } from './support/golden.ts'
import { commandLine, invoke } from './support/invoke.ts'
import { manPage } from './support/man-page.ts'
import { needsPeer } from './support/peer.ts'

const path = (name: string) => new URL(`../${name}`, import.meta.url).pathname

describe('documentation', () => {
  for (const rule of RULES) {
    test(`docs/rules/${rule.id}.md`, () => expectGolden(path(`docs/rules/${rule.id}.md`), rulePage(rule)))
  }

  test('docs/rules has no page without a rule', () => {
    const pages = readdirSync(path('docs/rules')).map((name) => name.replace(/\.md$/, ''))
    expect(new Set(pages)).toEqual(new Set(RULES.map(({ id }) => id)))
  })

  test('docs/coverage.md', () => expectGolden(path('docs/coverage.md'), coveragePage(RULES, UNCOVERED)))

  test('docs/changelog.md begins with the version of this program', () => {
    const { version } = JSON.parse(readFileSync(path('package.json'), 'utf8'))
    expect(/^## (.*)$/m.exec(readFileSync(path('docs/changelog.md'), 'utf8'))?.[1]).toBe(version)
  })

  test('every item of RFC 2920 section 3.2 has a rule', () => {
    const items = RULES.flatMap(({ clauses }) => clauses).filter(
      ({ rfc, section }) => rfc === 2920 && section === '3.2',
    )
    expect([...new Set(items.map(({ item }) => item))].sort((a, b) => (a ?? 0) - (b ?? 0))).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ])
  })

  test('docs/example-report.html: what pipelint report writes of samples/five-dialogues.pcap', async () => {
    const { printed, exitCode } = await invoke(
      'report',
      '--server',
      '203.0.113.25',
      path('samples/five-dialogues.pcap'),
    )
    expect(exitCode).toBe(0)
    expectGolden(path('docs/example-report.html'), printed)
  })

  test('docs/pipelint.1: the manual page', () => {
    const { program, version } = commandLine()
    expectGolden(path('docs/pipelint.1'), manPage(program, version))
  })

  test.runIf(needsPeer('groff'))('groff has no objection to the manual page', () => {
    const { stdout, stderr } = spawnSync('groff', ['-man', '-Tutf8', '-ww', path('docs/pipelint.1')], {
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    expect(stdout).toContain('--require-sessions')
  })

  test('docs/rules.md', () => {
    const page = readFileSync(path('docs/rules.md'), 'utf8')
    expectGolden(path('docs/rules.md'), between(page, 'rules', ruleTable(RULES)))
  })

  test('README.md: the incident of its first command, in 130 lines', async () => {
    const readme = readFileSync(path('README.md'), 'utf8')
    const analysis = await analyze([path('samples/frontbridge.pcap')])
    const output = renderTable(analysis, { width: 118, style: PLAIN, all: false, explain: false })
    const incident = output.split('\n\n').find((part) => part.startsWith('ERROR '))
    const shown = between(readme, 'incident', `\`\`\`text\n${incident}\n\`\`\``)
    expect(shown.split('\n').length).toBeLessThanOrEqual(131)
    expectGolden(path('README.md'), shown)
  })

  test('docs/commands.md: what triage prints', async () => {
    const page = readFileSync(path('docs/commands.md'), 'utf8')
    const { printed } = await invoke('triage', path('samples/five-dialogues.pcap'))
    // What to look at first, the head of the table, and its first row.
    const shown = printed.split('\n\n').slice(0, 3).join('\n\n')
    expectGolden(path('docs/commands.md'), between(page, 'triage', `\`\`\`text\n${shown}\n\`\`\``))
  })
})

/** Replaces what stands between two marks of a page. */
function between(text: string, mark: string, content: string): string {
  const [head, rest] = text.split(`<!-- ${mark} -->\n`)
  const tail = rest?.split(`<!-- /${mark} -->`)[1]
  expect(tail, `the page has its mark ${mark}`).toBeDefined()
  return `${head}<!-- ${mark} -->\n${content}\n<!-- /${mark} -->${tail}`
}
