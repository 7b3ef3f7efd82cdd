// What the page lists of very many sessions.
import { expect, test } from 'vitest'
import { LISTED_FINDINGS_MAX, LISTED_NOTABLE_MAX, LISTED_OTHERS_MAX } from '../../src/page/limits.ts'
import { Listed } from '../../src/page/listed.ts'
import type { FindingRecord, SessionRecord } from '../../src/rules/analysis.ts'
import type { SessionReport } from '../../src/rules/session-report.ts'

/** Only what is looked at. */
function report(number: number, findings: number, unanswered = 0): SessionReport {
  const id = `s${number}`
  const record = { id } as SessionRecord
  const finding = { session: id } as FindingRecord
  const verdict = findings > 0 ? 'violation' : 'conforming'
  return { id, verdict, unanswered, record, findings: Array(findings).fill(finding) } as unknown as SessionReport
}

test('what has something to tell has room of its own', () => {
  const listed = new Listed()
  for (let i = 1; i <= LISTED_OTHERS_MAX + 10; i++) listed.add(report(i, 0))
  const first = LISTED_OTHERS_MAX + 11
  for (let i = 0; i < LISTED_NOTABLE_MAX + 5; i++) listed.add(report(first + i, i % 2, 1))
  const { sessions } = listed.inOrder()
  expect(sessions).toHaveLength(LISTED_OTHERS_MAX + LISTED_NOTABLE_MAX)
  expect(listed.unlistedSessions).toBe(15)
  expect(listed.unlistedFindings).toBe(2)
})

test('findings are bounded, too, and all of a session are listed or none', () => {
  const listed = new Listed()
  for (const number of [30, 4, 100]) listed.add(report(number, LISTED_FINDINGS_MAX / 2))
  const { sessions, findings } = listed.inOrder()
  expect(sessions.map(({ id }) => id)).toEqual(['s4', 's30'])
  expect(findings).toHaveLength(LISTED_FINDINGS_MAX)
  expect(findings[0]?.session).toBe('s4')
  expect([listed.unlistedSessions, listed.unlistedFindings]).toEqual([1, LISTED_FINDINGS_MAX / 2])
})
