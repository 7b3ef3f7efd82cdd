// `pipelint report --evidence`: the report, the evidence and the mail of one run fit together.
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FindingRecord, SessionRecord } from '../../src/rules/analysis.ts'
import { invoke } from '../support/invoke.ts'

const FIVE = 'samples/five-dialogues.pcap'
/** Twelve sessions, some with faults of the server, some with faults of the client, and some without. */
const TWELVE = 'test/captures/smtp-sink-closes-on-recipient.pcap'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function write(...words: string[]) {
  const [report, evidence] = [join(folder, 'report.md'), join(folder, 'evidence.pcapng')]
  const { printed, warnings } = await invoke('report', ...words, '-o', report, '--evidence', evidence)
  const { findings, sessions } = JSON.parse((await invoke('check', '--format', 'json', evidence)).printed) as {
    findings: FindingRecord[]
    sessions: SessionRecord[]
  }
  return {
    text: readFileSync(report, 'utf8'),
    bytes: readFileSync(evidence),
    mail: printed,
    warnings,
    findings,
    sessions,
  }
}

/** The findings of a report, with their frames. */
const findingsIn = (text: string) =>
  [...text.matchAll(/#### Finding (s[\d.]+): (\S+) \(.*?\n\n(?:- .*\n)*?- \*\*Frames\*\*: (.*)/g)].map(
    ([, id, rule, frames = '']) => ({ id, rule, frames: [...frames.matchAll(/\d+/g)].map(Number) }),
  )

describe('sessions and frames have the numbers of the evidence', () => {
  test.each([
    ['', FIVE],
    ['--redact', FIVE],
    ['--server 10.77.0.1:2534', TWELVE],
    ['--client 10.77.0.1 --rule command-after-sync-command', TWELVE],
    ['--server 10.77.0.1:2534 --redact', TWELVE],
    ['--session s105', TWELVE],
  ])('%s %s', async (words, capture) => {
    const { text, findings } = await write(...words.split(' ').filter((word) => word !== ''), capture)
    const told = findingsIn(text)
    expect(told.length).toBeGreaterThan(0)
    for (const { id, rule, frames } of told)
      expect(findings.find((finding) => finding.id === id)).toMatchObject({ rule, frames })
    expect(text).toContain('the numbers that they have in this file')
  })

  test('they are others than in the capture', async () => {
    const { text } = await write('--session', 's105', TWELVE)
    expect(text).toContain('Session s1:')
    expect(text).not.toContain('s105')
  })
})

test('what the report shows for comparison is in the evidence', async () => {
  const { text, sessions, warnings } = await write('--server', '203.0.113.25', FIVE)
  const controls = [...text.matchAll(/(?:Works at the same service|another server): session (s\d+)/g)].map(
    ([, id]) => id,
  )
  expect(controls.length).toBeGreaterThan(2)
  for (const id of controls) expect(sessions.find((session) => session.id === id)?.verdict).toBe('conforming')
  expect(warnings.join()).toContain('3 findings of 1 session, and 4 sessions for comparison, in 82 packets')
})

test('redacted: the same placeholders in the report, the evidence and the mail, and no name in any', async () => {
  const { text, bytes, mail } = await write('--redact', FIVE)
  const [, placeholder = ''] = /S> 220 (\S+) Microsoft ESMTP/.exec(text) ?? []
  expect(placeholder).toMatch(/^host\d+\.example$/)
  expect(bytes.toString('latin1')).toContain(`220 ${placeholder} Microsoft`)
  expect(mail).toContain(placeholder)
  for (const document of [text, mail, bytes.toString('latin1')])
    expect(document).not.toMatch(/bigfish|amnesiac|203\.0\.113\.25/)
})

describe('the mail', () => {
  test('names both files, the hash, the frames and the clause, in lines that can be quoted', async () => {
    const { mail, bytes, text } = await write('--server', '203.0.113.25', FIVE)
    const hash = createHash('sha256').update(bytes).digest('hex')
    for (const words of [
      'Subject: bigfish.com lost 2 of 4 pipelined commands and closed the connection\n',
      '- report.md: ',
      '- evidence.pcapng: ',
      hash,
      'RFC 2920 section 3.2 (9)',
      'Please fix it:',
    ])
      expect(mail).toContain(words)
    expect(mail).toMatch(/frames\s58,\s60/)
    expect(text).toContain(hash)
    expect(mail.split('\n').filter((line) => line.length > 72 && !/^ {2}ip\.addr|^Subject: /.test(line))).toEqual([])
  })

  test('of a suspicion: asks, and claims nothing', async () => {
    const { mail } = await write('--finding', 's1.1', 'test/report/vendor/permuted.pcap')
    expect(mail).toContain('may have sent 2 replies of a group out of order')
    expect(mail).toContain('suspected and not proved')
    expect(mail).not.toContain('Please fix it')
  })

  test('about several parties there is none', async () => {
    const { mail, warnings } = await write(TWELVE)
    expect(mail).toBe('')
    expect(warnings.join()).toContain('no mail text: the report is about several servers or clients')
  })
})

test('without findings there is a report and no evidence', async () => {
  const words = ['-o', join(folder, 'r.md'), '--evidence', join(folder, 'e.pcapng'), 'samples/exchange-2007.pcap']
  expect((await invoke('report', ...words)).warnings.join()).toContain(
    'no evidence was written: there is no finding that matches the selection',
  )
  expect(existsSync(join(folder, 'e.pcapng'))).toBe(false)
  expect(readdirSync(folder)).toEqual(['r.md'])
})

test.each([
  [['--evidence', 'e.pcapng'], /^--evidence: name a file for the report with -o/],
  [['--evidence', 'e.pcapng', '-o', '-'], /^--evidence: name a file for the report with -o/],
  [['--evidence', '-', '-o', 'r.md'], /^--evidence -: name a file/],
  [['--evidence', './r.md', '-o', 'r.md'], /the same file as that of -o/],
  [['--evidence', 'e.pcapng', '-o', 'r.md', '--verify-checksums'], /^--verify-checksums: cannot be combined/],
  [['--evidence', FIVE, '-o', 'r.md'], /^--evidence samples\/five-dialogues\.pcap: this is one of the input captures/],
])('%j: refused', async (words, message) => {
  await expect(invoke('report', ...words, FIVE)).rejects.toThrow(message)
})
