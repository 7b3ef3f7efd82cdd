// The requirements of the standard for a case: the broken clauses, verbatim, and those that the group kept.
import { RULES } from '../../rules/index.ts'
import type { QuotedClause } from '../../rules/rule.ts'
import { UNCOVERED } from '../../rules/uncovered-clauses.ts'
import { MUST_END_GROUP, type Verb } from '../../smtp/parse/commands.ts'
import type { Exchange } from '../../smtp/records.ts'
import { clauseName, decimal } from '../format-text.ts'
import { asClause, type Case, faultyRun, paragraph } from './case.ts'
import { listed } from './contrast.ts'
import type { Block, Inline, Section } from './report-model.ts'

export function standard(told: Case): Section {
  const broken = told.plan.rules.flatMap(({ rule, proved }) => {
    const note = proved > 0 ? `${rule.title}.` : `Suspected, not proved: ${asClause(rule.title)}.`
    return rule.clauses.map((clause) => quoted(clause, note))
  })
  const blocks = [found(told), ...withoutRepeats(broken), ...allowed(told)]
  return { id: 'standard', title: 'What the standard requires', blocks }
}

/** The broken rules, with what is proved and what is suspected in columns of their own. */
function found({ plan }: Case): Block {
  return {
    kind: 'table',
    caption: 'What was found',
    head: ['rule', 'what happened', 'proved', 'suspected', 'sessions'],
    rows: plan.rules.map(({ rule, proved, suspected, sessions }): Inline[] => [
      { code: rule.id },
      proved > 0 ? rule.title : `suspected: ${asClause(rule.title)}`,
      ...[proved, suspected, sessions].map(decimal),
    ]),
  }
}

type Quote = Extract<Block, { readonly kind: 'quote' }>

function quoted(clause: QuotedClause, note: string, text = clause.text): Quote {
  return { kind: 'quote', source: clauseName(clause), text, note }
}

/** Rules that share a clause have their notes joined. */
function withoutRepeats(quotes: readonly Quote[]): Quote[] {
  const known = new Map<string, Quote>()
  for (const quote of quotes) {
    const key = `${quote.source} ${quote.text}`
    const before = known.get(key)
    known.set(key, before === undefined ? quote : { ...before, note: `${before.note} ${quote.note}` })
  }
  return [...known.values()]
}

/** RFC 2920 section 3.1: the commands that may appear anywhere in a group. Content may be its first member. */
const ANYWHERE: readonly Verb[] = ['RSET', 'MAIL', 'SEND', 'SOML', 'SAML', 'RCPT']
const NAMES = 'RSET, MAIL FROM, SEND FROM, SOML FROM, SAML FROM, RCPT TO'

/** The statement that the client was allowed to send the group, when it was. */
function allowed({ plan, samples }: Case): Block[] {
  const run = samples.map(faultyRun).find(({ length }) => length > 0)
  if (plan.party !== 'server' || run === undefined || !isAllowed(run)) return []
  const verbs = run.map(({ command }) => command.verb)
  const named = [...new Set(verbs.map((verb) => (verb === 'CONTENT' ? '.' : verb)))]
  const last = verbs[verbs.length - 1] as Verb
  const anywhere = UNCOVERED.find(({ text }) => text.startsWith('can all appear anywhere'))
  const content = UNCOVERED.find(({ text }) => text.startsWith('actual transfer of message content'))
  const final = RULES.flatMap(({ clauses }) => clauses).find(({ text }) => text.startsWith('The EHLO, DATA, VRFY'))
  return [
    paragraph(
      'The server had offered PIPELINING, so the client was allowed to send this group, ',
      ...listed(named, ' and '),
      ':',
    ),
    ...(content === undefined || verbs[0] !== 'CONTENT'
      ? []
      : [quoted(content, 'This allows the message, which is the first item of the group.')]),
    ...(anywhere === undefined || !verbs.some((verb) => ANYWHERE.includes(verb))
      ? []
      : [
          quoted(
            anywhere,
            ANYWHERE.includes(last)
              ? 'This allows the commands of the group.'
              : 'This allows the commands before the last one.',
            `[${NAMES}] ${anywhere.text}`,
          ),
        ]),
    ...(final === undefined || !MUST_END_GROUP.has(last)
      ? []
      : [quoted(final, `This allows ${last}, which is the last command of the group.`)]),
  ]
}

function isAllowed(exchanges: readonly Exchange[]): boolean {
  if (exchanges.length < 2) return false
  return exchanges.every(({ command, offered }, i) => {
    if (offered !== true) return false
    if (i === exchanges.length - 1) return ANYWHERE.includes(command.verb) || MUST_END_GROUP.has(command.verb)
    return ANYWHERE.includes(command.verb) || (i === 0 && command.kind === 'content')
  })
}
