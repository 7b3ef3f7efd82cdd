// Analyses as the judge would make them: one fault, very many sessions, none, and paths that mean harm.
import type { Analysis, CaptureRecord, FindingRecord, ServerRecord, SessionRecord } from '../../src/rules/analysis.ts'

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
}

export const FINDING: FindingRecord = {
  id: 's1.1',
  session: 's1',
  rule: 'input-lost',
  party: 'server',
  severity: 'error',
  certainty: 'proved',
  clauses: [{ rfc: 2920, section: '3.2', item: 9, keyword: 'MUST NOT' }],
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
  },
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
  const of = (verdict: SessionRecord['verdict'], among = sessions) =>
    among.filter((session) => session.verdict === verdict).length
  const verdicts = (among: readonly SessionRecord[]) => ({
    sessions: among.length,
    violation: of('violation', among),
    suspected: of('suspected', among),
    inconclusive: of('inconclusive', among),
    conforming: of('conforming', among),
  })
  const count = (among: readonly FindingRecord[]) => {
    const of = (severity: FindingRecord['severity']) => among.filter((each) => each.severity === severity).length
    return { error: of('error'), warning: of('warning'), info: of('info') }
  }
  const servers = [...new Set(sessions.map(({ server }) => server))].map((server): ServerRecord => {
    const among = sessions.filter((session) => session.server === server)
    const ids = new Set(among.map(({ id }) => id))
    const here = findings.filter(({ session }) => ids.has(session))
    const rules = [...new Set(here.map(({ rule }) => rule))]
    return {
      server,
      serverName: among[0]?.serverName ?? null,
      ...verdicts(among),
      findings: Object.fromEntries(rules.map((rule) => [rule, here.filter((each) => each.rule === rule).length])),
    }
  })
  const harmed = sessions.flatMap(({ limits }) =>
    limits.filter(({ rules }) => rules.length > 0).map(({ code }) => code),
  )
  return {
    captures: [CAPTURE],
    summary: {
      ...verdicts(sessions),
      opaque: sessions.filter(({ encryption }) => encryption === 'opaque').length,
      findings: count(findings),
      proved: count(findings.filter(({ certainty }) => certainty === 'proved')),
      packets: {
        read: sessions.length * 15,
        smtp: sessions.length * 15,
        undecodable: 0,
        copies: 0,
        badChecksums: null,
      },
      limits: Object.fromEntries(harmed.map((code) => [code, harmed.filter((each) => each === code).length])),
    },
    servers,
    sessions,
    findings,
  }
}

/** One session, one fault. */
export const frontbridge = (): Analysis => analysisOf([SESSION], [FINDING])

/** A hundred thousand sessions at five hundred servers; those of the first seven servers lose input. */
export function crowd(): Analysis {
  const sessions: SessionRecord[] = []
  const findings: FindingRecord[] = []
  const byServer = new Map<string, ServerRecord>()
  for (let i = 0; i < 100_000; i++) {
    const at = i % 500
    const id = `s${i * 15 + 1}`
    const server = `198.51.100.${at % 250}:${at < 250 ? 25 : 2525}`
    const broken = at < 7 && i % 3 === 0
    const sums = byServer.get(server)
    byServer.set(server, {
      server,
      serverName: `mx${at}.example.net`,
      sessions: (sums?.sessions ?? 0) + 1,
      violation: (sums?.violation ?? 0) + (broken ? 1 : 0),
      suspected: 0,
      inconclusive: 0,
      conforming: (sums?.conforming ?? 0) + (broken ? 0 : 1),
      findings:
        broken || sums?.findings['input-lost']
          ? { 'input-lost': (sums?.findings['input-lost'] ?? 0) + (broken ? 1 : 0) }
          : {},
    })
    if (!broken) continue
    sessions.push({ ...SESSION, id, server })
    findings.push({ ...FINDING, id: `${id}.1`, session: id })
  }
  return {
    captures: [CAPTURE],
    summary: {
      ...NONE.summary,
      sessions: 100_000,
      violation: sessions.length,
      conforming: 100_000 - sessions.length,
      findings: { error: findings.length, warning: 0, info: 0 },
      proved: { error: findings.length, warning: 0, info: 0 },
      packets: { read: 1_500_000, smtp: 1_500_000, undecodable: 0, copies: 0, badChecksums: null },
    },
    servers: [...byServer.values()],
    sessions,
    findings,
  }
}

/** What a terminal would obey, or a reader be misled by; line feeds are allowed. */
export function commandsIn(text: string): string[] {
  return text.match(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu) ?? []
}

export const withoutColours = (text: string) =>
  text.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), '')
