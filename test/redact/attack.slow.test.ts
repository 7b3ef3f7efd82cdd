// One client or server after the other that sends what redaction might trip over, all in one capture: none of them keeps
// the others out of redacted evidence. At worst its own session is left out, and that is said.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import { toCollection } from '../support/collection.ts'
import { invoke } from '../support/invoke.ts'
import { parseTranscript } from '../support/transcript.ts'

const LOST = `
  C> MAIL FROM:<a@example.org>
  C| RCPT TO:<b@example.org>
  C| RSET
  C| QUIT
  S> 250 ok
  S| 221 bye`

/** Octets, stand-ins of the redaction, its own sentences, and commands that carry them. */
const ODD = [
  ...[
    '\\x1b\\x5b31m',
    '\\x1b]0;x\\x07',
    '\\x00',
    '\\xff\\xfb\\x18',
    '\\xc3\\xa9\\xc3\\xa9',
    '\\x5cx1b',
    '\\x5cx41',
    '\\x09\\x09',
  ],
  ...[
    '*',
    '**',
    '=',
    '.',
    '..',
    '',
    ' ',
    '"',
    '<>',
    '%s%n',
    'x'.repeat(600),
    'A'.repeat(600),
    'xxxx',
    'XXXXA',
    '250 ok',
  ],
  ...['h1.example', 'host1.example', 'user1', 'u1@h1.example', '192.0.2.1', '\\x5bIPv6:2001:db8::1]', 'x@y@z'],
  ...['\\x5bhidden]', '\\x5bsecret hidden]', ' \\x5binitial response hidden]', '\\x5b... 5 more]'],
  ...['AUTH', 'AUTH ', 'AUTH PLAIN', 'AUTH PLAIN *', 'AUTH PLAIN =', 'AUTH PLAIN \\x5bhidden]', 'AUTH PLAIN xxxxxxxx1'],
  ...['MAIL', 'mail FROM:<>', 'EHLO', 'NOOP \\x1b', 'VRFY *', 'BDAT x', 'XCLIENT LOGIN=secretname ADDR=192.0.2.9'],
  ...['MAIL FROM:<\\x1b@example.org>', 'MAIL FROM:<a@b.example> AUTH=<>', `RCPT TO:<${'y'.repeat(600)}@example.org>`],
]
/** Credentials that are what the server says anyway: also in base64. */
const OWN_WORDS = [
  ...['mail.example.net', 'bWFpbC5leGFtcGxlLm5ldA==', 'PIPELINING', 'UElQRUxJTklORw=='],
  ...['AUTH PLAIN mail.example.net', 'AUTH LOGIN PIPELINING', 'AUTH PLAIN mail.exam', 'AUTH PLAIN client.example.com'],
]
const PLACES: Readonly<Record<string, (odd: string) => string>> = {
  command: (odd) => `C> ${odd}\nS> 500 no`,
  reply: (odd) => `C> NOOP\nS> 250 ${odd}`,
  greeting: (odd) => `S> 220 ${odd} ESMTP\nC> EHLO c.example\nS> 250-x\nS| 250 PIPELINING`,
  recipient: (odd) =>
    `C> MAIL FROM:<a@b.example>\nS> 250 ok\nC> RCPT TO:<${odd}@b.example>\nS> 550 <${odd}@b.example>: no\nC> RSET\nS> 250 ok`,
  response: (odd) => `C> AUTH LOGIN\nS> 334 ${odd}\nC> ${odd}\nS> 535 ${odd}`,
}

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipelint-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** How many sessions with a violation are in the capture, and in redacted evidence of it. */
async function violations(texts: readonly string[]) {
  const path = join(folder, 'odd.pcap')
  const evidence = join(folder, 'evidence.pcapng')
  const transcripts = texts.map((text, i) =>
    parseTranscript(`${text}${LOST}`, [`client 198.51.100.${i + 1}:${40_000 + i}`]),
  )
  writeFileSync(path, toCollection(transcripts))
  const original = await analyze([path])
  const { warnings, exitCode } = await invoke('evidence', '--redact', '-o', evidence, path)
  expect(exitCode, warnings.join('\n')).toBe(0)
  const { summary } = await analyze([evidence])
  return { original: original.summary.violation, evidence: summary.violation, warnings: warnings.join('\n') }
}

for (const [place, of] of Object.entries(PLACES)) {
  test(`odd text as ${place}`, async () => {
    const { original, evidence } = await violations(ODD.map(of))
    expect(evidence).toBe(original)
    expect(original).toBeGreaterThanOrEqual(ODD.length - 1)
  })

  test(`words of the server as ${place}`, async () => {
    const ordinary = [...Array(5)].map(() => 'C> NOOP\nS> 250 ok')
    const { original, evidence, warnings } = await violations([...OWN_WORDS.map(of), ...ordinary])
    expect(evidence).toBeGreaterThanOrEqual(ordinary.length)
    if (evidence < original) expect(warnings).toContain('left out')
  })
}
