// The same dialogue with and without the SYN-ACK in the capture: error replies before the greeting may refuse a client
// that did not wait for it, which can no longer be seen.
import { expect, test } from 'vitest'
import { type Manner, toFrames } from '../fuzz/dialogue.ts'
import { writeFrames } from '../fuzz/frames.ts'
import { judgeBytes } from '../support/judge.ts'

const MANNER: Manner = { segmentBytes: 1448, blindEvery: 0, handshake: true, close: 'fin', port: 25, apartUs: 1000 }
const octets = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))

test('error replies before the greeting, to a client that did not wait', async () => {
  const { frames } = toFrames(
    [
      { side: 0, bytes: octets('EHLO client.example.com\r\n') },
      { side: 1, bytes: octets('503 5.5.0 Improper use of SMTP command pipelining\r\n'.repeat(2)) },
      { side: 1, bytes: octets('220 mx.example.net ESMTP\r\n') },
    ],
    MANNER,
  )
  const withoutSynAck = frames.filter((_, i) => i !== 1)
  for (const each of [frames, withoutSynAck]) {
    const { findings } = await judgeBytes(writeFrames({ linkType: 101, frames: each }))
    expect(findings.filter(({ severity, party }) => severity === 'error' && party === 'server')).toEqual([])
  }
})
