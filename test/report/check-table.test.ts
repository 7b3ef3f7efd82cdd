// What a human reads: the same truth at every width, short for a crowd, plain when there is nothing.
import { describe, expect, test } from 'vitest'
import { renderTable } from '../../src/report/check-table.ts'
import { COLOURED, columns, PLAIN } from '../../src/report/format-text.ts'
import {
  analysisOf,
  CAPTURE,
  commandsIn,
  crowd,
  FINDING,
  frontbridge,
  none,
  SESSION,
  withoutColours,
} from './fixtures.ts'

const shape = { width: 80, style: PLAIN, all: false, explain: false }
/** The same, whatever the lines. */
const flat = (text: string) => text.replace(/\s+/g, ' ')

describe('one fault', () => {
  test('at 80 columns', () => {
    expect(renderTable(frontbridge(), shape)).toBe(
      `server 203.0.113.25 (DB3EHSMHS006.bigfish.com) lost 2 of 4 pipelined commands;
  1 of 1 sessions, since 07:47:08 UTC on 2010-11-28

session  client           server           commands  unanswered  verdict
s1       192.0.2.1:49152  203.0.113.25:25         5           2  server at fault

ERROR server lost 2 of 4 pipelined commands (proved)
  in        s1, command group 2, 192.0.2.1:49152 -> 203.0.113.25:25
  rule      input-lost (s1.1): 2 commands that the server's TCP acknowledged
            were never answered: RCPT, RSET
  clause    RFC 2920 section 3.2 (9), MUST NOT
  expected  one reply to each of the 4 commands of the group
  actual    no reply to RCPT, RSET
  evidence  the server's TCP acknowledged RCPT, RSET (ACK in frame 10)
            4 commands and 2 replies in the group
  frames    9, 10, 11
  filter    ip.addr == 192.0.2.1 && ip.addr == 203.0.113.25 && tcp.port == 49152
            && tcp.port == 25 && frame.number >= 1 && frame.number <= 15

1 session: 1 violation. Findings: 1 error, 0 warnings. 15 packets read.
`,
    )
  })

  test.each([60, 70, 80, 100, 160])('no line is wider than %i columns', (width) => {
    for (const line of renderTable(frontbridge(), { ...shape, width }).split('\n')) {
      expect(line.length, line).toBeLessThanOrEqual(width)
    }
  })

  test('a narrow terminal keeps server and verdict, a wide one shows everything', () => {
    const head = (width: number) =>
      renderTable(frontbridge(), { ...shape, width })
        .split('\n')
        .find((line) => line.startsWith('session'))
        ?.split(/ +/)
    expect(head(40)).toEqual(['session', 'server', 'verdict'])
    expect(head(160)).toEqual(['session', 'client', 'server', 'name', 'commands', 'replies', 'unanswered', 'verdict'])
  })

  test('colours change nothing but colours', () => {
    const coloured = renderTable(frontbridge(), { ...shape, style: COLOURED })
    expect(coloured).not.toBe(withoutColours(coloured))
    expect(withoutColours(coloured)).toBe(renderTable(frontbridge(), shape))
  })

  test('a display filter is broken between comparisons only', () => {
    const filter = renderTable(frontbridge(), { ...shape, width: 50 }).split('filter')[1] ?? ''
    for (const line of filter.split('\n').slice(0, 4)) expect(line).not.toMatch(/(?:[=<>]=|[a-z])$/)
  })
})

describe('incidents', () => {
  const apart = { commands: [], replies: [] }

  test('the gravest first: errors, then what is suspected, then warnings', () => {
    const findings = [
      { ...FINDING, ...apart, id: 's1.1', headline: 'talked early', severity: 'warning' as const },
      { ...FINDING, ...apart, id: 's1.2', headline: 'closed too early', certainty: 'suspected' as const },
      { ...FINDING, id: 's1.3' },
    ]
    const titles = renderTable(analysisOf([SESSION], findings), shape).match(/^(?:ERROR|WARNING) .*/gm)
    expect(titles).toEqual([
      'ERROR server lost 2 of 4 pipelined commands (proved)',
      'ERROR server may have closed too early (suspected)',
      'WARNING server talked early (proved)',
    ])
  })

  test('what has the same cause is one of them', () => {
    const closed = { ...FINDING, id: 's1.2', rule: 'premature-close', headline: 'closed it', message: 'it closed' }
    const text = renderTable(analysisOf([SESSION], [closed, FINDING]), shape)
    expect(text.match(/^ERROR .*/gm)).toEqual([
      'ERROR server lost 2 of 4 pipelined commands and closed the connection (proved)',
    ])
    expect(text).toMatch(
      /\n {2}rules {5}input-lost \(s1\.1\): 2 commands [^:]*: RCPT, RSET\n {12}premature-close \(s1\.2\): it closed\n/,
    )
  })

  test('what is suspected is not told as done', () => {
    const suspected = { ...FINDING, certainty: 'suspected' as const }
    const session = { ...SESSION, verdict: 'suspected' as const }
    const text = flat(renderTable(analysisOf([session], [suspected]), shape))
    expect(text).toContain('server 203.0.113.25 (DB3EHSMHS006.bigfish.com) may have lost 2 of 4')
    expect(text).toContain(' server suspected ')
    expect(text).toContain('ERROR server may have lost 2 of 4 pipelined commands (suspected)')
  })

  test('a fault of the client says client, also in the row of the server', () => {
    const finding = { ...FINDING, party: 'client' as const, rule: 'pipelining-not-advertised', headline: 'pipelined' }
    const session = { ...SESSION, accused: ['client' as const] }
    const text = flat(renderTable(analysisOf([session], [finding]), shape))
    expect(text).toContain('client 192.0.2.1 (amnesiac.example.com) pipelined; 1 session, since')
    expect(text).toContain(' client at fault ')
    expect(text).not.toContain('server at fault')
  })

  test('those of severity info are listed on demand only, a line each and last', () => {
    const info = { ...FINDING, id: 's1.2', rule: 'replies-not-batched', severity: 'info' as const, message: 'it sent' }
    const analysis = analysisOf([SESSION], [info, FINDING])
    expect(renderTable(analysis, shape)).not.toContain('replies-not-batched')
    expect(flat(renderTable(analysis, shape))).toContain('1 of severity info (--all lists them)')
    const all = renderTable(analysis, { ...shape, all: true })
    expect(all).toContain('For information\n  replies-not-batched (server) in s1, command group 2: it sent\n')
    expect(all.indexOf('replies-not-batched')).toBeGreaterThan(all.indexOf('input-lost'))
  })
})

describe('a hundred thousand sessions', () => {
  const text = renderTable(crowd(), shape)

  test('fit on a few screens', () => {
    expect(text.split('\n').length).toBeLessThan(250)
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
  })

  test('list the servers with violations, and say how many others there are', () => {
    expect(text.match(/^198\.51\.100\.\d+:\d+ /gm)).toHaveLength(7)
    expect(text).toContain('and 493 more servers without violation (--all lists them)')
  })

  test('list three incidents of a kind, and account for all others', () => {
    const listed = text.match(/^ERROR /gm)?.length ?? 0
    expect(listed).toBe(15)
    const total = crowd().findings.length
    expect(text).toContain(`and ${(total - listed).toLocaleString('en-US')} more incidents (--all lists them):`)
    const rest = text.split('more incidents')[1]?.match(/^ +[\d,]+ input-lost by server /gm) ?? []
    const sum = rest.reduce((all, line) => all + Number(line.replace(/ input.*|\D+/g, '')), 0)
    expect(sum).toBe(total - listed)
  })

  test('--all lists every server and every finding', () => {
    const all = renderTable(crowd(), { ...shape, all: true })
    expect(all.match(/^198\.51\.100\.\d+:\d+ /gm)).toHaveLength(500)
    expect(all.match(/^ERROR /gm)).toHaveLength(crowd().findings.length)
    expect(all).not.toContain('--all')
  })
})

describe('nothing found', () => {
  test('says so, what was read, and what to try', () => {
    expect(renderTable(none(), shape)).toBe(
      'No SMTP session found. 15 packets read. Link types: ETHERNET. If SMTP uses\nanother port than 24, 25, 465, 587 or 2525, name it with --port.\n',
    )
  })

  test('after a selection, the selection is the first suspect', () => {
    const text = renderTable(none(), { ...shape, selective: true })
    expect(text).toContain('No SMTP session matches the selection.')
    expect(text).not.toContain('Name it with')
  })

  test('an empty capture gets no advice', () => {
    const error = { code: 'empty', path: 'e', fileOffset: 0, needed: null, available: null, accordingTo: '' } as const
    const empty = { ...CAPTURE, path: 'e', packets: 0, linkTypes: [], complete: false, error }
    expect(renderTable(none([empty]), shape)).toBe('e: the file is empty.\n\nNo SMTP session found. 0 packets read.\n')
  })
})

test('what could not be seen is said once per reason', () => {
  const limits = [{ code: 'gap-client' as const, frame: 7, rules: ['input-lost'] }]
  const blurred = { ...SESSION, limits, verdict: 'inconclusive' as const }
  const text = renderTable(analysisOf([blurred, { ...blurred, id: 's16' }], []), shape)
  expect(text).toContain('What could not be seen\n  gap-client: bytes from the client are missing from the capture')
  expect(text.match(/gap-client/g)).toHaveLength(1)
  expect(flat(text)).toContain('(2 sessions)')
})

test('the name of a file cannot command the terminal', () => {
  const error = {
    code: 'cut-off',
    path: 'x',
    fileOffset: 40,
    needed: 16,
    available: 3,
    accordingTo: 'pcap record header\x1b[2J',
  } as const
  const hostile = { ...CAPTURE, path: 'a\x1b]0;owned\x07\n\u202eb\u009b.pcap', complete: false, error }
  const text = renderTable(none([hostile]), shape)
  expect(commandsIn(text)).toEqual([])
  expect(text).toContain('a\\u{1b}]0;owned\\u{7}\\u{a}\\u{202e}b\\u{9b}.pcap: cut off at byte 40')
  expect(text.split('\n').every((line) => columns(line) <= 80)).toBe(true)
})

test('explains each finding when asked', () => {
  const plain = renderTable(crowd(), shape)
  const explained = renderTable(crowd(), { ...shape, explain: true })
  expect(plain).not.toContain('  excuses   ')
  expect(explained).toContain('  proof     ')
  expect(explained).toContain('  excluded  A 421;')
})
