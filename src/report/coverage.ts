// The rules, and what no rule can judge -> docs/coverage.md: every clause with its rule, or the reason why it has none.
import type { QuotedClause, Rule } from '../rules/rule.ts'
import type { UnseenClause } from '../rules/unseen.ts'
import { clauseName } from './text.ts'

interface Row {
  readonly clause: QuotedClause
  readonly covered: string
}

export function coveragePage(rules: readonly Rule[], unseen: readonly UnseenClause[]): string {
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

Every numbered item of RFC 2920 sections 3.1 and 3.2, and every clause of the neighbouring standards that is used, with
the rule that judges it or the reason why no capture can show it.

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
