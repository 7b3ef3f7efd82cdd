// The fingerprint of a session is complete when the session is reported, and stays as it is while others are read.
import { expect, test } from 'vitest'
import { analyze } from '../../src/analyze.ts'
import type { Fingerprint } from '../../src/smtp/parse/fingerprint.ts'
import { toCapture } from '../support/judge.ts'
import { parseTranscript } from '../support/transcript.ts'

const OPENING = `
S> 220 mail.example.net ESMTP
C> EHLO client.example.com
S> 250-mail.example.net
S| 250 PIPELINING`
const CLOSING = `
C> QUIT
S> 221 bye
S> [fin]
C> [fin]`
const MESSAGE = `
C> MAIL FROM:<a@example.org>
S> 250 2.1.0 sender ok
C> RCPT TO:<b@example.org>
S> 250 2.1.5 recipient ok
C> DATA
S> 354 go ahead
C> Message-ID: <1@example.org>
C|
C| text
C| .
S> 250 2.0.0 Ok: queued as 4F1B2C`

test('a session without a message does not get the messages of the next one', async () => {
  const captures = [OPENING + CLOSING, OPENING + MESSAGE + CLOSING].map((text, i) => {
    const transcript = { ...parseTranscript(text), startUs: 1_700_000_000_000_000 + i * 600_000_000 }
    async function* bytes(): AsyncIterable<Uint8Array> {
      yield toCapture(transcript)
    }
    return { name: `${i}.pcap`, bytes: bytes() }
  })
  const fingerprints: (Fingerprint | null)[] = []
  await analyze(captures, {
    keepSessions: 'none',
    fingerprints: true,
    onSession: ({ fingerprint }) => void fingerprints.push(fingerprint),
  })
  expect(fingerprints.map((one) => [one?.messages.length, one?.receipts.length])).toEqual([
    [0, 0],
    [1, 1],
  ])
})
