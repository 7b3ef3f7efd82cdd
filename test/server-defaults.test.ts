// Whether a known server would have refused the client: added as evidence, without effect on the verdict.
import { expect, test } from 'vitest'
import { analyze, type Profile } from '../src/analyze.ts'
import { toCapture } from './support/judge.ts'
import { parseTranscript } from './support/transcript.ts'

const bytes = toCapture(
  parseTranscript(`
    C> MAIL FROM:<a@example.org>
    C| NOOP
    C| RCPT TO:<b@example.org>
    S> 250 2.1.0 ok
    S| 250 ok
    S| 250 2.1.5 ok
    C> ETRN example.org
    C| RSET
    S> 250 ok
    S| 250 ok
    C> QUIT
    S> 221 bye`),
)

async function habits(profile: Profile): Promise<string[]> {
  async function* whole(): AsyncIterable<Uint8Array> {
    yield bytes
  }
  const { findings } = await analyze([{ name: 'test.pcap', bytes: whole() }], { profile })
  return findings.flatMap(({ rule, evidence }) =>
    evidence.filter((line) => /would/.test(line)).map((line) => `${rule}: ${line}`),
  )
}

test.each([
  ['rfc', []],
  [
    'postfix',
    [
      'command-after-sync-command: Postfix would have refused this client: "554 5.5.0 Error: SMTP protocol synchronization"',
      'extension-command-not-last: Postfix would not have refused this client',
    ],
  ],
  [
    'exim',
    [
      'command-after-sync-command: Exim would have refused this client: "554 SMTP synchronization error"',
      'extension-command-not-last: Exim would not have refused this client',
    ],
  ],
  [
    'opensmtpd',
    [
      'command-after-sync-command: OpenSMTPD would have refused this client: "500 5.5.1 Invalid command: Pipelining not supported"',
      'extension-command-not-last: OpenSMTPD would have refused this client: "500 5.5.1 Invalid command: Pipelining not supported"',
    ],
  ],
] as [Profile, string[]][])('%s', async (profile, expected) => {
  expect(await habits(profile)).toEqual(expected)
})
