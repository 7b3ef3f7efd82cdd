// A case -> its summary: two sentences, and the findings counted by rule.
import { clauseName, counted, decimal } from '../text.ts'
import { type Case, enumerated, paragraph } from './case.ts'
import { contrastWords } from './contrast.ts'
import type { Inline, Section, Words } from './model.ts'

export function summary(told: Case): Section {
  const { plan } = told
  return {
    id: 'summary',
    title: 'Summary',
    blocks: [
      paragraph(whatHappened(told), ' ', ...difference(told)),
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

/** What is only suspected is not mixed with what is proved. */
export function whatHappened({ plan, who }: Case): string {
  const { rules, certainty, affected, sessions } = plan
  const told = certainty === 'proved' ? rules.filter(({ proved }) => proved > 0) : rules
  const clauses = [
    ...new Set(told.flatMap(({ rule }) => rule.clauses.slice(0, 1)).map((c) => clauseName({ ...c, keyword: null }))),
  ]
  const titles = told.map(({ rule }) => rule.title.charAt(0).toLowerCase() + rule.title.slice(1))
  const broke = certainty === 'proved' ? 'broke' : 'is suspected to have broken'
  return `In ${sessionsOf(affected, sessions)}, ${who} ${broke} ${enumerated(clauses)}: ${enumerated(titles)}.`
}

function difference({ plan }: Case): Words {
  const { contrast, affected, sessions, certainty, party } = plan
  if (contrast.failing.length > 0) return contrastWords(contrast)
  const well = sessions - affected
  if (well === 0) return ['No session without it was seen.']
  const doubt = certainty === 'proved' ? '' : ', as far as can be told,'
  return [`In ${counted(well, 'other session')} of the same ${party} it did not happen${doubt} or could not be judged.`]
}

/** `41 of 1,204 sessions`, `all 41 sessions`, `its only session`. */
function sessionsOf(affected: number, sessions: number): string {
  if (sessions === 1) return 'the only session seen'
  return affected === sessions
    ? `all ${decimal(sessions)} sessions`
    : `${decimal(affected)} of ${decimal(sessions)} sessions`
}
