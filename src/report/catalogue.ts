// The rules -> text for a terminal: the catalogue as a table, one rule in full.
import type { Rule } from '../rules/rule.ts'
import { clauseName, type Ink, wrap } from './text.ts'

interface Options {
  readonly width: number
  readonly ink: Ink
}

export function renderCatalogue(rules: readonly Rule[], { width, ink }: Options): string {
  const widest = Math.max(...rules.map(({ id }) => id.length))
  const lines = rules.map(({ id, party, severity, title }) => {
    const head = `${id.padEnd(widest)}  ${severity.padEnd(7)}  ${party.padEnd(6)}  `
    if (width < head.length + 25)
      return `${ink.bold(id)} (${severity}, ${party})\n${wrap(title, width, '  ').join('\n')}`
    const [first = '', ...rest] = wrap(title, width - head.length)
    return [head + first, ...rest.map((line) => ' '.repeat(head.length) + line)].join('\n')
  })
  return `${lines.join('\n')}\n`
}

export function renderRule(rule: Rule, { width, ink }: Options): string {
  const section = (title: string, body: readonly string[]) => `${ink.bold(title)}\n${body.join('\n')}`
  const text = (words: string) => wrap(words, width, '  ')
  const example = (lines: string) => lines.split('\n').map((line) => `  ${line}`)
  const clauses = rule.clauses.flatMap((clause) => [
    `  ${clauseName(clause)}`,
    ...wrap(`"${clause.text}"`, width, '    '),
  ])
  return `${[
    `${ink.bold(rule.id)}: ${rule.title}\n${rule.party}, at most ${rule.severity}`,
    section('What the standard says', clauses),
    section('Why it matters', text(rule.why)),
    section('What proves it', text(rule.proof)),
    section('What excuses it', text(rule.excuses)),
    section('How to fix it', text(rule.fix)),
    section('An example that breaks it', example(rule.violates)),
    section('The same, kept', example(rule.conforms)),
  ].join('\n\n')}\n`
}
