// Sessions of a sample, and the lines of a log that belong to them, or do not.
import { beforeAll, describe, expect, test } from 'vitest'
import { analyze, type SessionReport } from '../../src/analyze.ts'
import { MailLog } from '../../src/log/mail-log.ts'
import { copyOf } from '../../src/rules/session-report.ts'

/** 192.0.2.1:49152 to 203.0.113.25:25, from 07:47:08.000 to 07:47:08.378, RCPT TO:<recipient@example.com>. */
let session: SessionReport
/** The same without its dialogue. */
let undetailed: SessionReport

beforeAll(async () => {
  const of = async (dialogues: boolean) => {
    const reports: SessionReport[] = []
    await analyze(['samples/frontbridge.pcap'], { dialogues, onSession: (report) => void reports.push(report) })
    return reports[0] as SessionReport
  }
  session = await of(true)
  undetailed = await of(false)
})

const quoted = (report: SessionReport, ...lines: string[]) => {
  const log = new MailLog(new Date(Date.UTC(2010, 10, 28)))
  for (const [i, line] of lines.entries()) log.add(1, 'mail.log', i + 1, line)
  return log.linesOf(report).map(({ line, by }) => [line, by])
}

const smtp = (second: string, recipient: string, id = '4A1B2C3D4E') =>
  `2010-11-28T07:47:${second}Z mx postfix/smtp[1]: ${id}: to=<${recipient}>, relay=mail.bigfish.com[203.0.113.25]:25, status=deferred (lost connection with mail.bigfish.com[203.0.113.25] while sending RCPT TO)`
const smtpd = (second: string, client: string, words = 'lost connection after RCPT') =>
  `2010-11-28T07:47:${second}Z mx postfix/smtpd[1]: ${words} from host.example[${client}]`

describe('a line of the client', () => {
  test('belongs by its recipient', () =>
    expect(quoted(session, smtp('08', 'Recipient@example.com'))).toEqual([[1, 'recipient']]))

  test('not if its recipient is of another session', () =>
    expect(quoted(session, smtp('08', 'other@example.com'))).toEqual([]))

  test('by the recipient that a finding names, where there is no dialogue', () =>
    expect(quoted(undetailed, smtp('08', 'recipient@example.com'))).toEqual([[1, 'recipient']]))

  test('by address and time where recipients are not known', () =>
    expect(quoted(undetailed, smtp('08', 'other@example.com'))).toEqual([[1, 'address and time']]))

  test.each([
    ['before the session', '06', 0],
    ['in the second before, by a clock with seconds', '07', 1],
    ['some seconds after', '12', 1],
    ['long after', '20', 0],
  ])('%s', (_, second, count) => expect(quoted(session, smtp(second, 'recipient@example.com'))).toHaveLength(count))

  test('not if it was another port or address', () => {
    const line = smtp('08', 'recipient@example.com')
    expect(quoted(session, line.replace(']:25', ']:2525'), line.replaceAll('203.0.113.25', '203.0.113.26'))).toEqual([])
  })
})

describe('a line of the server', () => {
  test('belongs by address and time, or by port if it has one', () => {
    expect(quoted(session, smtpd('08', '192.0.2.1'))).toEqual([[1, 'address and time']])
    expect(quoted(session, `${smtpd('08', '192.0.2.1')}:49152`)).toEqual([[1, 'client port']])
    expect(quoted(session, `${smtpd('08', '192.0.2.1')}:49153`)).toEqual([])
  })

  test('what fits worse than another line is left out', () =>
    expect(quoted(session, smtpd('08', '192.0.2.1'), `${smtpd('08', '192.0.2.1')}:49152`)).toEqual([
      [2, 'client port'],
    ]))

  test("with the server's address as its client is about another session", () =>
    expect(quoted(session, smtpd('08', '203.0.113.25'))).toEqual([]))

  test('a line without trouble is not quoted by address and time', () =>
    expect(quoted(session, smtpd('08', '192.0.2.1', 'connect'))).toEqual([]))
})

test('a queue id that a reply names joins at any time', () => {
  const groups = session.groups.map((group) => ({
    ...group,
    replies: group.replies.map((reply) => ({ ...reply, code: 250, lines: ['250 2.0.0 Ok: queued as 9F00AA11BB'] })),
  }))
  const lines = [
    '2010-11-29T12:00:00Z mx postfix/smtpd[1]: 9F00AA11BB: client=host.example[198.51.100.99]',
    // The sender's own message with that id is another one.
    '2010-11-29T12:00:00Z mx postfix/smtp[1]: 9F00AA11BB: to=<a@b>, relay=x[198.51.100.98]:25, status=deferred (timed out)',
    '2010-11-29T12:00:00Z mx postfix/smtp[1]: 1111111111: to=<a@b>, relay=x[198.51.100.98]:25, status=deferred (timed out; 250 Ok: queued as 9F00AA11BB)',
  ]
  expect(quoted(copyOf(session, { groups }), ...lines)).toEqual([[3, 'queue id']])
  expect(quoted(copyOf(session, { groups }), ...lines.slice(0, 2))).toEqual([[1, 'queue id']])
})

test('of many lines the last three are quoted, in the order of time', () => {
  const lines = ['08', '09', '10', '11', '12'].map((second) => smtp(second, 'recipient@example.com'))
  expect(quoted(session, ...lines.toReversed()).map(([line]) => line)).toEqual([3, 2, 1])
})

test('sums', () => {
  const log = new MailLog(new Date())
  for (const line of [
    'nothing',
    smtp('08', 'recipient@example.com'),
    smtp('50', 'x@y'),
    smtpd('08', '192.0.2.1', 'connect'),
  ])
    log.add(1, 'mail.log', 1, line)
  log.linesOf(session)
  expect(log.sums).toEqual({ lines: 4, kept: 3, trouble: 2, used: 1, leftOut: 0 })
})
