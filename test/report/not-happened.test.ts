// What did not happen: told by default, one line for each, never as a fault, and not again where an incident tells it.
import { expect, test } from 'vitest'
import { analyze, type SessionReport } from '../../src/analyze.ts'
import { renderTable } from '../../src/report/check-table.ts'
import { PLAIN } from '../../src/report/format-text.ts'
import { sentencesOf } from '../../src/report/not-happened.ts'
import { renderTriage } from '../../src/report/triage-formats.ts'
import { notHappened } from '../../src/report/vendor/integrity.ts'
import type { SessionRecord } from '../../src/rules/analysis.ts'
import { Triage } from '../../src/triage/triage.ts'
import { toCapture } from '../support/judge.ts'
import { parseTranscript } from '../support/transcript.ts'
import { SESSION } from './fixtures.ts'

const page = { width: 200, style: PLAIN, all: false, explain: false }

async function judged(dialogue: string) {
  const bytes = toCapture(parseTranscript(dialogue))
  async function* whole() {
    yield bytes
  }
  const triage = new Triage('server')
  const onSession = (session: SessionReport) => triage.add(session)
  const analysis = await analyze([{ name: 'test.pcap', bytes: whole() }], { shapes: true, onSession })
  return { analysis, triage: renderTriage(triage.result(), analysis, page) }
}

async function told(dialogue: string) {
  const { analysis } = await judged(dialogue)
  const text = renderTable(analysis, page)
  const section = text.split('\n\n').find((part) => part.startsWith('What did not happen')) ?? ''
  return {
    first: text.split('\n')[0],
    lines: section
      .split('\n')
      .slice(1)
      .map((line) => line.trim()),
  }
}

const TRANSACTION = `
C> MAIL FROM:<a@example.org>
C| RCPT TO:<b@example.org>
C| DATA
S> 250 ok
S| 250 ok
S| 354 go`

test('a client that stopped waiting', async () => {
  const { first, lines } = await told(`${TRANSACTION}\nC> text\nC| .\nC> [+30s] [fin]`)
  expect(first).toBe(
    'No fault found: the session keeps the rules; replies are late or missing in the session, see below.',
  )
  expect(lines).toEqual([
    's1: the client waited 30.0 s for the reply to message content and then closed the connection',
  ])
})

test('behind a line that is no valid reply, no command is said to be unanswered', async () => {
  const { lines } = await told('C> RSET\nS> DEBUG: 0.02 s\nS| 250 ok\nC> QUIT\nS> 221 bye')
  expect(lines).toEqual([])
})

test('units that were never answered, and how it ended', async () => {
  const { lines } = await told(`C> MAIL FROM:<a@example.org>\nC| RCPT TO:<b@example.org>\nC> [+2s] [fin]`)
  expect(lines).toEqual(['s1: MAIL, RCPT were never answered; the client closed the connection 2.0 s later'])
})

test('the end of the capture, a 421 and a reset are said', () => {
  const at = '2010-11-28T07:47:08.251000Z'
  const unit = {
    kind: 'command',
    verb: 'RCPT',
    index: 3,
    at,
    frames: [9],
    acknowledgedIn: null,
    waitedMs: null,
  } as const
  const session = { ...SESSION, unanswered: 3, unansweredUnits: [unit, { ...unit, acknowledgedIn: 10, waitedMs: 40 }] }
  const of = (more: Partial<SessionRecord>) => sentencesOf({ ...session, ...more, accused: [] }, [])
  expect(of({ closedBy: 'capture-end' })).toEqual([
    '2 RCPT and 1 other were never answered; the capture ends before a reply',
  ])
  expect(of({ closedBy: 'server-fin', closingReply: 421 })[0]).toContain('the server sent 421 instead and closed')
  expect(of({ closedBy: 'server-rst' })[0]).toContain(
    'an RST from the address of the server ended the connection at once',
  )
  expect(of({ unanswered: 1, unansweredUnits: [unit], closedBy: 'client-fin' })).toEqual([
    'RCPT was never acknowledged and never answered; the client closed the connection',
  ])
})

test('a reply that the capture lacks was not never sent', async () => {
  const { lines } = await told('C> MAIL FROM:<a@example.org>\nS> [lost] 250 ok\nC> QUIT\nS> [lost] 221 bye\nC> [fin]')
  expect(lines[0]).toMatch(/^s1: no reply to MAIL, QUIT was captured; the client closed the connection/)
})

test('what an incident tells is not told again', async () => {
  const lost = `
C> MAIL FROM:<a@example.org>
C| RCPT TO:<b@example.org>
C| DATA
S> 250 ok
S| 354 go
C> .
S> 250 ok
C> QUIT
S> 221 bye`
  expect((await told(lost)).lines).toEqual([])
})

test('triage and report count it by command sequence, and says what was answered', async () => {
  const { analysis, triage } = await judged(`
S> 220 mx.example ESMTP
C> EHLO client.example
S> 250-mx.example
S| 250-PIPELINING
S| 250 CHUNKING
C> MAIL FROM:<a@example.org>
S> 250 ok
C> BDAT 4 LAST
C| 1234
C> [+60s] [fin]`)
  const section = triage.split('\n\n').find((part) => part.startsWith('What did not happen')) ?? ''
  expect(section).toMatch(
    /^What did not happen \(not counted as a fault\)\n- server .*: "BDAT" given up on 1 of 1; "MAIL" answered 1 of 1/,
  )
  const [report] = notHappened(analysis.servers)
  expect(JSON.stringify(report)).toContain('\\"BDAT\\" given up on 1 of 1; \\"MAIL\\" answered 1 of 1')
})

test('triage does not count what the fault of the client explains', async () => {
  const { triage } = await judged(`
S> 220 mx.example ESMTP
C> EHLO client.example
S> 250 mx.example
C> MAIL FROM:<a@example.org>
C| RCPT TO:<b@example.org>
S> 250 ok
S> [fin]`)
  expect(triage).toContain('client at fault')
  expect(triage).not.toContain('What did not happen')
})
