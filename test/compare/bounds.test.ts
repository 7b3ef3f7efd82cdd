// Limits of a comparison: sessions beyond them are not compared, but counted, and never a fault.
import { expect, test } from 'vitest'
import { analyze, type SessionReport } from '../../src/analyze.ts'
import { SessionTable } from '../../src/compare/session-table.ts'
import { COMPARED_LINES_MAX, COMPARED_SESSIONS_MAX, SESSION_VIEW_LINES_MAX } from '../../src/limits.ts'
import { toCapture } from '../support/judge.ts'
import { type Conversation, conversation, transcriptOf } from '../support/proxy.ts'
import { client, compared } from '../support/sides.ts'

/** So many commands that each wait for their reply. */
function long(commands: number): Conversation {
  const whole = conversation(1, 1)
  const turns = Array.from({ length: commands }, (_, n) => ({
    commands: [`NOOP ${n}`],
    replies: [`250 2.0.0 Ok ${n}`],
  }))
  return { ...whole, turns: [...whole.turns.slice(0, -1), ...turns, ...whole.turns.slice(-1)] }
}

test('for a session with more lines it is not known what was lost', async () => {
  const whole = long(SESSION_VIEW_LINES_MAX / 2)
  const lossy = { ...whole, turns: whole.turns.filter((_, i) => i !== 10) }
  const { pairs } = await compared([{ before: whole, behind: lossy }])
  expect(pairs.map(({ outcome, differences }) => [outcome, differences])).toEqual([['cannot-tell', []]])
  expect(pairs[0]?.reasons).toContainEqual({ side: 'before', code: 'resource-cap' })
})

test('for a session with fewer lines it is known', async () => {
  const whole = long(SESSION_VIEW_LINES_MAX / 2 - 20)
  const lossy = { ...whole, turns: whole.turns.filter((_, i) => i !== 10) }
  const { pairs } = await compared([{ before: whole, behind: lossy }])
  expect(pairs[0]?.reasons).toEqual([])
  expect(pairs[0]?.outcome).toBe('different')
})

async function reportOf(commands: number): Promise<SessionReport> {
  const reports: SessionReport[] = []
  const bytes = async function* () {
    yield toCapture(transcriptOf(long(commands), client(1)))
  }
  await analyze([{ name: 'long.pcap', bytes: bytes() }], {
    fingerprints: true,
    onSession: (report) => void reports.push(report),
  })
  const [report] = reports
  if (report === undefined) throw new Error('no session')
  return report
}

test('of a side with more lines, the later sessions are counted and not compared', async () => {
  const report = await reportOf(3000)
  const table = new SessionTable()
  table.add(report)
  const fit = Math.ceil(COMPARED_LINES_MAX / table.lineCount)
  for (let n = 1; n < fit + 2; n++) table.add(report)
  expect(table.size).toBeLessThanOrEqual(fit + 1)
  expect(table.dropped).toBeGreaterThan(0)
})

test('of a side with more sessions, the later ones are counted and not compared', async () => {
  const report = await reportOf(1)
  const table = new SessionTable()
  table.add(report)
  expect([table.size, table.dropped]).toEqual([1, 0])
  // Adding two million takes seconds: the count of the table is set instead.
  table.size = COMPARED_SESSIONS_MAX
  table.add(report)
  expect([table.size, table.dropped]).toEqual([COMPARED_SESSIONS_MAX, 1])
})
