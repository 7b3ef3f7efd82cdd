// The rules as text: the catalogue for a terminal, the pages of docs/rules/, the table of docs/rules.md, and
// docs/coverage.md with every clause and its rule or the reason why it has none.
import type { QuotedClause, Rule } from '../rules/rule.ts'
import type { UncoveredClause } from '../rules/uncovered-clauses.ts'
import { clauseName, type Style, wrap, wrapBelow } from './format-text.ts'

interface Options {
  readonly width: number
  readonly style: Style
}

export function renderCatalogue(rules: readonly Rule[], { width, style }: Options): string {
  const widest = Math.max(...rules.map(({ id }) => id.length))
  const lines = rules.map(({ id, party, severity, title }) => {
    const head = `${id.padEnd(widest)}  ${severity.padEnd(7)}  ${party.padEnd(6)}  `
    if (width < head.length + 25)
      return `${style.bold(id)} (${severity}, ${party})\n${wrap(title, width, '  ').join('\n')}`
    const [first = '', ...rest] = wrap(title, width - head.length)
    return [head + first, ...rest.map((line) => ' '.repeat(head.length) + line)].join('\n')
  })
  return `${lines.join('\n')}\n`
}

/** What is said about a rule, under its own headings. An example is in the notation of transcripts. */
export interface RuleSection {
  readonly title: string
  readonly body:
    | { readonly kind: 'clauses'; readonly clauses: readonly { readonly name: string; readonly text: string }[] }
    | { readonly kind: 'text' | 'example'; readonly text: string }
}

export function ruleSections(rule: Rule): readonly RuleSection[] {
  const text = (title: string, words: string): RuleSection => ({ title, body: { kind: 'text', text: words } })
  const example = (title: string, lines: string): RuleSection => ({ title, body: { kind: 'example', text: lines } })
  const clauses = rule.clauses.map((clause) => ({ name: clauseName(clause), text: clause.text }))
  return [
    { title: 'What the standard says', body: { kind: 'clauses', clauses } },
    text('Why it matters', rule.why),
    text('What proves it', rule.proof),
    text('Exceptions', rule.excuses),
    text('How to fix it', rule.fix),
    example('Example that breaks the rule', rule.violates),
    example('Example that follows the rule', rule.conforms),
  ]
}

export function renderRule(rule: Rule, { width, style }: Options): string {
  const sections = ruleSections(rule).map(
    ({ title, body }) => `${style.bold(title)}\n${bodyLines(body, width).join('\n')}`,
  )
  const title = wrapBelow(`${rule.id}: ${rule.title}`, width, '  ').join('\n').replace(rule.id, style.bold(rule.id))
  const head = `${title}\njudged side: ${rule.party}; highest severity: ${rule.severity}`
  return `${[head, ...sections].join('\n\n')}\n`
}

function bodyLines(body: RuleSection['body'], width: number): readonly string[] {
  switch (body.kind) {
    case 'clauses':
      return body.clauses.flatMap(({ name, text }) => [`  ${name}`, ...wrap(`"${text}"`, width, '    ')])
    case 'text':
      return wrap(body.text, width, '  ')
    case 'example':
      return body.text.split('\n').map((line) => `  ${line}`)
  }
}

export function rulePage(rule: Rule): string {
  const clauses = rule.clauses.map((clause) => `- ${clauseName(clause)}: "${clause.text}"`).join('\n')
  const example = (text: string) => `\`\`\`smtp\n${text}\n\`\`\``
  return `# ${rule.id}

${rule.title}.

| judged side | highest severity |
|---|---|
| ${rule.party} | ${rule.severity} |

## What the standard says

${clauses}

## Why it matters

${rule.why}

## What proves it

${rule.proof}

## Exceptions

${rule.excuses}

## How to fix it

${rule.fix}

## Examples

This breaks the rule:

${example(rule.violates)}

This follows the rule:

${example(rule.conforms)}
`
}

export function ruleTable(rules: readonly Rule[]): string {
  const rows = rules.map(
    ({ id, party, severity, title }) => `| [\`${id}\`](rules/${id}.md) | ${party} | ${severity} | ${title} |`,
  )
  return ['| rule | side | highest severity | what happened |', '|---|---|---|---|', ...rows].join('\n')
}

interface Row {
  readonly clause: QuotedClause
  readonly covered: string
}

export function coveragePage(rules: readonly Rule[], unseen: readonly UncoveredClause[]): string {
  const rows: Row[] = []
  for (const rule of rules) {
    for (const clause of rule.clauses) {
      const link = `[\`${rule.id}\`](rules/${rule.id}.md)`
      const at = rows.findIndex((row) => row.clause.rfc === clause.rfc && row.clause.text === clause.text)
      const known = rows[at]
      if (known === undefined) rows.push({ clause, covered: link })
      else rows[at] = { clause: known.clause, covered: `${known.covered}, ${link}` }
    }
  }
  rows.push(...unseen.map((clause) => ({ clause, covered: clause.reason })))
  const numbers = [...new Set(rows.map(({ clause }) => clause.rfc))].sort((a, b) => a - b)
  // The standard of pipelining first, then its neighbours by number.
  const order = [2920, ...numbers.filter((rfc) => rfc !== 2920)]
  const sections = order.map((rfc) =>
    section(
      rfc,
      rows.filter(({ clause }) => clause.rfc === rfc),
    ),
  )
  return `# Coverage

Every numbered item of RFC 2920 sections 3.1 and 3.2, and every clause of the related standards that a rule uses, with
the rule that judges it, or the reason why a capture cannot show it.

${sections.join('\n\n')}
`
}

function section(rfc: number, rows: readonly Row[]): string {
  const sorted = [...rows].sort((a, b) => compare(a.clause, b.clause))
  const lines = sorted.map(({ clause, covered }) => `| ${clauseName(clause)} | ${cell(clause.text)} | ${covered} |`)
  return [`## RFC ${rfc}`, '', '| clause | text | judged by |', '|---|---|---|', ...lines].join('\n')
}

function compare(a: QuotedClause, b: QuotedClause): number {
  return a.section.localeCompare(b.section, 'en', { numeric: true }) || (a.item ?? 0) - (b.item ?? 0)
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}
