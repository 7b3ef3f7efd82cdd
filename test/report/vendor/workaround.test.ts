// The workarounds of a report: the parameter of each client that changes what fails, and no other.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { invoke } from '../../support/invoke.ts'
import { toCapture } from '../../support/judge.ts'
import { parseTranscript } from '../../support/transcript.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** The section about workarounds. */
async function workaroundOf(dialogue: string): Promise<string> {
  const path = join(folder, 'test.pcap')
  writeFileSync(path, toCapture(parseTranscript(dialogue)))
  const { printed } = await invoke('report', '--format', 'md', path)
  return /### Workaround and fix\n([\s\S]*?)\n### /.exec(printed)?.[1] ?? ''
}

const LOST = `
  C> MAIL FROM:<a@example.org>
  C| RCPT TO:<b@example.org>
  C| RSET
  C| QUIT
  S> 250 ok
  S| 221 bye
  S> [fin]`

describe('pipelining', () => {
  test('SMTP', async () => {
    const text = await workaroundOf(LOST)
    expect(text).toContain('smtp_discard_ehlo_keyword_address_maps = cidr:')
    expect(text).toContain('203.0.113.25/32  pipelining')
    expect(text).toContain('hosts_avoid_pipelining = <; 203.0.113.25\n')
    expect(text).toContain("MODIFY_MAILER_FLAGS(`SMTP', `+2')dnl")
    expect(text).not.toMatch(/lmtp|chunking/)
  })

  test('LMTP', async () => {
    const text = await workaroundOf(`
      S> 220 mda.example.net LMTP
      C> LHLO client.example.com
      S> 250-mda.example.net
      S| 250 PIPELINING${LOST}`)
    expect(text).toContain('lmtp_discard_lhlo_keyword_address_maps = cidr:')
    expect(text).toContain('Exim: in the smtp transport with protocol = lmtp')
    expect(text).not.toMatch(/smtp_discard|MAILER/)
  })
})

test('BDAT: DATA instead, and nothing about pipelining', async () => {
  const text = await workaroundOf(`
    S> 220 mail.example.net ESMTP
    C> EHLO client.example.com
    S> 250-mail.example.net
    S| 250-PIPELINING
    S| 250 CHUNKING
    C> MAIL FROM:<a@example.org>
    S> 250 ok
    C> RCPT TO:<b@example.org>
    S> 250 ok
    C> BDAT 6 LAST
    C| text
    S> [+2ms] 500 5.5.1 command not known
    S| 500 5.5.1 command not known
    C> QUIT
    S> 221 bye
    S> [fin]`)
  expect(text).toContain('Send messages with `DATA` instead of `BDAT`')
  expect(text).toContain('hosts_try_chunking = <; !203.0.113.25 ; *')
  expect(text).not.toMatch(/pipelining/)
})
