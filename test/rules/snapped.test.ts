// The same capture with and without a segment truncated by the snapshot length: truncation must cause no finding.
import { expect, test } from 'vitest'
import { type Manner, toFrames } from '../fuzz/dialogue.ts'
import { type Frame, writeFrames } from '../fuzz/frames.ts'
import { judgeBytes } from '../support/judge.ts'

const MANNER: Manner = { segmentBytes: 1448, blindEvery: 0, handshake: true, close: 'fin', port: 25, apartUs: 1000 }
const octets = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
const C = (text: string) => ({ side: 0 as const, bytes: octets(text) })
const S = (text: string) => ({ side: 1 as const, bytes: octets(text) })

const errors = async (frames: readonly Frame[]) =>
  (await judgeBytes(writeFrames({ linkType: 101, frames }))).findings
    .filter(({ severity }) => severity === 'error')
    .map(({ rule, party }) => `${rule} ${party}`)

test('a truncated 354 that came before DATA', async () => {
  const { frames } = toFrames(
    [
      S('220 mx.example.net ESMTP\r\n'),
      C('EHLO client.example.com\r\n'),
      S('250-mx.example.net\r\n250 PIPELINING\r\n'),
      C('MAIL FROM:<a@example.org>\r\n'),
      S('250 2.1.0 Ok\r\n'),
      C('RCPT TO:<b@example.net>\r\n'),
      S('250 2.1.5 Ok\r\n354 go ahead\r\n'),
      C('DATA\r\n'),
      C('Subject: hello\r\n\r\n.\r\n'),
      S('250 2.0.0 Ok: queued\r\n'),
      C('QUIT\r\n'),
      S('221 2.0.0 Bye\r\n'),
    ],
    MANNER,
  )
  const cut = frames.map((frame) =>
    Buffer.from(frame.bytes).includes('354') ? { ...frame, bytes: frame.bytes.slice(0, -14) } : frame,
  )
  expect(await errors(frames)).toEqual(['reply-before-command server'])
  expect(await errors(cut)).toEqual([])
})
