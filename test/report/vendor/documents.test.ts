// Whole reports, word for word: of the service that lost commands, without a faulty party, and redacted.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { expectGolden } from '../../support/golden.ts'
import { invoke } from '../../support/invoke.ts'
import { toCapture } from '../../support/judge.ts'
import { parseTranscript } from '../../support/transcript.ts'

const FIVE = 'samples/five-dialogues.pcap'
const folder = mkdtempSync(join(tmpdir(), 'pipelint-test-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (path: string) => new URL(path, import.meta.url).pathname

/** The golden, and the words behind `report`. */
const DOCUMENTS: Readonly<Record<string, string>> = {
  '../../../docs/example-report.md': `--format md --server 203.0.113.25 ${FIVE}`,
  'goldens/five-dialogues.txt': `--format text ${FIVE}`,
  'goldens/redacted.md': `--format md --redact ${FIVE}`,
  'goldens/innocent.md': '--format md samples/exchange-2007.pcap samples/exchange-internet.pcap',
  'goldens/unjudged.txt': '--format text test/captures/snapshot-96.pcap',
  'goldens/many.txt': '--format text test/captures/smtp-sink-closes-on-recipient.pcap',
}

describe('documents', () => {
  for (const [golden, words] of Object.entries(DOCUMENTS)) {
    test(`report ${words}`, async () => {
      const { printed, exitCode } = await invoke('report', ...words.split(' '))
      expect(exitCode).toBe(0)
      expectGolden(at(golden), printed)
    })
  }
})

describe('the report about FrontBridge', () => {
  const example = () => readFileSync(at('../../../docs/example-report.md'), 'utf8')

  test.each([
    ['the clauses', 'MUST NOT flush or otherwise lose the contents of the TCP input buffer'],
    ['the order of replies', 'MUST respond to commands in the order they are received from the client.'],
    ['that the client was right', 'can only appear as the last command in a group'],
    ['what is lost', 'C> RCPT TO:<recipient@example.com>   <-- no reply; acknowledged in #59'],
    ['the close', '-- the server closes the connection (FIN)'],
    ['that TCP had it all', 'The server acknowledged all 4 commands of the group in frame 59'],
    ['the group split', 'never when `QUIT` was sent alone: 0 of 1'],
    ['the dot and QUIT', 'never with `end of data + QUIT`: 0 of 1'],
    ['the dialogue of the split group', 'C> RSET\n\n#75  0.336000  S> 250 2.1.0 Sender OK'],
    ['the dialogue of dot and QUIT', '[InternalId=11073071] Queued mail for delivery'],
    ['the servers that answer it', 'at 2 other servers worked 2 of 2 times, always at 198.51.100.25:25'],
    ['their dialogues', 'S> 220 exchange.example.com Microsoft ESMTP MAIL Service ready'],
    ['the file', '09d8246b393905362c46d6606fb0140413a4f2ebd706fc2df0f2259a91c0e0a2'],
  ])('says %s', (_, words) => expect(example()).toContain(words))

  test('the sessions of other servers are read though one server is accused', async () => {
    const { printed } = await invoke('report', '--format', 'text', '--server', '198.51.100.7', FIVE)
    const text = printed.replace(/\s+/g, ' ')
    expect(text).toContain('In the selected sessions, no server and no client was found to break a rule.')
    expect(text).toContain('1 has findings that were not selected')
  })

  test('one finding: nothing of the others', async () => {
    const { printed } = await invoke('report', '--format', 'text', '--finding', 's50.2', FIVE)
    expect(printed).toContain('Finding s50.2: input-lost (error, proved)')
    expect(printed).toContain('Only the selected sessions and findings are counted as affected')
    expect(printed).not.toMatch(/s50\.[13]|reply-out-of-order|premature-close/)
  })

  test('a finding that is not there', async () => {
    await expect(invoke('report', '--finding', 's50.9', FIVE)).rejects.toThrow('no finding s50.9 in')
  })

  test('a narrow terminal: nothing but the wire and what is pasted is wider', async () => {
    const { printed } = await invoke('report', '--format', 'text', FIVE)
    const wide = printed.split('\n').filter((line) => line.length > 76)
    expect(wide.filter((line) => !/^ *(?:#\d+ +[\d.]+ +)?[CS]> /.test(line) && !/^ {4}ip\.addr/.test(line))).toEqual([])
  })
})

test('dialogues are in the order of what each side had seen, and findings stand where they happened', async () => {
  const capture = toCapture(
    parseTranscript(`
C> EHLO client.example.com
S> [late] 220 mail.example.net ESMTP
S> 250-mail.example.net
S| 250 PIPELINING
C> QUIT
S> 221 bye`),
  )
  const path = join(folder, 'early.pcap')
  writeFileSync(path, capture)
  const { printed } = await invoke('report', '--format', 'text', path)
  const dialogue = printed.split('\n').flatMap((line) => /(?:[CS]>|!!|--) .{3}/.exec(line)?.[0] ?? [])
  expect(dialogue.slice(0, 7)).toEqual([...['C> EHL', 'S> 220', 'S> 250', 'S> 250', '!! tal', 'C> QUI', 'S> 221']])
})

describe('several captures', () => {
  const BOTH = ['samples/exchange-2007.pcap', 'samples/frontbridge.pcap']

  test('frames have the numbers of their file, which is named', async () => {
    const { printed } = await invoke('report', '--format', 'md', ...BOTH)
    for (const words of [
      '; frames of frontbridge.pcap:',
      ' #9  0.251000  C> MAIL FROM',
      'in frame 10 of frontbridge.pcap: its TCP',
      '**Frames**: frontbridge.pcap: 9, 10, 11',
      'frontbridge.pcap: ip.addr',
      'frame.number >= 1 && frame.number <= 15',
    ])
      expect(printed).toContain(words)
  })

  test('the diagram says so, too', async () => {
    const { printed } = await invoke('report', ...BOTH)
    expect(printed).toContain('Frames are those of frontbridge.pcap.')
    expect(printed).toContain('>frame 9</text>')
    expect(printed).toContain('acknowledged in frame 10 of frontbridge.pcap, never answered')
  })

  test('redacted: no file is named', async () => {
    const { printed } = await invoke('report', '--format', 'md', '--redact', ...BOTH)
    expect(printed).not.toContain('frontbridge')
    expect(printed).toMatch(/; frames of \S+\.pcap:/)
  })
})

describe('a selection that no session matches is an error, not a report without findings', () => {
  test.each([
    ['--server 203.0.113.99', /^--server 203\.0\.113\.99: no SMTP session .*; their servers are 198\.51\.100\.25:25, /],
    ['--server 203.0.113.25,203.0.113.99', /^--server 203\.0\.113\.99: /],
    ['--server 203.0.113.25:587', /^--server 203\.0\.113\.25:587: /],
    ['--client 192.0.2.99', /^--client 192\.0\.2\.99: /],
    ['--session s3', /^--session s3: /],
    ['--session s50 --server 198.51.100.7', /^no SMTP session in these captures matches all options/],
    ['--since 2030-01-01', /^no SMTP session in these captures matches all options/],
    ['--port 587', /^no SMTP session in these captures matches all options/],
  ])('%s', async (words, message) => {
    await expect(invoke('report', ...words.split(' '), FIVE)).rejects.toThrow(message)
  })
})

test('a capture that is cut off is said to be, and exits with 3', async () => {
  const { printed, exitCode, warnings } = await invoke('report', '--format', 'text', 'test/cli/files/cut.pcap')
  expect(exitCode).toBe(3)
  expect(warnings.join()).toContain('cut.pcap')
  expect(printed).toContain('Part of the captures could not be read')
})
