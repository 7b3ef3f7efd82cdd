// The rules -> Markdown: a page for each, and the table of the README.
import type { Rule } from '../rules/rule.ts'
import { clauseName } from './text.ts'

export function rulePage(rule: Rule): string {
  const clauses = rule.clauses.map((clause) => `- ${clauseName(clause)}: "${clause.text}"`).join('\n')
  const example = (text: string) => `\`\`\`smtp\n${text}\n\`\`\``
  return `# ${rule.id}

${rule.title}.

| judged party | highest severity |
|---|---|
| ${rule.party} | ${rule.severity} |

## What the standard says

${clauses}

## Why it matters

${rule.why}

## What proves it

${rule.proof}

## What excuses it

${rule.excuses}

## How to fix it

${rule.fix}

## Examples

This breaks the rule:

${example(rule.violates)}

This keeps it:

${example(rule.conforms)}
`
}

export function ruleTable(rules: readonly Rule[]): string {
  const rows = rules.map(
    ({ id, party, severity, title }) => `| [\`${id}\`](docs/rules/${id}.md) | ${party} | ${severity} | ${title} |`,
  )
  return ['| rule | party | at most | what happened |', '|---|---|---|---|', ...rows].join('\n')
}
