// What the page lists of very many sessions.
import { expect, test } from 'vitest'
import { LISTED_MAX } from '../../src/page/limits.ts'
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

test('neither sessions without a fault nor those without a reply take the room of the accused', () => {
  const { accused, notable, others } = LISTED_MAX
  const listed = new Listed()
  let number = 0
  for (let i = 0; i < others.sessions + 10; i++) listed.add(report(++number, 0))
  for (let i = 0; i < notable.sessions + 5; i++) listed.add(report(++number, 0, 1))
  for (let i = 0; i < accused.sessions + 2; i++) listed.add(report(++number, 1))
  const { sessions } = listed.inOrder()
  expect(sessions).toHaveLength(others.sessions + notable.sessions + accused.sessions)
  expect(listed.unlistedSessions).toBe(17)
  expect(listed.unlistedFindings).toBe(2)
})

test('findings are bounded, too, and all of a session are listed or none', () => {
  const most = LISTED_MAX.accused.findings
  const listed = new Listed()
  for (const number of [30, 4, 100]) listed.add(report(number, most / 2))
  const { sessions, findings } = listed.inOrder()
  expect(sessions.map(({ id }) => id)).toEqual(['s4', 's30'])
  expect(findings).toHaveLength(most)
  expect(findings[0]?.session).toBe('s4')
  expect([listed.unlistedSessions, listed.unlistedFindings]).toEqual([1, most / 2])
})
