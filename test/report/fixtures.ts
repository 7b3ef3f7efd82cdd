// Analyses as the judge would make them: one fault, very many sessions, none, and paths that mean harm.
import type { Analysis, CaptureRecord, FindingRecord, SessionRecord } from '../../src/rules/analysis.ts'
import { RULES } from '../../src/rules/index.ts'
import type { SessionReport } from '../../src/rules/session-report.ts'
import { SummaryBuilder } from '../../src/rules/summary-builder.ts'

export const CAPTURE: CaptureRecord = {
  path: 'samples/frontbridge.pcap',
  sha256: null,
  format: 'pcap',
  compression: 'none',
  linkTypes: ['ETHERNET'],
  bytes: 1540,
  packets: 15,
  firstPacketAt: '2010-11-28T07:47:08.000000Z',
  lastPacketAt: '2010-11-28T07:47:08.378500Z',
  droppedByCapture: null,
  complete: true,
  problems: [],
  error: null,
}

export const SESSION: SessionRecord = {
  id: 's1',
  client: '192.0.2.1:49152',
  server: '203.0.113.25:25',
  clientName: 'amnesiac.example.com',
  serverName: 'DB3EHSMHS006.bigfish.com',
  startedAt: '2010-11-28T07:47:08.000000Z',
  endedAt: '2010-11-28T07:47:08.378500Z',
  protocol: 'esmtp',
  pipelining: { advertised: true, used: true },
  encryption: 'none',
  closedBy: 'server-fin',
  commands: 5,
  replies: 4,
  unanswered: 2,
  groups: 2,
  messages: 0,
  limits: [],
  verdict: 'violation',
  accused: ['server'],
}

export const FINDING: FindingRecord = {
  id: 's1.1',
  session: 's1',
  rule: 'input-lost',
  party: 'server',
  severity: 'error',
  certainty: 'proved',
  clauses: [{ rfc: 2920, section: '3.2', item: 9, keyword: 'MUST NOT' }],
  headline: 'lost 2 of 4 pipelined commands',
  message: "2 commands that the server's TCP acknowledged were never answered: RCPT, RSET",
  expected: 'one reply to each of the 4 commands of the group',
  actual: 'no reply to RCPT, RSET',
  group: 2,
  commands: [
    { index: 3, verb: 'RCPT', text: 'RCPT TO:<recipient@example.com>', at: '2010-11-28T07:47:08.251000Z', frames: [9] },
    { index: 4, verb: 'RSET', text: 'RSET', at: '2010-11-28T07:47:08.251000Z', frames: [9] },
  ],
  replies: [
    {
      index: 4,
      code: 221,
      text: '221 2.0.0 Service closing transmission channel',
      at: '2010-11-28T07:47:08.336000Z',
      frames: [11],
    },
  ],
  frames: [9, 10, 11],
  evidence: ["the server's TCP acknowledged RCPT, RSET (ACK in frame 10)", '4 commands and 2 replies in the group'],
  displayFilter:
    'ip.addr == 192.0.2.1 && ip.addr == 203.0.113.25 && tcp.port == 49152 && tcp.port == 25 && frame.number >= 1 && frame.number <= 15',
  proof: null,
}

const NONE: Analysis = {
  captures: [CAPTURE],
  summary: {
    sessions: 0,
    violation: 0,
    suspected: 0,
    inconclusive: 0,
    conforming: 0,
    opaque: 0,
    findings: { error: 0, warning: 0, info: 0 },
    proved: { error: 0, warning: 0, info: 0 },
    packets: { read: 15, smtp: 0, undecodable: 0, copies: 0, badChecksums: null },
    limits: {},
    withoutReply: 0,
  },
  faults: [],
  servers: [],
  sessions: [],
  findings: [],
}

/** Packets, and no SMTP among them. */
export const none = (captures: readonly CaptureRecord[] = [CAPTURE]): Analysis => ({
  ...NONE,
  captures,
  summary: {
    ...NONE.summary,
    packets: { ...NONE.summary.packets, read: captures.reduce((sum, { packets }) => sum + packets, 0) },
  },
})

/** What the judge says of the sessions and findings given. */
export function analysisOf(sessions: readonly SessionRecord[], findings: readonly FindingRecord[]): Analysis {
  const builder = new SummaryBuilder(false)
  const bySession = new Map<string, FindingRecord[]>()
  for (const finding of findings) bySession.set(finding.session, [...(bySession.get(finding.session) ?? []), finding])
  for (const session of sessions) builder.add(reportOf(session, bySession.get(session.id) ?? []))
  return resultOf(builder, sessions, findings)
}

/** As much of a report as is summed up. */
function reportOf(record: SessionRecord, findings: readonly FindingRecord[]): SessionReport {
  const { client, clientName, server, serverName, verdict, limits } = record
  const firstFrame = Number(record.id.slice(1))
  return {
    ...{ client, clientName, server, serverName, verdict, limits, findings, record, firstFrame },
    ...{ opaque: record.encryption === 'opaque', shapes: [], closedFrame: firstFrame + 14 },
  } as unknown as SessionReport
}

function resultOf(
  builder: SummaryBuilder,
  sessions: readonly SessionRecord[],
  findings: readonly FindingRecord[],
): Analysis {
  const packets = builder.soFar.sessions * 15
  return {
    captures: [CAPTURE],
    summary: builder.summary({ read: packets, smtp: packets, undecodable: 0, copies: 0, badChecksums: null }),
    faults: builder.faultRecords(RULES),
    servers: builder.serverRecords(RULES),
    sessions,
    findings,
  }
}

/** One session, one fault. */
export const frontbridge = (): Analysis => analysisOf([SESSION], [FINDING])

/** A hundred thousand sessions at five hundred servers; those of the first seven servers lose input. */
export function crowd(): Analysis {
  const builder = new SummaryBuilder(false)
  const sessions: SessionRecord[] = []
  const findings: FindingRecord[] = []
  for (let i = 0; i < 100_000; i++) {
    const at = i % 500
    const id = `s${i * 15 + 1}`
    const server = `198.51.100.${at % 250}:${at < 250 ? 25 : 2525}`
    const session = { ...SESSION, id, server, serverName: `mx${at}.example.net` }
    if (at < 7 && i % 3 === 0) {
      const finding = { ...FINDING, id: `${id}.1`, session: id }
      sessions.push(session)
      findings.push(finding)
      builder.add(reportOf(session, [finding]))
    } else builder.add(reportOf({ ...session, verdict: 'conforming', accused: [] }, []))
  }
  return resultOf(builder, sessions, findings)
}

/** What a terminal would obey, or a reader be misled by; line feeds are allowed. */
export function commandsIn(text: string): string[] {
  return text.match(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu) ?? []
}

export const withoutColours = (text: string) =>
  text.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), '')
