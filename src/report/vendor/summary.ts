// A case -> its summary: two sentences, and the findings counted by rule.
import { clauseName, counted, decimal } from '../text.ts'
import { asClause, type Case, enumerated, paragraph, sessionsOf } from './case.ts'
import { failureWords } from './contrast.ts'
import { othersWith } from './controls.ts'
import type { Inline, Section, Words } from './report-model.ts'

export function summary(told: Case): Section {
  const { plan } = told
  return {
    id: 'summary',
    title: 'Summary',
    blocks: [
      paragraph(whatHappened(told), ' ', ...difference(told)),
      ...(plan.certainty === 'suspected' ? [paragraph(DOUBT)] : []),
      {
        kind: 'table',
        caption: 'What was found',
        head: ['rule', 'what happened', 'proved', 'suspected', 'sessions'],
        rows: plan.rules.map(({ rule, proved, suspected, sessions }): Inline[] => [
          { code: rule.id },
          rule.title,
          decimal(proved),
          decimal(suspected),
          decimal(sessions),
        ]),
      },
    ],
  }
}

const DOUBT = 'All of this is suspected, not proved: it rests on an assumption that each finding names.'

/** What is only suspected is not mixed with what is proved. */
function whatHappened({ plan, who }: Case): string {
  const { rules, certainty, affected, sessions } = plan
  const told = certainty === 'proved' ? rules.filter(({ proved }) => proved > 0) : rules
  const first = told.flatMap(({ rule }) => rule.clauses.slice(0, 1))
  const clauses = [...new Set(first.map((clause) => clauseName({ ...clause, keyword: null })))]
  const titles = told.map(({ rule }) => asClause(rule.title))
  const grave = told.some(({ rule }) => rule.severity === 'error')
  const broke = certainty === 'suspected' ? 'is suspected to have broken' : grave ? 'broke' : 'did not keep to'
  return `In ${sessionsOf(affected, sessions)}, ${who} ${broke} ${enumerated(clauses)}: ${titles.join('; ')}.`
}

function difference(told: Case): Words {
  const { contrast, affected, sessions, party } = told.plan
  if (contrast.failing.length === 0) {
    const well = sessions - affected
    if (well === 0) return [`No session of this ${party} without it was seen.`]
    return [`In ${counted(well, 'more session')} of the same ${party} it was not found.`]
  }
  const well = contrast.working.reduce((sum, count) => sum + count.well, 0)
  const apart = well === 0 ? [] : [`; of ${counted(well, 'other group')} none failed`]
  const others = othersWith(
    told,
    contrast.failing.map(({ shape }) => shape),
  )
  const judged = others.well + others.failed
  const elsewhere =
    judged === 0
      ? []
      : [
          `; at ${counted(others.servers, 'other server')} the same went well ${decimal(others.well)} of ${counted(judged, 'time')}`,
        ]
  return [...failureWords(contrast), ...apart, ...elsewhere, '.']
}
