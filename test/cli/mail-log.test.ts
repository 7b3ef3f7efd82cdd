// --log: what is quoted, from which files, and what is said of the rest.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { invoke } from '../support/invoke.ts'

const FAULT = 'samples/frontbridge.pcap'
const LINE =
  '2010-11-28T07:47:08Z amnesiac postfix/smtp[1234]: 4A1B2C3D4E: to=<recipient@example.com>, relay=mail.bigfish.com[203.0.113.25]:25, status=deferred (lost connection with mail.bigfish.com[203.0.113.25] while sending RCPT TO)'
const folder = mkdtempSync(join(tmpdir(), 'pipelint-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const file = (name: string, content: string | Buffer) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

describe('check', () => {
  const OTHER = LINE.replace('recipient@', 'other@').replace('1234', '1235')

  test('quotes the surest line below the incident', async () => {
    const path = file('mail.log', `${OTHER}\n${LINE}\n`)
    const { printed, warnings } = await invoke('check', '--log', path, FAULT)
    expect(printed.replace(/\s+/g, ' ')).toContain(`mail log ${path}, line 2 (same recipient): ${LINE}`)
    expect(printed).not.toContain('other@')
    expect(warnings).toEqual(['mail log: 2 of 2 lines about trouble belong to sessions with incidents'])
  })

  test('says how to see the others', async () => {
    const path = file('mail.log', `${OTHER}\n${OTHER.replace('1235', '1236')}\n`)
    const { printed } = await invoke('check', '--log', path, FAULT)
    const text = printed.replace(/\s+/g, ' ')
    expect(text).toContain('line 1 (same address and time; it may be about another session): ')
    expect(text).toContain('1 more line: pipelint transcript --session s1 --log')
  })

  test('--redact, and formats for machines', async () => {
    const path = file('mail.log', LINE)
    const { printed } = await invoke('check', '--redact', '--log', path, FAULT)
    expect(printed.replace(/\s+/g, ' ')).toMatch(
      / mail log log-1, line 1 \(same recipient\): 2010-11-28T07:47:08Z postfix/,
    )
    expect(printed).not.toMatch(/4A1B2C3D4E|bigfish|recipient@/)
    await expect(invoke('check', '--format', 'json', '--log', path, FAULT)).rejects.toThrow('only with --format table')
  })
})

describe('transcript', () => {
  test('quotes the line below the dialogue', async () => {
    const path = file('mail.log', `first\n${LINE}\n`)
    const { printed, warnings } = await invoke('transcript', '--log', path, FAULT)
    expect(printed.replace(/\n */g, ' ')).toContain(`${path}, line 2 (same recipient): ${LINE}`)
    expect(warnings).toEqual(['mail log: 1 of 1 line about trouble belongs to sessions shown'])
  })

  test('reads gzip, no last line end, and CRLF', async () => {
    for (const content of [gzipSync(`x\n${LINE}\n`), `x\n${LINE}`, `x\r\n${LINE}\r\n`]) {
      const { printed } = await invoke('transcript', '--log', file('mail.log.1', content), FAULT)
      expect(printed).toContain('mail.log.1, line 2')
      expect(printed).not.toContain('\r')
    }
  })

  test('--redact replaces names, addresses, queue ids and the file', async () => {
    const { printed } = await invoke('transcript', '--redact', '--log', file('mail.log', LINE), FAULT)
    expect(printed).toContain('log-1, line 1 (same recipient):\n  2010-11-28T07:47:08Z postfix/smtp[1234]: ')
    expect(printed.replace(/\n */g, ' ')).toMatch(/status=deferred \(lost connection with \S+ while sending RCPT TO\)/)
    for (const secret of ['bigfish', '203.0.113.25', 'amnesiac', '4A1B2C3D4E', 'recipient@', folder])
      expect(printed).not.toContain(secret)
  })

  test('nothing of a line reaches the terminal unescaped', async () => {
    const { printed } = await invoke('transcript', '--log', file('mail.log', `${LINE}\u001b[31m\u202e`), FAULT)
    expect(printed).toContain('\\u{1b}[31m\\u{202e}')
  })
})

describe('report', () => {
  test.each(['text', 'md', 'html'])('as %s quotes the line with the session', async (format) => {
    const { printed, warnings } = await invoke('report', '--format', format, '--log', file('mail.log', LINE), FAULT)
    expect(printed).toContain('mail.log, line 1 (same recipient)')
    expect(printed).toContain('while sending RCPT TO)')
    // Directories are private.
    expect(printed).not.toContain(folder)
    expect(warnings).toEqual(['mail log: 1 of 1 line about trouble belongs to sessions shown'])
  })

  test('--redact replaces what is quoted', async () => {
    const words = ['--redact', '--format', 'text', '--log', file('mail.log', LINE)]
    const { printed } = await invoke('report', ...words, FAULT)
    expect(printed).toContain('log-1, line 1 (same recipient)')
    for (const secret of ['bigfish', '203.0.113.25', 'amnesiac', '4A1B2C3D4E']) expect(printed).not.toContain(secret)
  })

  test.each([[[]], [['--redact']]])('%j with --evidence', async (words) => {
    const [report, evidence] = [join(folder, 'report.txt'), join(folder, 'evidence.pcapng')]
    const log = file('mail.log', LINE)
    await invoke('report', ...words, '-o', report, '--evidence', evidence, '--log', log, FAULT)
    expect(readFileSync(report, 'utf8')).toMatch(/(?:mail\.log|log-1), line 1 \(same recipient\)/)
  })

  test('says nothing of a log without --log', async () =>
    expect((await invoke('report', '--format', 'text', FAULT)).printed).not.toContain('mail log'))
})

test('a log of something else is named', async () => {
  const path = file('other.log', 'hello\nworld\n')
  const { warnings } = await invoke('transcript', '--log', path, FAULT)
  expect(warnings).toEqual([`${path}: no line of Postfix, Exim or Sendmail about an SMTP session`])
})

test('lines without a session are counted, with the zone in which they were read', async () => {
  const { warnings } = await invoke('transcript', '--log', file('mail.log', LINE.replace('T07', 'T09')), FAULT)
  expect(warnings[0]).toMatch(
    /^mail log: 0 of 1 line about trouble belong to sessions shown; times without a zone were read as /,
  )
})

test('a file that cannot be read is wrong usage', () =>
  expect(invoke('transcript', '--log', join(folder, 'absent.log'), FAULT)).rejects.toThrow(
    /--log .*absent\.log: ENOENT/,
  ))
